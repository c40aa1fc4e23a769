"""Matches in what stands encoded or packed in content, each with its way back to the content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from scanner.decode.containers import HEAD, container_of
from scanner.decode.limits import Limits, Refused
from scanner.engine.matcher import Match, Matcher
from scanner.engine.text import encoding_of, view
from scanner.record import record

if TYPE_CHECKING:  # its tables cost time to load: only when there is something to decode
    from scanner.decode.spans import Encoded

LAST_WORDS = frozenset(
    ("notebook", "class", "elf", "pe", "macho", "dex", "wasm", "pyc", "png", "jpeg", "ole")
)  # their text stands plain in the file, where it is scanned anyway: damage hides nothing
_OF_BYTES = frozenset(("base64", "hex", "hex list", "backslash"))  # encodings of any bytes
LIMITS = Limits()
LARGEST_CONTAINER = 128 << 20  # bytes of a container that are held in memory to be opened
TOO_LARGE = f"larger than {LARGEST_CONTAINER >> 20} MiB: its members were not looked at"
TriggerHit = tuple[int, int]  # (index in TRIGGERS, end)


@record
class Revealed:
    """A match in decoded content.

    match: offsets in `content`. start, end: bytes of the encoded text in the outermost content;
    0 and 0 in a container. chain: encodings and names of members, from the outside in. path: the
    member's name, "" where the outermost file's own path counts.
    """

    match: Match
    content: bytes
    start: int
    end: int
    chain: tuple[str, ...]
    path: str = ""


def is_encodable(binary: bool, kind: str | None) -> bool:  # noqa: FBT001 -- two facts of content
    """Whether content may hold encoded text as it stands: not compressed or other random bytes."""
    return not binary and (kind is None or kind == "notebook")


class Decoder:
    """Looks into encoded text and containers, a few levels deep. Not safe for two threads."""

    def __init__(self, matcher: Matcher, triggers: Any, limits: Limits = LIMITS) -> None:  # noqa: ANN401
        self._matcher = matcher
        self._scan = triggers.scan
        self._limits = limits
        self._hits: list[TriggerHit] = []
        self.members = 0  # leaves opened so far
        append = self._hits.append

        def on_hit(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append((number, end))

        self._on_hit = on_hit

    def hits(self, data: bytes) -> list[TriggerHit]:
        """Where text may stand encoded."""
        self._hits.clear()
        if data:
            self._scan(data, match_event_handler=self._on_hit)
        return list(self._hits)

    def text(self, data: bytes) -> list[Revealed | Refused]:
        """Matches in everything that stands encoded in `data`."""
        found: list[Revealed | Refused] = []
        for one in _encoded(data, self.hits(data)):
            found += self.run(one)
        return found

    def run(self, one: Encoded, depth: int = 1) -> Iterator[Revealed | Refused]:
        """Matches in one encoded stretch, and in what stands encoded or packed in it."""
        kind = container_of(one.data[:HEAD], len(one.data)) if one.kind in _OF_BYTES else None
        if kind:
            for part in self._unpacked(kind, one.data, depth):
                yield _outside(part, one.kind, (one.start, one.end))
            return
        for match in self._matcher.matches(one.data):
            first, last = _span(match)
            # Its neighbours count, too: what is encoded there may be what makes it a match.
            if one.touches(max(0, first - 1), min(len(one.data), last + 1)):
                start, end = one.back(match[1], match[2])
                yield Revealed(match, one.data, start, end, (one.kind,))
        if depth < self._limits.depth:
            for inner in _encoded(one.data, self.hits(one.data)):
                for found in self.run(inner, depth + 1):
                    if isinstance(found, Refused):
                        yield _outside(found, one.kind, (0, 0))
                    elif one.touches(max(0, inner.start - 1), min(len(one.data), inner.end + 1)):
                        start, end = one.back(found.start, found.end)
                        yield _outside(found, one.kind, (start, end))

    def container(self, kind: str, data: bytes) -> Iterator[Revealed | Refused]:
        """Matches in everything that a container holds, and what of it could not be opened."""
        yield from self._unpacked(kind, data, 0)

    def _unpacked(self, kind: str, data: bytes, depth: int) -> Iterator[Revealed | Refused]:
        from scanner.decode.unpack import unpack

        for part in unpack(kind, data, self._limits):
            if isinstance(part, Refused):
                if kind not in LAST_WORDS or not part.reason.startswith("damaged"):
                    yield part
                continue
            self.members += 1
            yield from self._leaf(part.chain, part.data, depth)

    def _leaf(
        self, chain: tuple[str, ...], data: bytes, depth: int
    ) -> Iterator[Revealed | Refused]:
        path = next((name for name in reversed(chain) if not name.startswith("(")), "")
        encoding = encoding_of(data[:4096])
        if encoding.startswith("utf-"):
            chain, data = (*chain, encoding), view(data, encoding).data
        for match in self._matcher.matches(data):
            yield Revealed(match, data, 0, 0, chain, path)
        if depth < self._limits.depth and encoding != "binary":
            for one in _encoded(data, self.hits(data)):
                for found in self.run(one, depth + 1):
                    if isinstance(found, Refused):
                        yield Refused((*chain, *found.chain), found.reason)
                    else:
                        inside = (*chain, *found.chain)
                        yield Revealed(found.match, found.content, 0, 0, inside, path)


def _encoded(data: bytes, hits: Sequence[TriggerHit]) -> Sequence[Encoded]:
    if not hits:
        return ()
    from scanner.decode.encodings import encoded

    return encoded(data, hits)


def _span(match: Match) -> tuple[int, int]:
    """The bytes that make a match what it is: the value, and the name in front of it."""
    _, start, end, key, key_end = match
    return (start, end) if key < 0 else (min(start, key), max(end, key_end))


def _outside(part: Revealed | Refused, kind: str, span: Sequence[int]) -> Revealed | Refused:
    chain = (kind, *part.chain)
    if isinstance(part, Refused):
        return Refused(chain, part.reason)
    return Revealed(part.match, part.content, span[0], span[1], chain, part.path)
