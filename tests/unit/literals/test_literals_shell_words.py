"""Quoting of one shell word."""

import pytest

from scanner.literals import shell_words


@pytest.mark.parametrize(
    ("raw", "style", "value"),
    [
        (b"a\\ b", "word", b"a b"),
        (b"'a\\'", "single", b"a\\"),
        (b'"a\\b\\\\"', "double-loose", b"a\\b\\"),
        (b'"a\\\nb"', "double-loose", b"ab"),
        (b"$'\\x41\\101\\u00e9\\n\\q'", "ansi", "AA\u00e9\n\\q".encode()),
        (b"a'b'\"c\"", "joined", b"abc"),
        (b"", "word", b""),
    ],
)
def test_read(raw: bytes, style: str, value: bytes) -> None:
    assert shell_words.read(raw) == (style, value)


def test_a_word_ends_where_the_shell_ends_it() -> None:
    assert shell_words.word_at(b"x=a'b c'\"d\"\\ e;f", 2) == b"a'b c'\"d\"\\ e"
    assert shell_words.word_at(b"a)", 0) == b"a"
    assert shell_words.word_at(b" a", 0) == b""
