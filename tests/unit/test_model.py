"""A secret never shows itself; a mask shows no more than it may."""

from __future__ import annotations

import json

import pytest

from scanner.model import Secret, mask

RAW = b"correct" + b"-horse-" + b"battery"


def test_nothing_shows_a_secret() -> None:
    secret = Secret(RAW)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", str([secret])]
    assert all("correct" not in text for text in shown)
    with pytest.raises(TypeError):
        json.dumps({"x": secret})
    with pytest.raises(TypeError):
        bytes(secret)


def test_reveal_and_equality() -> None:
    assert Secret(RAW).reveal() == RAW
    assert Secret(RAW) == Secret(RAW)
    assert Secret(RAW) != Secret(RAW + b"x")
    assert len({Secret(RAW), Secret(RAW)}) == 1
    assert Secret(RAW).digest == Secret(RAW).digest != Secret(b"").digest


@pytest.mark.parametrize(
    ("length", "shown"),
    [(3, "under 8"), (8, "8-15"), (15, "8-15"), (16, "16-31"), (40, "32-63"), (64, "64 or more")],
)
def test_of_a_password_only_the_length_class_is_shown(length: int, shown: str) -> None:
    text = mask(b"q" * length)
    assert shown in text
    assert "q" not in text


def test_of_a_token_prefix_and_last_two() -> None:
    assert mask(b"tok_" + b"a" * 30 + b"Z9", "tok_") == "tok_***Z9"


def test_a_short_token_shows_its_prefix_only() -> None:
    assert mask(b"tok_" + b"a" * 15 + b"Z9", "tok_") == "tok_***"


def test_a_prefix_that_does_not_fit_is_not_shown() -> None:
    assert "tok" not in mask(b"a" * 40, "tok_")


def test_a_tail_that_is_no_plain_text_is_not_shown() -> None:
    assert mask(b"tok_" + b"a" * 30 + b"\x1b[", "tok_") == "tok_***"
