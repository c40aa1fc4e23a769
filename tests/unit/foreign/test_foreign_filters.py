"""Filters are read as far as they are understood, and named where they are not."""

from __future__ import annotations

import pytest

from scanner.foreign.filters import read_filter


def test_entropy_is_a_floor() -> None:
    done = read_filter('entropy(finding["secret"]) <= 3.5')
    assert 3.5 < done.entropy < 3.6
    assert read_filter("entropy(finding.secret) < 2").entropy == 2


def test_alternatives_and_conjunctions() -> None:
    done = read_filter(
        'matchesAny(attributes["path"], [`a`, "b"]) || (finding.line contains "x" && '
        '!matchesAny(finding["secret"], ["[0-9]"]))'
    )
    assert done.lists == ((("path", "(?:a)|(?:b)"),), (("line", "x"), ("!secret", "(?:[0-9])")))
    assert not done.unknown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tokenRatio(finding.secret) > 2", "tokenRatio"),
        ("let x = 1; x > 2", "x"),
        ("entropy(finding.match) < 3", "entropy"),
    ],
)
def test_the_rest_is_named(text: str, said: str) -> None:
    done = read_filter(text)
    assert said in " ".join(done.unknown)
    assert not done.lists


def test_nothing_is_nothing() -> None:
    assert read_filter("  // a comment\n") == read_filter("")
