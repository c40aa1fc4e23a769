"""Blob -> findings: matches are checked, judged, freed of overlaps and placed in their lines."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from scanner.decode.containers import HEAD, container_of
from scanner.decode.limits import Refused
from scanner.engine.database import Database
from scanner.engine.decoding import (
    LARGEST_CONTAINER,
    LAST_WORDS,
    TOO_LARGE,
    Decoder,
    Revealed,
    is_encodable,
)
from scanner.engine.matcher import BLOCK, Match, Matcher, Read
from scanner.engine.text import Lines, encoding_of, view, width_of
from scanner.model import CONFIDENCES, Blob, Confidence, Finding, Secret, mask
from scanner.record import replace

if TYPE_CHECKING:  # its tables cost time to load: only when there is a match to judge
    from scanner.engine.judgement import Judged
    from scanner.rules import Rule


_OVERLAP = 1 << 20  # bytes around a block in which encoded text is seen whole


class Finder:
    """Finds secrets in one blob after another; holds what is compiled. One per process."""

    def __init__(
        self,
        database: Database,
        *,
        minimum: Confidence = "medium",
        active: frozenset[str] | None = None,
        block: int = BLOCK,
        triggers: Any = None,  # noqa: ANN401 -- the library ships no types
    ) -> None:
        self._matcher = Matcher(database, active)
        self._decoder = Decoder(self._matcher, triggers) if triggers is not None else None
        self._refused: list[Refused] = []
        self._minimum = CONFIDENCES.index(minimum)
        self._block = block & ~3
        self._reach = database.reach
        self._judged: dict[str, Rule] = {}  # rules of what was found so far
        self._parts: set[str] = set()  # those of them whose values may be parts of others

    def slow_rules(self) -> list[str]:
        """Ids of rules that ran out of time since the last call: what they would have found is not
        known."""
        slow = sorted(set(self._matcher.slow))
        self._matcher.slow.clear()
        return slow

    def refused(self) -> list[Refused]:
        """What stood encoded or packed in content since the last call and could not be opened."""
        refused, self._refused = self._refused, []
        return refused + [Refused((), why) for why in self._matcher.cuts()]

    def find(self, blob: Blob, drop: Callable[[Finding], bool] | None = None) -> list[Finding]:
        """Findings of one blob, sorted by start, none overlapping another.

        drop: whether something in the file allows a finding; asked before halves of a credential
        are joined, also for halves that are below the minimum.
        """
        found = self._all(blob)
        if drop:
            found = [one for one in found if not drop(one)]
        return self._joined(found)

    def is_enough(self, finding: Finding) -> bool:
        """Whether a finding is worth reporting by itself."""
        return CONFIDENCES.index(finding.confidence) >= self._minimum

    def _joined(self, found: list[Finding]) -> list[Finding]:
        if not any(one.rule in self._parts for one in found):
            return found
        from scanner.engine.pairs import paired

        return paired(found, self._judged, CONFIDENCES[self._minimum])

    def _all(self, blob: Blob) -> list[Finding]:
        """Everything that counts, also halves below the minimum."""
        read = _reader(blob)
        head = blob.data[:4096] if blob.data is not None else read(0, 4096)
        encoding = encoding_of(head)
        if encoding.startswith("utf-"):
            return self._find_wide(blob, read, encoding)
        if blob.data is not None:
            matches = self._matcher.matches(blob.data)
        else:
            matches = self._matcher.matches_in(read, blob.size, self._block)
        judged: list[Judged] = []
        if matches:
            path, binary = blob.places[0].path, encoding == "binary"
            judged = self._judge(path, matches, read, blob.size, binary=binary)
        found = _placed(blob, judged, Lines(read)) if judged else []
        if self._decoder is None:
            return found
        plain = [one for one in found if self.is_enough(one)]
        return found + self._decoded(self._decoder, blob, read, head, plain)

    def _decoded(
        self, decoder: Decoder, blob: Blob, read: Read, head: bytes, plain: list[Finding]
    ) -> list[Finding]:
        """Findings in what stands encoded or packed, but for those that stand there plain, too."""
        parts: list[Revealed | Refused] = []
        kind = container_of(head[:HEAD], blob.size, blob.places[0].path)
        texts = is_encodable(b"\0" in head, kind)
        for base, piece, low, high in self._pieces(blob, read) if texts else ():
            for part in decoder.text(piece):
                if isinstance(part, Refused):
                    parts.append(part)
                elif low <= base + part.start < high:
                    parts.append(replace(part, start=base + part.start, end=base + part.end))
        if kind and blob.size <= LARGEST_CONTAINER:
            parts += decoder.container(kind, read(0, blob.size))
        elif kind and kind not in LAST_WORDS:
            parts.append(Refused((), TOO_LARGE))
        self._refused += [part for part in parts if isinstance(part, Refused)]
        revealed = [part for part in parts if isinstance(part, Revealed)]
        if not revealed:
            return []
        from scanner.engine.reveal import findings_in

        return findings_in(blob, read, revealed, plain, self._judge)

    def _pieces(self, blob: Blob, read: Read) -> Iterator[tuple[int, bytes, int, int]]:
        """(offset, bytes, first and last offset that count) of all content."""
        if blob.data is not None:
            yield 0, blob.data, 0, blob.size
            return
        for start in range(0, blob.size, self._block):
            overlap = min(_OVERLAP, self._block)
            base = max(0, start - overlap)
            piece = read(base, self._block + start - base + overlap)
            yield base, piece, start, start + self._block

    def _find_wide(self, blob: Blob, read: Read, encoding: str) -> list[Finding]:
        """Pieces overlap by twice the longest reach; a finding counts in the piece it starts in."""
        from scanner.engine.grammars import LARGEST

        found: dict[tuple[int, str], Judged] = {}
        overlap = 2 * width_of(encoding) * self._reach
        size = blob.size
        block = self._block if size > LARGEST else max(size, 1)  # syntax is that of all of it
        for start in range(0, size, block):
            base = max(0, start - overlap)
            piece = view(read(base, block + start - base + overlap), encoding, base)
            matches = self._matcher.matches(piece.data)
            for one in self._judge(blob.places[0].path, matches, _slice_of(piece.data), size):
                low, high = piece.back(one.start), piece.back(one.end)
                if start <= low < start + block:
                    found[low, one.rule.id] = replace(one, start=low, end=high)
        ordered = [found[key] for key in sorted(found)]
        return _placed(blob, ordered, Lines(read, encoding), (encoding,))

    def _judge(
        self,
        path: str,
        matches: Iterable[Match],
        read: Read,
        size: int = 0,
        *,
        binary: bool = False,
    ) -> list[Judged]:
        """size: bytes of the file if that is what is read, 0 if it is something in a file."""
        from scanner.engine.judgement import Judgement

        judgement = Judgement(path, read, binary=binary)
        kept = [one for one in judgement.all(list(matches)) if one]
        if size:
            from scanner.engine.syntax import without_code

            kept = without_code(kept, path, read, size, self._minimum)
        found = chosen(kept, self._minimum)
        for one in found:
            self._judged[one.rule.id] = one.rule
            if one.rule.part_of:
                self._parts.add(one.rule.id)
        return found


def _reader(blob: Blob) -> Read:
    if blob.data is not None:
        return _slice_of(blob.data)
    if blob.read is None:
        raise ValueError("a blob has data or a way to read it")
    return blob.read


def _slice_of(data: bytes) -> Read:
    return lambda offset, length: data[offset : offset + length]


def chosen(judged: Sequence[Judged], minimum: int) -> list[Judged]:
    """What counts, in order, without overlaps: also halves of credentials below the minimum.

    A half of a known format is no other secret, so what guesses at the same value gives way; a half
    by its name alone takes what nothing else wants.
    """
    strong = [
        j
        for j in judged
        if CONFIDENCES.index(j.confidence) >= minimum
        or (j.rule.part_of and not _is_general(j.rule))
    ]
    found = without_overlaps(strong)
    halves = [
        j
        for j in judged
        if _is_general(j.rule) and j.rule.part_of and CONFIDENCES.index(j.confidence) < minimum
    ]
    if not halves:
        return found
    starts = [one.start for one in found]
    for half in without_overlaps(halves):
        at = bisect_left(starts, half.end)
        if at == 0 or found[at - 1].end <= half.start:
            found.insert(at, half)
            starts.insert(at, half.start)
    return found


def without_overlaps(judged: Iterable[Judged]) -> list[Judged]:
    """Of overlapping findings the one that its rule declares to win is kept, else the specific
    beats the generic, then the surer, then the longer."""
    order = sorted(
        judged,
        key=lambda j: (_is_general(j.rule), -j.score, j.start - j.end, j.start, j.rule.id),
    )
    starts: list[int] = []  # of what is kept, in order; nothing kept overlaps, so ends are too
    kept: dict[int, Judged] = {}
    for one in _winners_first(order):
        at = bisect_left(starts, one.end)
        if at == 0 or kept[starts[at - 1]].end <= one.start:
            insort(starts, one.start)
            kept[one.start] = one
    return [kept[start] for start in starts]


def _is_general(rule: Rule) -> bool:
    """A guess, or the public half of whatever stands beside it."""
    return rule.kind == "generic" or "*" in rule.part_of


def _winners_first(order: list[Judged]) -> list[Judged]:
    """The same, but each after what overlaps it and is declared to be over it."""
    if not any(one.rule.over for one in order):
        return order
    winners: dict[int, list[Judged]] = {}
    open_: list[Judged] = []  # what a sweep over the starts is inside of
    for one in sorted(order, key=lambda j: (j.start, j.end)):
        open_ = [other for other in open_ if other.end > one.start]
        for other in open_:
            if one.rule.id in other.rule.over:
                winners.setdefault(id(one), []).append(other)
            elif other.rule.id in one.rule.over:
                winners.setdefault(id(other), []).append(one)
        open_.append(one)
    placed: dict[int, Judged] = {}
    ahead = order[::-1]
    while ahead:
        before = [w for w in winners.pop(id(ahead[-1]), ()) if id(w) not in placed]
        if before:
            ahead += before[::-1]
        else:
            one = ahead.pop()
            placed.setdefault(id(one), one)
    return list(placed.values())


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
