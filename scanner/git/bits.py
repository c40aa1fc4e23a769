"""Sets as integers: bit n is member n. What changes from one set to the next is what costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain


def spans(sets: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """Member -> half-open ranges of the positions whose set holds it. Neighbours in a history, and
    in a sorted list of refs, hold nearly the same, so the cost is that of the differences."""
    found: dict[int, list[tuple[int, int]]] = {}
    opened: dict[int, int] = {}
    before = 0
    for position, current in enumerate(chain(sets, (0,))):
        if current is not before and current != before:
            for bit in bits(current ^ before):
                if bit in opened:
                    found.setdefault(bit, []).append((opened.pop(bit), position))
                else:
                    opened[bit] = position
            before = current
    return found


def length(spans: Iterable[tuple[int, int]]) -> int:
    """Positions in half-open ranges."""
    return sum(end - start for start, end in spans)


def bits(number: int) -> Iterator[int]:
    """The positions of the bits that are set, lowest first."""
    if number.bit_count() > 16:  # many: cheaper to spell it out once
        digits = bin(number)[:1:-1]
        at = digits.find("1")
        while at >= 0:
            yield at
            at = digits.find("1", at + 1)
        return
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low
