"""A model that was exchanged ends every kind of scan with exit 2; it is not asked without need."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program whose model has one byte more."""
    copy = tmp_path_factory.mktemp("program")
    shutil.copytree(ROOT / "scanner", copy / "scanner")
    shutil.copytree(ROOT / "patterns", copy / "patterns")
    with (copy / "scanner/engine/judgement.model").open("ab") as stream:
        stream.write(b"x")
    return copy


def run(program: Path, where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(program)!r}); from scanner.cli.main import entry; entry()"
    return subprocess.run(
        [sys.executable, "-P", "-c", code, "scan", *arguments],
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(".",), (".", "--jobs", "2"), ("--history", ".")])
def test_an_exchanged_model_ends_the_scan(
    arguments: tuple[str, ...], program: Path, tmp_path: Path, made: Callable[..., str]
) -> None:
    for number in range(30):
        (tmp_path / f"f{number}.py").write_text(f'password = "{made(str(number), 14)}"\n')
    for git in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *git], cwd=tmp_path, check=True)
    done = run(program, tmp_path, *arguments)
    assert done.returncode == 2
    assert "model of the judgement" in done.stderr
    assert "hint: " in done.stderr


def test_where_nothing_is_to_judge_it_is_not_asked(program: Path, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print('hello')\n")
    assert run(program, tmp_path, ".").returncode == 0
