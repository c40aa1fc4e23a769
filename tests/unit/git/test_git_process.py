"""Commands run to their end, whatever they say and however much."""

from __future__ import annotations

import os
import sys

import pytest

from scanner.git.process import run


def python(code: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    return run([sys.executable, "-c", code], os.environ, stdin)


def test_output_errors_and_code() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert python(code) == (3, b"out\n", b"err\n")


def test_much_of_everything_does_not_block() -> None:
    code = (
        "import sys\n"
        "sys.stderr.write('e' * 300000)\n"
        "data = sys.stdin.buffer.read()\n"
        "sys.stdout.buffer.write(data)\n"
        "sys.stderr.write('e' * 300000)\n"
    )
    data = bytes(range(256)) * 4000
    assert python(code, data) == (0, data, b"e" * 600000)


def test_a_command_that_does_not_listen() -> None:
    assert python("pass", b"x" * 1_000_000) == (0, b"", b"")


def test_a_signal_is_a_negative_code() -> None:
    assert python("import os; os.kill(os.getpid(), 9)")[0] == -9


def test_a_missing_command_leaves_no_descriptor_open() -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with pytest.raises(FileNotFoundError):
        run(["/nowhere/nothing"], os.environ)
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert before == after
