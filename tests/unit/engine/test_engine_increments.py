"""Gaps and regions: what of a version is matched anew. The law itself is in tests/property."""

from __future__ import annotations

import pytest

from scanner.engine.increments import _gaps, _regions


@pytest.mark.parametrize(
    ("kept", "base", "size", "gaps"),
    [
        ([(0, 0, 10)], 10, 10, []),
        ([(0, 0, 10)], 10, 12, [(10, 12)]),
        ([(0, 0, 10)], 11, 10, [(10, 10)]),  # the end is another one now
        ([(0, 1, 10)], 11, 10, [(0, 0)]),  # and here the beginning
        ([(0, 0, 4), (4, 6, 4)], 10, 8, [(4, 4)]),
        ([(3, 0, 4), (9, 4, 4)], 8, 13, [(0, 3), (7, 9)]),
        ([], 10, 5, [(0, 5)]),
        ([], 0, 0, [(0, 0)]),
    ],
)
def test_gaps(
    kept: list[tuple[int, int, int]], base: int, size: int, gaps: list[tuple[int, int]]
) -> None:
    assert _gaps(kept, base, size) == gaps


def test_regions_reach_as_far_as_an_expression_and_one_byte_more() -> None:
    assert _regions([(50, 60)], 10, 200) == [(39, 71, 50, 70)]


def test_regions_that_touch_are_one() -> None:
    assert _regions([(50, 60), (75, 80)], 10, 200) == [(39, 91, 50, 90)]
    assert len(_regions([(50, 60), (100, 110)], 10, 200)) == 2


def test_regions_end_with_the_content() -> None:
    assert _regions([(0, 3), (198, 200)], 10, 200) == [(0, 14, 0, 13), (187, 200, 198, 200)]
