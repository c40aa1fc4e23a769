"""Which objects a request means, and what a log tells of names and losses."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.errors import GitError, UsageError
from scanner.git.repository import describe
from scanner.history.listing import (
    Ask,
    full_log,
    is_commit,
    lost_commits,
    meant,
    missing_trees,
    paths_of,
)
from scanner.history.request import HistoryRequest
from tests.support.histories import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repo")
    made.commit({"a.txt": "a\n", "b.txt": "b\n"})
    made.commit({"a.txt": "c\n"})
    return made


def test_paths(repository: Repository) -> None:
    log = full_log(Ask(str(repository.top), (), reflogs=True))
    assert log.pages is not None
    assert set(paths_of(log.pages)) == {b"a.txt", b"b.txt"}


def test_a_log_that_git_cannot_give_says_why(tmp_path: Path) -> None:
    log = full_log(Ask(str(tmp_path), (), reflogs=False))
    assert log.pages is None
    assert log.problem


def test_everything_is_meant_by_default(repository: Repository) -> None:
    assert meant(describe(str(repository.top)), HistoryRequest()) is None


def test_reachable_is_what_refs_reach(repository: Repository) -> None:
    found = meant(describe(str(repository.top)), HistoryRequest(reachable=True))
    every = repository.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    assert found == set(every)


def test_since_a_revision(repository: Repository) -> None:
    found = meant(describe(str(repository.top)), HistoryRequest(since="HEAD~1"))
    assert found == {repository.head, repository.git("rev-parse", "HEAD:a.txt")}


def test_what_cannot_be(repository: Repository) -> None:
    here = describe(str(repository.top))
    for request in (
        HistoryRequest(branches=("nosuch",)),
        HistoryRequest(branches=("--all",)),
        HistoryRequest(max_commits=-1),
    ):
        with pytest.raises(UsageError):
            meant(here, request)


def test_a_lost_commit_is_named(repository: Repository) -> None:
    repository.commit({"a.txt": "d\n"})
    lost = repository.git("rev-parse", "HEAD~1")
    here = describe(str(repository.top))
    log = full_log(Ask(here.top, (), reflogs=True))
    assert log.pages is not None
    assert lost_commits(here, log.pages) == []
    (repository.top / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    log = full_log(Ask(here.top, (), reflogs=True))
    assert log.pages is not None
    assert lost_commits(here, log.pages) == [lost]


def test_what_is_a_commit(repository: Repository) -> None:
    top = str(repository.top)
    named = ("HEAD", "main", "HEAD~1", repository.head)
    assert all(is_commit(top, name) for name in named)
    others = ("", "HEAD~7", "2024-01-01", "--all", "HEAD:a.txt", "1" * 40)
    assert not any(is_commit(top, name) for name in others)


def test_folders_that_are_missing_and_files_that_do_not_count(repository: Repository) -> None:
    facts = describe(str(repository.top))
    assert missing_trees(facts, ()) == []
    file, tree = (repository.git("rev-parse", name) for name in ("HEAD:a.txt", "HEAD~1^{tree}"))
    for gone in (file, tree):
        (repository.top / ".git" / "objects" / gone[:2] / gone[2:]).unlink()
    assert missing_trees(facts, ()) == [tree]
    repository.git("update-ref", "-d", "HEAD")
    assert missing_trees(facts, ()) == [tree]  # a reflog names it
    with pytest.raises(GitError):
        missing_trees(facts, ["1" * 40])
