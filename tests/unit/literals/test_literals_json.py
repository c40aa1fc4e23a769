"""Values of JSON files and its relatives (see also tests/property)."""

import pytest

from scanner.errors import LiteralError
from scanner.literals import json
from scanner.model import Literal

FILE = b"""// {"no": 1}
{
  "a": "x\\u00e9\\n", /* "b": 1, */ 'c': 'it\\'s',
  d: [1.5e3, -0, true, null, {"e": "\\ud83d\\ude00"},],
  "a": "second", "u": "a\\/b",
}
"""


def found(data: bytes) -> list[Literal]:
    return [one for one in json.literals(data) if one.style != "key"]


def test_values_paths_and_types() -> None:
    assert [(one.key_path, one.value.decode(), one.context) for one in found(FILE)] == [
        (("a",), "xé\n", ()),
        (("c",), "it's", ()),
        (("d", "0"), "1.5e3", ("number",)),
        (("d", "1"), "-0", ("number",)),
        (("d", "2"), "true", ("bool",)),
        (("d", "3"), "null", ("null",)),
        (("d", "4", "e"), "😀", ()),
        (("a",), "second", ()),
        (("u",), "a/b", ()),
    ]


def test_each_way_of_writing_is_written_again() -> None:
    for literal in found(FILE):
        assert json.spell(literal.value, literal) == FILE[literal.start : literal.end]


def test_a_number_becomes_a_string_only_when_it_has_to() -> None:
    (literal,) = found(b'{"a": 12}')
    assert json.spell(b"34", literal) == b"34"
    assert json.spell(b"034", literal) == b'"034"'
    assert json.spell(b"x", literal) == b'"x"'


def test_json_lines_are_read_one_after_the_other() -> None:
    assert [one.value for one in found(b'{"a": "x"}\n{"a": "y"}\n')] == [b"x", b"y"]


def test_half_a_surrogate_pair_survives() -> None:
    data = rb'"\ud800"'
    (literal,) = found(data)
    assert json.spell(literal.value, literal) == data


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'{\n"a": }', 2),
        (b'{"a": "x}\n', 1),
        (b"[1\n2]", 2),
        (b'{"a" "b"}', 1),
        (b"[1],", 1),
        (b"[", 1),
        (b"[,]", 1),
        (b"{]", 1),
        (b"\n\n[1] x", 3),
        (b'{"a": {{ x }} }', 1),
    ],
)
def test_errors_name_the_line(data: bytes, line: int) -> None:
    with pytest.raises(LiteralError, match=f"JSON at line {line}"):
        json.literals(data)


def test_depth_is_no_limit() -> None:
    (literal,) = found(b"[" * 5000 + b'"x"' + b"]" * 5000)
    assert len(literal.key_path) == 5000
