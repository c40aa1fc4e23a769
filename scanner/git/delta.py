"""Deltas: an object written as copies from another one and inserted bytes.

Format: https://git-scm.com/docs/gitformat-pack#_deltified_representation.
"""

from __future__ import annotations

# (start in the new object, start in the base, length), in order, bytes; neighbours are merged
Kept = list[tuple[int, int, int]]

_STRETCH = 1 << 18  # bytes of a delta after which the parts are joined
_MOST_KEPT = 1 << 17


class DeltaError(Exception):
    """A delta that does not fit its base or itself. The text says how."""


def sizes(delta: bytes) -> tuple[int, int, int]:
    """(size of the base, size of the result, where the instructions begin)."""
    base, at = _size(delta, 0)
    result, at = _size(delta, at)
    return base, result, at


def _size(delta: bytes, at: int) -> tuple[int, int]:
    size = shift = 0
    while at < len(delta) and shift < 70:
        byte = delta[at]
        at += 1
        size |= (byte & 127) << shift
        if byte < 128:
            return size, at
        shift += 7
    raise DeltaError("the delta ends within a size")


def apply(  # noqa: C901, PLR0912, PLR0915 -- one loop: a call for each instruction costs more
    base: bytes, delta: bytes
) -> tuple[bytes, Kept]:
    """The new object, and ranges of it that are the base's: all, unless they are a hundred
    thousand. DeltaError if it does not fit."""
    base_size, result_size, at = sizes(delta)
    if base_size != len(base):
        raise DeltaError("the delta is for a base of another size")
    stretches: list[bytes] = []
    parts: list[bytes | memoryview] = []  # of the current stretch
    kept: Kept = []
    end = len(delta)
    total = 0  # bytes written so far
    source_end = -1  # where in the base the last copy ended, if a copy came last
    view = memoryview(base)
    try:
        while at < end:
            stop = min(end, at + _STRETCH)
            while at < stop:
                code = delta[at]
                at += 1
                if code & 128:
                    start = length = 0
                    if code & 1:
                        start = delta[at]
                        at += 1
                    if code & 2:
                        start |= delta[at] << 8
                        at += 1
                    if code & 4:
                        start |= delta[at] << 16
                        at += 1
                    if code & 8:
                        start |= delta[at] << 24
                        at += 1
                    if code & 16:
                        length = delta[at]
                        at += 1
                    if code & 32:
                        length |= delta[at] << 8
                        at += 1
                    if code & 64:
                        length |= delta[at] << 16
                        at += 1
                    length = length or 0x10000
                    if start + length > base_size or total + length > result_size:
                        raise DeltaError("the delta copies what is not there")
                    parts.append(view[start : start + length])
                    if start == source_end:
                        new, old, before = kept[-1]
                        kept[-1] = (new, old, before + length)
                    else:
                        kept.append((total, start, length))
                    source_end = start + length
                    total += length
                elif code:
                    piece = delta[at : at + code]
                    parts.append(piece)
                    at += code
                    total += len(piece)
                    source_end = -1
                else:
                    raise DeltaError("the delta holds an unknown instruction")
            if stop < end:
                source_end = _put_away(parts, stretches, kept, source_end)
    except IndexError:
        raise DeltaError("the delta ends within an instruction") from None
    if total != result_size or at != end:
        raise DeltaError("the delta makes an object of another size")
    return b"".join([*stretches, *parts]), kept


def _put_away(
    parts: list[bytes | memoryview], stretches: list[bytes], kept: Kept, source_end: int
) -> int:
    """Join the parts, so that many small ones cannot fill the memory; forget ranges when there
    are too many of them. Gives where in the base the last range that is known ended."""
    stretches.append(b"".join(parts))
    parts.clear()
    if len(kept) <= _MOST_KEPT:
        return source_end
    kept.clear()
    return -1
