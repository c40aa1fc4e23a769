"""Compiled rules are kept whole, can be moved, and a folder that fails costs time alone."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from scanner.engine import cache, database
from scanner.engine.database import is_current, load_database

RULES = """
provider = "Acme"
[[rule]]
id = "acme-token"
name = "Acme token"
pattern = '(?P<secret>acme_[a-z]{8})'
severity = "high"
confidence = "high"
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.setattr(database, "rule_files", tuple)
    path = tmp_path / "acme.toml"
    path.write_text(RULES)
    return (str(path),)


def test_what_is_compiled_can_be_moved(tmp_path: Path, files: tuple[str, ...]) -> None:
    load_database("medium", files, cache=str(tmp_path / "one"))
    os.rename(tmp_path / "one", tmp_path / "two")
    os.utime(files[0], (1, 1))
    assert is_current("medium", files, cache=str(tmp_path / "two"))
    assert not is_current("low", files, cache=str(tmp_path / "two"))


def test_a_damaged_file_is_named(tmp_path: Path, files: tuple[str, ...]) -> None:
    load_database("medium", files, cache=str(tmp_path))
    (path,) = tmp_path.glob("rules-*")
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(bytes(data))
    assert "was damaged" in " ".join(load_database("medium", files, cache=str(tmp_path)).notes)
    assert not load_database("medium", files, cache=str(tmp_path)).notes


def test_a_full_disk_is_named(
    tmp_path: Path, files: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    found = load_database("medium", files, cache=str(tmp_path / "cache"))
    assert len(found.rules) == 1
    assert "no space left" in found.notes[-1]
    assert load_database("medium", files, cache=str(tmp_path / "cache")) is found
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["compiling.lock"]


def test_no_folder_at_all(files: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNLEAK_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.cache_folder() == ""
    assert "no folder" in load_database("medium", files).notes[-1]


def test_one_waits_for_the_other(tmp_path: Path) -> None:
    with cache.Turn(str(tmp_path)) as first:
        assert not first.waited
        seen: list[bool] = []

        def second() -> None:
            with cache.Turn(str(tmp_path)) as turn:
                seen.append(turn.waited)

        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        assert not seen
    thread.join(5)
    assert seen == [True]


def test_nobody_waits_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "PATIENCE", 0.0)
    with cache.Turn(str(tmp_path)), cache.Turn(str(tmp_path)) as second:
        assert second.waited
