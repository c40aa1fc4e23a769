"""Go expressions mean over bytes what they mean in Go."""

from __future__ import annotations

import pytest
import regex

from scanner.foreign.go_classes import GoRegexError
from scanner.foreign.go_regex import implied, search_pattern, translate


def secrets(expression: str, data: bytes, group: int = 0) -> list[bytes]:
    pattern = regex.compile(translate(expression, group).pattern.encode(), regex.VERSION0)
    return [match["secret"] for match in pattern.finditer(data)]


@pytest.mark.parametrize(
    ("expression", "data", "found"),
    [
        (r"ab[[:digit:]]{2}", b"xab12", [b"ab12"]),
        (r"a(?i)b|c", b"aB C c ab Ab", [b"aB", b"C", b"c", b"ab"]),
        (r"(?i)ab(?-i)c", b"ABc ABC", [b"ABc"]),
        (r"a.b", b"a\nb axb", [b"axb"]),
        (r"(?s)a.b", b"a\nb", [b"a\nb"]),
        (r"(?U)ba+", b"baaa", [b"ba"]),
        (r"x{2}", b"xxx", [b"xx"]),
        (r"{\d}", b"{1}", [b"{1}"]),
        (r"\Qa.b\E+", b"a.bb", [b"a.bb"]),
        (r"\x41\x{42}\103", b"ABC", [b"ABC"]),
        ("é{2}", "éé".encode(), ["éé".encode()]),
        ("[aé]+", "aéa".encode(), ["aéa".encode()]),
        (r"[^a-c\s]+", b"abcdef g", [b"def", b"g"]),
        (r"k=(\w+)", b"k=v", [b"v"]),
        (r"(?P<name>ab)c", b"abc", [b"ab"]),
        (r"(?m)^a$", b"b\na\nb", [b"a"]),
        (r"a$", b"a\na", [b"a"]),
        (r"a\z", b"a a", [b"a"]),
        (r"[[:^alpha:]]", b"a1", [b"1"]),
        (r"[]a]+", b"]a", [b"]a"]),
        (r"\bab\b", b"ab xab", [b"ab"]),
    ],
)
def test_it_means_the_same(expression: str, data: bytes, found: list[bytes]) -> None:
    assert secrets(expression, data) == found


def test_a_group_is_chosen() -> None:
    assert secrets(r"(a)(b)", b"ab", 2) == [b"b"]
    assert "(?P<secret>" in translate(r"(a)|(b)").pattern


@pytest.mark.parametrize(
    ("expression", "group", "said"),
    [
        (r"(?=a)b", 0, "look-around"),
        (r"a**", 0, "repetition of a repetition"),
        (r"\pL", 0, "Unicode class"),
        (r"(a)\1", 0, "back reference"),
        (r"(a", 0, "closing"),
        (r"a)", 0, "opening"),
        (r"[a", 0, "class without its end"),
        (r"[[:nothing:]]", 0, "unknown class"),
        (r"(a)", 2, "no group 2"),
        (r"a{2000}", 0, "over 1,000"),
    ],
)
def test_what_cannot_be_is_named(expression: str, group: int, said: str) -> None:
    with pytest.raises(GoRegexError, match=said):
        translate(expression, group)


def test_repetitions_get_an_end() -> None:
    done = translate("a+b{3,}")
    assert done.bounded
    assert secrets("a+", b"a" * 50) == [b"a" * 50]
    assert translate("a{3}").bounded == 0
    assert translate("(?:a+b+)+").bounded < done.bounded


def test_a_word_that_every_match_holds() -> None:
    assert implied("[Kk]ey_[a-z]{3}", ["key_"])
    assert implied("(?:akia|asia)x", ["akia", "asia"])
    assert not implied("(?:akia)?x", ["akia"])
    assert not implied("pat[a-z]{3}", ["airtable"])


def test_an_expression_to_search_for() -> None:
    assert regex.search(search_pattern("^a+$").encode(), b"aaa")
