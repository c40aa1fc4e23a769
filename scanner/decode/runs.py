"""Base64 and hexadecimal: the whole run around a hit, over wrapped lines, decoded where it helps.

A run is decoded at the alignment that its hits show, so text before it that happens to be of the
same characters (a path, a prefix) does no harm. What decodes to neither text nor a known kind of
file is dropped: digests and random identifiers.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right

from scanner.decode.spans import Encoded
from scanner.record import record

LINE = 1024  # bytes: longer lines are not the lines of a wrapped run
NAME = 160  # bytes in front of a run in which the name it is given to is looked for
_UNNAMED = 9  # decoded bytes: what is shorter is of use only when a name stands in front
_INDENT = 80
_AFTER_LINE = b"\r\n=\"'<\\"  # a word of a text or a name is followed by something else
_BEFORE_LINE = frozenset((b" ", b"\t", b"\n", b"n", b"#", b"*", b">"))
_SHORTEST = 16  # characters of a line that another may continue

_LONGEST_WORD = 64
_MOST_WORDS = 1 << 16
_WORD = re.compile(rb"[\"']([A-Za-z0-9+/_-]{8,64})[\"']")
_NOTHING: set[bytes] = set()  # words that decode, from their first character, to nothing
_SEPARATOR = re.compile(rb"[ \t]{0,8}(?:\r?\n|(?:\\r)?\\n)[ \t]{0,80}(?:[#*>][ \t]{0,8})?")
_SEPARATOR_END = re.compile(rb"[ \t]{0,8}(?:\r?\n|(?:\\r)?\\n)[ \t]{0,80}(?:[#*>][ \t]{0,8})?\Z")
_ASSIGNED = re.compile(rb"(?:=>|[:=])[ \t]{0,8}(?:![\w!]{1,16}[ \t]+)?[\"']?\Z")
_EMAN = re.compile(rb":?[ \t]{0,8}[\"']?[\w.\-]{1,64}")  # a name in front of it, back to front
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e]{11}")
_ALL_TEXT = re.compile(rb"[\t\n\r\x20-\x7e]+")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")  # a file, perhaps: nothing may stand before it
_SHORT_TEXT = re.compile(rb"[\x20-\x7e]+[\r\n]{0,2}")
# zip, gzip, bzip2, xz, zstd, PDF, ELF, SQLite
MAGIC = (
    b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"%PDF-", b"\x7fELF",
    b"SQLite format 3",
)  # fmt: skip


@record
class _Alphabet:
    """kind; a run of its characters; characters and bytes of a group; what pads."""

    kind: str
    characters: re.Pattern[bytes]
    group: int
    holds: int
    padding: bytes


_ALPHABETS = {
    "base64": _Alphabet("base64", re.compile(rb"[A-Za-z0-9+/_-]*"), 4, 3, b"="),
    "hex": _Alphabet("hex", re.compile(rb"[0-9A-Fa-f]*"), 2, 1, b""),
}
KINDS = frozenset(_ALPHABETS)


def runs(kind: str, data: bytes, hits: list[tuple[int, int]]) -> list[Encoded]:
    """The decoded runs around the hits of one kind; hits: (end, `grouped` of the trigger)."""
    alphabet = _ALPHABETS[kind]
    hits = [hit for hit in hits if not _is_known_word(data, *hit)]
    trimmed = {_trimmed(alphabet, data, end, size) for end, size in hits}
    hits = sorted(hit for hit in trimmed if hit[0] and _is_one(alphabet, data, hit[0] - 1))
    found: list[Encoded] = []
    at = 0
    while at < len(hits):
        pieces = _pieces(alphabet, data, hits[at][0])
        stop = pieces[-1][1]
        offsets: dict[int, int] = {}  # alignment -> first character of the run at a hit
        starts = [start for start, _ in pieces]
        before = _characters_before(pieces)
        while at < len(hits) and (hits[at][0] <= stop or not offsets):
            end, size = hits[at]
            number = max(0, bisect_right(starts, end - 1) - 1)
            offset = before[number] + max(0, end - starts[number] - size)
            offsets.setdefault(offset % alphabet.group, offset)
            at += 1
        for offset in sorted(offsets.values()):
            one = _decoded(alphabet, data, pieces, before, offset)
            if one is not None:
                found.append(one)
    return found


def _is_known_word(data: bytes, end: int, size: int) -> bool:
    """Whether the hit is in a word in quotes that was decoded before and is nothing.

    Names of a schema fire again and again in a large JSON file.
    """
    match = _WORD.match(data, end - size - 1) or _WORD.match(data, end - size - 2)
    return match is not None and match.group(1) in _NOTHING


def _trimmed(alphabet: _Alphabet, data: bytes, end: int, size: int) -> tuple[int, int]:
    """A hit without the padding or the mark after the run."""
    after = 0
    while after < 2 and end and not _is_one(alphabet, data, end - 1):
        end -= 1
        after += 1
    return end, size or alphabet.group - after


def _is_one(alphabet: _Alphabet, data: bytes, at: int) -> bool:
    match = alphabet.characters.match(data, at, at + 1)
    return match is not None and match.end() > at


def _pieces(alphabet: _Alphabet, data: bytes, hit: int) -> list[tuple[int, int]]:
    """The lines of the run around a hit, first to last: [start, end) of their characters."""
    own = _extent(alphabet, data, hit)
    back = [own]
    while (above := _above(alphabet, data, back[-1][0])) and _joins(
        alphabet, data, above, back[-1]
    ):
        back.append(above)
    pieces = back[::-1]
    while (below := _below(alphabet, data, pieces[-1][1])) and _joins(
        alphabet, data, pieces[-1], below
    ):
        pieces.append(below)
    return pieces


def _extent(alphabet: _Alphabet, data: bytes, hit: int) -> tuple[int, int]:
    match = alphabet.characters.match(data, hit - 1)
    end = match.end() if match else hit
    return _start(alphabet, data, max(hit - 1, 0), None), max(end, hit)


def _start(alphabet: _Alphabet, data: bytes, end: int, limit: int | None) -> int:
    """Where the characters that end at `end` begin; no more than `limit` are looked at."""
    size = 128
    while True:
        chunk = data[max(0, end - size) : end][::-1]
        match = alphabet.characters.match(chunk)
        length = match.end() if match else 0
        if length < len(chunk) or len(chunk) < size or (limit is not None and size >= limit):
            start = end - length
            return start + _is_escape(data, start)
        size *= 4


def _is_escape(data: bytes, start: int) -> bool:
    """Whether the first character of a run belongs to an escape, as after a spelled newline."""
    return data[start - 1 : start] == b"\\" and data[start : start + 1] in (b"n", b"r", b"t")


def _above(alphabet: _Alphabet, data: bytes, start: int) -> tuple[int, int] | None:
    """The line of the run that ends just above the line that starts at `start`, if any."""
    if data[start - 1 : start] not in _BEFORE_LINE:
        return None
    low = max(0, start - _INDENT - 32)
    match = _SEPARATOR_END.search(data, low, start)
    if match is None:
        return None
    end = match.start()
    first = _start(alphabet, data, end, LINE)
    return (first, end) if first < end else None


def _below(alphabet: _Alphabet, data: bytes, end: int) -> tuple[int, int] | None:
    match = _SEPARATOR.match(data, end)
    if match is None:
        return None
    start = match.end()
    line = alphabet.characters.match(data, start, start + 2 * LINE)
    if line is None or line.end() == start:
        return None
    after = data[line.end() : line.end() + 1]
    return (start, line.end()) if after in _AFTER_LINE else None


def _joins(
    alphabet: _Alphabet, data: bytes, upper: tuple[int, int], lower: tuple[int, int]
) -> bool:
    """Whether two lines are one run: of equal length, or the lower one is the shorter last.

    Only the line above is asked besides, so that the answer never depends on what is far away.
    """
    size, next_size = upper[1] - upper[0], lower[1] - lower[0]
    if not _SHORTEST <= size <= LINE or next_size > size:
        return False
    if next_size == size:
        return True
    above = _above(alphabet, data, upper[0])
    return above is None or above[1] - above[0] <= size


def _characters_before(pieces: list[tuple[int, int]]) -> list[int]:
    before, total = [], 0
    for start, end in pieces:
        before.append(total)
        total += end - start
    return before


def _decoded(
    alphabet: _Alphabet, data: bytes, pieces: list[tuple[int, int]], before: list[int], offset: int
) -> Encoded | None:
    """The run from its character number `offset` modulo a group, if that is of use."""
    skip = offset % alphabet.group
    text = b"".join([data[start:end] for start, end in pieces])
    raw = _bytes(alphabet, text[skip:])
    first = (offset - skip) // alphabet.group * alphabet.holds  # decoded byte at the hit
    magic = raw.startswith(MAGIC) or raw.startswith(MAGIC, first)
    if not magic and not _is_text(raw, first):
        if not offset and len(pieces) == 1 and len(text) <= _LONGEST_WORD:
            _remember(alphabet, data, pieces[0])
        return None
    if len(raw) < _UNNAMED and _named(data, pieces[0][0], pieces[-1][1], raw) is None:
        return None
    if first and not _ALL_TEXT.fullmatch(raw, 0, first):
        return _from(alphabet, data, pieces, before, offset, raw[first:])
    return _from(alphabet, data, pieces, before, skip, raw)


def _remember(alphabet: _Alphabet, data: bytes, piece: tuple[int, int]) -> None:
    start, end = piece
    match = _WORD.match(data, max(0, start - 1))
    if alphabet.group == 4 and match is not None and match.span(1) == (start, end):
        if len(_NOTHING) >= _MOST_WORDS:
            _NOTHING.clear()
        _NOTHING.add(match.group(1))


def _bytes(alphabet: _Alphabet, text: bytes) -> bytes:
    if alphabet.group == 2:
        return binascii.unhexlify(text[: len(text) & ~1])
    text = text[: len(text) - (len(text) % 4 == 1)].translate(_STANDARD)
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))


_STANDARD = bytes.maketrans(b"-_", b"+/")


def _is_text(raw: bytes, first: int) -> bool:
    if len(raw) - first < 11:
        return _SHORT_TEXT.fullmatch(raw, first) is not None
    return _TEXT.search(raw, first) is not None or _wide(raw, first) != ""


def _wide(raw: bytes, first: int) -> str:
    """Which UTF-16 the bytes are, "" if none."""
    head = raw[first : first + 512]
    half = len(head) // 2
    if half >= 4 and head[1::2].count(0) * 4 > half * 3 and head[::2].count(0) * 8 < half:
        return "utf-16-le"
    if half >= 4 and head[::2].count(0) * 4 > half * 3 and head[1::2].count(0) * 8 < half:
        return "utf-16-be"
    return ""


def _from(
    alphabet: _Alphabet,
    data: bytes,
    pieces: list[tuple[int, int]],
    before: list[int],
    offset: int,
    raw: bytes,
) -> Encoded:
    starts = [start - characters for (start, _), characters in zip(pieces, before, strict=True)]

    def place(character: int) -> int:
        number = max(0, bisect_right(before, character) - 1)
        return starts[number] + character

    end = pieces[-1][1]
    while alphabet.padding and end < pieces[-1][1] + 2 and data[end : end + 1] == b"=":
        end += 1
    count = before[-1] + pieces[-1][1] - pieces[-1][0]
    start = place(offset)
    unit = 1
    encoding = _wide(raw, 0)
    if encoding:
        text = raw[: len(raw) & ~1].decode(encoding, "replace")
        raw = text.encode()
        unit = 2 if text.isascii() else 0
    low, high = _named(data, start, end, raw) or (start, end)

    def locate(inner: int, stop: int) -> tuple[int, int, bool]:
        lead = start - low  # plain bytes in front
        if stop <= lead or inner >= lead + len(raw):
            shift = 0 if stop <= lead else end - start - len(raw)
            return low + inner + shift, low + stop + shift, False
        first = start
        if inner >= lead and unit:
            first = place(offset + (inner - lead) * unit // alphabet.holds * alphabet.group)
        if inner < lead:
            first = low + inner
        last = end
        if stop > lead + len(raw):
            last = end + stop - lead - len(raw)
        elif unit:
            groups = -(-(stop - lead) * unit // alphabet.holds)
            character = offset + groups * alphabet.group
            last = place(character - 1) + 1 if character < count else end
        return first, last, stop > inner

    view = data[low:start] + raw + data[end:high]
    return Encoded(alphabet.kind, start, end, view, locate)


def _named(data: bytes, start: int, end: int, raw: bytes) -> tuple[int, int] | None:
    """[low, high) that holds the run and the name and quotes around it, when it is one value."""
    if len(raw) > 512 or b"\n" in raw.rstrip() or _BINARY.search(raw):
        return None
    floor = max(0, start - NAME)
    line = max(floor, data.rfind(b"\n", floor, start) + 1)
    sign = _ASSIGNED.search(data, max(line, start - 40), start)
    name = _EMAN.match(data[line : sign.start()][::-1]) if sign else None
    if sign is None or name is None:
        return None
    quote = data[start - 1 : start]
    closed = quote in (b'"', b"'") and data[end : end + 1] == quote
    return sign.start() - name.end(), end + closed
