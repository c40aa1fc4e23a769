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
    base: bytes, delta: bytes, shortest: int = 1
) -> tuple[bytes, Kept]:
    """The new object, and which ranges of it, of `shortest` bytes or more, are the base's.

    Fewer than there are when there are a hundred thousand. DeltaError if it does not fit.
    """
    base_size, result_size, at = sizes(delta)
    if base_size != len(base):
        raise DeltaError("the delta is for a base of another size")
    stretches: list[bytes] = []
    parts: list[bytes | memoryview] = []  # of the current stretch
    kept: Kept = []
    end = len(delta)
    total = 0  # bytes written so far
    source = source_end = -1  # the range of the base that is being copied; both -1 if none is
    view, from_bytes, table, put = memoryview(base), int.from_bytes, _COPIES, parts.append
    try:
        while at < end:
            stop = min(end, at + _STRETCH)
            while at < stop:
                code = delta[at]
                at += 1
                if code > 127:
                    plain = table[code]
                    if plain is not None:
                        count, mask, shift = plain
                        number = from_bytes(delta[at : at + count], "little")
                        at += count
                        start = number & mask
                        length = number >> shift or 0x10000
                    else:
                        start, length, at = _copy(delta, code, at)
                    if start != source_end:
                        if source_end - source >= shortest:
                            size = source_end - source
                            kept.append((total - size, source, size))
                        source = start
                    source_end = start + length
                    put(view[start:source_end])  # beyond the base: shorter, which is seen below
                    total += length
                elif code:
                    put(delta[at : at + code])
                    at += code
                    if source_end - source >= shortest:
                        size = source_end - source
                        kept.append((total - size, source, size))
                    source = source_end = -1
                    total += code
                else:
                    raise DeltaError("the delta holds an unknown instruction")
            if total > result_size:  # before anything is joined
                raise DeltaError("the delta makes an object of another size")
            if stop < end:
                stretches.append(b"".join(parts))  # many small ones cannot fill the memory
                parts.clear()
                if len(kept) > _MOST_KEPT:
                    kept.clear()
    except IndexError:
        raise DeltaError("the delta ends within an instruction") from None
    if source_end - source >= shortest:
        size = source_end - source
        kept.append((total - size, source, size))
    result = b"".join([*stretches, *parts])
    if total != result_size or at != end or len(result) != total:
        raise DeltaError("the delta copies what is not there, or makes another size")
    return result, kept


def _copy(delta: bytes, code: int, at: int) -> tuple[int, int, int]:
    """(start, length, where the next instruction is) of a copy that leaves out middle bytes."""
    fields = [0] * 7
    for bit in range(7):
        if code >> bit & 1:
            fields[bit] = delta[at]
            at += 1
    start = int.from_bytes(bytes(fields[:4]), "little")
    length = int.from_bytes(bytes(fields[4:]), "little")
    return start, length or 0x10000, at


def _copies() -> tuple[tuple[int, int, int] | None, ...]:
    """For each code: (bytes of arguments, mask of the start in them, shift of the length).

    None where bytes are left out in the middle, which is seldom, and for what is no copy.
    """
    table: list[tuple[int, int, int] | None] = [None] * 256
    for starts in range(5):
        for lengths in range(4):
            code = 0x80 | ((1 << starts) - 1) | (((1 << lengths) - 1) << 4)
            table[code] = (starts + lengths, (1 << 8 * starts) - 1, 8 * starts)
    return tuple(table)


_COPIES = _copies()
