"""git is asked safely: nothing that a repository's configuration names is started."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.errors import GitError
from scanner.git import repository


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    (top / "a.txt").write_text("one\n")
    git(top, "add", ".")
    git(top, "commit", "-qm", "first")
    return top


def contents(top: Path) -> dict[str, bytes | None]:
    staged = repository.staged_files(str(top))
    blobs = dict(repository.read_blobs(str(top), [one.blob_id for one in staged]))
    return {one.path: blobs[one.blob_id] for one in staged}


def test_top_is_found_from_below_and_only_there(repo: Path, tmp_path: Path) -> None:
    below = repo / "x" / "y"
    below.mkdir(parents=True)
    assert repository.top_of(str(below)) == str(repo)
    assert repository.top_of(str(tmp_path)) is None


def test_lists_tracked_and_new_files_but_no_ignored_ones(repo: Path) -> None:
    (repo / ".gitignore").write_text("*.log\n")
    (repo / "b.txt").write_text("")
    (repo / "c.log").write_text("")
    assert set(repository.listed_files(str(repo))) == {"a.txt", "b.txt", ".gitignore"}


def test_lists_under_a_path_taken_literally(repo: Path) -> None:
    for name in ("[ab].txt", "b.txt"):
        (repo / name).write_text("")
    assert repository.listed_files(str(repo), ["[ab].txt"]) == ["[ab].txt"]


def test_names_that_are_not_utf_8(repo: Path) -> None:
    name = b"caf\xe9.txt"
    with open(os.path.join(os.fsencode(repo), name), "wb"):
        pass
    assert os.fsdecode(name) in repository.listed_files(str(repo))


def test_staged_content_is_the_indexs(repo: Path) -> None:
    (repo / "a.txt").write_text("staged\n")
    git(repo, "add", "a.txt")
    (repo / "a.txt").write_text("only in the work tree\n")
    (repo / "new.txt").write_text("not staged\n")
    assert contents(repo) == {"a.txt": b"staged\n"}


def test_staged_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", ".")
    (tmp_path / "a.txt").write_text("x")
    git(tmp_path, "add", ".")
    assert contents(tmp_path) == {"a.txt": b"x"}


def test_deleted_paths_are_no_content(repo: Path) -> None:
    git(repo, "rm", "-q", "a.txt")
    assert contents(repo) == {}


def test_unmerged_paths_are_all_read(repo: Path) -> None:
    git(repo, "checkout", "-qb", "side")
    (repo / "a.txt").write_text("side\n")
    git(repo, "commit", "-qam", "side")
    git(repo, "checkout", "-q", "main")
    (repo / "a.txt").write_text("main\n")
    git(repo, "commit", "-qam", "main")
    subprocess.run(["git", "merge", "side"], cwd=repo, capture_output=True, check=False)
    staged = repository.staged_files(str(repo))
    blobs = dict(repository.read_blobs(str(repo), [one.blob_id for one in staged]))
    assert {b"main\n", b"side\n"} <= set(blobs.values())


def test_packed_objects_are_read_too(repo: Path) -> None:
    blob = git(repo, "rev-parse", "HEAD:a.txt")
    git(repo, "gc", "-q")
    assert dict(repository.read_blobs(str(repo), [blob])) == {blob: b"one\n"}


def test_missing_and_broken_objects_are_none(repo: Path) -> None:
    absent = "0" * 39 + "1"
    (repo / "b.txt").write_text("two\n")
    git(repo, "add", "b.txt")
    blob = git(repo, "rev-parse", ":b.txt")
    path = repo / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o600)
    path.write_bytes(b"broken")
    assert dict(repository.read_blobs(str(repo), [absent, blob])) == {absent: None, blob: None}


def test_a_hostile_configuration_starts_nothing(repo: Path) -> None:
    mark = repo.parent / "started"
    evil = repo.parent / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    evil.chmod(0o755)
    for key in (
        "core.fsmonitor", "core.pager", "diff.external", "core.sshCommand", "core.editor",
        "filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.x.textconv", "diff.x.command",
        "pager.diff", "pager.ls-files", "core.alternateRefsCommand", "remote.o.uploadpack",
    ):  # fmt: skip
        git(repo, "config", key, str(evil))
    hooks = repo / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "fsmonitor-watchman", "pre-commit", "post-checkout"):
        (hooks / name).write_text(evil.read_text())
        (hooks / name).chmod(0o755)
    (repo / ".gitattributes").write_text("* filter=x diff=x\n")
    blob = git(repo, "rev-parse", "HEAD:a.txt")
    mark.unlink(missing_ok=True)
    (repo / "a.txt").write_text("changed\n")
    repository.listed_files(str(repo))
    repository.staged_files(str(repo))
    list(repository.read_blobs(str(repo), [blob]))
    repository.commits_with(str(repo), "a.txt", [b"one"])
    repository.is_tracked(str(repo), "a.txt")
    assert not mark.exists()


def test_nothing_is_written_into_the_repository(repo: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {
            str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in (repo / ".git").rglob("*")
        }

    (repo / "a.txt").touch()
    before = state()
    repository.listed_files(str(repo))
    repository.staged_files(str(repo))
    assert state() == before


def test_a_broken_index_is_an_error_with_a_hint(repo: Path) -> None:
    (repo / ".git" / "index").write_bytes(b"DIRCgarbage")
    with pytest.raises(GitError) as caught:
        repository.staged_files(str(repo))
    assert "index" in caught.value.message
    assert "git reset" in caught.value.hint


def test_a_bare_repository_has_no_work_tree_to_stage(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    assert repository.top_of(str(tmp_path / "bare.git")) is None


def test_a_missing_git_is_an_error(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitError, match="not installed"):
        repository.listed_files(str(repo))


def test_another_owners_repository_is_named(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    kept = repository._environment

    def with_owner(*, index: bool) -> dict[str, str]:
        return {**kept(index=index), "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}

    monkeypatch.setattr(repository, "_environment", with_owner)
    with pytest.raises(GitError, match="belongs to another user") as caught:
        repository.listed_files(str(repo))
    assert "safe.directory" in caught.value.hint


def test_the_index_of_a_running_commit_is_used(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = repo / "other-index"
    monkeypatch.setenv("GIT_INDEX_FILE", str(other))
    git(repo, "read-tree", "HEAD")
    (repo / "n.txt").write_text("new\n")
    git(repo, "add", "n.txt")
    assert contents(repo) == {"n.txt": b"new\n"}
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert contents(repo) == {}


def test_git_variables_do_not_lead_elsewhere(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert repository.listed_files(str(repo)) == ["a.txt"]


def test_commits_that_hold_a_value_are_counted(repo: Path, made: Callable[..., str]) -> None:
    value = made("count").encode()
    (repo / "a.txt").write_bytes(b"x=" + value)
    git(repo, "commit", "-qam", "in")
    (repo / "a.txt").write_bytes(b"y\nx=" + value)
    git(repo, "commit", "-qam", "moved")
    (repo / "a.txt").write_bytes(b"gone")
    git(repo, "commit", "-qam", "out")
    assert repository.commits_with(str(repo), "a.txt", [value, b"one\n", b"never there"]) == [
        2,
        1,
        0,
    ]


def test_a_work_tree_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a submodule's git folder names it; and the user may want no bare repository found."""
    git(tmp_path, "init", "-q", "--bare", "x.git")
    folder = tmp_path / "x.git"
    git(tmp_path, "config", "--file", str(folder / "config"), "core.bare", "false")
    git(tmp_path, "config", "--file", str(folder / "config"), "core.worktree", "/no/such/place")
    git(tmp_path, "config", "--global", "safe.bareRepository", "explicit")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "7")  # none of it reaches git
    with pytest.raises(GitError):
        repository.describe(str(folder))
    with repository.without_work_tree():
        found = repository.describe(str(folder))
    assert found.common == str(folder)
    with pytest.raises(GitError):
        repository.describe(str(folder))


def test_no_protocol_is_allowed_by_name() -> None:
    assert repository._environment(index=False)["GIT_ALLOW_PROTOCOL"] == "none"
