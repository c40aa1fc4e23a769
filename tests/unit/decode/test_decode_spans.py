"""The way back from decoded bytes to the encoded text."""

from __future__ import annotations

import re

from scanner.decode.spans import Encoded, substituted

UNIT = re.compile(rb"<([^>]*)>")


def view(text: bytes, start: int = 0, end: int | None = None) -> Encoded | None:
    return substituted("unit", text, start, len(text) if end is None else end, UNIT, lambda m: m[1])


def test_what_does_not_change_is_nothing() -> None:
    assert view(b"plain text") is None
    assert view(b"<a> plain", 3) is None


def test_spans_of_plain_and_decoded_bytes() -> None:
    one = view(b"__ab<cd>ef<>gh", 2)
    assert one is not None
    assert (one.start, one.end, one.data) == (2, 14, b"abcdefgh")
    assert one.back(0, 2) == (2, 4)
    assert one.back(2, 4) == (4, 8)
    assert one.back(3, 4) == (4, 8)
    assert one.back(1, 3) == (3, 8)
    assert one.back(4, 6) == (8, 10)
    assert one.back(5, 7) == (9, 13)
    assert one.back(6, 8) == (12, 14)
    assert one.back(6, 6) == (12, 12)


def test_touches() -> None:
    one = view(b"ab<cd>ef<>gh")
    assert one is not None
    assert not one.touches(0, 2)
    assert one.touches(0, 3)
    assert one.touches(3, 5)
    assert not one.touches(4, 6)
    assert one.touches(5, 7)  # something stood between the two
    assert not one.touches(6, 8)
    assert not one.touches(3, 3)


def test_a_secret_is_not_shown() -> None:
    one = view(b"<hidden>")
    assert one is not None
    assert "hidden" not in repr(one)
