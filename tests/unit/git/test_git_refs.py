"""Refs and what they stand for, also where they stand for nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from scanner.git import refs


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, input=stdin
    )
    return os.fsdecode(done.stdout).strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    return top


def commit(top: Path, path: str | bytes, content: str, *options: str) -> str:
    with open(os.path.join(os.fsencode(top), os.fsencode(path)), "w") as stream:
        stream.write(content)
    git(top, "add", "-A")
    git(top, "commit", "-qm", "work", *options)
    return git(top, "rev-parse", "HEAD")


def blob(top: Path, content: str) -> str:
    return git(top, "hash-object", "--stdin", stdin=content.encode())


def test_refs_of_missing_objects_and_of_no_commits_are_named(repo: Path) -> None:
    commit(repo, "a", "one")
    (repo / ".git" / "refs" / "heads" / "gone").write_text("1" * 40 + "\n")
    git(repo, "update-ref", "refs/odd/blob", blob(repo, "one"))
    found = dict(refs.refs(str(repo)))
    assert found.keys() == {"refs/heads/main", "refs/heads/gone", "refs/odd/blob"}
    assert found["refs/heads/gone"] == b"1" * 40


def test_broken_refs(repo: Path) -> None:
    commit(repo, "a", "one")
    assert refs.broken_refs(str(repo)) == []
    (repo / ".git" / "refs" / "heads" / "bad").write_text("nonsense\n")
    assert refs.broken_refs(str(repo)) == ["refs/heads/bad"]


def test_a_head_of_nothing(repo: Path) -> None:
    commit(repo, "a", "one")
    (repo / ".git" / "HEAD").write_text("1" * 40 + "\n")
    assert refs.peeled(str(repo), [b"HEAD"]) == [b""]


def test_what_a_tree_holds(repo: Path) -> None:
    commit(repo, "a", "one")
    os.symlink("a", repo / "link")
    head = commit(repo, "b", "two")
    assert dict(refs.tree_entries(str(repo), head)) == {
        blob(repo, "one").encode(): b"a",
        blob(repo, "two").encode(): b"b",
        blob(repo, "a").encode(): b"link",
    }
    assert not refs.is_shallow(str(repo))


def test_tags_of_tags_are_opened(repo: Path) -> None:
    head = commit(repo, "a", "one")
    git(repo, "tag", "-a", "-m", "one", "one")
    for before, name in (("one", "two"), ("two", "three")):
        git(repo, "tag", "-a", "-m", name, name, f"refs/tags/{before}")
    tag = git(repo, "rev-parse", "refs/tags/three")
    absent = b"1" * 40
    assert refs.peeled(str(repo), [tag.encode(), absent, b"HEAD"]) == [
        head.encode(), b"", head.encode()
    ]  # fmt: skip
    assert refs.peeled(str(repo), []) == []
