"""A child process whose output goes through a masker: signals in, exit code out."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import IO

from scanner.references.masking import Masker

_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM")
# The terminal sends these to every process in the foreground, so the child has them already.
_FROM_KEYS = ("SIGINT", "SIGQUIT")


def run_masked(
    command: Sequence[str], environment: dict[bytes, bytes], secrets: Sequence[bytes]
) -> int:
    """Run the command to its end; its exit code, 128+n when signal n ended it. OSError when it
    cannot be started. Its two output streams are masked one by one; its input is ours."""
    early: list[int] = []
    children: list[subprocess.Popen[bytes]] = []
    with _passing_on(early, children):
        child = subprocess.Popen(
            list(command), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        children.append(child)
        for number in early:
            child.send_signal(number)
        pumps = [
            threading.Thread(target=_pump, args=(source, target, Masker(secrets)))
            for source, target in ((child.stdout, 1), (child.stderr, 2))
            if source is not None
        ]
        for pump in pumps:
            pump.start()
        code = child.wait()
        for pump in pumps:
            pump.join()
    return 128 - code if code < 0 else code


@contextmanager
def _passing_on(early: list[int], children: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Hand the usual signals to the child; those before it is there are kept for it."""

    def handler(number: int, _frame: FrameType | None) -> None:
        if signal.Signals(number).name in _FROM_KEYS and _in_foreground():
            return
        if not children:
            early.append(number)
            return
        with suppress(ProcessLookupError):
            children[0].send_signal(number)

    numbers = [getattr(signal, name) for name in _PASSED_ON if hasattr(signal, name)]
    # What was ignored from the start (nohup, a background job) stays ignored, for the child too.
    numbers = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _in_foreground() -> bool:
    """Whether this process belongs to the foreground group of its terminal."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _pump(source: IO[bytes], target: int, masker: Masker) -> None:
    while data := os.read(source.fileno(), 1 << 16):
        if not _written(target, masker.feed(data)):
            source.close()  # our reader went away: let the child see that too
            return
    _written(target, masker.finish())


def _written(target: int, data: bytes) -> bool:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(target, view) :]
    except BrokenPipeError:
        return False
    return True
