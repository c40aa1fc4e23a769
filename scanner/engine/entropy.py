"""Shannon entropy of values: bits a character. One value with math, many with numpy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

_BATCH = 2000


def shannon(value: bytes) -> float:
    """Bits a byte of `value` by its own byte frequencies; 0.0 for an empty value."""
    if not value:
        return 0.0
    total = len(value)
    return math.log2(total) - sum(n * math.log2(n) for n in Counter(value).values()) / total


def shannon_many(values: Sequence[bytes]) -> list[float]:
    """`shannon` of each value; numpy does the counting when there are enough to pay its import."""
    if len(values) < _BATCH:
        return [shannon(value) for value in values]
    import numpy

    lengths = numpy.array([len(value) for value in values])
    bytes_ = numpy.frombuffer(b"".join(values), numpy.uint8).astype(numpy.int64)
    owner = numpy.repeat(numpy.arange(len(values)), lengths)
    _, first, counts = numpy.unique(owner * 256 + bytes_, return_index=True, return_counts=True)
    sums = numpy.bincount(owner[first], counts * numpy.log2(counts), minlength=len(values))
    safe = numpy.maximum(lengths, 1)
    result: list[float] = (numpy.log2(safe) - sums / safe).tolist()
    return result
