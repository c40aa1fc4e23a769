"""`unleak migrate`: move each secret into a vault and leave a reference, proved and undoable."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from scanner.cli import output
from scanner.cli.migrate_history import Seen, both, look_back
from scanner.cli.migrate_plan import migrate_request, planned, reader, vault_of
from scanner.cli.migrate_report import incomplete, report
from scanner.cli.scan import add_selection
from scanner.errors import (
    EXIT_CLEAN,
    EXIT_FINDINGS,
    JournalError,
    UsageError,
)
from scanner.migrate import saved_plan, show
from scanner.migrate.apply import Context, Outcome, apply
from scanner.migrate.journal import Journal, state_of
from scanner.migrate.only_history import is_history
from scanner.migrate.resume import settle
from scanner.model import Finding, Plan, Step
from scanner.survey import Request, Survey, scanner_for, survey

_KEPT = ("paths", "all", "only", "private_keys", "from_baseline", "min_confidence", "severity",
         "rule", "exclude_rule", "rules", "config", "no_inline_ignores", "vault", "baseline",
         "no_baseline", "history")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to move, where to, and how far to go."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: .)")
    parser.add_argument(
        "--vault",
        default="sops",
        metavar="NAME",
        help="where to: sops, the embedded vault (default)",
    )
    parser.add_argument(
        "--apply",
        action="store_true",
        help="do it; without this the plan is shown and nothing is written",
    )
    parser.add_argument(
        "--all", action="store_true", help="with --apply: the steps to be reviewed too"
    )
    parser.add_argument(
        "--plan", metavar="FILE", help="save the plan there; with --apply: carry that plan out"
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="FINGERPRINT",
        default=[],
        help="only this finding; may be repeated",
    )
    parser.add_argument(
        "--from-baseline", action="store_true", help="the findings that the baseline records, too"
    )
    parser.add_argument(
        "--private-keys",
        action="store_true",
        help="move private keys that have a file of their own",
    )
    parser.add_argument(
        "--history",
        action="store_true",
        help="what only the repository's history holds, too: stored in the vault, no file changes",
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    add_selection(parser)


def run(arguments: argparse.Namespace) -> int:
    """Plan; with --apply carry it out. 0 nothing is left, 1 findings remain, 3 something failed."""
    if arguments.resume:
        return _resume(arguments)
    request = migrate_request(arguments)
    if arguments.apply and arguments.plan:
        return _apply_saved(arguments, request)
    done, plan = planned(request, arguments)
    if arguments.apply:
        return _apply(plan, done, arguments, request)
    read = reader(done.root)
    for piece in show.plan_text(plan, read, output.escape, done.summary.rules):
        output.out(piece)
    if arguments.plan:
        _save(plan, arguments.plan, read)
    if not done.summary.complete:
        return incomplete(done)
    return EXIT_FINDINGS if plan.steps else EXIT_CLEAN


def _save(plan: Plan, path: str, read: Callable[[str], bytes]) -> None:
    from scanner.fingerprint import load_salt

    salt = load_salt(plan.root)
    if not any(salt):
        salt = os.urandom(16)
    output.write_atomic(path, saved_plan.render_plan(plan, salt, read))
    output.note(f"unleak: the plan is in {output.escape(path)}")


def _apply_saved(arguments: argparse.Namespace, request: Request) -> int:
    from scanner.sources.files import root_of

    root = root_of(request.paths)
    try:
        with open(arguments.plan, encoding="utf-8") as stream:
            text = stream.read()
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{arguments.plan}: cannot be read: {problem}") from None
    done = Survey(root, (), survey_rules())
    scans: list[Seen] = []

    def again() -> Sequence[Finding]:
        scans.append(look_back(request, survey(request)))
        return scans[-1].findings

    plan = saved_plan.load_plan(text, root, reader(root), again if arguments.history else None)
    arguments.vault = plan.vault
    for seen in scans:
        done = both(done, seen)
    return _apply(plan, done, arguments, request)


def survey_rules() -> Any:  # noqa: ANN401
    """A summary that only knows the rules: what a saved plan is shown with."""
    from scanner.model import Summary
    from scanner.rules import load_rules

    return Summary(rules={rule.id: rule.info for rule in load_rules()})


def _apply(plan: Plan, done: Survey, arguments: argparse.Namespace, request: Request) -> int:
    steps = _wanted(plan, everything=arguments.all, history=arguments.history)
    journal = Journal(done.root)
    with journal.locked():
        _nothing_open(journal)
        if not steps:
            return report(Outcome(), plan, done, [])
        vault = vault_of(plan.vault, done.root)
        vault.preflight(write=True)
        kept = {name: getattr(arguments, name) for name in _KEPT}
        kept["paths"] = [os.path.abspath(path) for path in arguments.paths or (".",)]
        ids = [step.id for step in plan.steps]
        run = journal.start({"arguments": kept, "vault": plan.vault, "steps": ids})
        outcome = _carried_out(journal, run, vault, steps, request, done.root)
    return report(outcome, plan, done, getattr(vault, "notes", []), run)


def _wanted(plan: Plan, *, everything: bool, history: bool) -> list[Step]:
    """The safe steps; with `everything` those to be reviewed too, with `history` those for what
    only history holds."""
    dispositions = ("safe", "review") if everything else ("safe",)
    return [
        step
        for step in plan.steps
        if (history if is_history(step) else step.disposition in dispositions)
    ]


def _carried_out(
    journal: Journal,
    run: str,
    vault: Any,  # noqa: ANN401 -- protocols.Vault and its extras
    steps: Sequence[Step],
    request: Request,
    root: str,
) -> Outcome:
    scanner = scanner_for(request, root)
    with _interrupts() as interrupted:
        context = Context(root, run, journal, vault, scanner.scan_data, interrupted)
        try:
            return apply(context, steps)
        except KeyboardInterrupt:
            output.note(
                "unleak: stopped between two files; 'unleak migrate --resume' goes on, 'unleak undo' takes it back"
            )
            raise


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Ctrl-C waits for the end of the file that is being changed."""
    asked: list[int] = []
    try:
        before = signal.signal(signal.SIGINT, lambda number, _frame: asked.append(number))
    except ValueError:  # not the main thread: whoever runs us handles signals
        yield lambda: False
        return
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def _nothing_open(journal: Journal) -> None:
    """A run that was interrupted comes first: its files and entries belong to it."""
    for run in journal.runs():
        state = state_of(journal.read(run))
        if state == "interrupted":
            hint = "'unleak migrate --resume' goes on with it, 'unleak undo' takes it back"
            raise JournalError(f"run {run} was interrupted", hint)
        if state == "undo interrupted":
            hint = f"'unleak undo {run}' finishes that"
            raise JournalError(f"the undo of run {run} was interrupted", hint)


