"""Blob -> findings: exact places in every encoding, at any size, none overlapping another."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from scanner.engine.database import Database, _compile, prepare
from scanner.engine.find import Finder
from scanner.model import Blob, Finding, Place
from scanner.rules import Rule

Made = Callable[..., str]


def rule(name: str, pattern: str, **more: object) -> Rule:
    facts = {"provider": "Test", "severity": "high", "confidence": "high", **more}
    return prepare(Rule(id=name, name=name, pattern=pattern, **facts))  # type: ignore[arg-type]


TOKEN = rule("tok", r"(?<![\w])(?P<secret>tok_[a-z0-9]{8,24})(?![\w])", prefix="tok_")
WIDE = rule("wide", r"(?P<key>key)=(?P<secret>[a-z0-9_:]{8,60})", kind="generic")
SURE = rule("sure", r"(?P<secret>:tok_[a-z0-9]{8,24})(?![\w])", confidence="medium")
BLOCK = rule("block", r"BEGIN\n(?P<secret>[a-z\n]{5,200})\nEND")


@pytest.fixture(scope="module")
def database() -> Database:
    return _compile((TOKEN, WIDE, SURE, BLOCK))[0]


def found(
    database: Database, data: bytes, path: str = "a.conf", **options: object
) -> list[Finding]:
    finder = Finder(database, minimum="low", **options)  # type: ignore[arg-type]
    return finder.find(Blob("", len(data), (Place(path),), data))


def streamed(database: Database, data: bytes, block: int) -> list[Finding]:
    finder = Finder(database, minimum="low", block=block)
    read = lambda offset, length: data[offset : offset + length]  # noqa: E731
    return finder.find(Blob("", len(data), (Place("a.conf"),), read=read))


def token(made: Made, seed: str) -> str:
    return "tok_" + made(seed, 16, "abcdefghij0123456789")


@pytest.mark.parametrize(
    ("encoding", "mark", "decoded"),
    [
        ("utf-8", "", ()),
        ("utf-8", "\ufeff", ()),
        ("latin-1", "", ()),
        ("utf-16-le", "\ufeff", ("utf-16-le",)),
        ("utf-16-be", "\ufeff", ("utf-16-be",)),
        ("utf-16-le", "", ("utf-16-le",)),
        ("utf-16-be", "", ("utf-16-be",)),
    ],
)
@pytest.mark.parametrize("line", [1, 3])
def test_places_are_exact(
    encoding: str, mark: str, decoded: tuple[str, ...], line: int, database: Database, made: Made
) -> None:
    """Bytes of the file's own encoding; columns in characters; a byte order mark is no column."""
    value = token(made, "x")
    before = mark + "some lines before\n" * (line - 1) + "größe = "
    data = f"{before}{value} after the value\n".encode(encoding)
    (one,) = found(database, data)
    assert data[one.start : one.end].decode(encoding) == value
    assert one.secret.reveal() == value.encode()
    assert one.start == len(before.encode(encoding))
    assert (one.line, one.column) == (line, 9)
    assert (one.end_line, one.end_column) == (line, 9 + len(value))
    assert one.decoded_by == decoded


def test_at_the_very_start_after_a_byte_order_mark(database: Database, made: Made) -> None:
    data = ("\ufeff" + token(made, "x")).encode()
    (one,) = found(database, data)
    assert (one.start, one.line, one.column) == (3, 1, 1)


def test_characters_outside_the_basic_plane_are_one_column(database: Database, made: Made) -> None:
    for encoding in ("utf-8", "utf-16-le"):
        text = "\ufeff\U0001f511\U0001f511 " + token(made, "x")
        (one,) = found(database, text.encode(encoding))
        assert one.column == 4


def test_a_value_of_several_lines(database: Database) -> None:
    (one,) = found(database, b"x\nBEGIN\nabc\ndef\nEND\n")
    assert (one.line, one.column, one.end_line, one.end_column) == (3, 1, 4, 4)


def test_carriage_returns_stay_outside(database: Database, made: Made) -> None:
    data = f"a\r\nb {token(made, 'x')}\r\n".encode()
    (one,) = found(database, data)
    assert (one.line, one.column) == (2, 3)
    assert data[one.end :] == b"\r\n"


def test_of_overlapping_findings_the_specific_one_stays(database: Database, made: Made) -> None:
    data = f"key={token(made, 'x')}\n".encode()
    assert [one.rule for one in found(database, data)] == ["tok"]
    alone = found(database, data, active=frozenset({"wide"}))
    assert [(one.rule, one.key) for one in alone] == [("wide", "key")]


def test_of_two_formats_the_surer_one_stays(database: Database, made: Made) -> None:
    data = f"x :{token(made, 'x')}\n".encode()
    assert [one.rule for one in found(database, data)] == ["tok"]
    alone = found(database, data, active=frozenset({"sure"}))
    assert [one.rule for one in alone] == ["sure"]


def test_neighbours_do_not_overlap(database: Database, made: Made) -> None:
    values = [token(made, seed) for seed in "abc"]
    data = " ".join(values).encode()
    ones = found(database, data)
    assert [one.secret.reveal().decode() for one in ones] == values
    assert all(a.end <= b.start for a, b in pairwise(ones))


def test_the_minimum_leaves_out_what_is_less_sure(database: Database, made: Made) -> None:
    data = f"x :{token(made, 'x')}\n".encode()
    finder = Finder(database, minimum="high", active=frozenset({"sure"}))
    assert finder.find(Blob("", len(data), (Place("a"),), data)) == []


def test_a_mask_shows_the_prefix_and_two_characters(database: Database, made: Made) -> None:
    value = "tok_" + made("long", 20, "abcdefghij0123456789")
    (one,) = found(database, value.encode())
    assert one.masked == f"tok_***{value[-2:]}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("seed", range(5))
def test_block_by_block_finds_what_one_piece_finds(
    seed: int, encoding: str, database: Database, made: Made
) -> None:
    chance = random.Random(seed)
    parts = ["ü filler ", "line\n", "BEGIN\nab\ncde\nEND\n", "\U0001f511"]
    parts += [f" {token(made, str(number))} " for number in range(4)]
    text = "\ufeff" + "".join(chance.choice(parts) for _ in range(300))
    data = text.encode(encoding)
    whole = found(database, data)
    assert whole
    for block in (512, 1000, 4096):
        assert streamed(database, data, block) == whole


def test_an_odd_byte_at_the_end_of_utf_16_changes_nothing(database: Database, made: Made) -> None:
    data = ("\ufeffx " + token(made, "x")).encode("utf-16-le")
    assert [one.start for one in found(database, data + b"z")] == [6]


def test_empty_content_has_none(database: Database) -> None:
    assert found(database, b"") == []


def test_a_blob_without_content_is_a_mistake(database: Database) -> None:
    with pytest.raises(ValueError, match="data or a way to read it"):
        Finder(database).find(Blob("", 1, (Place("x"),)))
