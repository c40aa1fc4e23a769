"""After a run was stopped: what it left half done is put back, so that it can be done again.

An edit that was announced and whose end nothing tells of was made or not, but never proved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.errors import EditError
from scanner.migrate.apply import Context
from scanner.migrate.edit import read_file, replace_file, sweep
from scanner.migrate.notes import before_edit, is_back, is_done, unsettled_edits, values_of
from scanner.migrate.own_files import OWN_PATHS
from scanner.model import Entry, Secret


def settle(context: Context, entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Put back each file that was edited but not proved; unleak's own files need no proof.

    Returns (path, reason) of files that somebody changed meanwhile: they are left alone.
    """
    open_ones = unsettled_edits(entries)
    values = values_of(open_ones, context.vault)
    strange = []
    for entry in open_ones:
        path = entry.facts["path"]
        try:
            sweep(context.root, path, context.run)
            _settle(context, entry, values)
        except EditError as problem:
            strange.append((path, problem.message.removeprefix(f"{path}: ")))
    return strange


def _settle(context: Context, entry: Entry, values: Mapping[str, Secret]) -> None:
    path = entry.facts["path"]
    now = read_file(context.root, path)
    if is_back(context.journal, entry, now):
        return
    if now is None or not is_done(context.journal, entry, now):
        raise EditError("was changed by somebody else")
    if path in OWN_PATHS:
        context.note("done", path=path)
        return
    before = before_edit(context.journal, entry, now, values)
    replace_file(context.root, path, now, before, context.run)
    context.note("reverted", path=path, why="was not proved when the run stopped")
