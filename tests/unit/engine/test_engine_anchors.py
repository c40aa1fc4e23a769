"""The fast stage's expression is a superset of the pattern, bounded and simple."""

from __future__ import annotations

import re

import pytest

from scanner.engine.anchors import AnchorError, derive


def expression(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode())


def test_drops_boundaries_and_look_arounds() -> None:
    anchor, longest = derive(r"(?<![a-z])\b(?P<secret>tok_[0-9]{4})\b(?!x)")
    assert longest == 8
    assert expression(anchor).fullmatch(b"tok_1234")
    assert "?<" not in anchor


def test_reduces_the_last_repetition_to_its_minimum() -> None:
    anchor, longest = derive(r"ab[0-9]{4,200}")
    assert longest == 202
    assert expression(anchor).fullmatch(b"ab1234")
    assert not expression(anchor).fullmatch(b"ab12345")


def test_cuts_an_optional_start_and_end() -> None:
    anchor, _ = derive(r"[\"']?abc[0-9]{2}x?")
    assert expression(anchor).fullmatch(b"abc12")


def test_keeps_scoped_case_and_middle_ranges() -> None:
    anchor, _ = derive(r"(?i:key)[\w.-]{0,5}=[0-9]{3}")
    assert expression(anchor).fullmatch(b"KEY_id=123")


def test_keeps_branches_and_classes() -> None:
    anchor, _ = derive(r"(?:foo|bar)[^\s\"x-z][\d]")
    assert expression(anchor).fullmatch(b"bara1")
    assert not expression(anchor).fullmatch(b"barx1")


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"[a-z]{0,4}", "match nothing"),
        (r"abc[a-z]+", "no longest"),
        (r"(a)bc\1", "no simple form"),
        (r"ab(c", "does not compile"),
    ],
)
def test_refuses_what_it_cannot_bound(pattern: str, why: str) -> None:
    with pytest.raises(AnchorError, match=why):
        derive(pattern)
