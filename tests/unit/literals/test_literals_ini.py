"""Values of INI files: what RawConfigParser reads is what we read (see also tests/property)."""

import configparser

import pytest

from scanner.errors import LiteralError, RewriteError
from scanner.literals import ini
from scanner.model import Literal

FILE = b"""top = 0
[one]
Key: value ; not a comment
# comment
quoted = "in quotes"
lines = first
  second
  # inside

  third
bare
list =
    a
    b
[two]
raw = %(x)s and 5%%
tail = x"""


def found(data: bytes) -> dict[tuple[str, ...], Literal]:
    return {one.key_path: one for one in ini.literals(data) if one.style != "key"}


def test_values_are_those_of_configparser() -> None:
    reader = configparser.RawConfigParser(strict=False, allow_no_value=True)
    data = FILE.partition(b"\n")[2]
    reader.read_string(data.decode())
    for path, literal in found(data).items():
        theirs = reader[path[0]][path[1]].strip('"')
        assert theirs == literal.value.decode()
    assert len(found(data)) == 6


def test_keys_before_a_section_and_the_section_in_the_path() -> None:
    assert found(FILE)["top",].value == b"0"
    assert found(FILE)["one", "Key"].value == b"value ; not a comment"


def test_contexts_say_what_a_rewriter_must_know() -> None:
    values = found(FILE)
    assert "comment-inside" in values["one", "lines"].context
    assert {"interpolated", "percent"} <= set(values["two", "raw"].context)
    assert values["one", "quoted"].style == "quoted"
    assert values["one", "list"].style == "lines"


@pytest.mark.parametrize(
    ("path", "value", "spelled"),
    [
        (("one", "Key"), b"new", b"new"),
        (("one", "quoted"), b" x ", b'" x "'),
        (("one", "list"), b"\nc\nd", b"\n    c\n    d"),
        (("one", "Key"), b"c\nd", b"c\n    d"),
    ],
)
def test_spelling(path: tuple[str, ...], value: bytes, spelled: bytes) -> None:
    literal = found(FILE)[path]
    assert ini.spell(value, literal) == spelled
    changed = FILE[: literal.start] + spelled + FILE[literal.end :]
    assert found(changed)[path].value == value


@pytest.mark.parametrize("value", [b" x", b"x ", b"'x'", b"a\n# b", b"a\n  b", b"a\r"])
def test_what_ini_cannot_hold_is_refused(value: bytes) -> None:
    with pytest.raises(RewriteError, match="INI cannot hold"):
        ini.spell(value, found(FILE)["one", "Key"])


def test_windows_line_ends_are_kept() -> None:
    data = b"[a]\r\nk = x\r\n  y\r\n"
    literal = found(data)["a", "k"]
    assert literal.value == b"x\ny"
    assert ini.spell(literal.value, literal) == data[literal.start : literal.end]


@pytest.mark.parametrize(("data", "line"), [(b"[a]\n= x\n", 2), (b"[a]\nbare\n  more\n", 3)])
def test_errors_name_the_line(data: bytes, line: int) -> None:
    with pytest.raises(LiteralError, match=f"at line {line}"):
        list(ini.literals(data))
