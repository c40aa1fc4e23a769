"""Values of TOML files (see also tests/property)."""

import pytest

from scanner.errors import LiteralError, RewriteError
from scanner.literals import toml
from scanner.model import Literal

FILE = b"""a.b = "x\\n\\u00E9" # note
"q r" = 'raw\\'
[t]
v = {x = '1', y = [1, "2"]} # note
[[arr]]
z = \"\"\"
first
second\"\"\"
[arr.sub]
k = 1979-05-27
[[arr]]
z = '''one\\'''
[[arr.deep]]
w = true
"""


def found(data: bytes) -> list[Literal]:
    return [one for one in toml.literals(data) if one.style != "key"]


def test_values_paths_and_styles() -> None:
    assert [(one.key_path, one.value.decode(), one.style) for one in found(FILE)] == [
        (("a", "b"), "x\né", "basic-ascii"),
        (("q r",), "raw\\", "literal"),
        (("t", "v", "x"), "1", "literal"),
        (("t", "v", "y", "0"), "1", "bare"),
        (("t", "v", "y", "1"), "2", "basic"),
        (("arr", "0", "z"), "first\nsecond", "lines"),
        (("arr", "0", "sub", "k"), "1979-05-27", "bare"),
        (("arr", "1", "z"), "one\\", "lines-raw"),
        (("arr", "1", "deep", "0", "w"), "true", "bare"),
    ]


def test_each_way_of_writing_is_written_again() -> None:
    for data in (FILE, b"\xef\xbb\xbf" + FILE.replace(b"\n", b"\r\n")):
        for literal in found(data):
            assert toml.spell(literal.value, literal) == data[literal.start : literal.end]


@pytest.mark.parametrize(
    ("place", "value", "spelled"),
    [
        (b"'a'", b"it's", b'"it\'s"'),
        (b"'a'", b"a\nb", b'"a\\nb"'),
        (b"1", b"2", b"2"),
        (b"1", b"x", b'"x"'),
        (b"1", b"1 # x", b'"1 # x"'),
        (b"'''a'''", b"it's '''", b'"""it\'s \'\'\'"""'),
        (b'"""a"""', b'"\\', b'"""\\"\\\\"""'),
        (b'"a"', b"\x7f", b'"\\u007F"'),
    ],
)
def test_spelling(place: bytes, value: bytes, spelled: bytes) -> None:
    (literal,) = found(b"k = " + place)
    assert toml.spell(value, literal) == spelled
    assert [one.value for one in found(b"k = " + spelled)] == [value]


def test_half_a_surrogate_pair_is_refused() -> None:
    (literal,) = found(b"k = 'a'")
    with pytest.raises(RewriteError, match="TOML cannot hold"):
        toml.spell(b"\xed\xa0\x80", literal)


@pytest.mark.parametrize(("data", "line"), [(b"a = 1\nb = \n", 2), (b"a = 1\na = 2\n", 2)])
def test_errors_name_the_line(data: bytes, line: int) -> None:
    with pytest.raises(LiteralError, match=f"TOML at line {line}"):
        toml.literals(data)
