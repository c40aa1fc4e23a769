"""What our reader cannot read: asked from git, and named if git cannot read it either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.errors import GitError
from scanner.git.fallback import kinds_and_sizes, read_stream, read_whole
from scanner.git.log import Pages, changed
from scanner.git.refs import broken_refs, refs
from scanner.git.walk import LARGEST
from scanner.history import listing
from scanner.history.run import Run
from scanner.history.select import Selection
from scanner.history.shards import Part, Shards
from scanner.model import Place, Skipped


def fallen_back(run: Run, chosen: Selection, part: Part) -> Iterator[tuple[str, str]]:
    """Scan through git what our reader could not read; (object or path, reason) of the rest."""
    reasons = dict(part.failed)
    part.failed.clear()
    reasons |= dict.fromkeys(chosen.unknown, "its kind cannot be told")
    for problem in run.store.problems:
        yield problem.path, problem.reason
        reasons |= dict.fromkeys(problem.ids, problem.reason)
    if not reasons:
        return
    top = run.repository.top
    shards = Shards(run.store, chosen.packs, run.versions)
    known = kinds_and_sizes(top, sorted(reasons))
    for object_id in sorted(reasons):
        kind, size = known.get(object_id, ("", 0))
        if kind == "tree":
            continue
        try:
            if not kind:
                yield object_id, reasons[object_id]
            elif kind == "blob" and size > LARGEST:
                shards.large(object_id, size, read_stream(top, object_id, kind, size), part)
            else:
                shards.object(object_id, kind, read_whole(top, object_id, kind), part)
        except GitError:
            yield object_id, reasons[object_id]


def lost(name: str, reason: str) -> Skipped:
    """An object (its id) or a file of a store that nobody could read."""
    is_id = len(name) in (40, 64) and "/" not in name
    return Skipped(Place(f"object {name}" if is_id else name), reason)


def holes(run: Run, log: listing.Listing, only: frozenset[str] | None) -> Iterator[Skipped]:
    """What commits, refs or git itself name and nobody can read."""
    if log.pages is None:
        yield lost("(history)", f"git cannot read the log: {log.problem}")
    try:
        for one, why in missing(run, log.pages, only):
            yield lost(one, f"is missing: {why}")
        for name in broken_refs(run.repository.top):
            yield lost(name, "is no ref that git can read")
    except GitError as problem:
        yield lost("(refs)", problem.message)


def missing(
    run: Run, pages: Pages | None, only: frozenset[str] | None
) -> Iterator[tuple[str, str]]:
    """(id, what names it) of objects that commits or refs name and no store holds.

    only: the files to look for, None for all. GitError when git cannot list the refs.
    """
    if pages is not None:
        named = sorted({new.decode("ascii") for new, _ in changed(pages)})
        for one in absent(run, named):
            if only is None or one in only:
                yield one, "a commit names it, and no object store has it"
        for one in listing.lost_commits(run.repository, pages):
            yield one, "a commit names it as its parent"
    names = {object_id.decode("ascii"): name for name, object_id in refs(run.repository.top)}
    for one in absent(run, sorted(names)):
        yield one, f"{names[one]} names it"


def absent(run: Run, ids: Sequence[str]) -> list[str]:
    """Those objects that no store has."""
    return [one for one, there in zip(ids, _there(run, ids), strict=True) if not there]


def _there(run: Run, ids: Sequence[str]) -> list[bool]:
    """Which objects are in any store."""
    import numpy as np

    names = np.array([bytes.fromhex(one) for one in ids], f"S{run.store.hash_size}")
    found = np.zeros(len(names), bool)
    for pack in run.store.packs:
        found |= np.isin(names, pack.index.names)
    return [there or one in run.store.loose for one, there in zip(ids, found.tolist(), strict=True)]
