"""Carry a plan out: prove in memory, vault, read back, then one file after another, each proved.

The journal says what is about to happen before it happens, so that a run that stops anywhere can
be resumed or undone. At no time is a value only in memory: it is in the file until the vault has
given it back, and in the vault before the file changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.errors import (
    EditError,
    JournalError,
    PlanError,
    UnleakError,
    VaultError,
)
from scanner.migrate.edit import read_editable, read_file, remove_file, replace_file, spliced
from scanner.migrate.journal import Journal
from scanner.migrate.notes import edits_of, file_entry, history_entry, map_entry
from scanner.migrate.only_history import is_history
from scanner.migrate.own_files import Change, changes
from scanner.migrate.plan import file_digest
from scanner.migrate.proof import Rescan, prove
from scanner.model import Entry, Reference, Secret, Step
from scanner.protocols import Vault
from scanner.references.syntax import format_reference

Files = dict[str, list[Step]]


@dataclass(frozen=True, slots=True)
class Context:
    """Where a run works and with what. interrupted: says between two files whether to stop."""

    root: str
    run: str
    journal: Journal
    vault: Vault
    rescan: Rescan
    interrupted: Callable[[], bool] = lambda: False

    def note(self, phase: str, **facts: Any) -> None:  # noqa: ANN401 -- what JSON can hold
        """Append one entry to this run's journal."""
        self.journal.append([Entry(self.run, phase, facts=facts)])


@dataclass(slots=True)
class Outcome:
    """What happened: steps that are done, and (path, reason) of what was put back or left.

    changed: a file or the vault is not as before, so that there is something to undo."""

    done: list[Step] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    changed: bool = False


def apply(context: Context, steps: Sequence[Step]) -> Outcome:
    """Do the steps. VaultError, JournalError or PlanError before any file was touched; later
    failures are in the outcome. KeyboardInterrupt when `interrupted` says so, between two files.
    """
    outcome = Outcome()
    try:
        files = _proved(context, _grouped(steps), outcome)
        past = [step for step in steps if is_history(step)]
        if files or past:
            outcome.changed = _prepare(context, files, past)
    except (VaultError, PlanError) as problem:
        context.note("end", failed=len(steps), why=problem.message)
        raise
    outcome.done += past
    for path, group in files.items():
        if context.interrupted():
            raise KeyboardInterrupt
        _do_file(context, path, group, outcome)
    context.note("end", failed=len(outcome.failed))
    return outcome


def _grouped(steps: Sequence[Step]) -> Files:
    files: Files = defaultdict(list)
    for step in steps:
        if step.disposition != "refused" and not is_history(step):
            files[step.path].append(step)
    return dict(files)


def _proved(context: Context, files: Files, outcome: Outcome) -> Files:
    """The steps that will stand the proof, tried on the bytes in memory: what would fail goes
    neither to the vault nor into its file, and one bad step of a file does not hold up others."""
    good: Files = {}
    for path, steps in files.items():
        data = _planned(context, path, steps)
        if kept := _sifted(context, data, [], steps, outcome):
            good[path] = kept
    return good


def _sifted(
    context: Context, data: bytes, kept: list[Step], steps: list[Step], outcome: Outcome
) -> list[Step]:
    """`kept` and those of `steps`, all of one file, that stand the proof together with it; halves
    are tried until the bad ones stand alone."""
    why = _doubt(context, data, [*kept, *steps])
    if not why:
        return [*kept, *steps]
    if len(steps) == 1:
        outcome.failed.append((steps[0].path, why))
        return kept
    half = len(steps) // 2
    kept = _sifted(context, data, kept, steps[:half], outcome)
    return _sifted(context, data, kept, steps[half:], outcome)


def _planned(context: Context, path: str, steps: Sequence[Step]) -> bytes:
    """The file's bytes; PlanError unless they are those that the steps were made for."""
    try:
        data = read_editable(context.root, path)
    except EditError as problem:
        raise PlanError(problem.message, problem.hint) from problem
    if any(file_digest(data) != step.file_digest for step in steps):
        raise PlanError(f"{path}: was changed since the plan was made", "plan again")
    return data


def _doubt(context: Context, before: bytes, steps: Sequence[Step]) -> str:
    """Why these steps of one file would not stand the proof, "" if they do."""
    path = steps[0].path
    try:
        prove(path, before, spliced(before, edits_of(steps)), steps, context.rescan)
    except UnleakError as problem:
        return problem.message.removeprefix(f"{path}: ")
    return ""


