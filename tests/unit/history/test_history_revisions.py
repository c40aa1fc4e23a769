"""What was asked for, resolved in real repositories."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from support.histories import Repository

from scanner.errors import GitError, UsageError
from scanner.history.request import RangeRequest
from scanner.history.revisions import Range, ranges_of

ZERO = "0" * 40


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repo")
    for name in ("one", "two", "three"):
        made.commit({name: name})
        made.git("tag", name)
    return made


def ranges(repo: Repository, spec: str, config_from: str = "") -> list[Range]:
    return ranges_of(str(repo.top), RangeRequest(spec, config_from))


def pushed(repo: Repository, monkeypatch: pytest.MonkeyPatch, *lines: str) -> list[Range]:
    text = "".join(f"{line}\n" for line in lines).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    return ranges(repo, "-")


def ids(repo: Repository) -> list[str]:
    return [repo.git("rev-parse", name) for name in ("one", "two", "three")]


def test_two_ends(repo: Repository) -> None:
    one, two, three = ids(repo)
    assert ranges(repo, "one..two") == [Range((two,), (one,), base=one)]
    assert ranges(repo, "one..") == ranges(repo, "one..HEAD")
    assert ranges(repo, "..two") == [Range((two,), (three,), base=three)]
    assert ranges(repo, "one...two") == [Range((two,), (one,), base=one)]
    assert ranges(repo, "one..three", "two")[0].base == two


def test_several_merge_bases(repo: Repository) -> None:
    repo.git("checkout", "-q", "-b", "a", "one")
    first = repo.commit({"a": "a"})
    repo.git("checkout", "-q", "-b", "b", "one")
    second = repo.commit({"b": "b"})
    repo.git("merge", "-q", "--no-edit", first)
    repo.git("checkout", "-q", "a")
    repo.git("merge", "-q", "--no-edit", second)
    (found,) = ranges(repo, "b...a")
    assert set(found.excluded) == {first, second}
    assert found.base in found.excluded


def test_annotated_tags_are_opened(repo: Repository) -> None:
    _, _, three = ids(repo)
    repo.git("tag", "-a", "-m", "x", "inner", "three")
    repo.git("tag", "-a", "-m", "x", "outer", "inner")
    (found,) = ranges(repo, "one..outer")
    assert found.tips == (three,)
    assert found.tags == (repo.git("rev-parse", "outer"), repo.git("rev-parse", "inner"))


def test_pushes(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = ids(repo)
    repo.git("update-ref", "refs/remotes/origin/main", one)
    found = pushed(
        repo,
        monkeypatch,
        f"refs/heads/main {three} refs/heads/main {one}",
        f"refs/heads/x {two} refs/heads/x {ZERO}",
        f"refs/heads/y {three} refs/heads/y {'12' * 20}",
        f"(delete) {ZERO} refs/heads/z {two}",
    )
    assert found == [
        Range((three,), (one,), base=one, refs=("refs/heads/main",)),
        Range((two, three), (), ("--remotes",), base=one, refs=("refs/heads/x", "refs/heads/y")),
    ]


def test_received(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = ids(repo)
    found = pushed(repo, monkeypatch, f"{one} {two} refs/heads/x", f"{ZERO} {three} refs/heads/new")
    assert found == [
        Range((two,), (one,), base=one, refs=("refs/heads/x",)),
        Range((three,), (), ("--all",), base=three, refs=("refs/heads/new",)),
    ]
    assert pushed(repo, monkeypatch) == []


def test_an_object_that_is_not_there(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GitError, match="missing or broken"):
        pushed(repo, monkeypatch, f"{ZERO} {'12' * 20} refs/heads/new")


def test_pre_commit(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = ids(repo)
    for name, value in (("FROM_REF", one), ("TO_REF", two), ("REMOTE_NAME", "origin")):
        monkeypatch.setenv(f"PRE_COMMIT_{name}", value)
    assert ranges(repo, "pre-commit") == [Range((two,), (one,), ("--remotes=origin",), base=one)]
    monkeypatch.delenv("PRE_COMMIT_FROM_REF")
    monkeypatch.delenv("PRE_COMMIT_TO_REF")
    monkeypatch.setenv("PRE_COMMIT_REMOTE_NAME", "../*/x.git")
    monkeypatch.setenv("PRE_COMMIT_LOCAL_BRANCH", "HEAD")
    assert ranges(repo, "pre-commit") == [Range((three,), (), ("--remotes",))]


@pytest.mark.parametrize("spec", ["", "one", "one....two", "one..two..three", "one\n..two"])
def test_no_range(repo: Repository, spec: str) -> None:
    with pytest.raises(UsageError):
        ranges(repo, spec)


@pytest.mark.parametrize("spec", ["nope..one", "one..nope", "one^{tree}..two", "one..two^{tree}"])
def test_no_commit(repo: Repository, spec: str) -> None:
    with pytest.raises(UsageError, match="no commit is called"):
        ranges(repo, spec)


def test_an_unborn_head(tmp_path: Path) -> None:
    empty = Repository(tmp_path / "empty")
    with pytest.raises(UsageError, match="no commit is called 'HEAD'"):
        ranges(empty, "..")


def test_an_unborn_head_has_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Repository(tmp_path / "empty")
    tree = empty.git("mktree", stdin=b"")
    commit = empty.git("commit-tree", tree, "-m", "x")
    text = f"{ZERO} {commit} refs/heads/x\n".encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    (found,) = ranges(empty, "-", "HEAD")
    assert found.base == ""
