"""What `unleak migrate` says when it is done: moved, not moved, left for you, and still to do."""

from __future__ import annotations

import os
from collections.abc import Sequence

from scanner.cli import output
from scanner.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, GitError
from scanner.migrate import show
from scanner.migrate.apply import Outcome
from scanner.migrate.history_list import HISTORY_PATH
from scanner.migrate.only_history import commit_count, is_history
from scanner.model import Plan, RuleInfo, Step
from scanner.sources.files import root_of
from scanner.survey import Survey


def report(outcome: Outcome, plan: Plan, done: Survey, notes: Sequence[str], run: str = "") -> int:
    """Print the outcome; 0 nothing is left, 1 findings remain, 3 something could not be moved."""
    files: dict[str, int] = {}
    past = sum(map(is_history, outcome.done))
    for step in outcome.done:
        if not is_history(step):
            files[step.path] = files.get(step.path, 0) + 1
    for path, count in files.items():
        output.out(f"{output.escape(path)}: {count} moved, proved\n")
    if past:
        there = "stored in the vault" if outcome.changed else "in the vault already"
        output.out(f"history: {past} {there}; {HISTORY_PATH} says where they were\n")
    for path, why in outcome.failed:
        output.out(f"{output.escape(path)}: not moved: {output.escape(why)}\n")
    finished = {step.id for step in outcome.done}
    left = [step for step in plan.steps if step.id not in finished]
    for piece in show.by_hand(left, output.escape):
        output.out(piece)
    if not plan.steps:
        output.out("nothing to move\n")
    if outcome.done:
        _print_aftermath(outcome.done, done)
    if outcome.changed:
        output.out(f"\n'unleak undo {run}'{_where(done.root)} takes this back\n")
    for note in notes:
        output.note(f"unleak: {output.escape(note)}")
    if not done.summary.complete:
        return incomplete(done)
    if outcome.failed:
        return EXIT_INCOMPLETE
    return EXIT_FINDINGS if left else EXIT_CLEAN


def _where(root: str) -> str:
    """How to say from where, when the tree is not the one that other verbs would take."""
    if os.path.realpath(root_of((".",))) == os.path.realpath(root):
        return ""
    return f" in {output.escape(os.path.relpath(root))}"


def _print_aftermath(steps: Sequence[Step], done: Survey) -> None:
    rules: dict[str, RuleInfo] = dict(done.summary.rules)
    counts = _commit_counts(done.root, steps)
    for piece in show.aftermath(steps, rules, lambda step: counts.get(step.id), output.escape):
        output.out(piece)


def _commit_counts(root: str, steps: Sequence[Step], most: int = 20) -> dict[str, int]:
    """How many commits hold each value in its file, for the first few files of a repository."""
    from scanner.git.repository import commits_with, top_of

    top = top_of(root)
    if top is None:
        return {}
    by_path: dict[str, list[Step]] = {}
    counts: dict[str, int] = {}
    for step in steps:
        if is_history(step):
            counts[step.id] = commit_count(step.finding)
        else:
            by_path.setdefault(step.path, []).append(step)
    for path, group in list(by_path.items())[:most]:
        values = [step.finding.secret for step in group]
        try:
            numbers = commits_with(top, path, [value.reveal() for value in values])
        except GitError:
            return counts
        counts.update({step.id: n for step, n in zip(group, numbers, strict=True)})
    return counts


def incomplete(done: Survey) -> int:
    """Name what could not be read; the exit code of that."""
    for one in done.summary.skipped:
        output.note(f"unleak: not scanned: {output.escape(one.place.path)}: {one.reason}")
    return EXIT_INCOMPLETE
