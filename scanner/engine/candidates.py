"""Matches that may be findings, kept with just enough of their surroundings to judge them later.

Where a blob of history stands (its path) is known only after all of it was read, and a path can
lower a score or rule a match out. So every match is judged here as if it stood in the place that
speaks most for it; what fails even there is none.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from scanner.engine.decoding import Revealed
from scanner.engine.judgement import Judged, Judgement, anywhere
from scanner.engine.matcher import Match
from scanner.model import CONFIDENCES, Confidence
from scanner.record import record, replace
from scanner.rules import Rule

_QUOTED = frozenset((b'"', b"'", b"`"))
_SHORT = 1024  # bytes: snippets that are worth remembering
_MOST_SEEN = 1 << 15
AROUND = 4096  # bytes: further than any judgement and any inline comment looks


@record
class Candidate:
    """A match in its lines.

    snippet: from the line above to the end of the line below. start, end, key_start, key_end: in
    the snippet. offset: of the snippet's first byte, relative to a place that its cluster is given.
    Of decoded content the snippet is the decoded text, offset its place there, chain says how it
    was encoded or packed, layer tells one decoded text from another, span is the encoded text's,
    relative to the place (None inside containers); path is the member's own name, if it has one,
    line the line in the decoded text, from 1.
    """

    rule: int
    snippet: bytes
    start: int
    end: int
    key_start: int
    key_end: int
    offset: int
    chain: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    path: str = ""
    binary: bool = False
    layer: int = 0
    line: int = 0

    @property
    def first(self) -> int:
        """Where it begins in the content, relative to its cluster's place."""
        return self.span[0] if self.span else self.offset + self.start

    def judge(self, rule: Rule, path: str, *, binary: bool) -> Judged | None:
        """The verdict for a file of that path.

        Offsets are relative to the cluster's place, or in the decoded text. binary: whether the
        file is; of decoded content that is known.
        """
        judgement = Judgement(
            self.path or path, self._read, binary=self.binary if self.chain else binary
        )
        one = judgement.of((rule, self.start, self.end, self.key_start, self.key_end))
        if one is None:
            return None
        return replace(one, start=one.start + self.offset, end=one.end + self.offset)

    def _read(self, offset: int, length: int) -> bytes:
        return self.snippet[offset : offset + length]


class Candidates:
    """Sorts out which matches may be findings at the confidence that is asked for."""

    def __init__(self, minimum: Confidence) -> None:
        self._minimum = CONFIDENCES.index(minimum)
        self._seen: dict[tuple[int, bytes, int, int], bool] = {}

    def of(
        self, data: bytes, matches: Iterable[tuple[int, Match]], place: int
    ) -> tuple[tuple[Candidate, ...], int, int]:
        """(candidates relative to `place`, first byte and end of what the decision looked at)."""
        found: list[Candidate] = []
        first = last = place
        for number, match in matches:
            _, start, end, key_start, key_end = match
            begin = start if key_start < 0 else min(start, key_start)
            low, high, looked_from, looked_to = lines_around(data, begin, end)
            first, last = min(first, looked_from), max(last, looked_to)
            snippet = data[low:high]
            if self._may_be(number, match, snippet, low):
                key = (key_start - low, key_end - low) if key_start >= 0 else (-1, -1)
                one = Candidate(number, snippet, start - low, end - low, *key, low - place)
                found.append(one)
        return tuple(found), first, last

    def revealed(self, number: int, one: Revealed, place: int) -> Candidate | None:
        """A match in decoded content, as a candidate relative to `place`, if it may be one."""
        _, start, end, key_start, key_end = one.match
        begin = start if key_start < 0 else min(start, key_start)
        low, high, _, _ = lines_around(one.content, begin, end)
        snippet = one.content[low:high]
        if not self._may_be(number, one.match, snippet, low):
            return None
        key = (key_start - low, key_end - low) if key_start >= 0 else (-1, -1)
        span = (one.start - place, one.end - place) if one.end else None
        return Candidate(
            number, snippet, start - low, end - low, *key, low,
            one.chain, span, one.path, b"\0" in one.content[:4096], zlib.crc32(one.content),
            one.content.count(b"\n", 0, start) + 1,
        )  # fmt: skip

    def _may_be(self, number: int, match: Match, snippet: bytes, low: int) -> bool:
        """Whether any place makes it a finding; the same lines are asked about once."""
        if len(snippet) > _SHORT:
            return self._judged(match, snippet, low)
        known = (number, snippet, match[1] - low, match[2] - low)
        answer = self._seen.get(known)
        if answer is None:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            answer = self._seen[known] = self._judged(match, snippet, low)
        return answer

    def _judged(self, match: Match, snippet: bytes, low: int) -> bool:
        rule, start, end, key_start, key_end = match
        key = (key_start - low, key_end - low) if key_start >= 0 else (-1, -1)
        moved = (rule, start - low, end - low, *key)
        for judgement in anywhere(lambda offset, length: snippet[offset : offset + length]):
            one = judgement.of(moved)
            if one and (rule.part_of or CONFIDENCES.index(one.confidence) >= self._minimum):
                return True
            if rule.kind == "format" or snippet[start - low - 1 : start - low] in _QUOTED:
                break  # the second place would say the same
        return False


def lines_around(data: bytes, start: int, end: int) -> tuple[int, int, int, int]:
    """(low, high, first, last) of the lines that surround [start, end).

    From the start of the line above to the end of the line below with its newline, never more than
    AROUND bytes on either side; and the bytes [first, last) that this answer depends on. Below 0
    and above the size mean that the content ends there.
    """
    lowest = max(0, start - AROUND)
    edge = lowest or -1
    line = data.rfind(b"\n", lowest, start) + 1
    low, first = lowest, edge
    if line:
        above = data.rfind(b"\n", lowest, line - 1) + 1
        if above:
            low, first = above, above - 1
        elif lowest:
            low = line
    limit = end + AROUND
    newline = data.find(b"\n", end, limit)
    below = data.find(b"\n", newline + 1, limit) if newline >= 0 else -1
    if below >= 0:
        return low, below + 1, first, below + 1
    return low, min(len(data), limit), first, limit + 1
