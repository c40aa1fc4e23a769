"""The whole history of a repository -> findings: select, scan side by side, ask git where it was.

Nothing is written into the repository. What cannot be read by our own reader is asked from git;
what git cannot read either is named as skipped.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from scanner.engine.database import Database, load_database, rules_digest
from scanner.engine.triggers import load_triggers
from scanner.errors import GitError
from scanner.git.fallback import kinds_and_sizes, read_stream, read_whole
from scanner.git.log import Pages, refs
from scanner.git.origins import Origins, origins
from scanner.git.repository import Repository, describe, index_entries
from scanner.git.stores import Store, open_store
from scanner.git.walk import LARGEST
from scanner.history import listing
from scanner.history.clean_objects import CleanObjects, load_clean, save_clean
from scanner.history.findings import Known, findings_of, without_secrets
from scanner.history.gather import Gatherer
from scanner.history.names import scan_names
from scanner.history.pool import each_part
from scanner.history.request import HistoryRequest
from scanner.history.select import Selection, select
from scanner.history.shards import Item, Part, Shards
from scanner.history.versions import Versions
from scanner.model import Finding, Place, Skipped, Summary
from scanner.record import record
from scanner.scan import Options, Progress, Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@record
class Run:
    """One repository being scanned: what was asked for, and what it is scanned with."""

    repository: Repository
    request: HistoryRequest
    options: Options
    wanted: Callable[[str], bool]
    database: Database
    versions: Versions
    store: Store


def scan_history(
    top: str,
    request: HistoryRequest,
    options: Options,
    wanted: Callable[[str], bool],
    progress: Progress | None = None,
) -> Result:
    """Findings in everything that the request means, and what the run did. GitError, UsageError."""
    started = time.perf_counter()
    repository = describe(top)
    run = _run(repository, request, options, wanted)
    only = listing.meant(repository, request)
    jobs = options.jobs or os.cpu_count() or 1
    before = _clean_before(run)
    chosen = select(run.store, only, before, jobs)
    part, log = _scanned(run, chosen, jobs, progress)
    skipped = [_lost(path, reason) for path, reason in _fallen_back(run, chosen, part)]
    if log.pages is None:
        skipped.append(Skipped(Place("(history)"), f"git cannot read the log: {log.problem}"))
    else:
        skipped += [
            _lost(one, "is missing: a commit names it, and no object store has it")
            for one in _missing(run, log.pages, only)
        ]
    part.items += _names(run, log.pages)
    findings, more, suppressed = _findings(run, part.items, log.pages)
    skipped += [*more, *_slow(part.items)]
    if not skipped:
        save_clean(before, _clean(chosen, part))
    return _result(run, chosen, part, findings, skipped, suppressed, started)


def _run(
    repository: Repository,
    request: HistoryRequest,
    options: Options,
    wanted: Callable[[str], bool],
) -> Run:
    database = load_database(options.minimum, options.rule_files, cache=options.cache)
    triggers = load_triggers(options.cache) if options.decode else None
    versions = Versions(database, options.minimum, options.active, triggers)
    store = open_store(repository.objects, repository.hash_size)
    return Run(repository, request, options, wanted, database, versions, store)


def _clean_before(run: Run) -> CleanObjects:
    from scanner.engine.database import cache_folder

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
            progress(done, total)
    return whole, log


def _fallen_back(run: Run, chosen: Selection, part: Part) -> Iterator[tuple[str, str]]:
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
                shards.large(object_id, size, read_stream(top, object_id, kind), part)
            else:
                shards.object(object_id, kind, read_whole(top, object_id, kind), part)
        except GitError:
            yield object_id, reasons[object_id]


def _lost(name: str, reason: str) -> Skipped:
    is_id = len(name) in (40, 64) and "/" not in name
    return Skipped(Place(f"object {name}" if is_id else name), reason)


def _missing(run: Run, pages: Pages, only: frozenset[str] | None) -> list[str]:
    """Blobs that commits name and no store holds."""

    def there(ids: NDArray[np.bytes_]) -> NDArray[np.bool_]:
        import numpy as np

        found = np.zeros(len(ids), bool)
        for pack in run.store.packs:
            found |= np.isin(ids, pack.index.names)
        left = [number for number, one in enumerate(found.tolist()) if not one]
        for number in left:
            name = bytes(ids[number]).ljust(run.store.hash_size, b"\0").hex()
            found[number] = name in run.store.loose
        return found

    lost = listing.missing(pages, there, run.store.hash_size)
    return [one for one in lost if only is None or one in only]


def _names(run: Run, pages: Pages | None) -> Iterator[Item]:
    if pages is not None:
        yield from scan_names(run.versions, sorted(listing.paths_of(pages)), "path")
    try:
        names = [os.fsencode(name) for name, _ in refs(run.repository.top)]
    except GitError:
        return  # the log failed for the same reason, and said so
    yield from scan_names(run.versions, names, "ref")


def _findings(
    run: Run, items: Sequence[Item], pages: Pages | None
) -> tuple[list[Finding], list[Skipped], Mapping[str, int]]:
    if not items:
        return [], [], {}
    found = _whereabouts(run, items, pages)
    places = {item.id: _places(run, item, found) for item in items}
    gatherer = Gatherer(
        run.database.rules,
        run.options.minimum,
        inline=run.options.inline_ignores,
        wanted=run.wanted,
    )
    gathered = gatherer.gather(items, places)
    commits = found.commits if found else {}
    wheres = {} if found is None else {
        (blob_id, one.path): one for blob_id, many in found.places.items() for one in many
    }  # fmt: skip
    known = Known(wheres, commits)
    every = run.request.every_place
    findings = list(findings_of(gathered, known, every_place=every))
    in_names = {
        one.secret.reveal().decode("utf-8", "surrogateescape")
        for one in findings
        if one.path.startswith("(")
    }
    values = sorted((one for one in in_names if len(one) > 3), key=lambda one: (-len(one), one))
    if values:
        findings = [without_secrets(one, values) for one in findings]
    return findings, list(gathered.skipped), gathered.suppressed


def _whereabouts(run: Run, items: Sequence[Item], pages: Pages | None) -> Origins | None:
    if pages is None:
        return None
    blobs = {item.id for item in items if item.kind == "blob"}
    paths = listing.paths_of(pages) if any(item.kind == "path" for item in items) else {}
    for item in items:
        if item.kind == "path":
            blobs.add(paths[os.fsencode(item.id)].decode("ascii"))
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
        commit = found.commits.get(item.id) if found else None
        if item.kind == "tag":
            return [Place(item.path)]
        author, when = (commit.author, commit.time) if commit else (None, None)
        return [Place(item.path, item.id, author, when)]
    places = []
    for one in found.places.get(item.id, ()) if found else ():
        commit = found.commits.get(one.brought_in) if found else None
        author, when = (commit.author, commit.time) if commit else (None, None)
        places.append(Place(one.path, one.brought_in, author, when))
    if places:
        return places
    staged = index_entries(run.repository).get(item.id, ())
    return [Place(path) for path in staged] or [Place(f"(unreachable object {item.id})")]


def _slow(items: Sequence[Item]) -> Iterator[Skipped]:
    for item in items:
        for rule in item.slow:
            why = f"rule {rule} ran out of time: its pattern is too slow for this content"
            yield Skipped(Place(f"object {item.id}"), why)


def _clean(chosen: Selection, part: Part) -> NDArray[np.bytes_]:
    """Names of everything that was scanned and that nothing came of."""
    import numpy as np

    dirty = {item.id for item in part.items}
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
    started: float,
) -> Result:
    ordered = sorted(findings, key=_order)
    used = {finding.rule for finding in ordered}
    rules = run.database.rules if used else ()
    counts = {
        "commits": part.counts["commits"],
        "blobs": part.counts["blobs"],
        "tags": part.counts["tags"],
        "known_clean": chosen.cached,
        "packed_bytes": chosen.packed,
        "inflated_bytes": part.counts["inflated_bytes"],
        "decoded_members": part.counts["decoded"],
        "skipped": len(skipped),
    }
    notes = []
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
