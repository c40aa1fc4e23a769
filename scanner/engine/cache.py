"""The folder where compiled rules are kept: what they depend on, who writes, what may go wrong.

A file's name is a digest of what it was made from: the text of the rule files and of the code that
reads them, the library and the machine. So it can be made in one place and used in another, as in
an image or a CI cache. Reading every rule file to say so would take longer than all the rest; a
second small file remembers for the files as they stand (name, size, time) what their text was.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scanner.errors import RuleError
from scanner.rules import patterns_folder

if TYPE_CHECKING:
    from typing import Self

PATIENCE = 20.0  # seconds to wait for another run that compiles the same; then do it, too
_MOST_KEPT = 8
_CODE = ("rules.py", "engine/anchors.py", "engine/narrowing.py", "engine/database.py", "foreign")


def cache_folder() -> str:
    """The user's cache folder for unleak (UNLEAK_CACHE_DIR overrides); "" when there is none."""
    given = os.environ.get("UNLEAK_CACHE_DIR")
    if given:
        return given
    if sys.platform == "linux":  # the common case, without an import on the hot path
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        return os.path.join(base, "unleak") if os.path.isabs(base) else ""
    import platformdirs

    return platformdirs.user_cache_dir("unleak", appauthor=False)


def facts_of(files: Sequence[str], level: str, folder: str) -> bytes:
    """Everything that the compiled form of these rule files depends on.

    level: the lowest confidence of rules in it. RuleError when a file cannot be read.
    """
    import hyperscan

    ours = patterns_folder()
    shipped = [path for path in files if os.path.dirname(path) == ours]
    head = [str(getattr(hyperscan, "__version__", "")), level, _machine()]
    texts = [_text_of(path) for path in files if os.path.dirname(path) != ours]
    return "\n".join((*head, _shipped(shipped, folder), *texts)).encode("utf-8", "surrogateescape")


def _machine() -> str:
    return os.uname().machine if hasattr(os, "uname") else ""


def _shipped(files: Sequence[str], folder: str) -> str:
    """The text of our own files, remembered while none of them changes."""
    every = [*files, *_code()]
    stands = "\n".join(_stands_of(every)).encode("utf-8", "surrogateescape")
    path = os.path.join(folder, f"shipped-{zlib.crc32(stands):08x}.txt") if folder else ""
    known = _remembered(path, stands)
    if known is not None:
        return known
    # Names alone: a wheel is unpacked somewhere else on every machine.
    found = "\n".join(_line_of(one, os.path.basename(one)) for one in every)
    if path:
        body = stands + b"\0" + found.encode("utf-8", "surrogateescape")
        write(path, b"%08x" % zlib.crc32(body) + body)
    return found


def _code() -> list[str]:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = []
    for name in _CODE:
        path = os.path.join(package, name)
        if name.endswith(".py"):
            found.append(path)
        else:
            inside = sorted(one for one in os.listdir(path) if one.endswith(".py"))
            found += [os.path.join(path, one) for one in inside]
    return [path for path in found if os.path.exists(path)]


def _stands_of(files: Sequence[str]) -> list[str]:
    """Path, size and time of each: a folder is opened once, since there are very many files."""
    stat = os.stat
    try:
        found = [(path, stat(path)) for path in files]
    except OSError as problem:
        raise RuleError(f"{problem.filename}: cannot be read: {problem.strerror}") from problem
    return [f"{path} {one.st_size} {one.st_mtime_ns}" for path, one in found]


def _remembered(path: str, stands: bytes) -> str | None:
    if not path:
        return None
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError:
        return None
    body = data[8:]
    if data[:8] != b"%08x" % zlib.crc32(body) or not body.startswith(stands + b"\0"):
        return None
    return body[len(stands) + 1 :].decode("utf-8", "surrogateescape")


def _text_of(path: str) -> str:
    """A file of the user's, and the files that it extends."""
    line = _line_of(path, path)
    with open(path, "rb") as stream:
        if b"extend" not in stream.read():
            return line
    from scanner.foreign.gitleaks import files_of

    return "\n".join((line, *(_line_of(one, one) for one in files_of(path)[1:])))


def _line_of(path: str, name: str) -> str:
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as problem:
        raise RuleError(f"{path}: cannot be read: {problem.strerror}") from problem
    return f"{name} {len(data)} {zlib.crc32(data):08x}"


def write(path: str, data: bytes) -> str:
    """Write a file whole or not at all; why it could not be, "" if it was.

    The rename makes it whole or absent for every other run.
    """
    import tempfile

    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".unleak-", dir=folder)
    except OSError as problem:
        return _why(problem)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except OSError as problem:
        _drop(temporary)
        return _why(problem)
    _drop_old(folder, path)
    return ""


def _why(problem: OSError) -> str:
    return (problem.strerror or "it cannot be written").lower()


def _drop(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _drop_old(folder: str, keep: str) -> None:
    """Keep the newest few of a kind: versions and rule sets come and go."""
    kind = os.path.basename(keep).partition("-")[0] + "-"
    try:
        names = [name for name in os.listdir(folder) if name.startswith(kind)]
        paths = sorted((os.path.join(folder, n) for n in names), key=os.path.getmtime)
    except OSError:
        return
    for path in paths[:-_MOST_KEPT]:
        if path != keep:
            _drop(path)


class Turn:
    """Whose turn it is to compile: `with` waits while another run does, never longer than
    PATIENCE. Where there are no locks all compile, which costs time and nothing else.

    waited: whether another run had it, and so may have left what is wanted.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._handle = -1
        self.waited = False

    def __enter__(self) -> Self:
        try:
            import fcntl

            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            path = os.path.join(self._folder, "compiling.lock")
            self._handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except (ImportError, OSError):
            return self
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.waited = True
                if time.monotonic() > until:
                    return self
                time.sleep(0.05)
            except OSError:  # a file system without locks
                return self
            else:
                return self

    def __exit__(self, *_: object) -> None:
        if self._handle >= 0:
            os.close(self._handle)  # which gives the lock back, as the end of a process does
            self._handle = -1
