"""Reasons: the strongest three for and against, in words."""

from __future__ import annotations

from scanner.engine.explain import MOST, reasons


def test_reasons_for_then_against_the_strongest_first() -> None:
    told = [
        (0.5, "name strong"), (0.4, "name length"), (-0.3, "place"), (1.2, "surprise"),
        (-0.8, "samples"), (0.01, "snake"),
    ]  # fmt: skip
    assert reasons(told) == (
        "+1.20 letters in no language's order",
        "+0.90 the name says secret",
        "-0.80 says what it is instead of being it",
        "-0.30 in a kind of file that seldom holds secrets",
    )


def test_no_more_than_three_of_each() -> None:
    columns = ("name strong", "context", "surprise", "common password", "entropy", "snake")
    assert len(reasons([(1.0 + i, name) for i, name in enumerate(columns)])) == MOST
    assert reasons([]) == ()
