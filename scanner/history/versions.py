"""One object of history -> marks: what in it may be a secret, whatever kind of content it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scanner.decode.containers import HEAD, container_of
from scanner.decode.limits import Refused
from scanner.engine.candidates import Candidate, Candidates
from scanner.engine.database import Database
from scanner.engine.decoding import (
    LARGEST_CONTAINER,
    LAST_WORDS,
    TOO_LARGE,
    Decoder,
    Revealed,
    is_encodable,
)
from scanner.engine.increments import Cluster, Increments, Kept, Marks, Placed
from scanner.engine.matcher import Matcher
from scanner.engine.text import Lines, encoding_of, view
from scanner.model import Confidence
from scanner.record import record, replace

_HEAD = 4096
_PART = 8 << 20  # bytes that are matched at a time of content that is not held whole
_OVERLAP = 1 << 20


Position = tuple[int, int, int, int]


@record
class Version:
    """What was made of one object. found: clusters that something came of, by place. positions: of
    each candidate, in their order: line and column of its first byte and of its end, from 1.
    binary: the content is no text. marks: what its deltas can start from, None where they cannot.
    """

    found: tuple[Placed, ...]
    positions: tuple[Position, ...]
    binary: bool
    marks: Marks | None


class Versions:
    """Looks at objects one after another. Not safe for two threads at once."""

    def __init__(
        self,
        database: Database,
        minimum: Confidence,
        active: frozenset[str] | None,
        triggers: object | None,
    ) -> None:
        self._numbers = {rule.id: number for number, rule in enumerate(database.rules)}
        self._candidates = Candidates(minimum)
        self.matcher = Matcher(database, active)
        self.decoder = Decoder(self.matcher, triggers) if triggers is not None else None
        self._increments = Increments(database, self.matcher, self._candidates, self.decoder)

    def blob(self, data: bytes, base: Marks | None = None, kept: Kept | None = None) -> Version:
        """Content of a file; with its base's marks and what was kept of it, only the rest is
        matched."""
        encoding = encoding_of(data[:_HEAD])
        if encoding.startswith("utf-"):
            return self._wide(data, encoding)
        kind = container_of(data[:HEAD], len(data)) if self.decoder else None
        decode = is_encodable(encoding == "binary", kind)
        if base is None or kept is None:
            marks = self._increments.whole(data, decode=decode)
        else:
            marks = self._increments.version(data, base, kept, decode=decode)
        found = marks.found
        if kind and self.decoder:
            parts = list(self.decoder.container(kind, data))
            parts += [Refused((), why) for why in self.matcher.cuts()]
            inside = self._cluster(parts)
            found += [(0, inside)] if inside else []
        places = _positions(data, found, "")
        return Version(tuple(found), places, encoding == "binary", marks)

    def text(self, data: bytes) -> Version:
        """A message or a name."""
        found = self._increments.whole(data).found
        return Version(tuple(found), _positions(data, found, ""), binary=False, marks=None)

    def ends(self, data: bytes) -> list[int]:
        """Where anything ends that the fast stage reports, in no order."""
        return [end for _, end in self._increments.hits(data)]

    def large(self, pieces: Iterable[bytes]) -> Version:
        """Content too large to be held whole: matched in overlapping parts, each as it comes.

        A candidate counts in the part that it starts in. A container is opened up to a size.
        """
        found: list[Placed] = []
        places: list[Position] = []
        encoding = kind = ""
        base, line = 0, 0  # offset of the part in the content, line ends before it
        part = b""
        for piece, last in _with_last(pieces):
            part += piece
            if not base:
                encoding = encoding_of(part[:_HEAD])
                kind = (container_of(part[:HEAD], len(part)) or "") if self.decoder else ""
            if kind and not last and len(part) <= LARGEST_CONTAINER:
                continue
            if kind and last and not base:
                return self.blob(part)
            while len(part) >= _PART + 2 * _OVERLAP or (last and part):
                low = 0 if not base else base + _OVERLAP
                end = len(part) <= _PART + 2 * _OVERLAP and last
                high = base + len(part) if end else base + _OVERLAP + _PART
                inside = self._part(part[: _PART + 2 * _OVERLAP], base, low, high, encoding)
                found += [(base + at, cluster) for at, cluster in inside]
                moved = _positions(part, inside, encoding)
                places += [(a + line, b, c + line, d) for a, b, c, d in moved]
                line += part[:_PART].count(_newline(encoding))
                part = b"" if end else part[_PART:]
                base += _PART
        if kind and kind not in LAST_WORDS:
            found.append((0, Cluster(((-1, 0),), 0, 0, (), (Refused((), TOO_LARGE),))))
        return Version(tuple(found), tuple(places), encoding == "binary", None)

    def _part(self, part: bytes, base: int, low: int, high: int, encoding: str) -> list[Placed]:
        """Clusters of one part, with the candidates that start in [low, high) of the content."""
        if encoding.startswith("utf-"):
            placed = list(self._wide(part, encoding).found)
        else:
            placed = self._increments.whole(part, decode=encoding != "binary").found
        found: list[Placed] = []
        for place, cluster in placed:
            inside = tuple(
                one for one in cluster.candidates if low <= base + place + one.first < high
            )
            if inside or cluster.refused:
                found.append((place, replace(cluster, candidates=inside)))
        return found

    def _wide(self, data: bytes, encoding: str) -> Version:
        """UTF-16 or UTF-32: matched as UTF-8, with the places of the original."""
        piece = view(data, encoding)
        parts: list[Revealed | Refused] = [
            Revealed(match, piece.data, piece.back(match[1]), piece.back(match[2]), (encoding,))
            for match in self.matcher.matches(piece.data)
        ]
        for one in self.decoder.text(piece.data) if self.decoder else ():
            chain = (encoding, *one.chain)
            if isinstance(one, Refused):
                parts.append(Refused(chain, one.reason))
            else:
                low, high = piece.back(one.start), piece.back(one.end)
                parts.append(Revealed(one.match, one.content, low, high, chain, one.path))
        parts += [Refused((encoding,), why) for why in self.matcher.cuts()]
        inside = self._cluster(parts)
        found = [(0, inside)] if inside else []
        places = _positions(data, found, encoding)
        return Version(tuple(found), places, binary=False, marks=None)

    def _cluster(self, parts: Sequence[Revealed | Refused]) -> Cluster | None:
        candidates: list[Candidate] = []
        refused: list[Refused] = []
        for part in parts:
            if isinstance(part, Refused):
                refused.append(part)
                continue
            one = self._candidates.revealed(self._numbers[part.match[0].id], part, 0)
            if one is not None:
                candidates.append(one)
        if not candidates and not refused:
            return None
        return Cluster(((-1, 0),), 0, 0, tuple(candidates), tuple(refused))


def _newline(encoding: str) -> bytes:
    return "\n".encode(encoding if encoding.startswith("utf-") else "ascii")


def _positions(data: bytes, found: Iterable[Placed], encoding: str) -> tuple[Position, ...]:
    """Lines and columns of what was found; of what stands in a container, in the member."""
    lines: Lines | None = None
    places: list[Position] = []
    for at, cluster in found:
        for one in cluster.candidates:
            if one.chain and one.span is None:
                places.append((one.line, 1, one.line, 1))
                continue
            if lines is None:
                lines = Lines(lambda offset, length: data[offset : offset + length], encoding)
            start = at + one.first
            end = at + (one.span[1] if one.span else one.offset + one.end)
            places.append((*lines.position(start), *lines.position(end)))
    return tuple(places)


def _with_last(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each piece, and whether it is the last one; an empty one if there is none."""
    before = b""
    for piece in pieces:
        if before:
            yield before, False
        before = piece
    yield before, True
