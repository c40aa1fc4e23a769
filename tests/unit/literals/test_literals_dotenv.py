"""Values of dotenv files: what python-dotenv reads is what we read (see also tests/property)."""

import io

import pytest
from dotenv import dotenv_values

from scanner.errors import RewriteError
from scanner.literals import dotenv
from scanner.model import Literal

FILE = rb"""# KEY=comment
export A=one # note
B = 'two\' "x"'   # note
C="a\tb\\\n"
D=x#y  z
E=
F= # nothing
G="first
second"
H=pre${A}post
A=again
'odd key'=v
BARE
I=#x
broken="x" junk
J="never closed
K=k"""


def found(data: bytes) -> list[Literal]:
    return [one for one in dotenv.literals(data) if one.style != "key"]


def test_values_are_those_of_python_dotenv() -> None:
    theirs = dotenv_values(stream=io.StringIO(FILE.decode()), interpolate=False)
    ours = {one.key_path[0]: one.value.decode() for one in found(FILE)}
    assert ours == {key: value for key, value in theirs.items() if value is not None}


def test_styles_and_spans() -> None:
    spans = [(FILE[one.start : one.end], one.style) for one in found(FILE)]
    assert spans[:5] == [
        (b"one", "unquoted"),
        (rb"""'two\' "x"'""", "single"),
        (rb'"a\tb\\\n"', "double"),
        (b"x#y  z", "unquoted"),
        (b"", "unquoted"),
    ]
    assert (b'"first\nsecond"', "double-lines") in spans


def test_duplicate_keys_are_both_there_and_expansions_are_named() -> None:
    assert [one.value for one in found(FILE) if one.key_path == ("A",)] == [b"one", b"again"]
    assert [one.key_path for one in found(FILE) if "expansion" in one.context] == [("H",)]


def test_keys_are_literals_with_their_own_context() -> None:
    keys = [FILE[one.start : one.end] for one in dotenv.literals(FILE) if "key" in one.context]
    assert keys[:3] == [b"A", b"B", b"C"]


@pytest.mark.parametrize(
    ("line", "value", "spelled"),
    [
        (b"K=a", b"b c", b"b c"),
        (b"K=a", b" b", b'" b"'),
        (b"K=a", b"b #c", b'"b #c"'),
        (b"K=a", b"b\nc", b'"b\\nc"'),
        (b"K=a", b"", b""),
        (b"K='a'", b"it's", rb"'it\'s'"),
        (b'K="a"', b'"\\', rb'"\"\\"'),
        (b'K="a\nb"', b"c\nd", b'"c\nd"'),
        (b"K='a\r\nb'", b"c\nd", b"'c\r\nd'"),
        (b"K='a'", b"c\rd", b'"c\\rd"'),
    ],
)
def test_spelling_keeps_the_style_where_it_can(line: bytes, value: bytes, spelled: bytes) -> None:
    (literal,) = found(line)
    assert dotenv.spell(value, literal) == spelled
    changed = line[: literal.start] + spelled + line[literal.end :]
    assert [one.value for one in found(changed)] == [value]


def test_a_value_that_would_be_expanded_is_refused() -> None:
    (literal,) = found(b"K=a")
    with pytest.raises(RewriteError, match="expand"):
        dotenv.spell(b"${X}", literal)
