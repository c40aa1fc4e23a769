"""Source x engine x filters -> findings; large trees are sharded over processes by bytes.

The result does not depend on the number of processes: findings are sorted by path and start.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from scanner.engine.database import Database, Say, load_database
from scanner.engine.find import Finder
from scanner.engine.triggers import load_triggers
from scanner.errors import ReadError
from scanner.model import Blob, Confidence, Finding, Place, RuleInfo, Skipped, Summary
from scanner.record import record, replace
from scanner.sources.files import Found, read_all

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

ALONE = 6 << 20  # bytes: below this, starting processes costs more than it saves
SHARDS_PER_JOB = 6
SHARDS_WATCHED = 24  # where somebody looks at the progress
_AROUND = 4096
_OPENING = 16 << 10  # bytes that take about as long as opening a file


@record
class Advance:
    """How far a run has come. phase: what it is doing. done, total: work, in bytes and what each
    file or object costs beside them: what the time left is to be estimated from; total is 0 where
    nobody can know. bytes, bytes_total: read, of objects as they are stored. count, count_total:
    files or objects, as `noun` says.
    """

    phase: str
    done: int = 0
    total: int = 0
    bytes: int = 0
    bytes_total: int = 0
    count: int = 0
    count_total: int = 0
    noun: str = "files"


Progress = Callable[[Advance], None]


@record
class Options:
    """How to scan. active: rule ids to use, None for all. rule_files: the user's own rules.
    decode: look into encoded text and containers, too. say: told of rules that have to be compiled
    first."""

    minimum: Confidence = "medium"
    active: frozenset[str] | None = None
    rule_files: tuple[str, ...] = ()
    inline_ignores: bool = True
    jobs: int = 0
    cache: str | None = None
    decode: bool = True
    say: Say | None = None


class Tally:
    """What one shard saw; added up at the end."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.skipped: list[Skipped] = []
        self.suppressed: Counter[str] = Counter()
        self.files = 0
        self.bytes = 0

    def add(self, other: Tally) -> None:
        """Take another shard's results in."""
        self.findings += other.findings
        self.skipped += other.skipped
        self.suppressed += other.suppressed
        self.files += other.files
        self.bytes += other.bytes


@record
class Result:
    """Findings sorted by (path, start, rule), and what the run did."""

    findings: tuple[Finding, ...]
    summary: Summary


class Scanner:
    """Scans blobs in this process: the engine and the filters that need content."""

    def __init__(self, options: Options, database: Database | None = None) -> None:
        self._database = database or load_database(
            options.minimum, options.rule_files, cache=options.cache, say=options.say
        )
        self._finder = Finder(
            self._database,
            minimum=options.minimum,
            active=options.active,
            triggers=load_triggers(options.cache) if options.decode else None,
        )
        self._inline = options.inline_ignores

    @property
    def database(self) -> Database:
        """The rules in use."""
        return self._database

    def scan_blob(self, blob: Blob, tally: Tally) -> None:
        """Add one blob's findings to `tally`."""
        tally.files += 1
        tally.bytes += blob.size
        findings = self._finder.find(blob, self._dropper(blob, tally) if self._inline else None)
        for rule in self._finder.slow_rules():
            why = f"rule {rule} ran out of time: its pattern is too slow for this content"
            tally.skipped += [Skipped(place, why) for place in blob.places]
        for one in self._finder.refused():
            tally.skipped += [
                Skipped(Place("!".join((place.path, *one.chain))), one.reason)
                for place in blob.places
            ]
        for finding in findings:
            tally.findings += _each_place(finding)

    def _dropper(self, blob: Blob, tally: Tally) -> Callable[[Finding], bool]:
        def drop(finding: Finding) -> bool:
            marker = self._allowed(blob, finding)
            if marker and self._finder.is_enough(finding):
                tally.suppressed[f"inline {marker}"] += len(finding.places)
            return bool(marker)

        return drop

    def scan_data(self, path: str, data: bytes) -> list[Finding]:
        """Findings of content in memory, inline ignores applied."""
        tally = Tally()
        self.scan_blob(Blob("", len(data), (Place(path),), data), tally)
        return tally.findings

    def scan_all(self, blobs: Iterable[Blob | Skipped]) -> Tally:
        """Findings of every blob, in this process."""
        tally = Tally()
        for one in blobs:
            if isinstance(one, Skipped):
                tally.skipped.append(one)
            else:
                self._guarded(one, tally)
        return tally

    def _guarded(self, blob: Blob, tally: Tally) -> None:
        """Content that cannot be read to its end is skipped by name; the rest goes on."""
        try:
            self.scan_blob(blob, tally)
        except OSError as problem:
            why = (problem.strerror or "cannot be read").lower()
            tally.skipped += [Skipped(place, why) for place in blob.places]

    def _allowed(self, blob: Blob, finding: Finding) -> str:
        from scanner.filters.inline import inline_allowed  # only when there is a finding

        if finding.decoded_by and not finding.end:
            return ""  # comments in a container's bytes say nothing
        base = max(0, finding.start - _AROUND)
        if blob.data is not None:
            piece = blob.data[base : finding.end + _AROUND]
        else:
            piece = blob.read(base, finding.end - base + _AROUND) if blob.read else b""
        return inline_allowed(piece, finding.start - base, finding.end - base, finding.rule)


