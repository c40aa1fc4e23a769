"""What a foreign rule allows, and only that, is no secret."""

from __future__ import annotations

import pytest

from scanner.engine.conditions import allowed, commits_of, surroundings
from scanner.rules import Rule

DATA = b"above\nkey = tok_abc # test\nbelow"
START = DATA.index(b"tok_abc")
END = START + 7


def rule(*lists: tuple[tuple[str, str], ...]) -> Rule:
    return Rule(
        id="x", name="x", provider="x", pattern=r"= (?P<secret>tok_[a-z]{3}) #",
        severity="low", confidence="low", allow=lists,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("conditions", "path", "expected"),
    [
        ((("secret", "abc$"),), "a", True),
        ((("secret", "key"),), "a", False),
        ((("line", "test"),), "a", True),
        ((("line", "above"),), "a", False),
        ((("match", "^= tok_abc #$"),), "a", True),
        ((("path", r"^src/"),), "src/a", True),
        ((("path", r"^src/"),), None, False),
        ((("!path", r"^src/"),), "lib/a", True),
        ((("!path", r"^src/"),), None, False),
        ((("!secret", "[0-9]"),), "a", True),
        ((("entropy", "4"),), "a", True),
        ((("entropy", "1"),), "a", False),
        ((("secret", "abc"), ("path", "^no")), "a", False),
        ((("commit", "abc"),), "a", False),
    ],
)
def test_conditions(
    conditions: tuple[tuple[str, str], ...], path: str | None, expected: bool
) -> None:
    def read(offset: int, length: int) -> bytes:
        return DATA[offset : offset + length]

    assert allowed(rule(conditions), START, END, read, path) is expected


def test_surroundings_are_the_lines_around() -> None:
    low, piece = surroundings(START, END, lambda o, n: DATA[o : o + n])
    assert low == 0
    assert piece.startswith(b"above\nkey = tok_abc # test\n")


def test_commits() -> None:
    assert commits_of([rule((("commit", "a1|b2"),), (("path", "x"),))]) == {
        "x": frozenset(("a1", "b2"))
    }
