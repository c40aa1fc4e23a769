"""Run unleak again and again without starting again: one fork a run, killed where it is told to.

Reads JSON lines {"argv", "cwd", "environ", "at", "nth", "sign", "weak", "warm"} and answers each
with {"code", "out", "err"}. at: which call stops the run, if any: "rename", "fsync", "append" (of
the journal) or "torn" (an append of which half the bytes are written). nth: from 1. sign: the
signal, SIGKILL without it. weak: root loses the right to write everywhere. warm: do not fork, so
that later runs find everything loaded. code: negative for a signal.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from scanner.cli import main
from scanner.migrate.journal import Journal

PLACES: dict[str, tuple[Any, str]] = {
    "rename": (os, "rename"),
    "fsync": (os, "fsync"),
    "append": (Journal, "append"),
    "torn": (Journal, "append"),
}


def stopping(order: dict[str, Any], real: Callable[..., Any]) -> Callable[..., Any]:
    """`real`, but the nth call ends the process (or, for SIGINT, is only announced)."""
    count = 0
    number = order.get("sign", signal.SIGKILL)

    def call(*arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if count == order["nth"]:
            if order["at"] == "torn":
                half_written(real, *arguments)
            os.kill(os.getpid(), number)
        return real(*arguments, **options)

    return call


def half_written(real: Callable[..., Any], book: Journal, entries: Any) -> None:
    path = book._path(entries[0].run)
    size = os.path.getsize(path) if os.path.exists(path) else 0
    real(book, entries)
    os.truncate(path, size + (os.path.getsize(path) - size) // 2)


def weaken() -> None:
    """Give up CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (capset(2), version 3), for root's tests."""
    kernel = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    assert kernel.capget(header, sets) == 0
    for index in range(3):  # effective, permitted, inheritable; low words first
        sets[index] &= ~0b110
    assert kernel.capset(header, sets) == 0


def child(order: dict[str, Any], out: int, err: int) -> None:
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(order["cwd"])
    os.environ.update(order["environ"])
    if order.get("weak") and os.geteuid() == 0:
        weaken()
    if order.get("at"):
        owner, name = PLACES[order["at"]]
        setattr(owner, name, stopping(order, getattr(owner, name)))
    code = main.main(order["argv"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run(order: dict[str, Any]) -> dict[str, Any]:
    """Run one command in a child and wait for it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if not pid:
            try:
                child(order, out.fileno(), err.fileno())
            except SystemExit as problem:
                os._exit(int(problem.code or 0))
            except BaseException:  # noqa: BLE001 -- the parent shows it
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(70)
        _, status = os.waitpid(pid, 0)
        out.seek(0)
        err.seek(0)
        texts = [stream.read().decode("utf-8", "replace") for stream in (out, err)]
    return {"code": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}


def warm(order: dict[str, Any]) -> dict[str, Any]:
    """Run in this very process: what it imports and compiles, every later run has at once."""
    os.environ.update(order["environ"])
    os.chdir(order["cwd"])
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main.main(order["argv"])
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


def serve() -> None:
    """Answer orders until standard input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        answer = warm(order) if order.get("warm") else run(order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