def _prepare(context: Context, files: Files, past: Sequence[Step]) -> bool:
    """Everything that comes before the first file: values stored and read back, each edit
    announced, unleak's own files written. What fails here takes back what it did.

    past: steps for values that only history holds; they are done then. Whether anything changed.
    """
    steps = [step for group in files.values() for step in group]
    own = changes(context.root, [*steps, *past])
    created, fresh = _store(context, [*steps, *past])
    announced: list[Entry] = []
    written: list[Change] = []
    try:
        _read_back(context, [*steps, *past])
        announced = _announce(context, files, own, past)
        for change in own:
            replace_file(context.root, change.path, change.before, change.after, context.run)
            written.append(change)
            context.note("done", path=change.path)
    except (VaultError, EditError, PlanError) as problem:
        for change in reversed(written):
            _put_back(context, change.path, change.after, change.before)
        _take_back(context, created, fresh=fresh, announced=announced)
        if isinstance(problem, EditError):
            raise PlanError(problem.message, problem.hint) from problem
        raise
    return bool(created or own)


def _take_back(
    context: Context, created: Sequence[str], *, fresh: bool, announced: Sequence[Entry]
) -> None:
    """No file was changed: the entries made for them go again."""
    vault: Any = context.vault
    vault.delete([vault.reference(name) for name in created])
    if fresh and hasattr(vault, "discard_if_empty"):
        vault.discard_if_empty()
    facts = [{"path": entry.facts["path"]} for entry in announced]
    entries = [Entry(context.run, "reverted", facts=one) for one in facts]
    context.journal.append([Entry(context.run, "not-stored"), *entries])


def _values(steps: Sequence[Step]) -> dict[Reference, Secret]:
    values = {}
    for step in steps:
        if step.reference is not None and step.literal is not None:
            values[step.reference] = Secret(step.literal.value)
    return values


def _store(context: Context, steps: Sequence[Step]) -> tuple[list[str], bool]:
    """All values into the vault in one write; the names that were not there before, and whether
    the vault itself was not."""
    values = _values(steps)
    there = set(context.vault.names())
    created = sorted(r.key for r in values if r.key not in there)
    fresh = _is_fresh(context.vault)
    names = sorted(map(format_reference, values))
    context.note("vault", creates=created, references=names, fresh=fresh)
    try:
        context.vault.create(list(values.items()))
    except VaultError:
        context.note("not-stored")  # all or none: what has such a name by now is not ours
        raise
    return created, fresh


def _is_fresh(vault: Any) -> bool:  # noqa: ANN401 -- what only some vaults have
    """Whether there is no vault yet, so that an undo may remove it; an empty one is somebody's."""
    document = getattr(vault, "document", None)
    return document is not None and document() is None


def _read_back(context: Context, steps: Sequence[Step]) -> None:
    values = _values(steps)
    back = context.vault.read(list(values))
    wrong = sorted(r.key for r, value in values.items() if back.get(r) != value)
    if wrong:
        raise VaultError(
            f"the vault gave back something else than was stored: {', '.join(wrong[:5])}",
            "no file was changed; check the vault",
        )
    context.note("stored")


def _announce(
    context: Context, files: Files, own: Sequence[Change], past: Sequence[Step]
) -> list[Entry]:
    """The journal entry of every edit, in one append; before them those of the past."""
    journal, run = context.journal, context.run
    entries = [map_entry(journal, run, one.path, one.before, one.after) for one in own]
    for path, steps in files.items():
        entries.append(file_entry(journal, run, path, _planned(context, path, steps), steps))
    journal.append([*(history_entry(run, step) for step in past), *entries])
    return entries


def _do_file(context: Context, path: str, steps: Sequence[Step], outcome: Outcome) -> None:
    """All steps of a file at once; on any doubt the file is put back and the others go on."""
    why = _try(context, path, steps)
    if why:
        context.note("reverted", path=path, why=why)
        outcome.failed.append((path, why))
    else:
        context.note("done", path=path)
        outcome.done += steps
        outcome.changed = True


def _try(context: Context, path: str, steps: Sequence[Step]) -> str:
    """Edit and prove what is there then; else put it back. Why it failed, "" if it did not."""
    try:
        before = _planned(context, path, steps)
        after = spliced(before, edits_of(steps))
        replace_file(context.root, path, before, after, context.run)
    except PlanError:
        return "was changed by somebody else"
    except EditError as problem:
        return problem.message.removeprefix(f"{path}: ")
    try:
        if read_file(context.root, path) != after:
            return "was changed by somebody else right after it was written"
        prove(path, before, after, steps, context.rescan)
    except UnleakError as problem:
        _put_back(context, path, after, before)
        return problem.message.removeprefix(f"{path}: ")
    return ""


def _put_back(context: Context, path: str, after: bytes, before: bytes | None) -> None:
    try:
        if before is None:
            remove_file(context.root, path, after)
        else:
            replace_file(context.root, path, after, before, context.run)
    except EditError as problem:
        hint = f"'unleak undo {context.run}' tries again"
        raise JournalError(f"cannot put {path} back: {problem.message}", hint) from problem
