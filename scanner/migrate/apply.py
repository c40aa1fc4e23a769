"""Carry a plan out: vault first, read back, then one file after another, each proved or put back.

The journal says what is about to happen before it happens, so that a run that stops anywhere can
be resumed or undone. At no time is a value only in memory: it is in the file until the vault has
given it back, and in the vault before the file changes.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.errors import EditError, JournalError, PlanError, UnleakError, VaultError
from scanner.migrate.edit import read_file, replace_file, spliced
from scanner.migrate.journal import Journal
from scanner.migrate.plan import file_digest
from scanner.migrate.proof import Rescan, prove
from scanner.migrate.spelling import undo_note
from scanner.model import Edit, Entry, Literal, Reference, Secret, Step
from scanner.protocols import Vault
from scanner.references.environment import ENV_PATH, edited_env_map, parse_env_map
from scanner.references.syntax import format_reference


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
    """What happened: steps that are done, and (path, reason) of what was put back or left."""

    done: list[Step] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def apply(context: Context, steps: Sequence[Step]) -> Outcome:
    """Do the steps. VaultError, JournalError or PlanError before any file was touched; later
    failures are in the outcome. KeyboardInterrupt when `interrupted` says so, between two files.
    """
    outcome = Outcome()
    files = _grouped(steps)
    if not files:
        context.note("end")
        return outcome
    for path, group in files.items():
        _check_file(context, path, group)
    _store(context, steps)
    try:
        _map_variables(context, steps)
    except EditError as problem:
        raise PlanError(problem.message, problem.hint) from problem
    _announce(context, files)
    for path, group in files.items():
        if context.interrupted():
            raise KeyboardInterrupt
        _do_file(context, path, group, outcome)
    context.note("end", failed=len(outcome.failed))
    return outcome


def settle(context: Context, entries: Sequence[Entry]) -> list[str]:
    """After a stop: what was edited but not proved is proved by its digest or named.

    Returns the paths of files that are neither as before nor as after the edit.
    """
    over = {e.facts["path"] for e in entries if e.phase in ("done", "reverted")}
    strange = []
    for entry in entries:
        path = entry.facts.get("path", "")
        if entry.phase != "edit" or path in over:
            continue
        now = read_file(context.root, path)
        digest = context.journal.digest(now) if now is not None else ""
        if digest == entry.facts["after"]:
            context.note("done", path=path)
        elif digest != entry.facts["before"]:
            strange.append(path)
    return strange


def _grouped(steps: Sequence[Step]) -> dict[str, list[Step]]:
    files: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        if step.disposition != "refused":
            files[step.path].append(step)
    return dict(files)


def _check_file(context: Context, path: str, steps: Sequence[Step]) -> None:
    data = read_file(context.root, path)
    if data is None or any(file_digest(data) != step.file_digest for step in steps):
        raise PlanError(f"{path}: was changed since the plan was made", "plan again")


def _values(steps: Sequence[Step]) -> dict[Reference, Secret]:
    values = {}
    for step in steps:
        if step.reference is not None and step.literal is not None:
            values[step.reference] = Secret(step.literal.value)
    return values


def _store(context: Context, steps: Sequence[Step]) -> None:
    """All values into the vault in one write, then read back and compared."""
    values = _values(steps)
    there = set(context.vault.names())
    created = sorted(r.key for r in values if r.key not in there)
    names = sorted(map(format_reference, values))
    context.note("vault", creates=created, references=names, fresh=_is_fresh(context.vault))
    context.vault.create(list(values.items()))
    back = context.vault.read(list(values))
    wrong = sorted(r.key for r, value in values.items() if back.get(r) != value)
    if wrong:
        context.vault.delete([context.vault.reference(name) for name in created])
        context.note("end", failed=len(wrong))
        raise VaultError(
            f"the vault gave back something else than was stored: {', '.join(wrong[:5])}",
            "no file was changed; check the vault",
        )
    context.note("stored")


def _is_fresh(vault: Any) -> bool:  # noqa: ANN401 -- what only some vaults have
    """Whether there is no vault yet, so that an undo may remove it; an empty one is somebody's."""
    document = getattr(vault, "document", None)
    return document is not None and document() is None


def _map_variables(context: Context, steps: Sequence[Step]) -> None:
    """`.unleak/env.yaml` gets every name, and every .env variable that is called otherwise."""
    data = read_file(context.root, ENV_PATH)
    present = parse_env_map(data or b"")
    add = _variables(steps, present)
    if not add:
        return
    after = edited_env_map(data or b"", add)
    note = _edit_entry(context, ENV_PATH, data, after, [_whole_note(data)])
    context.journal.append([note])
    replace_file(context.root, ENV_PATH, data, after, context.run)
    context.note("done", path=ENV_PATH)


