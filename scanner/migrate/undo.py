"""Take a run back: files first, byte for byte, then the vault entries that nothing needs any more.

A file that is no longer as the run left it is a conflict: it is named and left alone, and what it
refers to stays in the vault. Undoing twice, or after a stop in the middle, changes nothing more.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.errors import EditError, JournalError
from scanner.migrate.edit import new_spans, read_file, remove_file, replace_file, spliced, sweep
from scanner.migrate.journal import Journal, state_of
from scanner.migrate.spelling import old_bytes
from scanner.model import Edit, Entry, Reference, Secret
from scanner.protocols import Vault
from scanner.references.environment import ENV_PATH, parse_env_map
from scanner.references.syntax import find_texts, format_reference, parse_reference


@dataclass(slots=True)
class Undone:
    """Paths that are back, (path, reason) of conflicts, names removed from the vault, and kept."""

    restored: list[str] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def last_run(journal: Journal) -> str:
    """The newest run that can be undone; JournalError if there is none."""
    for run in reversed(journal.runs()):
        if state_of(journal.read(run)) != "undone":
            return run
    raise JournalError("there is nothing to undo", "'unleak journal list' shows every run")


def undo(
    root: str,
    journal: Journal,
    run: str,
    vault: Vault,
    referenced: Callable[[], Iterable[Reference]],
) -> Undone:
    """Undo one run. referenced: every reference that the tree holds, asked after the files are
    back, so that an entry somebody uses by now is not removed.
    """
    entries = journal.read(run)
    if state_of(entries) == "undone":
        raise JournalError(f"run {run} is undone already")
    journal.append([Entry(run, "undo-begin")])
    values = _values(entries, vault)
    result = Undone()
    edits = _open_edits(entries)
    for entry in reversed(edits):  # env.yaml comes last: files that stay as they are need theirs
        stuck = {path for path, _ in result.conflicts}
        if entry.facts["path"] not in stuck and not (stuck and entry.facts["path"] == ENV_PATH):
            _restore(root, journal, entry, values, result)
    _clean_map(root, journal, run, entries, edits, result)
    _empty_vault(journal, run, entries, vault, referenced, result)
    journal.append([Entry(run, "undo-left" if result.conflicts else "undo-end")])
    return result


def _open_edits(entries: Sequence[Entry]) -> list[Entry]:
    """Edit entries whose file was not put back during the run, in order."""
    found: list[Entry] = []
    for entry in entries:
        if entry.phase == "edit":
            found.append(entry)
        elif entry.phase == "reverted":
            path = entry.facts["path"]
            last = max(i for i, e in enumerate(found) if e.facts["path"] == path)
            del found[last]
    return found


def _values(entries: Sequence[Entry], vault: Vault) -> dict[str, Secret]:
    """Reference text -> value, read at once; what is gone is left out."""
    texts = {edit["reference"] for e in entries if e.phase == "edit" for edit in e.facts["edits"]}
    references = {text: parse_reference(text) for text in texts if text}
    if not references:
        return {}
    values = vault.read(list(references.values()))
    return {text: values[ref] for text, ref in references.items() if ref in values}


def _restore(
    root: str, journal: Journal, entry: Entry, values: dict[str, Secret], result: Undone
) -> None:
    path = entry.facts["path"]
    try:
        sweep(root, path, entry.run)
        now = read_file(root, path)
        if _is_back(journal, entry, now):
            return
        if now is None or journal.digest(now) != entry.facts["after"]:
            if path != ENV_PATH:  # its lines are taken out one by one, see _clean_map
                result.conflicts.append((path, "was changed since; put it right by hand"))
            return
        before = _before(now, entry.facts["edits"], values)
        _put(root, journal, entry, now, before)
    except EditError as problem:
        result.conflicts.append((path, problem.message.removeprefix(f"{path}: ")))
        return
    journal.append([Entry(entry.run, "undone", facts={"path": path})])
    result.restored.append(path)


def _put(root: str, journal: Journal, entry: Entry, now: bytes, before: bytes) -> None:
    path = entry.facts["path"]
    if not entry.facts["before"]:
        remove_file(root, path, now)
        return
    if journal.digest(before) != entry.facts["before"]:
        raise EditError(f"{path}: would not be what it was")
    replace_file(root, path, now, before, entry.run)


def _is_back(journal: Journal, entry: Entry, now: bytes | None) -> bool:
    if now is None:
        return not entry.facts["before"]
    return bool(journal.digest(now) == entry.facts["before"])


def _before(now: bytes, notes: Sequence[dict[str, Any]], values: dict[str, Secret]) -> bytes:
    """The old file: each edit's new bytes are found where they must be and replaced."""
    made = {Edit(n["start"], n["end"], base64.b64decode(n["new"])): n for n in notes}
    back = []
    for edit, start, end in new_spans(list(made)):
        note = made[edit]
        if now[start:end] != edit.new:
            raise EditError("does not hold what was written there")
        old = old_bytes(note["note"], values.get(note["reference"]))
        back.append(Edit(start, end, old))
    return spliced(now, back)


