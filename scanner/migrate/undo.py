"""Take a run back: files first, byte for byte, then the vault entries that nothing needs any more.

A file that is no longer as the run left it is a conflict: it is named and left alone, and what it
refers to stays in the vault. Undoing twice, or after a stop in the middle, changes nothing more.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.errors import EditError, JournalError
from scanner.migrate.edit import read_file, remove_file, replace_file, sweep
from scanner.migrate.history_list import HISTORY_PATH, without
from scanner.migrate.journal import Journal, state_of
from scanner.migrate.notes import (
    before_edit,
    is_back,
    is_done,
    open_edits,
    references_of,
    values_of,
)
from scanner.migrate.own_files import OWN_PATHS
from scanner.migrate.spelling import old_bytes
from scanner.model import Entry, Reference, Secret
from scanner.protocols import Vault
from scanner.references.environment import ENV_PATH, parse_env_map
from scanner.references.syntax import find_texts, format_reference


@dataclass(slots=True)
class Undone:
    """Paths that are back, (path, reason) of conflicts, names removed from the vault, and kept."""

    restored: list[str] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def last_run(journal: Journal) -> str:
    """The newest run that left something to undo; JournalError if there is none."""
    for run in reversed(journal.runs()):
        entries = journal.read(run)
        state = state_of(entries)
        if state == "undone":
            continue
        if "undo" in state or state == "interrupted" or _created(entries) or open_edits(entries):
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
    edits = open_edits(entries)
    values = values_of(edits, vault)
    journal.append([Entry(run, "undo-begin")])
    result = Undone()
    maps = [entry for entry in edits if entry.facts["path"] == ENV_PATH]
    for entry in reversed(edits):
        stuck = {path for path, _ in result.conflicts}
        if entry.facts["path"] not in {ENV_PATH, *stuck}:
            _restore(root, journal, entry, values, result)
    lists = [entry for entry in edits if entry.facts["path"] == HISTORY_PATH]
    if _clean_list(root, journal, run, lists):
        result.restored.append(HISTORY_PATH)
    needed = _stuck(edits, result) | _held_elsewhere(root, journal, run)
    if not any(_refers(line, needed) for line in _added(maps)):
        for entry in reversed(maps):
            _restore(root, journal, entry, values, result)
    kept, older = _kept_before(journal, run)
    if _clean_map(root, journal, run, [*older, *maps], needed):
        result.restored.append(ENV_PATH)
    created = _created(entries) | kept
    _empty_vault(journal, run, created, vault, referenced, needed, result)
    fresh = any(e.facts.get("fresh") for e in entries if e.phase == "vault")
    _tidy_vault(vault, discard=fresh or bool(kept))
    journal.append([Entry(run, "undo-left" if result.conflicts else "undo-end")])
    return result


def _restore(
    root: str, journal: Journal, entry: Entry, values: Mapping[str, Secret], result: Undone
) -> None:
    path = entry.facts["path"]
    try:
        sweep(root, path, entry.run)
        now = read_file(root, path)
        if is_back(journal, entry, now):
            return
        if now is None or not is_done(journal, entry, now):
            if path not in OWN_PATHS:  # their lines are taken out one by one, see _clean_...
                result.conflicts.append((path, "was changed since; put it right by hand"))
            return
        if entry.facts["before"]:
            replace_file(root, path, now, before_edit(journal, entry, now, values), entry.run)
        else:
            remove_file(root, path, now)
    except EditError as problem:
        result.conflicts.append((path, problem.message.removeprefix(f"{path}: ")))
        return
    journal.append([Entry(entry.run, "undone", facts={"path": path})])
    result.restored.append(path)


def _stuck(edits: Sequence[Entry], result: Undone) -> set[str]:
    """References of the files that could not be put back: they must go on working."""
    stuck = {path for path, _ in result.conflicts}
    return set[str]().union(*(references_of(e) for e in edits if e.facts["path"] in stuck))


def _held_elsewhere(root: str, journal: Journal, run: str) -> set[str]:
    """References that files have from other runs, also where no scan of the tree finds them: in
    files that git ignores, and in code that reads a variable."""
    held: set[str] = set()
    for other in journal.runs():
        entries = journal.read(other)
        if other == run or state_of(entries) == "undone":
            continue
        for entry in open_edits(entries):
            try:
                now = read_file(root, entry.facts["path"])
            except EditError:
                now = b""
            if now is not None and not is_back(journal, entry, now):
                held |= references_of(entry)
    return held


def _added(maps: Sequence[Entry]) -> set[bytes]:
    """The lines that the run put into one of unleak's own files."""
    added: set[bytes] = set()
    for entry in maps:
        note = entry.facts["edits"][0]
        old, new = old_bytes(note["note"], None), base64.b64decode(note["new"])
        added |= set(new.splitlines()) - set(old.splitlines())
    return added