def _variables(steps: Sequence[Step], present: dict[str, Reference]) -> dict[str, Reference]:
    wanted: dict[str, Reference] = {}
    for step in steps:
        if step.reference is not None:
            wanted[step.name] = step.reference
    for step in steps:
        literal = step.literal
        if step.reference is None or literal is None or literal.language != "dotenv":
            continue
        variable = literal.key_path[-1] if literal.key_path else ""
        if variable.isidentifier():  # two .env files may disagree: the first one, by path, wins
            wanted.setdefault(variable, step.reference)
    return {name: ref for name, ref in wanted.items() if name not in present}


def _whole_note(data: bytes | None) -> dict[str, Any]:
    """The variable map holds no secret: its old bytes may stand in the journal."""
    old = data or b""
    plain = {"plain": base64.b64encode(old).decode()}
    return {"start": 0, "end": len(old), "note": plain, "reference": ""}


def _announce(context: Context, files: dict[str, list[Step]]) -> None:
    """The journal entry of every file's edit, in one append."""
    entries = []
    for path, steps in files.items():
        data = read_file(context.root, path)
        if data is None:
            raise PlanError(f"{path}: is not there any more", "plan again")
        edits = _edits(steps)
        notes = [_edit_note(data, edit, steps) for edit in edits]
        entries.append(_edit_entry(context, path, data, spliced(data, edits), notes))
    context.journal.append(entries)


def _edits(steps: Sequence[Step]) -> list[Edit]:
    edits = {edit for step in steps for edit in step.edits}
    return sorted(edits, key=lambda edit: (edit.start, edit.end))


def _edit_note(data: bytes, edit: Edit, steps: Sequence[Step]) -> dict[str, Any]:
    owner = next((s for s in steps if s.literal and _overlaps(edit, s.literal)), None)
    literal = owner.literal if owner else None
    secret = Secret(literal.value if literal else b"")
    return {
        "start": edit.start,
        "end": edit.end,
        "new": base64.b64encode(edit.new).decode(),
        "note": undo_note(data, edit, literal, secret),
        "reference": format_reference(owner.reference) if owner and owner.reference else "",
    }


def _overlaps(edit: Edit, literal: Literal) -> bool:
    return edit.start < literal.end and literal.start < edit.end


def _edit_entry(
    context: Context, path: str, before: bytes | None, after: bytes, edits: list[dict[str, Any]]
) -> Entry:
    if len(edits) == 1 and "new" not in edits[0]:
        edits[0]["new"] = base64.b64encode(after).decode()
    facts = {
        "path": path,
        "before": context.journal.digest(before) if before is not None else "",
        "after": context.journal.digest(after),
        "edits": edits,
    }
    return Entry(context.run, "edit", facts=facts)


def _do_file(context: Context, path: str, steps: Sequence[Step], outcome: Outcome) -> None:
    """All steps of a file at once; if that cannot be proved, one after the other."""
    why = _try(context, path, steps)
    if not why:
        context.note("done", path=path)
        outcome.done += steps
        return
    context.note("reverted", path=path, why=why)
    if len(steps) == 1:
        outcome.failed.append((path, why))
        return
    for step in steps:
        _do_alone(context, path, step, outcome)


def _do_alone(context: Context, path: str, step: Step, outcome: Outcome) -> None:
    """One step of a file whose steps together failed; the ones before it may have moved it."""
    data = read_file(context.root, path)
    if data is None or file_digest(data) != step.file_digest:
        outcome.failed.append((path, "was put back with another step of this file; run again"))
        return
    notes = [_edit_note(data, edit, [step]) for edit in _edits([step])]
    after = spliced(data, step.edits)
    context.journal.append([_edit_entry(context, path, data, after, notes)])
    why = _try(context, path, [step])
    context.note("reverted" if why else "done", path=path, why=why)
    if why:
        outcome.failed.append((path, why))
    else:
        outcome.done.append(step)


def _try(context: Context, path: str, steps: Sequence[Step]) -> str:
    """Edit and prove; on any doubt put the old bytes back. Why it failed, "" if it did not."""
    before = read_file(context.root, path)
    if before is None or any(file_digest(before) != step.file_digest for step in steps):
        return "was changed by somebody else"
    after = spliced(before, _edits(steps))
    try:
        replace_file(context.root, path, before, after, context.run)
    except EditError as problem:
        return problem.message
    try:
        prove(path, before, after, steps, context.rescan)
    except UnleakError as problem:
        _put_back(context, path, after, before)
        return problem.message
    return ""


def _put_back(context: Context, path: str, after: bytes, before: bytes) -> None:
    try:
        replace_file(context.root, path, after, before, context.run)
    except EditError as problem:
        hint = f"'unleak undo {context.run}' tries again"
        raise JournalError(f"cannot put {path} back: {problem.message}", hint) from problem