def _each_place(finding: Finding) -> Iterator[Finding]:
    """One finding a place: the same staged content under two paths is two things to mend."""
    if len(finding.places) == 1:
        yield finding
        return
    for place in finding.places:
        parts = tuple(replace(part, places=(place,)) for part in finding.parts)
        yield replace(finding, places=(place,), parts=parts)


def scan_blobs(
    blobs: Iterable[Blob | Skipped], options: Options, skipped: Sequence[Skipped] = ()
) -> Result:
    """Scan a stream of blobs in this process."""
    started = time.perf_counter()
    scanner = Scanner(options)
    tally = scanner.scan_all(blobs)
    tally.skipped += skipped
    return _result(tally, scanner.database, started)


def scan_files(
    files: Sequence[Found],
    options: Options,
    skipped: Sequence[Skipped] = (),
    progress: Progress | None = None,
) -> Result:
    """Scan files, over processes when there is much to read; then `progress` hears of it."""
    started = time.perf_counter()
    scanner = Scanner(options)
    total = sum(one.size for one in files)
    jobs = options.jobs or os.cpu_count() or 1
    tally = Tally()
    if total < ALONE or len(files) < 2:
        tally.add(scanner.scan_all(read_all(files)))
    else:
        parts = shards(files, jobs * (SHARDS_WATCHED if progress else SHARDS_PER_JOB))
        read = count = 0
        for some, part in _each(scanner, parts, jobs):
            tally.add(part)
            read += sum(one.size for one in some)
            count += len(some)
            if progress:
                work, whole = (
                    size + _OPENING * n for size, n in ((read, count), (total, len(files)))
                )
                progress(Advance("scanning", work, whole, read, total, count, len(files)))
    tally.skipped += skipped
    return _result(tally, scanner.database, started)


def shards(files: Sequence[Found], count: int) -> list[list[Found]]:
    """Cut the list into about `count` runs of equal bytes; opening a file counts as well."""
    cost = [one.size + _OPENING for one in files]
    limit = max(1, sum(cost) // max(1, count))
    parts: list[list[Found]] = [[]]
    filled = 0
    for one, price in zip(files, cost, strict=True):
        if filled and filled + price > limit:
            parts.append([])
            filled = 0
        parts[-1].append(one)
        filled += price
    return parts


_SCANNER: list[Scanner] = []  # what a forked worker finds ready


def _each(
    scanner: Scanner, parts: list[list[Found]], jobs: int
) -> Iterator[tuple[list[Found], Tally]]:
    """Each shard and its tally as it is done. ReadError if a process dies: what it had is not
    known."""
    import multiprocessing

    largest_first = sorted(parts, key=lambda part: -sum(one.size for one in part))
    if jobs == 1 or "fork" not in multiprocessing.get_all_start_methods():
        # The compiled database does not travel; run here instead.
        for part in largest_first:
            yield part, scanner.scan_all(read_all(part))
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    _SCANNER[:] = [scanner]
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(min(jobs, len(parts)), context, initializer=_ignore_interrupts)
    try:
        asked = {pool.submit(_scan_shard, part): part for part in largest_first}
        for future in as_completed(list(asked)):
            yield asked.pop(future), future.result()
    except BrokenProcessPool as problem:
        hint = "memory may have run out; try --jobs 1"
        raise ReadError("a process that scanned files died", hint) from problem
    finally:
        dismiss(pool)


def dismiss(pool: ProcessPoolExecutor) -> None:
    """End a pool's processes at once, whatever they are doing.

    A program that leaves without waiting for them would leave them behind for ever, with its
    standard output open in their hands: whoever reads that would wait, too.
    """
    known = pool._processes or {}  # noqa: SLF001 -- Python 3.14 has a public way
    workers = list(known.values())
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.kill()


def _ignore_interrupts() -> None:
    """Ctrl-C is the parent's to hear; it takes the workers down."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _scan_shard(part: list[Found]) -> Tally:
    return _SCANNER[0].scan_all(read_all(part))


def _result(tally: Tally, database: Database, started: float) -> Result:
    ordered = sorted(tally.findings, key=lambda f: (f.path, f.start, f.end, f.rule))
    used = {finding.rule for finding in ordered}
    rules = database.rules if used else ()  # cached rules are read only when asked for
    infos: dict[str, RuleInfo] = {rule.id: rule.info for rule in rules if rule.id in used}
    summary = Summary(
        files=tally.files,
        bytes=tally.bytes,
        seconds=time.perf_counter() - started,
        skipped=tuple(sorted(tally.skipped, key=lambda s: (s.place.path, s.reason))),
        suppressed=dict(sorted(tally.suppressed.items())),
        rules=infos,
    )
    return Result(tuple(ordered), summary)
