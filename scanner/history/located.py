"""Items -> findings with their places: which path, commit and author each object belongs to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from scanner.errors import GitError
from scanner.git.log import Pages, changed
from scanner.git.origins import Origins, Whereabouts, origins
from scanner.git.ranges import read_objects
from scanner.git.repository import index_entries
from scanner.history.findings import Known, findings_of, values_in_names, without_secrets
from scanner.history.gather import Gatherer
from scanner.history.run import Run
from scanner.history.shards import Item
from scanner.model import Finding, Place, Skipped


def located(
    run: Run, items: Sequence[Item], pages: Pages | None
) -> tuple[list[Finding], list[Skipped], Mapping[str, int]]:
    """Findings of items, what stood in them and was not opened, and what filters left out."""
    if not items:
        return [], [], {}
    found = _whereabouts(run, items, pages)
    standing = _standing(items, pages) if pages else {}
    places = {item.id: _places(run, item, found) for item in items}
    wheres: dict[tuple[str, str], Whereabouts] = {}
    for one in (w for many in found.places.values() for w in many) if found else ():
        wheres[one.blob_id, one.path] = one
    for name, blob_id in standing.items():  # a name was where a file of that name was
        where = wheres.get((blob_id, name))
        if where and found:
            wheres[name, "(file name)"] = where
            places[name] = [_place("(file name)", where.brought_in, found)]
    gatherer = Gatherer(
        run.database.rules,
        run.options.minimum,
        inline=run.options.inline_ignores,
        wanted=run.wanted,
        contents=partial(_contents, run.repository.top),
    )
    gathered = gatherer.gather(items, places)
    known = Known(wheres, found.commits if found else {})
    every = run.request.every_place
    findings = list(findings_of(gathered, known, every_place=every))
    values = values_in_names(findings)
    if values:
        findings = [without_secrets(one, values) for one in findings]
    return findings, list(gathered.skipped), gathered.suppressed


def _contents(top: str, ids: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    for object_id, _, data in read_objects(top, ids):
        yield object_id, data


def _whereabouts(run: Run, items: Sequence[Item], pages: Pages | None) -> Origins | None:
    if pages is None:
        return None
    blobs = {item.id for item in items if item.kind == "blob"}
    blobs |= set(_standing(items, pages).values())
    commits = [item.id for item in items if item.kind == "commit"]
    try:
        return origins(run.repository.top, sorted(blobs), pages=pages, also=commits)
    except GitError:
        return None  # findings are worth more without their places than not at all


def _places(run: Run, item: Item, found: Origins | None) -> list[Place]:
    if item.kind == "ref":
        return [Place("(branch name)" if item.id.startswith("refs/heads/") else "(ref name)")]
    if item.kind == "path":
        return [Place("(file name)")]
    if item.kind != "blob":
        if item.kind == "tag":
            return [Place(item.path)]
        return [_place(item.path, item.id, found) if found else Place(item.path, item.id)]
    if found and item.id in found.places:
        return [_place(one.path, one.brought_in, found) for one in found.places[item.id]]
    staged = index_entries(run.repository).get(item.id, ())
    return [Place(path) for path in staged] or [Place(f"(unreachable object {item.id})")]


def _place(path: str, commit_id: str, found: Origins) -> Place:
    commit = found.commits.get(commit_id)
    author, when = (commit.author, commit.time) if commit else (None, None)
    return Place(path, commit_id, author, when)


def _standing(items: Sequence[Item], pages: Pages) -> dict[str, str]:
    """Names of files in which something was found -> a blob that stood there."""
    names = {os.fsencode(item.id) for item in items if item.kind == "path"}
    if not names:
        return {}
    found = {path: new for new, path in changed(pages) if path in names}
    return {os.fsdecode(path): new.decode("ascii") for path, new in found.items()}
