"""Blob -> findings: matches are checked, judged, freed of overlaps and placed in their lines."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from scanner.engine.database import Database
from scanner.engine.matcher import BLOCK, Match, Matcher, Read
from scanner.engine.text import Lines, encoding_of, view
from scanner.model import CONFIDENCES, Blob, Confidence, Finding, Secret, mask
from scanner.record import replace

if TYPE_CHECKING:  # its tables cost time to load: only when there is a match to judge
    from scanner.engine.judgement import Judged


class Finder:
    """Finds secrets in one blob after another; holds what is compiled. One per process."""

    def __init__(
        self,
        database: Database,
        *,
        minimum: Confidence = "medium",
        active: frozenset[str] | None = None,
        block: int = BLOCK,
    ) -> None:
        self._matcher = Matcher(database, active)
        self._minimum = CONFIDENCES.index(minimum)
        self._block = block & ~1
        self._reach = database.reach

    def slow_rules(self) -> list[str]:
        """Ids of rules that ran out of time since the last call: what they would have found is not
        known."""
        slow = sorted(set(self._matcher.slow))
        self._matcher.slow.clear()
        return slow

    def find(self, blob: Blob) -> list[Finding]:
        """Findings of one blob, sorted by start, none overlapping another."""
        read = _reader(blob)
        head = blob.data[:4096] if blob.data is not None else read(0, 4096)
        encoding = encoding_of(head)
        if encoding.startswith("utf-16"):
            return self._find_utf16(blob, read, encoding)
        if blob.data is not None:
            matches = self._matcher.matches(blob.data)
        else:
            matches = self._matcher.matches_in(read, blob.size, self._block)
        if not matches:
            return []
        judged = self._judge(blob.places[0].path, matches, read, binary=encoding == "binary")
        return _placed(blob, judged, Lines(read))

    def _find_utf16(self, blob: Blob, read: Read, encoding: str) -> list[Finding]:
        """Pieces overlap by twice the longest reach; a finding counts in the piece it starts in."""
        found: dict[tuple[int, str], Judged] = {}
        overlap = 4 * self._reach  # a character is two bytes here
        for start in range(0, blob.size, self._block):
            base = max(0, start - overlap)
            piece = view(read(base, self._block + start - base + overlap), encoding, base)
            matches = self._matcher.matches(piece.data)
            for one in self._judge(blob.places[0].path, matches, _slice_of(piece.data)):
                low, high = piece.back(one.start), piece.back(one.end)
                if start <= low < start + self._block:
                    found[low, one.rule.id] = replace(one, start=low, end=high)
        ordered = [found[key] for key in sorted(found)]
        return _placed(blob, ordered, Lines(read, encoding), (encoding,))

    def _judge(
        self, path: str, matches: Iterable[Match], read: Read, *, binary: bool = False
    ) -> list[Judged]:
        from scanner.engine.judgement import Judgement

        judgement = Judgement(path, read, binary=binary)
        kept = judgement.all(list(matches))
        good = (j for j in kept if j and CONFIDENCES.index(j.confidence) >= self._minimum)
        return _without_overlaps(good)


def _reader(blob: Blob) -> Read:
    if blob.data is not None:
        return _slice_of(blob.data)
    if blob.read is None:
        raise ValueError("a blob has data or a way to read it")
    return blob.read


def _slice_of(data: bytes) -> Read:
    return lambda offset, length: data[offset : offset + length]


def _without_overlaps(judged: Iterable[Judged]) -> list[Judged]:
    """Of overlapping findings the specific beats the generic, then the surer, then the longer."""
    order = sorted(
        judged,
        key=lambda j: (j.rule.kind != "format", -j.score, j.start - j.end, j.start, j.rule.id),
    )
    starts: list[int] = []  # of what is kept, in order; nothing kept overlaps, so ends are too
    kept: dict[int, Judged] = {}
    for one in order:
        at = bisect_left(starts, one.end)
        if at == 0 or kept[starts[at - 1]].end <= one.start:
            insort(starts, one.start)
            kept[one.start] = one
    return [kept[start] for start in starts]


def _placed(
    blob: Blob, judged: list[Judged], lines: Lines, decoded_by: tuple[str, ...] = ()
) -> list[Finding]:
    return list(_findings(blob, judged, lines, decoded_by))


def _findings(
    blob: Blob, judged: list[Judged], lines: Lines, decoded_by: tuple[str, ...]
) -> Iterator[Finding]:
    for one in judged:
        line, column = lines.position(one.start)
        end_line, end_column = lines.position(one.end)
        yield Finding(
            rule=one.rule.id,
            secret=Secret(one.value),
            blob_id=blob.id,
            places=blob.places,
            start=one.start,
            end=one.end,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            key=one.key,
            severity=one.rule.severity,
            confidence=one.confidence,
            score=one.score,
            masked=mask(one.value, one.rule.prefix),
            reasons=one.reasons,
            decoded_by=decoded_by,
        )
