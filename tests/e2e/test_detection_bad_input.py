"""Content that would take a scanner down is judged as far as is sane, and said so."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from scanner.engine import increments, matcher
from scanner.engine.candidates import Candidates
from scanner.engine.database import Database, load_database
from scanner.engine.find import Finder
from scanner.engine.increments import Increments
from scanner.engine.matcher import Matcher
from scanner.errors import EXIT_INCOMPLETE
from scanner.model import Blob, Finding, Place
from scanner.scan import Options, Scanner, Tally


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return load_database("low", cache=str(tmp_path_factory.mktemp("cache")))


def word(seed: int, length: int = 18) -> str:
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(random.Random(seed).choices(letters, k=length))


def found(database: Database, data: bytes, path: str = "settings.env") -> list[Finding]:
    return Finder(database, minimum="low").find(Blob("", len(data), (Place(path),), data))


def values(findings: list[Finding]) -> list[bytes]:
    return [one.secret.reveal() for one in findings]


def test_a_very_long_line(database: Database) -> None:
    value = word(1)
    data = b"x" * (25 << 20) + f' password = "{value}" '.encode() + b"y" * (25 << 20)
    assert value.encode() in values(found(database, data))


def test_more_candidates_than_anybody_reads(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matcher, "MOST_HITS", 50)
    data = "".join(f'k{n}_password = "{word(n)}"\n' for n in range(200)).encode()
    tally = Tally()
    scanner = Scanner(Options(minimum="low", decode=False), database)
    scanner.scan_blob(Blob("", len(data), (Place("a.env"),), data), tally)
    assert tally.findings
    (skipped,) = tally.skipped
    cut = int(skipped.reason.split("up to byte ")[1].split(" ")[0].replace(",", ""))
    assert all(one.start < cut for one in tally.findings)
    assert EXIT_INCOMPLETE == 3


def test_pieces_and_histories_stop_at_the_same_place(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (matcher, increments):
        monkeypatch.setattr(module, "MOST_HITS", 50)
    data = "".join(f'k{n}_password = "{word(n)}"\n' for n in range(200)).encode()
    whole = Matcher(database)
    places = [match[1] for match in whole.matches(data)]
    said = whole.cuts()
    pieces = Matcher(database)
    read = lambda offset, length: data[offset : offset + length]  # noqa: E731
    assert [match[1] for match in pieces.matches_in(read, len(data), 1024)] == places
    assert pieces.cuts() == said
    versions = Increments(database, Matcher(database), Candidates("low"))
    marks = versions.whole(data)
    assert marks.partial
    assert [one.reason for _, cluster in marks.placed for one in cluster.refused] == said
    longer = data + b"# end\n"
    assert versions.version(longer, marks, ((0, 0, len(data)),)) == versions.whole(longer)


def test_a_catastrophic_rule_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matcher, "TIMEOUT", 0.2)
    rules = tmp_path / "own.toml"
    rules.write_text(
        'provider = "Own"\n[[rule]]\nid = "own-slow"\nname = "slow"\nseverity = "low"\n'
        'confidence = "high"\nanchors = ["slow"]\nreach = 6000\n'
        "pattern = '(?P<secret>slow(?:[a-z]{1,50}){1,90}=)x'\n"
    )
    database = load_database("high", (str(rules),), cache=str(tmp_path))
    tally = Tally()
    data = b"slow" + b"a" * 4000 + b" =x"
    Scanner(Options(), database).scan_blob(Blob("", len(data), (Place("a"),), data), tally)
    assert "rule own-slow ran out of time" in tally.skipped[0].reason


def test_binary_data_that_looks_like_text(database: Database) -> None:
    noise = random.Random(5).randbytes(20_000)
    value = word(6)
    assert not found(database, noise + f'\0password = "{value}"\0'.encode() + noise, "a.bin")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_encodings(database: Database, encoding: str) -> None:
    value = word(7)
    text = f'# caf\xe9\npassword = "{value}"\n'
    assert value.encode() in values(found(database, text.encode(encoding)))


def test_mixed_encodings_in_one_file(database: Database) -> None:
    value = word(8)
    data = "# caf\xe9\n".encode("latin-1") + "# caf\xe9\n".encode() + b"\xff\xfe\xfa\n"
    assert value.encode() in values(found(database, data + f'password = "{value}"\n'.encode()))


@pytest.mark.parametrize("char", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u200d"])
def test_characters_that_hide(database: Database, char: str) -> None:
    value = word(9, 10) + char + word(10, 10)
    findings = found(database, f'password = "{value}"\n'.encode())
    assert any(value.encode() in one or one in value.encode() for one in values(findings))


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_very_short_values(database: Database, length: int) -> None:
    found(database, f'password = "{word(11, length)}"\nPWD={word(11, length)}\n'.encode())
    findings = found(database, f'password = "{word(11, length)}"\n'.encode())
    assert all(one.confidence == "low" for one in findings)


NAMES = ("contraseña", "mot_de_passe", "пароль", "密码", "senha", "kennwort")


@pytest.mark.parametrize("name", NAMES)
def test_names_in_other_languages(database: Database, name: str) -> None:
    value = word(12)
    assert value.encode() in values(found(database, f'{name} = "{value}"\n'.encode()))
    assert value.encode() in values(found(database, f"{name}: {value}\n".encode(), "a.yml"))
