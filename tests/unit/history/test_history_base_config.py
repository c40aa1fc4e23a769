"""What one revision says on how to scan, in a folder of its own."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from support.histories import Repository

from scanner.errors import ConfigError
from scanner.history.base_config import base_folder, is_settings


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repo")
    made.commit({
        ".unleak.toml": 'baseline = "known.jsonl"\nrules = ["r/own.toml"]\n', ".unleakignore": "x\n",
        ".unleak/salt": "00" * 16, "a/b/.unleak.toml": 'severity = "low"\n', "known.jsonl": "{}",
        "r/own.toml": "own", "other.txt": "x", "pyproject.toml": "[project]\nname = 'x'\n",
        "c/.unleak.toml": "", "sub/pyproject.toml": "[tool.unleak]\n",
    })  # fmt: skip
    return made


def files(folder: str) -> set[str]:
    return {str(p.relative_to(folder)) for p in Path(folder).rglob("*") if p.is_file()}


def test_only_what_is_needed_is_there_and_only_while_it_is_needed(repo: Repository) -> None:
    with base_folder(str(repo.top), repo.head, ["a/b/c/x.env", "sub/y"]) as folder:
        assert files(folder) == {
            ".unleak.toml", ".unleakignore", ".unleak/salt", "a/b/.unleak.toml", "known.jsonl",
            "r/own.toml",
        }  # fmt: skip
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        assert Path(folder, ".unleak/salt").read_text() == "00" * 16
    assert not os.path.exists(folder)


def test_no_revision_says_nothing(repo: Repository) -> None:
    with base_folder(str(repo.top), "", ["a/b/c"]) as folder:
        assert files(folder) == set()


def test_a_configuration_that_is_replaced_names_nothing(repo: Repository) -> None:
    with base_folder(str(repo.top), repo.head, [], explicit="own.toml") as folder:
        assert "known.jsonl" not in files(folder)


def test_hostile_paths_lead_nowhere(repo: Repository, tmp_path: Path) -> None:
    paths = ["../x/y", "/etc/x", "a//b/x", "./a/x", "a/../b/x", "nl\n/x", "a/b/x"]
    with base_folder(str(repo.top), repo.head, paths) as folder:
        assert "a/b/.unleak.toml" in files(folder)
    assert files(str(tmp_path / "repo")) == files(str(repo.top))


def test_a_folder_in_its_place_is_an_error(repo: Repository) -> None:
    head = repo.commit({".unleakignore": None, ".unleakignore/x": "x"})
    with (
        pytest.raises(ConfigError, match=r"^\.unleakignore: is no file at"),
        base_folder(str(repo.top), head, []),
    ):
        pass


def test_which_paths_say_how_to_scan() -> None:
    yes = [".unleak.toml", "a/.unleak.toml", "pyproject.toml", ".unleakignore", ".unleak/salt"]
    assert all(map(is_settings, yes))
    assert not any(map(is_settings, ["a/pyproject.toml", "a/.unleakignore", "unleak.toml"]))
