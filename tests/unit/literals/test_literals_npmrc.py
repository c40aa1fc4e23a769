"""Values of .npmrc files; expectations are what npm's own ini package gave."""

import pytest

from scanner.errors import RewriteError
from scanner.literals import npmrc
from scanner.model import Literal


def found(data: bytes) -> list[Literal]:
    return [one for one in npmrc.literals(data) if one.style != "key"]


@pytest.mark.parametrize(
    ("line", "value", "style"),
    [
        (b"//host/:_authToken=abc", b"abc", "plain"),
        (b"key = a b ", b"a b", "plain"),
        (b"key=a;note", b"a", "plain"),
        (b"key=a\\;b\\#\\\\c", b"a;b#\\c", "plain"),
        (b"key=a\\b", b"a\\b", "plain-loose"),
        (b'key="a\\n;"', b"a\n;", "double"),
        (b"key='a;\"'", b'a;"', "single"),
        (b"a[]=x=y", b"x=y", "plain"),
    ],
)
def test_values(line: bytes, value: bytes, style: str) -> None:
    (literal,) = found(b"; note\n# note\n\n" + line + b"\nbare\n")
    assert (literal.value, literal.style) == (value, style)
    (literal,) = found(line)
    assert npmrc.spell(value, literal) == line[literal.start : literal.end]


def test_sections_and_words() -> None:
    first, second = found(b"[s]\nk=true\nl=${TOKEN}\n")
    assert (first.key_path, first.context) == (("s", "k"), ("bool",))
    assert (second.key_path, second.context) == (("s", "l"), ("expansion",))


def test_what_needs_quotes_gets_a_json_string_unless_a_comment_follows() -> None:
    (literal,) = found(b"key=a")
    assert npmrc.spell(b" a\n", literal) == b'" a\\n"'
    assert npmrc.spell(b" a", literal) == b'" a"'
    (literal,) = found(b"key=a ; note")
    with pytest.raises(RewriteError, match="comment"):
        npmrc.spell(b" a\n", literal)


def test_a_value_that_npm_would_expand_is_refused() -> None:
    (literal,) = found(b"key=a")
    with pytest.raises(RewriteError, match="expand"):
        npmrc.spell(b"${X}", literal)