def _resume(arguments: argparse.Namespace) -> int:
    """Settle what the interrupted run left, then plan anew under the same run and go on.

    Only with steps that its own plan had: that may have been a saved one which somebody reviewed.
    """
    from scanner.sources.files import root_of

    everything = arguments.all
    root = root_of(arguments.paths or (".",))
    journal = Journal(root)
    with journal.locked():
        run = _interrupted_run(journal)
        entries = journal.read(run)
        begin = entries[0].facts
        for name, value in begin["arguments"].items():
            setattr(arguments, name, value)
        vault = vault_of(begin["vault"], root)
        vault.preflight(write=True)
        context = Context(root, run, journal, vault, lambda _path, _data: [])
        for path, why in settle(context, entries):
            output.note(f"unleak: {output.escape(path)}: {output.escape(why)}; left as it is")
        request = migrate_request(arguments)
        done, plan = planned(request, arguments)
        everything = everything or arguments.all
        steps = _wanted(plan, everything=everything, history=arguments.history)
        steps = [step for step in steps if step.id in begin["steps"]]
        outcome = _carried_out(journal, run, vault, steps, request, root)
        outcome.changed = True  # if not by now, then before it was interrupted
    return report(outcome, plan, done, getattr(vault, "notes", []), run)


def _interrupted_run(journal: Journal) -> str:
    for run in reversed(journal.runs()):
        if state_of(journal.read(run)) == "interrupted":
            return run
    raise JournalError("no run was interrupted", "'unleak journal list' shows every run")
