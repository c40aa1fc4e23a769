"""Which files a tree has: regular ones, each once, in order; the rest is no content or is named."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from scanner.errors import UsageError
from scanner.model import Blob, Skipped
from scanner.sources import files as module
from scanner.sources.files import Found, Tree, list_files, read_all, root_of


def paths(root: Path, *given: str, **more: object) -> list[str]:
    found, skipped = list_files(Tree(str(root), given or (str(root),), **more))  # type: ignore[arg-type]
    assert not skipped
    return [one.path for one in found]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_outside_a_repository_all_files_count(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("z.txt", "b/a.txt", ".hidden"):
        (tmp_path / name).write_text("x")
    assert paths(tmp_path) == [".hidden", "b/a.txt", "z.txt"]


def test_links_sockets_and_pipes_are_no_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real.txt").write_text("x")
    (tmp_path / "link.txt").symlink_to("real.txt")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
        assert paths(tmp_path) == ["real.txt"]
        assert paths(tmp_path, str(tmp_path / "pipe")) == []


def test_git_folders_are_not_walked_but_nested_repositories_are(tmp_path: Path) -> None:
    top, nested = tmp_path / "top", tmp_path / "top" / "nested"
    nested.mkdir(parents=True)
    git(top, "init", "-q")
    git(nested, "init", "-q")
    (top / ".gitignore").write_text("*.log\n")
    (nested / ".gitignore").write_text("*.tmp\n")
    for name in ("a.txt", "a.log", "nested/b.txt", "nested/b.tmp", "nested/b.log"):
        (top / name).write_text("x")
    expected = [".gitignore", "a.txt", "nested/.gitignore", "nested/b.log", "nested/b.txt"]
    assert paths(top) == expected
    assert set(paths(top, gitignore=False)) == {*expected, "a.log", "nested/b.tmp"}


def test_submodules_are_walked(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    for folder in (inner, outer):
        folder.mkdir()
        git(folder, "init", "-q")
        (folder / "f.txt").write_text("x")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "x")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    assert paths(outer) == [".gitmodules", "f.txt", "sub/f.txt"]


def test_a_file_deleted_in_the_work_tree_is_nothing_to_read(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_text("x")
    git(tmp_path, "add", ".")
    (tmp_path / "a.txt").unlink()
    assert paths(tmp_path) == []


def test_the_same_file_counts_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    assert paths(tmp_path, str(tmp_path), str(tmp_path / "a.txt")) == ["a.txt"]


def test_paths_are_relative_to_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("x")
    monkeypatch.chdir(tmp_path / "sub")
    assert root_of(["."]) == str(tmp_path)
    assert paths(Path(root_of(["."])), ".") == ["sub/a.txt"]


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        root_of([str(tmp_path / "none")])


def read(one: Found) -> list[Blob | Skipped]:
    return list(read_all([one]))


def test_content_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"hello")
    (blob,) = read(Found("a", str(path), 5))
    assert isinstance(blob, Blob)
    assert blob.data == b"hello"


@pytest.mark.parametrize("listed", [0, 3, 50])
def test_a_file_that_changed_its_size_is_read_to_its_end(tmp_path: Path, listed: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"hello")
    (blob,) = read(Found("a", str(path), listed))
    assert isinstance(blob, Blob)
    assert blob.data == b"hello"


def test_large_files_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE", 10)
    path = tmp_path / "a"
    path.write_bytes(bytes(range(100)))
    for blob in read_all([Found("a", str(path), 100)]):
        assert isinstance(blob, Blob)
        assert blob.data is None
        assert blob.read is not None
        assert blob.read(95, 50) == bytes(range(95, 100))
        assert blob.size == 100


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (gone,) = read(Found("a", str(tmp_path / "a"), 5))
    assert isinstance(gone, Skipped)
    assert "no such file" in gone.reason
    (tmp_path / "link").symlink_to("/etc/passwd")
    (link,) = read(Found("link", str(tmp_path / "link"), 5))
    assert isinstance(link, Skipped)
    os.mkfifo(tmp_path / "pipe")
    (pipe,) = read(Found("pipe", str(tmp_path / "pipe"), 5))
    assert isinstance(pipe, Skipped)
    assert "regular" in pipe.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission_denied_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    path.chmod(0)
    (one,) = read(Found("a", str(path), 1))
    assert isinstance(one, Skipped)
    assert one.reason == "permission denied"


def test_an_unreadable_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").mkdir()
    kept = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("/x"):
            raise PermissionError(13, "Permission denied")
        return kept(path)

    monkeypatch.setattr(os, "scandir", scandir)
    _, skipped = list_files(Tree(str(tmp_path), (str(tmp_path),)))
    assert [(one.place.path, one.reason) for one in skipped] == [("x", "permission denied")]
