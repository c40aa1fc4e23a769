"""Sets as integers give the ranges that lists of sets would."""

from __future__ import annotations

import random

from scanner.git.bits import bits, length, spans


def test_spans_are_the_ranges_of_each_member() -> None:
    chance = random.Random(3)
    sets = [frozenset(n for n in range(60) if chance.random() < 0.3) for _ in range(40)]
    sets += [sets[-1]] * 5
    found = spans(sum(1 << n for n in one) for one in sets)
    for member in range(60):
        places = [at for at, one in enumerate(sets) if member in one]
        ranges = found.get(member, [])
        assert [at for start, end in ranges for at in range(start, end)] == places
        assert length(ranges) == len(places)


def test_bits() -> None:
    for number in (0, 1, 2, 0b1010, 1 << 90, (1 << 70) - 1, 5 << 40):
        assert sum(1 << n for n in bits(number)) == number
        assert list(bits(number)) == sorted(bits(number))
