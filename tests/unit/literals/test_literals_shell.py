"""Values of shell scripts; values are what bash gave for the same words."""

import shutil
import subprocess

import pytest

from scanner.errors import LiteralError, RewriteError
from scanner.literals import shell
from scanner.model import Literal

FILE = rb"""#!/bin/bash
# K=comment
export A=one B='two three'
C="x \"y\" \$z"
D=$'a\tb'
E="in${A}side"
F=a"b"'c'
G=
H+=more
I="${I:-standing in}"
tool --flag=v1 -u u1 'p q' K=v2 <<EOF
key: "v3"
other=$A
plain line
EOF
cat <<'EOF'
k=v4
EOF
list=(i1 [x]="i2")
J=$(tool "v5")
f() { local L=v6; }
"""


def found(data: bytes) -> list[Literal]:
    return [one for one in shell.literals(data) if one.style != "key"]


def at(path: tuple[str, ...]) -> Literal:
    return next(one for one in found(FILE) if one.key_path == path)


@pytest.mark.parametrize(
    ("path", "value", "style"),
    [
        (("A",), b"one", "word"),
        (("B",), b"two three", "single"),
        (("C",), b'x "y" $z', "double"),
        (("D",), b"a\tb", "ansi"),
        (("F",), b"abc", "joined"),
        (("G",), b"", "word"),
        (("H",), b"more", "word"),
        (("I",), b"standing in", "default"),
        (("tool", "--flag"), b"v1", "word"),
        (("tool", "-u"), b"u1", "word"),
        (("tool", "3"), b"p q", "single"),
        (("tool", "K"), b"v2", "word"),
        (("key",), b"v3", "heredoc"),
        (("k",), b"v4", "heredoc"),
        (("list", "0"), b"i1", "word"),
        (("list", "[x]"), b"i2", "double"),
        (("tool", "0"), b"v5", "double"),
        (("L",), b"v6", "word"),
    ],
)
def test_values(path: tuple[str, ...], value: bytes, style: str) -> None:
    literal = at(path)
    assert (literal.value, literal.style) == (value, style)
    if style != "joined":
        assert shell.spell(value, literal) == FILE[literal.start : literal.end]


def test_padding_is_no_name() -> None:
    assert [one.value for one in found(b"tool YWJj== YWJj=x YWJj=")] == [b"YWJj==", b"x", b"YWJj="]


def test_contexts() -> None:
    assert at(("E",)).context == ("interpolated",)
    assert at(("other",)).context == ("heredoc", "interpolated")
    assert at(("k",)).context == ("heredoc", "quoted-heredoc")
    assert [one.value for one in found(FILE) if one.key_path == () and one.style == "heredoc"] == [
        b"plain line"
    ]


@pytest.mark.parametrize("word", [rb"\ x", rb"a\ ", b"a\\\nb", b"\"\"\\\n'x'"])
def test_words_the_grammar_cuts_wrongly_are_left_out(word: bytes) -> None:
    assert all(one.value != b"x" for one in found(b"K=" + word + b"\n"))


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("place", [b"a", b"'a'", b'"a"', b"$'a'", b"a'b'", b'"a\\b"'])
@pytest.mark.parametrize(
    "value", [b'it\'s "$x" `y` \\', b"\\`\\$", b"a\nb\t!", b"*?~{a,b}", "é#".encode()]
)
def test_bash_reads_what_we_spell(place: bytes, value: bytes) -> None:
    (literal,) = found(b"K=" + place)
    script = b"K=" + shell.spell(value, literal)
    done = subprocess.run(
        [b"bash", b"-c", script + b'\nprintf %s "$K"'], capture_output=True, check=True
    )
    assert done.stdout == value
    assert [one.value for one in found(script)] == [value]


def test_a_mark_at_the_start_shifts_the_spans() -> None:
    (literal,) = found(b"\xef\xbb\xbfK='a'\n")
    assert (literal.start, literal.end) == (5, 8)


def test_refusals() -> None:
    with pytest.raises(LiteralError, match="shell at line 2"):
        found(b"A=b\nC=(\n")
    with pytest.raises(RewriteError, match="NUL"):
        shell.spell(b"\0", at(("A",)))
    with pytest.raises(RewriteError, match="several lines"):
        shell.spell(b"a\nb", at(("key",)))
