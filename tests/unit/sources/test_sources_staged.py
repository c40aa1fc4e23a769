"""Staged versions are read once each and reported under every path that has them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from scanner.model import Blob, Skipped
from scanner.sources.staged import list_staged, read_staged


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_equal_content_is_one_blob_with_two_places(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for name in ("a", "b"):
        (tmp_path / name).write_text("same")
    git(tmp_path, "add", ".")
    (blob,) = read_staged(str(tmp_path), list_staged(str(tmp_path)))
    assert isinstance(blob, Blob)
    assert [place.path for place in blob.places] == ["a", "b"]
    assert blob.data == b"same"


def test_paths_can_be_left_out(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    git(tmp_path, "add", ".")
    assert [one.path for one in list_staged(str(tmp_path), lambda path: path != "a")] == ["b"]


def test_a_missing_object_is_named(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("x")
    git(tmp_path, "add", ".")
    blob = git(tmp_path, "rev-parse", ":a")
    staged = list_staged(str(tmp_path))
    (tmp_path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    (one,) = read_staged(str(tmp_path), staged)
    assert isinstance(one, Skipped)
    assert blob in one.reason
