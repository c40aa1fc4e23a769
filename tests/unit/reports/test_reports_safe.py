"""What holds for every format: hostile texts are harmless, and no value is shown unasked."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from scanner.model import Finding, Secret, Summary
from scanner.registry import REPORTERS, load
from scanner.reports import gitlab
from scanner.reports.safe import encodable, escaped, loggable, value_text

FORMATS = tuple(REPORTERS)
Hostile = tuple[list[Finding], Summary]


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gitlab, "now", lambda: "2000-01-01T00:00:00")


def render(name: str, hostile: Hostile, *, show: bool = False, explain: bool = False) -> str:
    options = {"verbose": True} if name == "text" else {}
    pieces = load(REPORTERS, name).render(*hostile, show_secrets=show, explain=explain, **options)
    return "".join(pieces)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("grün 密码 \U0001f511", "grün 密码 \U0001f511"),
        ("a\nb\r\t", "a\\nb\\r\\t"),
        ("\x1b[31m\x07\x00\x7f", "\\x1b[31m\\x07\\x00\\x7f"),
        ("\x9b2J\xad", "\\x9b2J\\xad"),
        ("\u202e\u2066\u2028\ufeff", "\\u202e\\u2066\\u2028\\ufeff"),
        ("\udcff\udc80", "\\xff\\x80"),
        ("\ud800", "\\ud800"),
        ("\U000e0041b", "\\U000e0041b"),
    ],
)
def test_escaped_is_printable_and_on_one_line(text: str, shown: str) -> None:
    assert escaped(text) == shown
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (":", "\\x3a"),  # a report puts another colon behind a path
        ("  ::error::x", "  \\x3a:error::x"),
        ("a::b", "a::b"),
        ("##[error]x", "#\\x23[error]x"),
        ("a\n::error::x", "a\\n::error::x"),
    ],
)
def test_loggable_starts_no_command(text: str, shown: str) -> None:
    assert loggable(text) == shown


def test_encodable_touches_lone_surrogates_only() -> None:
    assert encodable("a\n\x1b\udcff") == "a\n\x1b\\udcff"


def test_a_value_that_is_no_text_is_escaped(finding: Callable[..., Finding]) -> None:
    binary = b"a\xffb"
    assert value_text(finding(secret=Secret(binary))) == "a\\xffb"
    assert value_text(finding(secret=Secret("grün".encode()))) == "grün"


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("show", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_no_raw_control_character(name: str, hostile: Hostile, show: bool, explain: bool) -> None:
    text = render(name, hostile, show=show, explain=explain)
    lines = text.replace("\r\n", "\n").split("\n") if name == "csv" else text.split("\n")
    assert [line for line in lines if not line.isprintable()] == []
    assert text.encode().decode() == text


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_no_line_is_a_planted_command(name: str, hostile: Hostile, explain: bool) -> None:
    """A build system takes commands from a log: `::` at a line's start, `##[` anywhere."""
    lines = render(name, hostile, explain=explain).splitlines()
    commands = [line for line in lines if line.lstrip().startswith("::")]
    if name == "github":
        assert commands == lines
        assert len(commands) == 3
        assert all("::error::" not in line[2:].partition("::")[0] for line in commands)
        return
    assert commands == []
    if name == "text":
        assert not [line for line in lines if "##[" in line or "##vso[" in line]


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_no_value_is_shown_unasked(
    name: str, hostile: Hostile, planted: str, explain: bool
) -> None:
    text = html.unescape(render(name, hostile, explain=explain))
    for shift in range(3):  # base64 at each of its three alignments, edges cut off
        coded = base64.b64encode(b"x" * shift + planted.encode()).decode()
        assert coded[4:-4] not in text
    raw = planted.encode()
    spellings = [raw.hex(), raw.hex().upper(), planted[::-1], quote(planted)]
    spellings += ["".join(f"\\u{ord(c):04x}" for c in planted), json.dumps(planted)[1:-1]]
    assert [one for one in spellings if one in text] == []
    pieces = [planted[at : at + 4] for at in range(len(planted) - 3)]
    assert [piece for piece in pieces if piece in text] == []


@pytest.mark.parametrize("name", FORMATS)
def test_every_value_is_shown_when_asked(name: str, hostile: Hostile, planted: str) -> None:
    assert render(name, hostile, show=True).count(planted) >= 2


@pytest.mark.parametrize("name", FORMATS)
def test_two_runs_give_the_same_bytes(name: str, hostile: Hostile) -> None:
    assert render(name, hostile, explain=True) == render(name, hostile, explain=True)
