"""What a partial clone lacks is fetched before the scan, once; what stays missing is named."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from scanner.git import fetch as git_fetch
from scanner.git.repository import describe
from scanner.history import fetching
from scanner.history.fetching import filled
from scanner.history.request import HistoryRequest
from scanner.history.run import Run, prepared
from scanner.history.scan import scan_history
from scanner.scan import Options, Result
from tests.support.histories import Repository

Fetches = list[tuple[str, int]]


@pytest.fixture
def server(tmp_path: Path, made: Callable[..., str]) -> Repository:
    server = Repository(tmp_path / "server")
    server.git("config", "uploadpack.allowFilter", "true")
    for number in range(3):
        server.commit({f"dir/{number}.py": f'password = "{made(str(number))}"\n'})
    return server


@pytest.fixture
def fetches(monkeypatch: pytest.MonkeyPatch) -> Fetches:
    """(remote, number of ids) of each time that git is asked to fetch."""
    seen: Fetches = []

    def counted(repository: object, remote: git_fetch.Remote, ids: Sequence[str]) -> str:
        seen.append((remote.name, len(ids)))
        return git_fetch.fetch(repository, remote, ids)  # type: ignore[arg-type]

    monkeypatch.setattr(fetching, "fetch", counted)
    return seen


def cloned(server: Repository, kind: str = "blob:none", *words: str) -> str:
    top = str(server.top.parent / "clone")
    options = (f"--filter={kind}", "--no-checkout", *words)
    server.git("clone", "-q", *options, f"file://{server.top}", top)
    return top


def run_of(top: str, **request: object) -> Run:
    asked = HistoryRequest(cache="", fetch_missing=True, **request)  # type: ignore[arg-type]
    return prepared(describe(top), asked, Options(jobs=1), lambda _: True)


def scanned(top: str, **request: object) -> Result:
    asked = HistoryRequest(cache="", **request)  # type: ignore[arg-type]
    return scan_history(top, asked, Options(jobs=1), lambda _: True)


@pytest.mark.parametrize(
    ("kind", "fetched"), [("blob:none", [3]), ("tree:0", [3, 3]), ("blob:limit=1k", [])]
)
def test_files_at_once_folders_before(
    server: Repository, fetches: Fetches, kind: str, fetched: list[int]
) -> None:
    top = cloned(server, kind)
    done = filled(run_of(top))
    assert [count for _, count in fetches] == fetched
    assert (done.fetched, done.skipped) == (sum(fetched), ())
    assert fetching._needed(done.run) == set()
    assert filled(done.run).fetched == 0
    assert len(fetches) == len(fetched)


def test_without_being_asked_nothing_is_fetched(server: Repository, fetches: Fetches) -> None:
    top = cloned(server)
    before = scanned(top)
    assert (before.findings, fetches) == ((), [])
    assert len(before.summary.skipped) == 3
    done = scanned(top, fetch_missing=True)
    assert len(done.findings) == 3
    assert done.summary.skipped == ()
    assert done.summary.notes == ("3 missing objects were fetched",)


def test_only_what_is_meant(server: Repository, fetches: Fetches) -> None:
    done = filled(run_of(cloned(server), max_commits=1))
    assert fetches == [("origin", 1)]
    assert done.fetched == 1


def test_lost_commits_of_reflogs_and_of_nobody(server: Repository) -> None:
    top = cloned(server)
    clone = Repository.__new__(Repository)
    clone.top = Path(top)
    clone.git("update-ref", "-d", "refs/remotes/origin/HEAD")
    clone.git("update-ref", "-d", "refs/remotes/origin/main")
    clone.git("update-ref", "-d", "refs/heads/main")
    shutil.rmtree(clone.top / ".git" / "logs")
    assert filled(run_of(top, reachable=True)).fetched == 0
    assert filled(run_of(top)).fetched == 3


def test_the_next_remote_has_what_the_first_lacks(server: Repository, fetches: Fetches) -> None:
    top = cloned(server)
    clone = Repository.__new__(Repository)
    clone.top = Path(top)
    clone.git("config", "remote.empty.promisor", "true")
    clone.git("config", "remote.empty.url", "/no/such/place")
    clone.git("config", "extensions.partialClone", "empty")
    done = filled(run_of(top))
    assert fetches == [("empty", 3), ("origin", 3)]
    assert (done.fetched, done.skipped) == (3, ())


def test_what_stays_missing_is_named_and_why(server: Repository, fetches: Fetches) -> None:
    top = cloned(server)
    shutil.rmtree(server.top / ".git" / "objects" / "pack", ignore_errors=True)
    gone = server.git("rev-parse", "HEAD:dir/1.py")
    os.unlink(server.top / ".git" / "objects" / gone[:2] / gone[2:])
    result = scanned(top, fetch_missing=True)
    assert fetches == [("origin", 3)]
    assert len(result.findings) < 3
    skipped = {one.place.path: one.reason for one in result.summary.skipped}
    assert "missing" in skipped[f"object {gone}"]
    assert "remote origin" in skipped["(remote origin)"]


def test_no_remote_promises_anything(server: Repository) -> None:
    gone = server.git("rev-parse", "HEAD:dir/1.py")
    os.unlink(server.top / ".git" / "objects" / gone[:2] / gone[2:])
    done = filled(run_of(str(server.top)))
    (skipped,) = done.skipped
    assert (done.fetched, skipped.place.path) == (0, "(missing objects)")
    assert "no partial clone" in skipped.reason
