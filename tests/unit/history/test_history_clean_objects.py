"""What is known to be clean is never trusted where the rules or the file are other ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scanner.history.clean_objects import load_clean, save_clean

NAMES = np.array([bytes([number]) * 20 for number in range(1, 40)], "S20")
ALL = np.ones(len(NAMES), bool)


def kept(folder: Path, facts: bytes = b"rules") -> list[bool]:
    found: list[bool] = load_clean(str(folder), facts).known(NAMES, ALL).tolist()
    return found


def test_what_was_saved_is_known(tmp_path: Path) -> None:
    save_clean(load_clean(str(tmp_path), b"rules"), NAMES[:10])
    assert kept(tmp_path) == [True] * 10 + [False] * 29
    asked = np.zeros(len(NAMES), bool)
    assert not load_clean(str(tmp_path), b"rules").known(NAMES, asked).any()


def test_other_rules_know_nothing(tmp_path: Path) -> None:
    save_clean(load_clean(str(tmp_path), b"rules"), NAMES)
    assert not any(kept(tmp_path, b"other"))


def test_two_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    one, two = load_clean(str(tmp_path), b"rules"), load_clean(str(tmp_path), b"rules")
    save_clean(one, NAMES[:10])
    save_clean(two, NAMES[20:])
    assert kept(tmp_path) == [True] * 10 + [False] * 10 + [True] * 19


@pytest.mark.parametrize("damage", [b"", b"x", b"\0" * 200])
def test_a_damaged_file_is_not_trusted(tmp_path: Path, damage: bytes) -> None:
    save_clean(load_clean(str(tmp_path), b"rules"), NAMES)
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    for bad in (damage, good[:-1], good[:-16], good[:60] + damage + good[60:], good[:-2] + b"zz"):
        if bad != good:
            path.write_bytes(bad)
            assert not any(kept(tmp_path))


def test_a_file_of_other_facts_under_this_name_is_not_trusted(tmp_path: Path) -> None:
    save_clean(load_clean(str(tmp_path), b"other"), NAMES)
    (path,) = tmp_path.iterdir()
    path.rename(load_clean(str(tmp_path), b"rules").path)
    assert not any(kept(tmp_path))


def test_no_folder_no_cache(tmp_path: Path) -> None:
    save_clean(load_clean("", b"rules"), NAMES)
    file = tmp_path / "file"
    file.write_text("no folder")
    save_clean(load_clean(str(file), b"rules"), NAMES)
    assert file.read_text() == "no folder"


def test_ids_with_trailing_zeros(tmp_path: Path) -> None:
    names = np.array([b"a" * 10 + b"\0" * 10, b"a" * 20], "S20")
    save_clean(load_clean(str(tmp_path), b"rules"), names[:1])
    known = load_clean(str(tmp_path), b"rules").known(names, np.ones(2, bool))
    assert known.tolist() == [True, False]
