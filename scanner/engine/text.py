"""Encodings and positions: what content is written in, and where a byte offset stands."""

from __future__ import annotations

from collections.abc import Callable

from scanner.record import record

Read = Callable[[int, int], bytes]
_HEAD = 4096


def encoding_of(head: bytes) -> str:
    """Give "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "binary", or "" for what ASCII rules
    can read as it is."""
    if b"\0" not in head[:_HEAD] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ""
    if head.startswith(b"\xff\xfe\0\0") or (len(head) >= 8 and _is_wide(head, 0)):
        return "utf-32-le"
    if head.startswith(b"\0\0\xfe\xff") or (len(head) >= 8 and _is_wide(head, 3)):
        return "utf-32-be"
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be"
    sample = head[: min(len(head), _HEAD) & ~1]
    even, odd = sample[::2], sample[1::2]
    if len(sample) >= 8 and odd.count(0) > len(odd) * 0.9 and even.count(0) < len(even) * 0.1:
        return "utf-16-le"
    if len(sample) >= 8 and even.count(0) > len(even) * 0.9 and odd.count(0) < len(odd) * 0.1:
        return "utf-16-be"
    return "binary"


def _is_wide(head: bytes, place: int) -> bool:
    """Whether of each four bytes only the one at `place` is not zero, with few exceptions."""
    sample = head[: min(len(head), _HEAD) & ~3]
    count = len(sample) // 4
    others = [sample[at::4].count(0) for at in range(4) if at != place]
    return min(others) > count * 0.9 and sample[place::4].count(0) < count * 0.1


def width_of(encoding: str) -> int:
    """Bytes of a unit of UTF-16 or UTF-32."""
    return 4 if encoding.startswith("utf-32") else 2


@record
class View:
    """UTF-16 or UTF-32 content as UTF-8, with a way back. base: the piece's offset in the file."""

    text: str
    data: bytes
    encoding: str
    base: int

    def back(self, offset: int) -> int:
        """The byte offset in the file of a byte offset in `data`."""
        chars = len(self.data[:offset].decode("utf-8", "surrogatepass"))
        return self.base + len(self.text[:chars].encode(self.encoding, "surrogatepass"))


def view(piece: bytes, encoding: str, base: int = 0) -> View:
    """Decode a piece of UTF-16 or UTF-32 content; what is no whole unit at its end is left out."""
    whole = len(piece) & -width_of(encoding)
    errors = "surrogatepass" if width_of(encoding) == 2 else "replace"
    text = piece[:whole].decode(encoding, errors)
    return View(text, text.encode("utf-8", "surrogatepass"), encoding, base)


class Lines:
    """Line and column of offsets that are asked for in rising order, reading each byte once."""

    def __init__(self, read: Read, encoding: str = "") -> None:
        self._read = read
        self._encoding = encoding
        self._offset = 0
        self._line = 1
        self._line_start = 0
        self._newline = "\n".encode(encoding) if encoding else b"\n"

    def position(self, offset: int) -> tuple[int, int]:
        """(line from 1, column in characters from 1) of a byte offset."""
        if offset < self._offset:
            self._offset, self._line, self._line_start = 0, 1, 0
        step = 1 << 20
        while self._offset < offset:
            piece = self._read(self._offset, min(step, offset - self._offset))
            if not piece:
                break
            self._count(piece)
            self._offset += len(piece)
        return self._line, self._column(offset)

    def _count(self, piece: bytes) -> None:
        if len(self._newline) == 1:
            found = piece.count(b"\n")
            last = piece.rfind(b"\n") + 1
        else:
            width = len(self._newline)
            places = [
                i
                for i in range(0, len(piece) - width + 1, width)
                if piece[i : i + width] == self._newline
            ]
            found, last = len(places), places[-1] + width if places else 0
        if found:
            self._line += found
            self._line_start = self._offset + last

    def _column(self, offset: int) -> int:
        start = self._line_start
        prefix = self._read(start, offset - start)
        if self._encoding:
            text = prefix.decode(self._encoding, "replace")
            return len(text.removeprefix("\ufeff")) + 1
        try:
            return len(prefix.decode().removeprefix("\ufeff")) + 1
        except UnicodeDecodeError:
            return len(prefix) + 1  # not UTF-8: one byte a character, as in Latin-1