def _clean_map(
    root: str,
    journal: Journal,
    run: str,
    entries: Sequence[Entry],
    edits: Sequence[Entry],
    result: Undone,
) -> None:
    """Where env.yaml cannot be as before (others changed it, or a file still needs a line of it),
    take out just the lines that this run added and nothing needs."""
    mine = [e for e in edits if e.facts["path"] == ENV_PATH]
    if not mine or ENV_PATH in result.restored:
        return
    now = read_file(root, ENV_PATH)
    if now is None or any(_is_back(journal, entry, now) for entry in mine):
        return
    needed = _needed(entries, result)
    added: set[bytes] = set()
    for entry in mine:
        edit = entry.facts["edits"][0]
        old = old_bytes(edit["note"], None)
        new = base64.b64decode(edit["new"])
        added |= set(new.splitlines()) - set(old.splitlines())
    kept = [
        line
        for line in now.splitlines(keepends=True)
        if line.rstrip(b"\r\n") not in added or _refers(line, needed)
    ]
    after = b"".join(kept)
    created = not mine[0].facts["before"]
    if created and not any(line.strip() and not line.startswith(b"#") for line in kept):
        remove_file(root, ENV_PATH, now)
        result.restored.append(ENV_PATH)
    elif after != now:
        replace_file(root, ENV_PATH, now, after, run)
        result.restored.append(ENV_PATH)


def _refers(line: bytes, needed: set[str]) -> bool:
    return any(text in needed for _, _, text in find_texts(line))


def _needed(entries: Sequence[Entry], result: Undone) -> set[str]:
    """References of the files that could not be put back: they must go on working."""
    stuck = {path for path, _ in result.conflicts}
    return {
        edit["reference"]
        for entry in entries
        if entry.phase == "edit" and entry.facts["path"] in stuck
        for edit in entry.facts["edits"]
        if edit["reference"]
    }


def _empty_vault(
    journal: Journal,
    run: str,
    entries: Sequence[Entry],
    vault: Vault,
    referenced: Callable[[], Iterable[Reference]],
    result: Undone,
) -> None:
    created = {name for e in entries if e.phase == "vault" for name in e.facts["creates"]}
    used = {format_reference(reference) for reference in referenced()} | _needed(entries, result)
    names = [n for n in sorted(created) if format_reference(vault.reference(n)) not in used]
    present = set(vault.names())
    result.kept = sorted(created - set(names))
    result.removed = [name for name in names if name in present]
    if result.removed:
        vault.delete([vault.reference(name) for name in result.removed])
    if sweep := getattr(vault, "sweep", None):
        sweep()
    discard = getattr(vault, "discard_if_empty", None)
    if discard is not None and any(e.facts.get("fresh") for e in entries if e.phase == "vault"):
        discard()
    journal.append([Entry(run, "vault-emptied", facts={"removed": result.removed})])


def mapped(data: bytes) -> list[Reference]:
    """The references of an env.yaml's bytes."""
    return list(parse_env_map(data).values())
