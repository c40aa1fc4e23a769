"""How far a scan has come is drawn on a terminal, and nowhere else."""

from __future__ import annotations

import os
import pty
import random
import re
import select
import subprocess
import termios
from pathlib import Path

import pytest

from scanner.cli.progress import counted
from scanner.scan import Advance
from tests.support.histories import UNLEAK, Repository

Where = tuple[Path, tuple[str, ...]]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Advance("finding commits"), ""),
        (Advance("x", 1, 2, count=1, count_total=2), "1 of 2 files"),
        (Advance("x", 1, 2, 500, 2000, 1, 20_000), "1 of 20,000 files, 0.5 of 2.0 kB"),
        (Advance("x", 1, 2, 10**6, 2 * 10**9, 0, 9, "objects"), "0 of 9 objects, 0.0 of 2.0 GB"),
    ],
)
def test_numbers(now: Advance, said: str) -> None:
    assert counted(now) == said


def words(seed: int) -> bytes:
    """Three megabytes of text without anything in it, which do not compress well."""
    return random.Random(seed).randbytes(1_100_000).hex("\n").replace("0", "z").encode()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repository = Repository(tmp_path_factory.mktemp("progress") / "repo")
    repository.git("config", "user.name", "Test")
    repository.git("config", "user.email", "test@localhost")
    for number in range(3):
        repository.commit({f"{number}.txt": words(number)})
    return repository.top


def on_terminal(folder: Path, *arguments: str, stderr: bool = True) -> bytes:
    """What a run writes to a terminal on its standard error, or on its standard output."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    streams["stderr" if stderr else "stdout"] = theirs
    environment = {**os.environ, "TERM": "xterm"}
    child = subprocess.Popen([UNLEAK, "scan", *arguments], cwd=folder, env=environment, **streams)
    os.close(theirs)
    said = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            said += os.read(ours, 1 << 16)
        except OSError:  # nobody holds the other end any more
            break
    else:
        raise AssertionError("a process was left behind that holds the terminal")
    os.close(ours)
    assert child.wait() == 0
    return said


HISTORY = ("--history", "--no-cache")


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(("what", "noun"), [(HISTORY, b"objects"), ((), b"files")])
def test_a_terminal_shows_it(history: Path, what: tuple[str, ...], noun: bytes, jobs: str) -> None:
    said = on_terminal(history, ".", *what, "--jobs", jobs)
    assert b"scanning" in said
    assert re.search(rb"\b(9 of 9 objects|3 of 3 files), \d+\.\d of \d+\.\d MB", said)
    assert noun in said
    assert (b"finding commits" in said) == bool(what)
    assert said.rstrip().endswith((b"\x1b[2K", b"\x1b[?25h"))  # it is gone in the end


@pytest.mark.parametrize("what", [HISTORY, ()])
def test_nothing_is_drawn_otherwise(history: Path, what: tuple[str, ...]) -> None:
    assert on_terminal(history, ".", *what, "--quiet") == b""
    assert b"scanning" not in on_terminal(history, ".", *what, stderr=False)
    done = subprocess.run(
        [UNLEAK, "scan", ".", *what], cwd=history, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("what", [HISTORY, ()])
def test_no_process_is_left_behind(history: Path, what: tuple[str, ...]) -> None:
    """One that is would keep our end of the pipe open."""
    command = [UNLEAK, "scan", ".", *what, "--quiet", "--jobs", "2"]
    for _ in range(5):
        done = subprocess.run(command, cwd=history, capture_output=True, check=False, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
