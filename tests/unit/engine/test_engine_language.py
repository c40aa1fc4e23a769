"""Language: what is made of words is told from what is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.engine.language import SIDE, Language, runs
from scanner.engine.weights import model

TOY = Language(
    {b"pass": 4, b"word": 4, b"the": 4, b"xyz": 1}, frozenset((b"letmein",)), b"\x10" * SIDE**3
)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (b"dbPassword2", [b"db", b"password"]),
        (b"HTTPServer", [b"http", b"server"]),
        (b"a_b-C", [b"a", b"b", b"c"]),
        (b"12 34", []),
        (b"x" * 100, [b"x" * 48]),
    ],
)
def test_runs(value: bytes, parts: list[bytes]) -> None:
    assert runs(value) == parts


@pytest.mark.parametrize(
    ("run", "covered"),
    [(b"password", 8), (b"passqqword", 8), (b"qqq", 0), (b"", 0), (b"ab", 0), (b"xyzq", 0)],
)
def test_cover(run: bytes, covered: int) -> None:
    assert TOY.cover(run) == covered


@pytest.mark.parametrize(
    ("value", "level"),
    [(b"LetMeIn", 2), (b"letmein99!", 1), (b"l3tm31n", 1), (b"other", 0), (b"", 0)],
)
def test_common(value: bytes, level: int) -> None:
    assert TOY.common(value) == level


def test_surprise_of_a_flat_table() -> None:
    assert TOY.surprise(b"abc") == 1.0
    assert TOY.surprise(b"") == 0.0


def test_words_surprise_less_than_chance(made: Callable[..., str]) -> None:
    language = model().language
    for word in (b"configuration", b"password", b"username", b"session"):
        drawn = "".join(c for c in made(word.decode(), 60).lower() if c.isalpha())[: len(word)]
        assert language.surprise(word) + 0.5 < language.surprise(drawn.encode())
