"""What the journal notes of an edit, and what it takes to turn it back."""

from __future__ import annotations

import json

import pytest

from scanner.errors import EditError
from scanner.literals import locate
from scanner.migrate.spelling import old_bytes, undo_note
from scanner.model import Edit, Literal, Secret


def located(path: str, data: bytes, value: bytes) -> Literal:
    start = data.index(value)
    return locate.locate(path, data, start, start + len(value))


def note_of(path: str, data: bytes, value: bytes) -> tuple[dict, bytes, Secret]:
    """The note of the edit that replaces the whole literal, its old bytes and its secret."""
    literal = located(path, data, value)
    secret = Secret(literal.value)
    edit = Edit(literal.start, literal.end, b"ref")
    return undo_note(data, edit, literal, secret), data[literal.start : literal.end], secret


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (".env", b"TOKEN=", b"\n"),
        (".env", b"TOKEN='", b"'\n"),
        ("a.yaml", b"a: ", b" # note\n"),
        ("a.yaml", b"a: 'it''s ", b"'\n"),
        ("a.yaml", b"a: |\n  ", b"\n  second\n"),
        ("a.json", b'{"a": "', b'"}'),
        ("a.toml", b'a = "', b'"\n'),
        ("a.ini", b"[s]\na = ", b"\n"),
        ("a.properties", b"a=", b"\n"),
    ],
)
def test_a_canonical_spelling_needs_the_style_alone(path, before, after, made):
    value = made(path).encode()
    data = before + value + after
    note, old, secret = note_of(path, data, value)
    assert list(note) == ["spell"]
    assert value not in json.dumps(note).encode()
    assert old_bytes(json.loads(json.dumps(note)), secret) == old


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.yaml", b'a: "\\x41', b'"\n'),
        ("a.json", b'{"a": "\\u0041', b'"}'),
        ("a.properties", b"a=\\u0041", b"\n"),
        ("a.toml", b'a = "\\u0041', b'"\n'),
    ],
)
def test_any_other_spelling_is_sealed(path, before, after, made):
    value = made(path).encode()
    note, old, secret = note_of(path, before + value + after, value)
    assert list(note) == ["seal"]
    assert set(note["seal"]) == {"salt", "nonce", "data"}
    assert value not in json.dumps(note).encode()
    assert old_bytes(json.loads(json.dumps(note)), secret) == old


def test_a_part_of_a_literal_is_sealed(made):
    value = made("part").encode()
    data = b"a: " + value + b"\n"
    literal = located("a.yaml", data, value)
    edit = Edit(literal.start, literal.end - 3, b"ref")
    note = undo_note(data, edit, literal, Secret(value))
    assert list(note) == ["seal"]
    assert old_bytes(note, Secret(value)) == value[:-3]


def test_a_comment_of_the_file_never_stands_in_the_note(made):
    value, other = made("block").encode(), made("a secret in a comment")
    data = f"a: | # was {other}\n  ".encode() + value + b"\nb: 1\n"
    note, old, secret = note_of("a.yaml", data, value)
    assert other.encode() in old
    assert list(note) == ["seal"]
    assert other not in json.dumps(note)
    assert old_bytes(note, secret) == old


def test_outside_of_every_literal_the_old_bytes_stand_there():
    note = undo_note(b"import os\n", Edit(0, 6, b""), None, Secret(b""))
    assert list(note) == ["plain"]
    assert old_bytes(note, None) == b"import"


def test_the_wrong_value_opens_nothing(made):
    value = made("sealed").encode()
    note, _, secret = note_of("a.yaml", b'a: "\\x41' + value + b'"\n', value)
    with pytest.raises(EditError, match="not the one that was moved") as caught:
        old_bytes(note, Secret(secret.reveal() + b"x"))
    assert value not in str(caught.value).encode() + caught.value.hint.encode()


def test_without_the_value_only_plain_bytes_come_back(made):
    value = made("gone").encode()
    note, _, _ = note_of(".env", b"A=" + value + b"\n", value)
    with pytest.raises(EditError, match="does not hold the value"):
        old_bytes(note, None)
