"""Objects that no commit holds have a place, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scanner.history.request import HistoryRequest
from scanner.history.scan import scan_history
from scanner.scan import Options
from tests.support.histories import Repository


def paths(top: Path) -> list[tuple[str, str]]:
    result = scan_history(str(top), HistoryRequest(cache=""), Options(jobs=1), lambda _: True)
    return sorted((one.path, one.places[0].commit or "") for one in result.findings)


def test_staged_in_any_work_tree(tmp_path: Path, made: Callable[..., str]) -> None:
    repository = Repository(tmp_path / "repo")
    head = repository.commit({"a.txt": "a\n"})
    repository.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = tmp_path / "linked"
    (linked / "b.py").write_text(f'password = "{made("b")}"\n')
    repository.git("-C", str(linked), "add", "b.py")
    repository.write({"c.py": f'password = "{made("c")}"\n'})
    repository.git("add", "c.py")
    assert head
    assert paths(repository.top) == paths(linked) == [("b.py", ""), ("c.py", "")]


def test_lost_commits_keep_their_paths(tmp_path: Path, made: Callable[..., str]) -> None:
    repository = Repository(tmp_path / "repo")
    repository.commit({"a.txt": "a\n"})
    lost = repository.commit({"b.py": f'password = "{made("b")}"\n'})
    repository.git("reset", "-q", "--hard", "HEAD~1")
    repository.git("reflog", "expire", "--expire=all", "--all")
    loose = paths(repository.top)
    assert loose == [("b.py", lost)]
    repository.git("repack", "-q", "-adk")
    assert paths(repository.top) == loose


def test_a_file_name_has_its_commit(tmp_path: Path, made: Callable[..., str]) -> None:
    repository = Repository(tmp_path / "repo")
    repository.commit({"a.txt": "a\n"})
    head = repository.commit({"sk_" + "live_" + made("n") + ".txt": "b\n"})
    assert paths(repository.top) == [("(file name)", head)]


def test_names_in_lost_trees(tmp_path: Path, made: Callable[..., str]) -> None:
    repository = Repository(tmp_path / "repo")
    repository.commit({"a.txt": "a\n"})
    blob = repository.git("rev-parse", "HEAD:a.txt")
    name = "sk_" + "live_" + made("n")
    repository.git("mktree", stdin=f"100644 blob {blob}\t{name}\n".encode())
    assert paths(repository.top) == [("(file name)", "")]
