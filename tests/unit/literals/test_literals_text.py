"""Offsets, encodings and hints that all locators share."""

import pytest

from scanner.errors import LiteralError, RewriteError
from scanner.literals import text
from scanner.model import Literal


def test_offsets_count_bytes_and_the_mark_at_the_start() -> None:
    content, at = text.decode(b"\xef\xbb\xbfa\xc3\xa9\xf0\x9f\x98\x80b")
    assert content == "aé😀b"
    assert [at(index) for index in range(5)] == [3, 4, 6, 10, 11]


def test_ascii_needs_no_table() -> None:
    content, at = text.decode(b"abc")
    assert (content, at(0), at(3)) == ("abc", 0, 3)


@pytest.mark.parametrize("data", [b"a\n\xff\xfeb\n", "a\nb".encode("utf-16-le") + b"\xd8"])
def test_other_encodings_are_refused(data: bytes) -> None:
    with pytest.raises(LiteralError, match="not UTF-8 at line"):
        text.decode(data)


def test_half_a_surrogate_survives_and_other_bytes_do_not() -> None:
    assert text.as_bytes(text.as_text(b"\xed\xa0\x80")) == b"\xed\xa0\x80"
    with pytest.raises(RewriteError, match="not text"):
        text.as_text(b"\xff")


def test_hints_are_words_of_the_context() -> None:
    literal = Literal("ini", 0, 1, b"", (), "plain", ("percent", "indent:  ", "newline:crlf"))
    assert text.hint(literal, "indent") == "  "
    assert text.hint(literal, "quote", "'") == "'"
    assert text.newline(literal) == "\r\n"
