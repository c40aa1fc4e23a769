"""Parts of Go expressions; test_foreign_go_regex.py has the whole."""

from __future__ import annotations

from scanner.foreign.go_reader import Reader


def test_groups_are_counted_as_they_open() -> None:
    reader = Reader("(a(b))(?:c)(d)", frozenset((2,)), 8)
    assert reader.whole() == "(?:a(?P<secret>b))(?:c)(?:d)"
    assert (reader.groups, reader.outermost) == (3, [1, 3])


def test_an_expression_without_an_end_is_noted() -> None:
    reader = Reader("a*", frozenset(), 8)
    assert reader.whole() == "a{0,8}"
    assert reader.unbounded
