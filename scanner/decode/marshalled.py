"""The code objects of marshalled Python data of any version, read without trusting it.

`marshal.loads` may crash on foreign data and reads only its own version's. This reader keeps texts
and lists alone, does not recurse, and believes no length.
https://github.com/python/cpython/blob/main/Python/marshal.c
"""

from __future__ import annotations

from typing import TypeAlias

from scanner.record import record

Value: TypeAlias = "bytes | list[Value] | None"
"""A text as it is stored, a tuple or other collection as a list, None for all that is neither."""

MOST_OBJECTS = 2_000_000
DEEPEST = 2_000  # collections inside each other; marshal has the same limit

_FLAG = 0x80  # the object gets a number, by which later ones refer to it
_SIZES = {b"i": 4, b"I": 8, b"g": 8, b"y": 16}
_NONE = frozenset((b"N", b"T", b"F", b"S", b"."))
_LONG_TEXT = frozenset((b"s", b"u", b"t", b"a", b"A"))
_LISTS = frozenset((b"(", b"[", b"<", b">"))

# Of code objects: the first magic number of that layout, numbers before the objects, objects
# after the line number. Always eight objects stand between; the first four are code, constants,
# names and names of local variables.
_LAYOUTS = ((3480, 5, 2), (3410, 6, 1), (3000, 5, 1))  # 3.11, 3.8, 3.0
_OBJECTS = 8


class DamagedError(Exception):
    """The data is no marshalled object, or one that asks for too much."""


@record
class Code:
    """What is worth reading of a code object; names: of globals and attributes."""

    instructions: bytes
    constants: list[Value]
    names: list[Value]
    variables: list[Value]


class _Frame:
    """A collection being read; `left` counts its objects to come, below zero without an end."""

    __slots__ = ("after", "items", "left", "slot")

    def __init__(self, left: int, slot: int = -1, after: int = -1) -> None:
        self.left = left
        self.items: list[Value] = []
        self.slot = slot
        self.after = after  # of a code object: objects after its line number; else -1


def codes_of(data: bytes, start: int, magic: int) -> list[Code]:
    """Every code object of the marshalled object at `start`, outer before inner.

    magic: the number at the start of the pyc. Raises DamagedError.
    """
    reader = _Reader(data, start, magic)
    try:
        return reader.read()
    except IndexError:
        raise DamagedError from None


class _Reader:
    """One pass over the data."""

    __slots__ = ("at", "codes", "data", "interned", "layout", "refs", "stack")

    def __init__(self, data: bytes, start: int, magic: int) -> None:
        self.data = data
        self.at = start
        self.refs: list[Value] = []
        self.interned: list[Value] = []
        self.codes: list[list[Value]] = []
        self.stack = [_Frame(1)]
        self.layout = (4, 1)
        if magic < 60_000:  # those of Python 2 are greater
            self.layout = next(
                (n, after) for first, n, after in _LAYOUTS if magic >= first or first == 3000
            )

    def read(self) -> list[Code]:
        """Every code object; IndexError or DamagedError for data that is none."""
        count = 0
        while True:
            frame = self.stack[-1]
            if frame.left == 0:
                if self._closed(frame):
                    return [_code(items) for items in self.codes]
                continue
            frame.left -= 1
            count += 1
            if count > MOST_OBJECTS or len(self.stack) > DEEPEST:
                raise DamagedError
            self._object(frame)

    def _closed(self, frame: _Frame) -> bool:
        """Take a complete collection off the stack; True when it was the outermost."""
        if frame.after > 0:
            self.at += 4  # the line number
            frame.left, frame.after = frame.after, 0
            return False
        self.stack.pop()
        if not self.stack:
            return True
        # code objects are told apart by being in `codes`; among constants they are nothing
        self.stack[-1].items.append(frame.items if frame.after < 0 else None)
        return False

    def _object(self, frame: _Frame) -> None:
        first = self.data[self.at]
        self.at += 1
        kind = bytes((first & ~_FLAG,))
        slot = -1
        if first & _FLAG:
            slot = len(self.refs)
            self.refs.append(None)
        if kind in _LISTS or kind == b")":
            self._open(self._number(1 if kind == b")" else 4), slot)
        elif kind == b"{":
            self._open(-1, slot)
        elif kind == b":":
            self._open(3, slot)
        elif kind == b"c":
            self.at += 4 * self.layout[0]
            opened = _Frame(_OBJECTS, slot, self.layout[1])
            self.codes.append(opened.items)
            self.stack.append(opened)
        elif kind == b"0":
            if frame.left >= 0:
                raise DamagedError
            frame.left = 0
        else:
            value = self._plain(kind)
            if slot >= 0:
                self.refs[slot] = value
            frame.items.append(value)

    def _open(self, count: int, slot: int) -> None:
        frame = _Frame(count, slot)
        if slot >= 0:
            self.refs[slot] = frame.items
        self.stack.append(frame)

    def _plain(self, kind: bytes) -> Value:
        """An object that holds no other."""
        if kind in _LONG_TEXT:
            text = self._bytes(self._number(4))
            if kind == b"t":
                self.interned.append(text)
            return text
        if kind in (b"z", b"Z"):
            return self._bytes(self._number(1))
        if kind == b"r":
            return self.refs[self._number(4)]
        if kind == b"R":
            return self.interned[self._number(4)]
        if kind in (b"f", b"x"):
            for _ in kind if kind == b"f" else b"re":
                self._bytes(self._number(1))
            return None
        if kind == b"l":
            digits = self._number(4)
            digits = digits if digits < 1 << 31 else (1 << 32) - digits
            self._bytes(2 * digits)
            return None
        if kind in _SIZES:
            self._bytes(_SIZES[kind])
            return None
        if kind in _NONE:
            return None
        raise DamagedError

    def _number(self, size: int) -> int:
        return int.from_bytes(self._bytes(size), "little")

    def _bytes(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise DamagedError
        found = self.data[self.at : end]
        self.at = end
        return found


def _code(items: list[Value]) -> Code:
    instructions, *lists = items[:4]
    constants, names, variables = (one if isinstance(one, list) else [] for one in lists)
    raw = instructions if isinstance(instructions, bytes) else b""
    return Code(raw, constants, names, variables)
