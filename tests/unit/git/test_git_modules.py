"""Submodules: where they belong in the tree, read from what may be hostile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scanner.git.modules import declared, gitlinks, stays_inside
from tests.support.histories import Repository

NOWHERE = "1" * 40


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repo")


def link(repository: Repository, path: str) -> None:
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{NOWHERE},{path}")


def section(name: str, path: str) -> str:
    return f'[submodule "{name}"]\n\tpath = "{path}"\n\turl = https://localhost/\n'


def test_links_of_the_index_or_of_head(repository: Repository) -> None:
    top = str(repository.top)
    assert gitlinks(top) == []
    repository.write({"a.txt": "a\n"})
    repository.git("add", "a.txt")
    link(repository, "libs/one")
    repository.git("commit", "-q", "-m", "one")
    link(repository, "other")
    assert gitlinks(top) == ["libs/one", "other"]
    os.unlink(repository.top / ".git" / "index")
    assert gitlinks(top) == ["libs/one"]


def test_paths_by_name(repository: Repository) -> None:
    top = str(repository.top)
    assert declared(top, top) == {}
    repository.commit({".gitmodules": section("a", "old") + section("x/y", "libs/y/")})
    repository.write({".gitmodules": section("a", "new")})
    assert declared(top, top) == {"a": "new", "x/y": "libs/y"}
    assert declared(top, "") == {"a": "old", "x/y": "libs/y"}


def test_hostile_declarations(repository: Repository, tmp_path: Path) -> None:
    top = str(repository.top)
    (tmp_path / "more").write_text(section("included", "included"))
    text = section("up", "../up") + section("root", "/root") + section("inner", "a/../b")
    text += f"[include]\n\tpath = {tmp_path / 'more'}\n" + section("fine", "fine")
    repository.write({".gitmodules": text})
    assert declared(top, top) == {"fine": "fine"}
    repository.write({".gitmodules": "[submodule\n"})
    assert declared(top, top) == {}
    os.unlink(repository.top / ".gitmodules")
    os.mkfifo(repository.top / ".gitmodules")
    assert declared(top, top) == {}


@pytest.mark.parametrize("path", ["", "/", ".", "a/..", "../a", "/a", "a//b", "a/./b"])
def test_paths_that_lead_elsewhere(path: str) -> None:
    assert not stays_inside(path)
    assert stays_inside("a/b.c/..d")
