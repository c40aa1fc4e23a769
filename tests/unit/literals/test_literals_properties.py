"""Values of Java properties files; expectations are what java.util.Properties.load gave."""

import pytest

from scanner.errors import LiteralError
from scanner.literals import properties
from scanner.model import Literal


def found(data: bytes) -> list[Literal]:
    return [one for one in properties.literals(data) if one.style != "key"]


def pairs(data: bytes) -> list[tuple[str, str]]:
    return [(one.key_path[0], one.value.decode()) for one in found(data)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a=b", [("a", "b")]),
        (b"  a : b  \r\n", [("a", "b  ")]),
        (b"a b=c\n", [("a", "b=c")]),
        (b"a\\ b\\=c = d", [("a b=c", "d")]),
        (b"# a=b\n! c=d\n\n", []),
        (b"a=b\\\n   # c\\\n\td", [("a", "b# cd")]),
        (b"a=\\u00e9\\t\\q\\\\", [("a", "é\tq\\")]),
        (b"a=\\ud83d\\ude00", [("a", "😀")]),
        (b"a=b\\", [("a", "b")]),
        (b"a=b\\\\\nc=d", [("a", "b\\"), ("c", "d")]),
        (b"\\\n!c\na=b", [("a", "b")]),
        (b"bare\n", []),
        (b"a=\n", [("a", "")]),
    ],
)
def test_values(data: bytes, expected: list[tuple[str, str]]) -> None:
    assert pairs(data) == expected


def test_a_file_that_is_not_utf_8_is_latin_1() -> None:
    data = b"a=caf\xe9"
    (literal,) = found(data)
    assert literal.value == "café".encode()
    assert properties.spell(literal.value, literal) == b"caf\xe9"
    assert properties.spell("漢".encode(), literal) == b"\\u6f22"


@pytest.mark.parametrize(
    ("data", "style"),
    [
        (b"a=b:c", "plain"),
        (b"a=b\\:c\\u00E9", "store"),
        (b"a=\\u00e9", "plain"),
        (b"a=\\u00E9", "upper"),
        ("a=é".encode(), "raw"),
        (b"a=\\  b", "plain"),
    ],
)
def test_each_way_of_writing_is_written_again(data: bytes, style: str) -> None:
    (literal,) = found(data)
    assert literal.style == style
    assert properties.spell(literal.value, literal) == data[literal.start : literal.end]


def test_a_broken_escape_names_the_line() -> None:
    with pytest.raises(LiteralError, match="at line 2"):
        list(properties.literals(b"a=b\nc=\\u12"))
