"""Figures: an item is hit by lines, a finding is wrong by lines, ignored kinds count neither way."""

from __future__ import annotations

from training.labelled import File, Label, truth_of
from training.measure import Figures, count_lines


def label(
    line: int, *, true: bool, category: str = "Password", start: int = -1, stop: int = -1
) -> Label:
    return Label(line, line, start, stop, true, category)


def counted(labels: list[Label], findings: list[tuple[int, int, str]]) -> Figures:
    figures = Figures()
    count_lines(File("r", "p", tuple(labels), (), (), ()), findings, figures)
    return figures


def test_hits_misses_and_wrong_ones() -> None:
    labels = [label(1, true=True), label(5, true=True), label(9, true=False)]
    figures = counted(labels, [(1, 2, "a"), (9, 9, "b"), (20, 20, "c")])
    assert (figures.hit, figures.missed, figures.false, figures.other) == (1, 1, 1, 1)
    assert figures.precision == 0.5
    assert figures.strict == 1 / 3
    assert figures.recall == 0.5
    assert figures.f1 == 0.5
    assert figures.wrong == {"b": 1, "c": 1}


def test_ignored_kinds_count_neither_way() -> None:
    figures = counted([label(1, true=True, category="UUID")], [(1, 1, "a")])
    assert (figures.hit, figures.missed, figures.false, figures.other) == (0, 0, 0, 0)
    figures = counted([label(1, true=False, category="UUID:Nonce")], [(1, 1, "a")])
    assert (figures.false, figures.other) == (0, 0)


def test_a_candidate_is_true_where_it_overlaps_the_value() -> None:
    data = b'\na = "x"; pw = "secretly"\n'
    labels = (label(2, true=True, start=15, stop=23),)
    assert truth_of(labels, data, 16, 24, 2, 2) == (1, "Password")
    assert truth_of(labels, data, 6, 7, 2, 2)[0] is None
    assert truth_of((label(2, true=False),), data, 6, 7, 2, 2) == (0, "Password")
    assert truth_of(labels, data, 0, 1, 7, 7) == (-1, "")
