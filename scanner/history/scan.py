"""The whole history of a repository -> findings: select, scan side by side, ask git where it was.

Nothing is written into the repository. What cannot be read by our own reader is asked from git;
what git cannot read either is named as skipped.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from scanner.engine.cache import cache_folder
from scanner.engine.database import rules_digest
from scanner.errors import GitError, UsageError
from scanner.git.log import Pages
from scanner.git.refs import refs
from scanner.git.repository import Repository, describe, is_bare, top_of
from scanner.history import listing
from scanner.history.clean_objects import CleanObjects, load_clean, save_clean
from scanner.history.findings import skipped_without_secrets, values_in_names
from scanner.history.holes import fallen_back, holes, lost
from scanner.history.located import located
from scanner.history.names import scan_names
from scanner.history.pool import FEW, each_part
from scanner.history.request import HistoryRequest
from scanner.history.run import Run, prepared
from scanner.history.select import Selection, select
from scanner.history.shards import Item, Part, Shards
from scanner.model import Finding, Place, Skipped, Summary
from scanner.record import replace
from scanner.scan import Advance, Options, Progress, Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_UNIQUE = ("commits", "blobs", "tags")  # each object is scanned once, whatever names it


def scan_history(
    top: str,
    request: HistoryRequest,
    options: Options,
    wanted: Callable[[str], bool],
    progress: Progress | None = None,
) -> Result:
    """Findings in everything that the request means, and what the run did. GitError, UsageError."""
    if top_of(top) is None and not is_bare(top):
        raise UsageError(f"{top} is in no git repository", "--history needs one")
    repository = describe(top)
    if request.submodules and request.since and listing.is_commit(top, request.since):
        hint = "no submodule knows that revision; a date holds for all of them"
        raise UsageError("--submodules does not go together with --since REV", hint)
    whole = _scan_one(repository, request, options, wanted, progress)
    if not request.submodules:
        return whole
    from scanner.history.submodules import joined, scan_submodule, submodules

    def scan(folder: str, path: str, inside: Callable[[str], bool]) -> Result:
        named = _named(progress, path) if progress else None
        return _scan_one(describe(folder), request, options, inside, named)

    found, skipped = submodules(repository)
    results = [scan_submodule(one, wanted, scan) for one in found]
    return joined([whole, *results], skipped, _order)


def _named(progress: Progress, path: str) -> Progress:
    return lambda now: progress(replace(now, phase=f"{path}: {now.phase}"))


def _scan_one(
    repository: Repository,
    request: HistoryRequest,
    options: Options,
    wanted: Callable[[str], bool],
    progress: Progress | None,
) -> Result:
    started = time.perf_counter()
    run = prepared(repository, request, options, wanted)
    skipped: list[Skipped] = []
    fetched = 0
    if request.fetch_missing:
        run, fetched = _fetched(run, skipped, progress)
    try:
        only = listing.meant(repository, request)
    except GitError as problem:
        skipped.append(lost("(history)", f"{problem.message}; everything was scanned instead"))
        only = None
    jobs = options.jobs or os.cpu_count() or 1
    before = _clean_before(run)
    chosen = select(run.store, only, before, jobs)
    if sum(one.weight for one in chosen.work) < FEW:
        progress = None  # it is over before anybody has looked
    part, log = _scanned(run, chosen, jobs, progress)
    if progress:
        progress(Advance("finding commits"))
    skipped += [lost(path, reason) for path, reason in fallen_back(run, chosen, part)]
    skipped += holes(run, log, only)
    part.items += _names(run, log.pages, part.names)
    findings, more, suppressed = located(run, part.items, log.pages)
    skipped += [*more, *_slow(part.items)]
    values = values_in_names(findings)
    if values:
        skipped = skipped_without_secrets(skipped, values)
    if not skipped:
        save_clean(before, _clean(chosen, part))
    return _result(run, chosen, part, findings, skipped, suppressed, fetched, started)


def _fetched(run: Run, skipped: list[Skipped], progress: Progress | None) -> tuple[Run, int]:
    """The run with a store that was filled up; what went wrong is added to `skipped`."""
    from scanner.history.fetching import filled

    if progress:
        progress(Advance("fetching missing objects"))
    done = filled(run)
    skipped += done.skipped
    return done.run, done.fetched


def _clean_before(run: Run) -> CleanObjects:
    folder = run.request.cache if run.request.cache is not None else cache_folder()
    active = "all" if run.options.active is None else " ".join(sorted(run.options.active))
    options = f"{run.options.minimum} {run.options.decode}"
    facts = f"{rules_digest(run.database)}\n{options}\n{active}"
    return load_clean(folder, facts.encode())


def _scanned(
    run: Run, chosen: Selection, jobs: int, progress: Progress | None
) -> tuple[Part, listing.Listing]:
    shards = Shards(run.store, chosen.packs, run.versions)
    whole = Part()
    total = sum(one.weight for one in chosen.work)
    objects = sum(len(one.loose) for one in chosen.work)
    objects += sum(one.wanted.tobytes().count(1) for one in chosen.packs)
    done = 0
    reachable = run.request.reachable
    ask = listing.Ask(run.repository.top, () if reachable else chosen.commits, not reachable)
    log = listing.Listing(None, "was not asked for")
    for work, part in each_part(shards, chosen.work, ask, jobs):
        if isinstance(part, listing.Listing):
            log = part
            continue
        whole.add(part)
        done += work.weight if work else 0
        if progress:
            read = chosen.packed * done // max(1, total)
            count = sum(whole.counts[name] for name in _UNIQUE)
            count = objects if done == total else min(count, objects)  # trees count here alone
            step = (done, total, read, chosen.packed, count, objects)
            progress(Advance("scanning", *step, "objects"))
    return whole, log


def _names(run: Run, pages: Pages | None, further: set[bytes]) -> Iterator[Item]:
    """further: names in trees, of which the log may know longer paths."""
    paths = set(listing.paths_of(pages)) if pages is not None else set()
    known = {part for path in paths for part in path.split(b"/")} if further else set()
    yield from scan_names(run.versions, sorted(paths | (further - known)), "path")
    try:
        names = [os.fsencode(name) for name, _ in refs(run.repository.top)]
    except GitError:
        return  # the log failed for the same reason, and said so
    yield from scan_names(run.versions, names, "ref")


def _slow(items: Sequence[Item]) -> Iterator[Skipped]:
    for item in items:
        for rule in item.slow:
            why = f"rule {rule} ran out of time: its pattern is too slow for this content"
            yield Skipped(Place(f"object {item.id}"), why)


def _clean(chosen: Selection, part: Part) -> NDArray[np.bytes_]:
    """Names of everything that was scanned and that nothing came of."""
    import numpy as np

    dirty = {item.id for item in part.items} | part.trees  # names are judged each time
    names: list[bytes] = []
    for one in chosen.packs:
        scanned = np.flatnonzero(np.frombuffer(one.wanted, np.uint8))
        width = one.pack.index.hash_size
        found = one.pack.index.names[one.forest.position[scanned]].tolist()
        names += [name for name in found if name.ljust(width, b"\0").hex() not in dirty]
    names += [
        bytes.fromhex(name) for work in chosen.work for name in work.loose if name not in dirty
    ]
    return np.array(names, "S32") if names else np.array([], "S32")


def _result(
    run: Run,
    chosen: Selection,
    part: Part,
    findings: list[Finding],
    skipped: Sequence[Skipped],
    suppressed: Mapping[str, int],
    fetched: int,
    started: float,
) -> Result:
    ordered = sorted(findings, key=_order)
    used = {finding.rule for finding in ordered}
    rules = run.database.rules if used else ()
    counts = {
        "commits": part.counts["commits"],
        "blobs": part.counts["blobs"],
        "tags": part.counts["tags"],
        "unique": sum(part.counts[name] for name in _UNIQUE) + chosen.cached,
        "known_clean": chosen.cached,
        "packed_bytes": chosen.packed,
        "inflated_bytes": part.counts["inflated_bytes"],
        "decoded_members": part.counts["decoded"],
        "skipped": len(skipped),
    }
    notes = [f"{fetched} missing objects were fetched"] if fetched else []
    if run.repository.shallow:
        notes.append("a shallow clone: commits before its boundary are not here and were not seen")
    summary = Summary(
        files=part.counts["blobs"],
        bytes=part.counts["inflated_bytes"],
        seconds=time.perf_counter() - started,
        skipped=tuple(sorted(set(skipped), key=lambda s: (s.place.path, s.reason))),
        suppressed=dict(sorted(suppressed.items())),
        rules={rule.id: rule.info for rule in rules if rule.id in used},
        notes=tuple(notes),
        counts=counts,
    )
    return Result(tuple(ordered), summary)


def _order(one: Finding) -> tuple[object, ...]:
    commit = one.places[0].commit or ""
    return one.path, one.start, one.end, one.rule, one.decoded_by, one.blob_id, one.key, commit
