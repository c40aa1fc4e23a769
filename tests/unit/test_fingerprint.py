"""A fingerprint names rule, key and value; never path or line; and costs an attacker a scrypt."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scanner import fingerprint as module
from scanner.errors import ConfigError
from scanner.fingerprint import (
    fingerprint,
    load_salt,
    make_salt,
    value_digest,
    with_fingerprints,
)
from scanner.model import Finding, Place, Secret

SALT = bytes(range(16))


def finding(value: bytes, **changes: object) -> Finding:
    made = Finding(
        rule="acme-token",
        secret=Secret(value),
        blob_id="",
        places=(Place("a.env"),),
        start=4,
        end=4 + len(value),
        line=1,
        column=5,
        end_line=1,
        end_column=5 + len(value),
        key="DB_PASSWORD",
        severity="high",
        confidence="high",
        score=0.9,
        masked="***",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_same_rule_key_and_value_give_the_same_fingerprint_anywhere() -> None:
    here = finding(b"one-two")
    there = finding(b"one-two", places=(Place("b/c.py", "c0ffee", "x", 7),), start=90, line=12)
    assert fingerprint(here, SALT) == fingerprint(there, SALT)


@pytest.mark.parametrize(
    "changes", [{"rule": "other-rule"}, {"key": "API_KEY"}, {"secret": Secret(b"one-three")}]
)
def test_another_rule_key_or_value_gives_another(changes: dict[str, object]) -> None:
    one = finding(b"one-two")
    assert fingerprint(one, SALT) != fingerprint(replace(one, **changes), SALT)  # type: ignore[arg-type]


def test_another_salt_gives_another() -> None:
    one = finding(b"one-two")
    assert fingerprint(one, SALT) != fingerprint(one, bytes(16))
    assert value_digest(one.secret, SALT) != value_digest(one.secret, bytes(16))


def test_quotes_around_a_key_do_not_matter() -> None:
    assert fingerprint(finding(b"v", key='"A"'), SALT) == fingerprint(finding(b"v", key="A"), SALT)


def test_it_is_scrypt_then_sha256_truncated() -> None:
    """The construction is a promise: committed files hold its results."""
    one = finding(b"one-two")
    hard = hashlib.scrypt(b"one-two", salt=SALT, n=4096, r=8, p=1, dklen=32)
    plain = b"\0".join((b"unleak:v1", b"acme-token", b"DB_PASSWORD", hard))
    assert fingerprint(one, SALT) == hashlib.sha256(plain).hexdigest()[:32]
    plain = b"unleak:value:v1\0" + hard
    assert value_digest(one.secret, SALT) == hashlib.sha256(plain).hexdigest()[:16]


@pytest.mark.parametrize("key", ["", "né", "a\0b", chr(0xDC80), chr(0xD800)])
def test_every_key_has_a_fingerprint(key: str) -> None:
    made = fingerprint(finding(b"\xff\x00", key=key), SALT)
    assert len(made) == 32
    assert set(made) <= set("0123456789abcdef")


@pytest.mark.parametrize("count", [0, 1, 8, 9, 25])
def test_many_at_once_are_the_same_as_one_by_one(count: int) -> None:
    findings = [finding(b"value-%d" % (number % 20)) for number in range(count)]
    got = with_fingerprints(findings, SALT)
    assert [one.fingerprint for one in got] == [fingerprint(one, SALT) for one in findings]
    assert [replace(one, fingerprint="") for one in got] == findings


def test_each_distinct_value_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[bytes] = []
    real = hashlib.scrypt

    def counted(value: bytes, **options: object) -> bytes:
        calls.append(value)
        return real(value, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "scrypt", counted)
    salt = b"only-here-16byte"
    with_fingerprints([finding(b"value-%d" % (number % 12)) for number in range(60)], salt)
    with_fingerprints([finding(b"value-3", rule="another-rule")], salt)
    assert sorted(calls) == sorted({b"value-%d" % number for number in range(12)})


def test_without_a_salt_file_a_fixed_one_holds(tmp_path: Path) -> None:
    assert load_salt(str(tmp_path)) == load_salt(str(tmp_path / "nowhere")) == bytes(16)


def test_made_once_and_kept(tmp_path: Path) -> None:
    salt = make_salt(str(tmp_path))
    file = tmp_path / ".unleak" / "salt"
    assert file.read_text() == salt.hex() + "\n"
    assert load_salt(str(tmp_path)) == make_salt(str(tmp_path)) == salt != bytes(16)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [one.name for one in file.parent.iterdir()] == ["salt"]


def test_two_makers_at_once_agree(tmp_path: Path) -> None:
    barrier = threading.Barrier(8)
    got: list[bytes] = []

    def make() -> None:
        barrier.wait()
        got.append(make_salt(str(tmp_path)))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(got) == {load_salt(str(tmp_path))}
    assert len(got) == 8
    assert [one.name for one in (tmp_path / ".unleak").iterdir()] == ["salt"]


def test_line_end_of_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / ".unleak").mkdir()
    (tmp_path / ".unleak" / "salt").write_bytes(SALT.hex().encode() + b"\r\n")
    assert load_salt(str(tmp_path)) == SALT


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"00" * 15, b"00" * 17, b"zz" * 16, b"00 " * 16, b"\xff" * 32, b"0" * 99]
)
def test_a_wrong_salt_is_an_error_and_stays(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / ".unleak" / "salt"
    file.parent.mkdir()
    file.write_bytes(text)
    for read in (load_salt, make_salt):
        with pytest.raises(ConfigError, match=r"\.unleak/salt:1: not 32 hexadecimal digits"):
            read(str(tmp_path))
    assert file.read_bytes() == text


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_only_a_regular_file_is_a_salt(tmp_path: Path, kind: str) -> None:
    """A hostile repository cannot have another file read, nor make the scan wait."""
    (tmp_path / "other").write_text(SALT.hex() + "\n")
    file = tmp_path / ".unleak" / "salt"
    file.parent.mkdir()
    if kind == "link":
        file.symlink_to(tmp_path / "other")
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.mkdir()
    for read in (load_salt, make_salt):
        with pytest.raises(ConfigError, match=r"\.unleak/salt: cannot be read"):
            read(str(tmp_path))


def test_nothing_is_made_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".unleak").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="symbolic link"):
        make_salt(str(tmp_path))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".unleak").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be written: file exists"):
        make_salt(str(tmp_path))


def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(module.os, "link", refuse)
    salt = make_salt(str(tmp_path))
    assert load_salt(str(tmp_path)) == salt
    assert [one.name for one in (tmp_path / ".unleak").iterdir()] == ["salt"]


def test_errors_hold_no_value(tmp_path: Path, made: Callable[..., str]) -> None:
    """A secret pasted into the salt file by mistake is not printed."""
    value = made("pasted", 40)
    (tmp_path / ".unleak").mkdir()
    (tmp_path / ".unleak" / "salt").write_text(value)
    with pytest.raises(ConfigError) as caught:
        load_salt(str(tmp_path))
    assert value not in caught.value.message + caught.value.hint
