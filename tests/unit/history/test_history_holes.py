"""What cannot be read is asked from git; what git cannot read either is named, never dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.history.request import HistoryRequest
from scanner.history.scan import scan_history
from scanner.scan import Options, Result
from tests.support.histories import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repo")


def scanned(repository: Repository, **request: object) -> Result:
    asked = HistoryRequest(cache="", **request)  # type: ignore[arg-type]
    return scan_history(str(repository.top), asked, Options(jobs=1), lambda _: True)


def loose(repository: Repository, name: str) -> Path:
    return repository.top / ".git" / "objects" / name[:2] / name[2:]


def test_a_good_copy_elsewhere_is_read(repository: Repository, made: Callable[..., str]) -> None:
    value = made("a")
    repository.commit({"a.py": f'password = "{value}"\n'})
    name = repository.git("rev-parse", "HEAD:a.py")
    kept = loose(repository, name).read_bytes()
    repository.git("gc", "-q")
    loose(repository, name).parent.mkdir(exist_ok=True)
    loose(repository, name).write_bytes(kept[:10])
    result = scanned(repository)
    assert [one.secret.reveal().decode() for one in result.findings] == [value]


@pytest.mark.parametrize("reachable", [False, True])
def test_lost_blobs_commits_and_refs_are_named(
    repository: Repository, made: Callable[..., str], reachable: bool
) -> None:
    repository.commit({"a.py": "first\n"})
    middle = repository.commit({"b.py": f'password = "{made("b")}"\n'})
    blob = repository.git("rev-parse", "HEAD:b.py")
    repository.commit({"b.py": f'password = "{made("c")}"\n'})
    for name in (middle, blob):
        loose(repository, name).unlink()
    (repository.top / ".git/refs/heads/gone").write_text("1" * 40 + "\n")
    (repository.top / ".git/refs/heads/bad").write_text("nonsense\n")
    result = scanned(repository, reachable=reachable)
    paths = {one.place.path: one.reason for one in result.summary.skipped}
    wanted = {f"object {middle}", "object " + "1" * 40, "refs/heads/bad"}
    assert wanted <= paths.keys()
    assert len(result.findings) == 1


def test_a_large_object_is_read_as_a_stream(
    repository: Repository, made: Callable[..., str]
) -> None:
    value = made("large")
    text = "line of nothing\n" * (5 << 19) + f'password = "{value}"\n'
    repository.commit({"large.py": text})
    result = scanned(repository)
    assert [(one.path, one.line) for one in result.findings] == [("large.py", (5 << 19) + 1)]
    assert result.summary.complete
