"""Findings in decoded content: where they stand, and which of them say nothing new."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable

import pytest

from scanner.engine.database import load_database
from scanner.engine.find import Finder
from scanner.engine.reveal import is_echo, named
from scanner.engine.triggers import load_triggers
from scanner.model import Blob, Finding, Place


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder(load_database("medium"), triggers=load_triggers())


def find(finder: Finder, data: bytes, path: str = "a.yaml") -> list[Finding]:
    return finder.find(Blob("", len(data), (Place(path),), data))


def test_span_of_encoded_text(finder: Finder, made: Callable[..., str]) -> None:
    value = made("a", 22)
    text = base64.b64encode(f'{{"password": "{value}"}}'.encode())
    data = b"first: 1\nblob: " + text + b"\n"
    (one,) = find(finder, data)
    assert (one.secret.reveal().decode(), one.decoded_by) == (value, ("base64",))
    assert value.encode() in base64.b64decode(data[one.start : one.end] + b"==")
    assert (one.line, data[: one.start].count(b"\n")) == (2, 1)


def test_a_guess_in_a_value_that_is_found_already_is_an_echo(
    finder: Finder, made: Callable[..., str]
) -> None:
    text = base64.b64encode(f"password={made('b', 22)}".encode()).decode()
    found = find(finder, f"db_password: {text}\n".encode())
    assert [one.decoded_by for one in found] == [()]


def test_a_format_in_it_is_none(finder: Finder, made: Callable[..., str]) -> None:
    token = "sk_" + "live_" + made("c")
    text = base64.b64encode(f"key: {token}".encode()).decode()
    found = find(finder, f"db_password: {text}\n".encode())
    assert token in [one.secret.reveal().decode() for one in found]


def test_members_and_views(finder: Finder, made: Callable[..., str]) -> None:
    value = made("d", 22)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", f"<w:t>password = '{value}'</w:t>")
        archive.writestr("a.env", f"X=1\nDB_PASSWORD={value}\n")
    found = find(finder, stream.getvalue(), "a.docx")
    assert [(one.decoded_by, one.line) for one in found] == [
        (("a.env",), 2),
        (("word/document.xml",), 1),
    ]


def test_named_and_echo() -> None:
    rules = {rule.kind: rule for rule in load_database("medium").rules}
    assert named(("a", "(text)", "b")) == ("a", "b")
    assert is_echo(rules["generic"], 5, 9, [(0, 6)])
    assert not is_echo(rules["generic"], 6, 9, [(0, 6)])
    assert not is_echo(rules["format"], 5, 9, [(0, 6)])
