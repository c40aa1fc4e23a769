"""The hooks, run by the real pre-commit in a repository of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository that uses our hooks; the command is this environment's, not a fresh install."""
    hooks, top = tmp_path / "hooks", tmp_path / "repo"
    for folder in (hooks, top):
        folder.mkdir()
        git(folder, "init", "-q", "-b", "main")
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    git(hooks, "add", ".")
    git(hooks, "commit", "-qm", "hooks")
    revision = git(hooks, "rev-parse", "HEAD")
    (top / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks:\n"
        "  - {id: unleak, language: system}\n"
        "  - {id: unleak-tree, language: system, stages: [manual]}\n"
    )
    git(top, "add", ".")
    git(top, "commit", "-qm", "base")
    return top


def pre_commit(repo: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = [str(BIN / "pre-commit"), "run", "--color=never", *arguments]
    return subprocess.run(command, cwd=repo, env=env, capture_output=True, text=True, check=False)


def put(repo: Path, name: str, made: Callable[..., str], *, stage: bool = True) -> None:
    (repo / name).write_text(f"API_TOKEN={made(name, 32)}\n")
    if stage:
        git(repo, "add", "-f", name)


def test_a_staged_secret_stops_the_commit(repo: Path, made: Callable[..., str]) -> None:
    put(repo, "bad.env", made)
    done = pre_commit(repo)
    assert done.returncode == 1
    assert "bad.env:1" in done.stdout


def test_a_clean_commit_passes(repo: Path) -> None:
    (repo / "ok.txt").write_text("nothing here\n")
    git(repo, "add", ".")
    done = pre_commit(repo)
    assert done.returncode == 0, done.stdout


def test_the_index_counts_and_not_the_work_tree(repo: Path, made: Callable[..., str]) -> None:
    put(repo, "half.env", made)
    (repo / "half.env").write_text("API_TOKEN=${API_TOKEN}\n")
    assert pre_commit(repo).returncode == 1
    (repo / "half.env").write_text("API_TOKEN=${API_TOKEN}\n")
    git(repo, "add", "half.env")
    put(repo, "half.env", made, stage=False)
    assert pre_commit(repo).returncode == 0


def test_all_files_scans_what_it_is_handed(repo: Path, made: Callable[..., str]) -> None:
    put(repo, "old.env", made)
    git(repo, "commit", "-qnm", "slipped in")
    assert pre_commit(repo).returncode == 0, "nothing is staged"
    done = pre_commit(repo, "--all-files")
    assert done.returncode == 1
    assert "old.env:1" in done.stdout


def test_the_tree_hook_reads_everything(repo: Path, made: Callable[..., str]) -> None:
    put(repo, "new.env", made, stage=False)
    done = pre_commit(repo, "unleak-tree", "--hook-stage", "manual")
    assert done.returncode == 1
    assert "new.env:1" in done.stdout


def test_a_real_commit_is_stopped(repo: Path, made: Callable[..., str]) -> None:
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        [str(BIN / "pre-commit"), "install"], cwd=repo, env=env, check=True, capture_output=True
    )
    put(repo, "bad.env", made, stage=False)
    git(repo, "add", "bad.env")
    done = subprocess.run(
        ["git", "commit", "-am", "x"],
        cwd=repo,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert git(repo, "log", "--format=%s") == "base"