def _clean_map(
    root: str, journal: Journal, run: str, maps: Sequence[Entry], needed: set[str]
) -> bool:
    """Where env.yaml cannot be as before (others changed it, or a file still needs a line of it),
    take out just the lines that these edits added and nothing needs. Whether it is as before now.
    """
    now = read_file(root, ENV_PATH)
    if now is None:
        return False
    added = _added([entry for entry in maps if not is_back(journal, entry, now)])
    kept = [
        line
        for line in now.splitlines(keepends=True)
        if b"ref+" not in line or line.rstrip(b"\r\n") not in added or _refers(line, needed)
    ]
    after = b"".join(kept)
    if after == now:
        return False
    made_by_us = any(not entry.facts["before"] for entry in maps)
    if made_by_us and not any(line.strip() and not line.startswith(b"#") for line in kept):
        remove_file(root, ENV_PATH, now)
        return True
    replace_file(root, ENV_PATH, now, after, run)
    return any(is_back(journal, entry, after) for entry in maps)


def _clean_list(root: str, journal: Journal, run: str, lists: Sequence[Entry]) -> bool:
    """Where other runs added to the list of what only history holds, take out just the lines of
    this one. Whether it is as before now."""
    now = read_file(root, HISTORY_PATH)
    if now is None:
        return False
    after = without(now, _added([entry for entry in lists if not is_back(journal, entry, now)]))
    if after == now:
        return False
    if after:
        replace_file(root, HISTORY_PATH, now, after, run)
    else:
        remove_file(root, HISTORY_PATH, now)
    return any(is_back(journal, entry, after or None) for entry in lists)


def _refers(line: bytes, needed: set[str]) -> bool:
    return any(text in needed for _, _, text in find_texts(line))


def _created(entries: Sequence[Entry]) -> set[str]:
    """Names of the entries that the run made and has not taken back itself."""
    created: set[str] = set()
    wanted: set[str] = set()
    for entry in entries:
        if entry.phase == "vault":
            wanted = set(entry.facts["creates"])
            created |= wanted
        elif entry.phase == "not-stored":
            created -= wanted
    return created


def _kept_before(journal: Journal, run: str) -> tuple[set[str], list[Entry]]:
    """What the undo of other runs left because some file needed it: entries, and edits of
    env.yaml. Whoever is undone last takes it along."""
    names: set[str] = set()
    maps: list[Entry] = []
    for other in journal.runs():
        entries = journal.read(other)
        last = [e for e in entries if e.phase == "vault-emptied"][-1:]
        if other == run or state_of(entries) != "undone" or not last:
            continue
        if kept := last[0].facts.get("kept"):
            names |= set(kept)
            maps += [e for e in open_edits(entries) if e.facts["path"] == ENV_PATH]
    return names, maps


def _empty_vault(
    journal: Journal,
    run: str,
    created: set[str],
    vault: Vault,
    referenced: Callable[[], Iterable[Reference]],
    needed: set[str],
    result: Undone,
) -> None:
    used = {format_reference(reference) for reference in referenced()} | needed
    names = [n for n in sorted(created) if format_reference(vault.reference(n)) not in used]
    present = set(vault.names())
    result.kept = sorted((created - set(names)) & present)
    result.removed = [name for name in names if name in present]
    if result.removed:
        vault.delete([vault.reference(name) for name in result.removed])
    facts = {"removed": result.removed, "kept": result.kept}
    journal.append([Entry(run, "vault-emptied", facts=facts)])


def _tidy_vault(vault: Any, *, discard: bool) -> None:  # noqa: ANN401 -- what only some have
    """Remove what a killed run left beside the vault, and one that a run made if it is empty."""
    if hasattr(vault, "sweep"):
        vault.sweep()
    if discard and hasattr(vault, "discard_if_empty"):
        vault.discard_if_empty()


def mapped(data: bytes) -> list[Reference]:
    """The references of an env.yaml's bytes."""
    return list(parse_env_map(data).values())
