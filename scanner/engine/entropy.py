"""Shannon entropy of values: bits a character. One value with math, many with np."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

BATCH = 2000  # values from which on numpy pays its import


def shannon(value: bytes) -> float:
    """Bits a byte of `value` by its own byte frequencies; 0.0 for an empty value."""
    if not value:
        return 0.0
    total = len(value)
    return math.log2(total) - sum(n * math.log2(n) for n in Counter(value).values()) / total


def shannon_many(values: Sequence[bytes]) -> list[float]:
    """`shannon` of each value; numpy does the counting when there are enough to pay its import."""
    if len(values) < BATCH:
        return [shannon(value) for value in values]
    import numpy as np

    lengths = np.array([len(value) for value in values])
    bytes_ = np.frombuffer(b"".join(values), np.uint8).astype(np.int64)
    owner = np.repeat(np.arange(len(values)), lengths)
    _, first, counts = np.unique(owner * 256 + bytes_, return_index=True, return_counts=True)
    sums = np.bincount(owner[first], counts * np.log2(counts), minlength=len(values))
    safe = np.maximum(lengths, 1)
    result: list[float] = (np.log2(safe) - sums / safe).tolist()
    return result
