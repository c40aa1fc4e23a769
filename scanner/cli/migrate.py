"""`unleak migrate`: move each secret into a vault and leave a reference, proved and undoable."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from scanner.cli import output
from scanner.cli.migrate_report import incomplete, report
from scanner.cli.scan import add_selection, request_of
from scanner.errors import (
    EXIT_CLEAN,
    EXIT_FINDINGS,
    JournalError,
    UsageError,
    VaultError,
)
from scanner.migrate import saved_plan, show
from scanner.migrate.apply import Context, Outcome, apply
from scanner.migrate.edit import read_editable
from scanner.migrate.journal import Journal, state_of
from scanner.migrate.plan import Target, make_plan
from scanner.migrate.resume import settle
from scanner.model import Finding, Plan, Step
from scanner.record import replace
from scanner.references.environment import allowed_addresses, load_env_map
from scanner.references.names import is_env_name
from scanner.survey import Request, Survey, scanner_for, survey

_KEPT = ("paths", "all", "only", "private_keys", "from_baseline", "min_confidence", "severity",
         "rule", "exclude_rule", "rules", "config", "no_inline_ignores", "vault", "baseline",
         "no_baseline")  # fmt: skip


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
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    add_selection(parser)


def run(arguments: argparse.Namespace) -> int:
    """Plan; with --apply carry it out. 0 nothing is left, 1 findings remain, 3 something failed."""
    if arguments.resume:
        return _resume(arguments)
    request = _request(arguments)
    if arguments.apply and arguments.plan:
        return _apply_saved(arguments, request)
    done = survey(request)
    plan = _plan(done, arguments)
    if arguments.apply:
        return _apply(plan, done, arguments, request)
    read = _reader(done.root)
    for piece in show.plan_text(plan, read, output.escape):
        output.out(piece)
    if arguments.plan:
        _save(plan, arguments.plan, read)
    if not done.summary.complete:
        return incomplete(done)
    return EXIT_FINDINGS if plan.steps else EXIT_CLEAN


def _request(arguments: argparse.Namespace) -> Request:
    request = request_of(arguments)
    if arguments.from_baseline:
        request = replace(request, baseline="")
    return replace(request, fingerprints=bool(arguments.only))


def _plan(done: Survey, arguments: argparse.Namespace) -> Plan:
    findings = _chosen(done.findings, arguments.only)
    vault = _vault(arguments.vault, done.root)
    target = Target(arguments.vault, vault.reference, _taken(vault, done.root))
    providers = {rule: info.provider for rule, info in done.summary.rules.items()}
    hints = {rule: p for rule, p in providers.items() if not rule.startswith("generic-")}
    return make_plan(
        done.root,
        findings,
        _reader(done.root),
        target,
        providers=hints,
        private_keys=arguments.private_keys,
    )


def _chosen(findings: Sequence[Finding], only: Sequence[str]) -> list[Finding]:
    if not only:
        return list(findings)
    chosen = [one for one in findings if one.fingerprint in only]
    missing = set(only) - {one.fingerprint for one in chosen}
    if missing:
        hint = "'unleak scan --format json' shows each finding's fingerprint"
        raise UsageError(f"no finding has the fingerprint {min(missing)}", hint)
    return chosen


def _vault(kind: str, root: str) -> Any:  # noqa: ANN401 -- protocols.Vault and its extras
    from scanner.registry import VAULTS, load

    if kind not in VAULTS:
        raise UsageError(f"no vault is called {kind}", f"known: {', '.join(VAULTS)}")
    return load(VAULTS, kind)(root, allowed=allowed_addresses(os.environ))


def _taken(vault: Any, root: str) -> dict[str, bytes]:  # noqa: ANN401
    """Names that have a meaning already: entries of the vault with their values' digests (b""
    where it cannot be opened now), and variables that stand for another entry (b"")."""
    try:
        references = [vault.reference(name) for name in vault.names()]
        values = vault.read(references)
        taken = {reference.key: value.digest for reference, value in values.items()}
    except VaultError:
        document = vault.document()
        names = document.names() if hasattr(document, "names") else ()
        taken = dict.fromkeys(names, b"")
    for name, reference in load_env_map(root).items():
        if not is_env_name(name) or reference != vault.reference(name):
            taken[name] = b""
    return taken


def _reader(root: str) -> Callable[[str], bytes]:
    return lambda path: read_editable(root, path)


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
    plan = saved_plan.load_plan(text, root, _reader(root))
    arguments.vault = plan.vault
    return _apply(plan, Survey(root, (), survey_rules()), arguments, request)


def survey_rules() -> Any:  # noqa: ANN401
    """A summary that only knows the rules: what a saved plan is shown with."""
    from scanner.model import Summary
    from scanner.rules import load_rules

    return Summary(rules={rule.id: rule.info for rule in load_rules()})


def _apply(plan: Plan, done: Survey, arguments: argparse.Namespace, request: Request) -> int:
    steps = _wanted(plan, everything=arguments.all)
    journal = Journal(done.root)
    with journal.locked():
        _nothing_open(journal)
        if not steps:
            return report(Outcome(), plan, done, [])
        vault = _vault(plan.vault, done.root)
        vault.preflight(write=True)
        kept = {name: getattr(arguments, name) for name in _KEPT}
        kept["paths"] = [os.path.abspath(path) for path in arguments.paths or (".",)]
        ids = [step.id for step in plan.steps]
        run = journal.start({"arguments": kept, "vault": plan.vault, "steps": ids})
        outcome = _carried_out(journal, run, vault, steps, request, done.root)
    return report(outcome, plan, done, getattr(vault, "notes", []), run)


def _wanted(plan: Plan, *, everything: bool) -> list[Step]:
    """The safe steps, or with `everything` those to be reviewed too."""
    dispositions = ("safe", "review") if everything else ("safe",)
    return [step for step in plan.steps if step.disposition in dispositions]


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
        vault = _vault(begin["vault"], root)
        vault.preflight(write=True)
        context = Context(root, run, journal, vault, lambda _path, _data: [])
        for path, why in settle(context, entries):
            output.note(f"unleak: {output.escape(path)}: {output.escape(why)}; left as it is")
        request = _request(arguments)
        done = survey(request)
        plan = _plan(done, arguments)
        steps = _wanted(plan, everything=everything or arguments.all)
        steps = [step for step in steps if step.id in begin["steps"]]
        outcome = _carried_out(journal, run, vault, steps, request, root)
    return report(outcome, plan, done, getattr(vault, "notes", []), run)


def _interrupted_run(journal: Journal) -> str:
    for run in reversed(journal.runs()):
        if state_of(journal.read(run)) == "interrupted":
            return run
    raise JournalError("no run was interrupted", "'unleak journal list' shows every run")
