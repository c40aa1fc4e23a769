"""Scan what ranges of commits bring in: versions of files, messages, new names."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext

from scanner.git.ranges import (
    Change,
    Commit,
    read_objects,
    read_range,
    shallow_commits,
    tree_changes,
)
from scanner.git.repository import quarantine
from scanner.history.base_config import base_folder, is_settings
from scanner.history.brought_in import Pair, brought_in
from scanner.history.merging import Part
from scanner.history.request import RangeRequest
from scanner.history.revisions import STDIN, Range, ranges_of
from scanner.history.verdicts import Counted, Verdicts
from scanner.model import Blob, Finding, Place, Skipped, Summary
from scanner.record import record, replace
from scanner.scan import Options, Scanner, Tally

MESSAGE, TAG_MESSAGE, TAG_CONTENT = "(commit message)", "(tag message)", "(tag content)"
FILE_NAME, BRANCH_NAME, REF_NAME = "(file name)", "(branch name)", "(ref name)"
_SHOWN = 3  # ids in a note

Wanted = Callable[[str], bool]


@record
class Limits:
    """What is left out. wanted: decides by path. most: bytes of a version, 0 for no limit.
    new_ignores: inline ignores that the range adds are obeyed."""

    wanted: Wanted
    most: int = 0
    new_ignores: bool = True


@contextmanager
def opened(top: str, asked: RangeRequest, explicit: str | None = None) -> Iterator[list[RangeScan]]:
    """The ranges that are meant, each with the configuration of its base in a folder of its own.

    explicit: a configuration file that counts instead. Errors are those of `ranges_of`.
    """
    with ExitStack() as stack:
        stack.enter_context(quarantine() if asked.spec == STDIN else nullcontext())
        scans = [RangeScan(top, one) for one in ranges_of(top, asked)]
        for scan in scans:
            folder = base_folder(top, scan.base, scan.paths, explicit)
            scan.folder = stack.enter_context(folder)
        yield scans


class RangeScan:
    """One range: its commits are read, its content is still to be scanned."""

    def __init__(self, top: str, asked: Range) -> None:
        self.top = top
        self.range = asked
        self.notes: list[str] = []
        self.folder = ""
        self.scanned = 0  # versions: a blob under two paths is two
        self.blobs = 0
        tips = asked.tips
        self.commits = read_range(top, tips, asked.excluded, asked.hidden) if tips else []
        self.base = self._fork() if asked.base is None else asked.base
        self._mend()
        self._numbers = {commit.id: n for n, commit in enumerate(self.commits)}
        self._brought = brought_in([*self.commits, *self._loose_contents()])
        self._shown: dict[str, str] = {}
        if not self.base and (self.commits or asked.contents):
            self.notes.append("the range has no base: no configuration of the repository counts")
        changed = sorted(filter(is_settings, {path for _, path in self._brought.versions}))
        if changed:
            said = f"{', '.join(changed[:_SHOWN])}{' ...' if len(changed) > _SHOWN else ''}"
            self.notes.append(f"changed by the range, so it does not count yet: {said}")

    @property
    def paths(self) -> list[str]:
        """Every path that the range touches."""
        pairs = (*self._brought.versions, *self._brought.bases)
        return sorted({path for _, path in pairs})

    def _fork(self) -> str:
        """The commit that the first tip's own line of history started from, "" for none."""
        by_id = {commit.id: commit for commit in self.commits}
        here = next(iter(self.range.tips), "")
        while here in by_id:
            here = next(iter(by_id[here].parents), "")
        return here

    def _mend(self) -> None:
        """What a commit at a shallow clone's end brings in cannot be told from what it found: it is
        compared with the base."""
        ends = shallow_commits(self.top) if any(not c.parents for c in self.commits) else ()
        cut = [n for n, commit in enumerate(self.commits) if commit.id in ends]
        base = next(iter(self.range.excluded), self.base)
        for number in cut:
            commit = self.commits[number]
            changes = tree_changes(self.top, base, commit.id)
            self.commits[number] = replace(commit, changes=changes)
        if cut:
            named = ", ".join(self.commits[n].id[:12] for n in cut[:_SHOWN])
            more = " ..." if len(cut) > _SHOWN else ""
            self.notes.append(
                f"the clone is shallow: what came before {named}{more} cannot be seen; "
                f"it was compared with {base[:12] or 'nothing'}"
            )

    def _loose_contents(self) -> Iterator[Commit]:
        """Blobs and trees that tags stand for, as if a commit without parents held them."""
        for kind, object_id in self.range.contents:
            changes: tuple[Change, ...] = (Change(TAG_CONTENT, object_id, ("",)),)
            if kind == "tree":
                changes = tree_changes(self.top, "", object_id)
            yield Commit("", (), "", 0, changes)

    def scan(
        self, options: Options, limits: Limits
    ) -> tuple[list[Counted], Summary, tuple[str, ...]]:
        """(what counts as brought in, path by path; what the run did; notes for any case)."""
        started = time.perf_counter()
        scanner = Scanner(replace(options, inline_ignores=False))
        tally = Tally()
        verdicts = Verdicts(inline=options.inline_ignores, new_ignores=limits.new_ignores)
        left_out = self._scan_all(scanner, limits, tally, verdicts)
        unread = self._scan_bases(options, scanner, verdicts) if verdicts.sightings else []
        counted, suppressed, added = verdicts.decide()
        used = {one.finding.rule for one in counted}
        rules = scanner.database.rules if used else ()
        loud = (*self.notes, *unread, *added)
        summary = Summary(
            self.scanned,
            tally.bytes,
            time.perf_counter() - started,
            tuple(sorted(tally.skipped, key=lambda s: (s.place.path, s.reason))),
            suppressed,
            {rule.id: rule.info for rule in rules if rule.id in used},
            (*loud, *left_out),
            {
                "commits": len(self.commits),
                "tags": len(self.range.tags),
                "blobs": self.blobs,
                "inflated_bytes": tally.bytes,
            },
        )
        return counted, summary, loud

    def part(self, counted: Sequence[Counted]) -> Part:
        """What is left of it after the filters, to be merged with other ranges'."""
        asked = self.range
        refs = tuple(self._shown.get(ref, ref) for ref in asked.refs)
        return Part(self.top, self.commits, asked.tips, refs, counted)

    def place(self, path: str, number: int) -> Place:
        """A path at one of the range's commits; secrets in the path are masked."""
        path = self._shown.get(path, path)
        if number >= len(self.commits):
            return Place(path)
        commit = self.commits[number]
        return Place(path, commit.id, commit.author, commit.time)

    def _scan_all(
        self, scanner: Scanner, limits: Limits, tally: Tally, verdicts: Verdicts
    ) -> list[str]:
        self._scan_names(scanner, tally, verdicts)
        wanted: dict[str, list[str]] = {}
        excluded = 0
        for blob_id, path in self._brought.versions:
            if limits.wanted(path):
                wanted.setdefault(blob_id, []).append(path)
            else:
                excluded += 1
        notes = [f"{excluded} versions excluded by patterns"] if excluded else []
        messages = [*(commit.id for commit in self.commits), *self.range.tags]
        tags = set(self.range.tags)
        large = 0
        for one, kind, data in read_objects(self.top, [*messages, *wanted], limits.most):
            if data is None and kind == "blob":
                large += 1
            elif data is None:
                tally.skipped.append(self._unread(one, wanted.get(one, [])))
            elif kind in ("commit", "tag"):
                self._scan_message(scanner, one, data, tally, verdicts, tag=one in tags)
            else:
                for path in wanted[one]:
                    self._scan_version(scanner, (one, path), data, tally, verdicts)
                self.scanned += len(wanted[one])
                self.blobs += 1
        return [*notes, *([f"{large} larger than {limits.most} bytes left out"] if large else [])]

    def _scan_names(self, scanner: Scanner, tally: Tally, verdicts: Verdicts) -> None:
        """New paths, and the refs that are pushed. A report must not print the secret in them."""
        for path, number in self._brought.names.items():
            for finding in _find(scanner, _blob("", os.fsencode(path), Place(FILE_NAME)), tally):
                shown = self._shown.get(path, path)
                raw = os.fsdecode(finding.secret.reveal())
                self._shown[path] = shown.replace(raw, finding.masked)
                place = replace(self.place(path, number), path=f"{FILE_NAME} {self._shown[path]}")
                verdicts.add(replace(finding, places=(place,)), (number,), path)
        for ref in self.range.refs:
            name = ref.removeprefix("refs/").partition("/")[2] or ref
            kind = BRANCH_NAME if ref.startswith("refs/heads/") else REF_NAME
            for finding in _find(scanner, _blob("", os.fsencode(name), Place(kind)), tally):
                raw = os.fsdecode(finding.secret.reveal())
                self._shown[ref] = self._shown.get(ref, ref).replace(raw, finding.masked)
                place = Place(f"{kind} {self._shown[ref].removeprefix('refs/').partition('/')[2]}")
                verdicts.add(replace(finding, places=(place,)), ())

    def _scan_message(
        self,
        scanner: Scanner,
        object_id: str,
        data: bytes,
        tally: Tally,
        verdicts: Verdicts,
        *,
        tag: bool,
    ) -> None:
        message = data.partition(b"\n\n")[2]
        number = -1 if tag else self._numbers[object_id]
        place = Place(TAG_MESSAGE) if tag else self.place(MESSAGE, number)
        for finding in _find(scanner, _blob(object_id, message, place), tally):
            verdicts.add(finding, () if tag else (number,), data=message)

    def _scan_version(
        self, scanner: Scanner, pair: Pair, data: bytes, tally: Tally, verdicts: Verdicts
    ) -> None:
        known = self._brought.versions[pair]
        blob = _blob(pair[0], data, self.place(pair[1], known[0]))
        numbers = tuple(number for number in known if number < len(self.commits))
        for finding in _find(scanner, blob, tally):
            verdicts.add(finding, numbers, pair[1], data)

    def _scan_bases(self, options: Options, scanner: Scanner, verdicts: Verdicts) -> list[str]:
        """What stood there before: judged leniently, since its neighbourhood may have been another.

        Text that holds none of the values is passed over.
        """
        values = verdicts.values()
        lenient = Scanner(replace(options, minimum="low", inline_ignores=False), scanner.database)
        unread = 0
        paths: dict[str, list[str]] = {}
        for blob_id, path in self._brought.bases:
            paths.setdefault(blob_id, []).append(path)
        tally = Tally()
        for one, _, data in read_objects(self.top, list(paths)):
            unread += data is None
            if data is None or not _may_hold(data, values):
                continue
            for path in paths[one]:
                for finding in _find(lenient, _blob(one, data, Place(path)), tally):
                    verdicts.know(finding, data)
        for path in self._brought.old_names:
            for finding in _find(lenient, _blob("", os.fsencode(path), Place(FILE_NAME)), tally):
                verdicts.know(finding, b"")
        said = "versions from before the range cannot be read; old secrets in them count as new"
        return [f"{unread} {said}"] if unread else []

    def _unread(self, object_id: str, paths: Sequence[str]) -> Skipped:
        """The first place of an object that cannot be read."""
        where = f"object {object_id}"
        if not paths:
            return Skipped(Place(where), "is missing or broken")
        place = self.place(paths[0], self._brought.versions[object_id, paths[0]][0])
        return Skipped(replace(place, path=f"{where} ({place.path})"), "is missing or broken")


def _blob(object_id: str, data: bytes, place: Place) -> Blob:
    return Blob(object_id, len(data), (place,), data)


def _may_hold(data: bytes, values: frozenset[bytes] | None) -> bool:
    """Whether content may hold one of the values: quick, and sure only when it says no."""
    return values is None or b"\0" in data or any(value in data for value in values)


def _find(scanner: Scanner, blob: Blob, tally: Tally) -> list[Finding]:
    """The blob's findings; they are taken out of the tally."""
    scanner.scan_blob(blob, tally)
    found = tally.findings
    tally.findings = []
    return found
