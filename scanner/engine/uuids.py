"""UUIDs told apart: most are random, but nil ones and counted ones are written by hand."""

from __future__ import annotations

import re
from itertools import pairwise

_SHAPE = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_FEWEST_STEPS = 15  # of 31; of drawn digits it is 2


def uuid_kind(value: bytes) -> str:
    """What a value is as a UUID, RFC 9562.

    "nil", "max", "sequential" (few digits, or digits counted up or down), "v1" to "v8" by its
    version, "other", or "" for what is no UUID.
    """
    if not _SHAPE.match(value):
        return ""
    digits = value.replace(b"-", b"").lower()
    if len(set(digits)) == 1:
        return {48: "nil", 102: "max"}.get(digits[0], "sequential")
    if len(set(digits)) < 5 or _is_counted(digits) or digits.startswith(b"0" * 20):
        return "sequential"
    version = digits[12:13]
    return f"v{version.decode()}" if version in b"12345678" else "other"


def _is_counted(digits: bytes) -> bool:
    """Whether half of the steps from digit to digit are the same: counted up, down, repeated."""
    numbers = [int(digits[i : i + 1], 16) for i in range(len(digits))]
    steps = [(b - a) % 16 for a, b in pairwise(numbers)]
    return max(steps.count(step) for step in (0, 1, 15)) >= _FEWEST_STEPS


def is_plain_uuid(value: bytes) -> bool:
    """Whether a value is a UUID that nobody drew: no secret under any name."""
    return len(value) == 36 and uuid_kind(value) in ("nil", "max", "sequential")
