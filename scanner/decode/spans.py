"""What was decoded, and the way back from its bytes to the encoded text in the content."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable

Decode = Callable[["re.Match[bytes]"], bytes]
# (low, high) of decoded bytes -> (start, end, whether anything of it was encoded), in the content.
Locate = Callable[[int, int], tuple[int, int, bool]]


class Encoded:
    """A stretch of content that reads differently once decoded.

    kind: a trigger's kind. [start, end): the stretch, bytes in the content. data: what it decodes
    to; it may begin with plain text (the name a value is given to) and hold plain text between.
    """

    __slots__ = ("_locate", "data", "end", "kind", "start")

    def __init__(self, kind: str, start: int, end: int, data: bytes, locate: Locate) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.data = data
        self._locate = locate

    def back(self, low: int, high: int) -> tuple[int, int]:
        """The span in the content of the encoded text of the decoded bytes [low, high).

        Exact for escapes and joined literals. Base64 and hex give the whole groups (4 characters of
        base64, 2 of hex) that hold the bytes, so the span decodes to no fewer bytes than asked for;
        [start, end) is the whole run. UTF-16 inside base64 that is not ASCII gives the whole run.
        """
        start, end, _ = self._locate(low, high)
        return start, end

    def touches(self, low: int, high: int) -> bool:
        """Whether any of the decoded bytes [low, high) is not plain text in the content."""
        return self._locate(low, high)[2]

    def __repr__(self) -> str:  # decoded bytes may be a secret
        return f"Encoded({self.kind!r}, {self.start}, {self.end}, {len(self.data)} bytes)"


def substituted(
    kind: str, data: bytes, start: int, end: int, pattern: re.Pattern[bytes], decode: Decode
) -> Encoded | None:
    """content[start:end) with every match of `pattern` decoded; None when nothing changes."""
    text = data[start:end]
    changed = pattern.sub(decode, text)
    if changed == text:
        return None
    return Encoded(kind, start, end, changed, _Tokens(text, start, pattern, decode).locate)


class _Tokens:
    """The places that were decoded: made at the first question, since most views hold no secret."""

    __slots__ = ("_base", "_decode", "_inner", "_outer", "_pattern", "_text")

    def __init__(self, text: bytes, base: int, pattern: re.Pattern[bytes], decode: Decode) -> None:
        self._text = text
        self._base = base
        self._pattern = pattern
        self._decode = decode
        self._inner: tuple[array[int], array[int]] | None = None  # starts and ends, decoded
        self._outer: tuple[array[int], array[int]] = array("q"), array("q")  # in the text

    def locate(self, low: int, high: int) -> tuple[int, int, bool]:
        """Where the decoded bytes [low, high) stand, and whether any of them was decoded."""
        starts, ends = self._inner if self._inner is not None else self._read()
        start = self._place(low, starts, ends, last=False)
        end = self._place(high - 1, starts, ends, last=True) if high > low else start
        before = bisect_right(starts, high - 1) - 1  # the last token that starts before high
        touched = high > low and before >= 0 and ends[before] > low
        if not touched and before >= 0 and starts[before] == ends[before]:
            # A token that left nothing behind counts when it stood inside.
            touched = low < starts[before] < high
        return self._base + start, self._base + end, touched

    def _place(self, at: int, starts: array[int], ends: array[int], *, last: bool) -> int:
        number = bisect_right(starts, at) - 1
        if number < 0:
            return at + last
        if at < ends[number]:
            return self._outer[last][number]
        return self._outer[1][number] + at - ends[number] + last

    def _read(self) -> tuple[array[int], array[int]]:
        starts, ends = array("q"), array("q")
        outer_starts, outer_ends = self._outer
        shift = 0  # decoded offset minus text offset
        for match in self._pattern.finditer(self._text):
            start, end = match.span()
            size = len(self._decode(match))
            starts.append(start + shift)
            ends.append(start + shift + size)
            outer_starts.append(start)
            outer_ends.append(end)
            shift += size - (end - start)
        self._inner = starts, ends
        return self._inner
