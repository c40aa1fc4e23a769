"""The journal's entry of a file's change: enough to take it back, and no value in it.

An entry "edit" has the file's keyed digests before and after, and for each edit where it is, what
it wrote, how its old bytes are got back (see spelling.py) and which reference holds their value.
An entry "history" says of a value that only history holds where it was; no file changes for it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.errors import EditError
from scanner.migrate.edit import new_spans, spliced
from scanner.migrate.history_list import facts_of
from scanner.migrate.journal import Journal
from scanner.migrate.spelling import old_bytes, undo_note
from scanner.model import Edit, Entry, Literal, Secret, Step
from scanner.protocols import Vault
from scanner.references.syntax import format_reference, parse_reference

_OVER = ("done", "reverted", "undone")


def edits_of(steps: Sequence[Step]) -> list[Edit]:
    """The edits of all steps of a file, in order; one that several want is there once."""
    edits = {edit for step in steps for edit in step.edits}
    return sorted(edits, key=lambda edit: (edit.start, edit.end))


def file_entry(journal: Journal, run: str, path: str, data: bytes, steps: Sequence[Step]) -> Entry:
    """The entry of what the steps do to a file that holds `data`."""
    edits = edits_of(steps)
    notes = [_edit_note(data, edit, steps) for edit in edits]
    return _entry(journal, run, path, data, spliced(data, edits), notes)


def map_entry(journal: Journal, run: str, path: str, before: bytes | None, after: bytes) -> Entry:
    """The entry of a change to one of unleak's own files, which hold no secret: their bytes may
    stand in the journal. before: None if the file is made."""
    old = before or b""
    note = {
        "start": 0,
        "end": len(old),
        "new": base64.b64encode(after).decode(),
        "note": {"plain": base64.b64encode(old).decode()},
        "reference": "",
    }
    return _entry(journal, run, path, before, after, [note])


def history_entry(run: str, step: Step) -> Entry:
    """What is stored of a value that only history holds: where it was, with whole commit ids."""
    facts = {
        **facts_of(step),
        "path": step.path,
        "why": step.reason,
        "references": [format_reference(step.reference)] if step.reference else [],
    }
    return Entry(run, "history", step.id, facts)


def open_edits(entries: Sequence[Entry]) -> list[Entry]:
    """The edits whose file was not put back during the run, in order."""
    found: list[Entry] = []
    for entry in entries:
        if entry.phase == "edit":
            found.append(entry)
        elif entry.phase == "reverted":
            path = entry.facts["path"]
            last = max(i for i, e in enumerate(found) if e.facts["path"] == path)
            del found[last]
    return found


def unsettled_edits(entries: Sequence[Entry]) -> list[Entry]:
    """The edits that were announced but of which nothing says how they ended, in order."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.phase == "edit":
            found[entry.facts["path"]] = entry
        elif entry.phase in _OVER:
            found.pop(entry.facts["path"], None)
    return list(found.values())


def references_of(entry: Entry) -> set[str]:
    """The texts of the references that a file has since this edit."""
    return {note["reference"] for note in entry.facts["edits"] if note["reference"]}


def values_of(entries: Sequence[Entry], vault: Vault) -> dict[str, Secret]:
    """Reference text -> value for these edits, read at once; what is gone is left out."""
    texts = set[str]().union(*map(references_of, entries))
    references = {text: parse_reference(text) for text in texts}
    if not references:
        return {}
    values = vault.read(list(references.values()))
    return {text: values[ref] for text, ref in references.items() if ref in values}


def is_back(journal: Journal, entry: Entry, now: bytes | None) -> bool:
    """Whether the file, with the bytes `now`, is as it was before the edit."""
    if now is None:
        return not entry.facts["before"]
    return bool(journal.digest(now) == entry.facts["before"])


def is_done(journal: Journal, entry: Entry, now: bytes | None) -> bool:
    """Whether the file, with the bytes `now`, is as the edit left it."""
    return now is not None and journal.digest(now) == entry.facts["after"]


def before_edit(journal: Journal, entry: Entry, now: bytes, values: Mapping[str, Secret]) -> bytes:
    """The file as it was, from the file as the edit left it; EditError if that cannot be had."""
    notes = {
        Edit(n["start"], n["end"], base64.b64decode(n["new"])): n for n in entry.facts["edits"]
    }
    back = []
    for edit, start, end in new_spans(list(notes)):
        if now[start:end] != edit.new:
            raise EditError("does not hold what was written there")
        note = notes[edit]
        back.append(Edit(start, end, old_bytes(note["note"], values.get(note["reference"]))))
    before = spliced(now, back)
    if entry.facts["before"] and journal.digest(before) != entry.facts["before"]:
        raise EditError("would not be what it was")
    return before


def _entry(
    journal: Journal, run: str, path: str, before: bytes | None, after: bytes, notes: list[Any]
) -> Entry:
    facts = {
        "path": path,
        "before": journal.digest(before) if before is not None else "",
        "after": journal.digest(after),
        "edits": notes,
    }
    return Entry(run, "edit", facts=facts)


def _edit_note(data: bytes, edit: Edit, steps: Sequence[Step]) -> dict[str, Any]:
    owner = next((s for s in steps if s.literal and _overlaps(edit, s.literal)), None)
    literal = owner.literal if owner else None
    return {
        "start": edit.start,
        "end": edit.end,
        "new": base64.b64encode(edit.new).decode(),
        "note": undo_note(data, edit, literal, Secret(literal.value if literal else b"")),
        "reference": format_reference(owner.reference) if owner and owner.reference else "",
    }


def _overlaps(edit: Edit, literal: Literal) -> bool:
    return edit.start < literal.end and literal.start < edit.end
