"""What a migration did, line by line, in the user's state folder: digests and references only.

One file a run, JSON lines, flushed to disk at each append. File contents appear as HMAC-SHA256
under a key that stays in the state folder, so that a journal alone lets nobody guess a password.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from scanner.errors import JournalError
from scanner.model import Entry

_STATES = {
    "begin": "interrupted",
    "end": "applied",
    "undo-begin": "undo interrupted",
    "undo-end": "undone",
    "undo-left": "undone in part",
}


class Journal:
    """The journals of one tree. root: the tree's absolute path."""

    def __init__(self, root: str, state: str | None = None) -> None:
        digest = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:20]
        self.root = os.path.realpath(root)
        self.folder = os.path.join(state or state_folder(), "repos", digest)
        self._runs = os.path.join(self.folder, "runs")
        self._known = b""

    def runs(self) -> tuple[str, ...]:
        """The ids of all runs that began, oldest first. One that was killed while its first line
        was written has done nothing and leaves no run."""
        try:
            names = os.listdir(self._runs)
        except FileNotFoundError:
            return ()
        found = sorted(n.removesuffix(".jsonl") for n in names if n.endswith(".jsonl"))
        return tuple(run for run in found if self._entries(run))

    def start(self, facts: Mapping[str, Any]) -> str:
        """Open a new run and note how it was asked for; returns its id."""
        now = time.time_ns()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now // 10**9))
        run = f"{stamp}-{now // 1000 % 10**6:06}-{secrets.token_hex(2)}"  # sorts by time
        self._make_folders()
        self.append([Entry(run, "begin", facts={"root": self.root, **facts})])
        _flush_folder(self._runs)
        return run

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries of one run in one write, flushed to disk before this returns."""
        if not entries:
            return
        lines = "".join(_line(entry) for entry in entries)
        path = self._path(entries[0].run)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        with _explained(), os.fdopen(os.open(path, flags, 0o600), "ab") as stream:
            if stream.tell() and not _ends_whole(path):
                lines = "\n" + lines  # a killed run left half a line
            stream.write(lines.encode())
            stream.flush()
            os.fsync(stream.fileno())

    def read(self, run: str) -> list[Entry]:
        """The run's entries in order, at least one; half a line (a run was killed) is left out."""
        entries = self._entries(run)
        if not entries:
            raise JournalError(f"run {run} never began", "see 'unleak journal list'")
        return entries

    def _entries(self, run: str) -> list[Entry]:
        try:
            with open(self._path(run), encoding="utf-8") as stream:
                lines = stream.read().splitlines()
        except FileNotFoundError:
            raise JournalError(f"no run is called {run}", "see 'unleak journal list'") from None
        except OSError as problem:
            raise JournalError(f"cannot read the journal: {problem.strerror}") from None
        return [entry for line in lines if (entry := _entry(run, line))]

    def digest(self, data: bytes) -> str:
        """What the journal may say about a file's content."""
        return hmac.digest(self._key(), data, hashlib.sha256).hex()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One run at a time on this tree; JournalError at once if another one works on it."""
        from filelock import FileLock, Timeout

        self._make_folders()
        lock = FileLock(os.path.join(self.folder, "lock"), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            hint = "wait until it is done, then try again"
            raise JournalError("another run is working on this tree", hint) from None
        try:
            yield
        finally:
            lock.release()

    def _path(self, run: str) -> str:
        if not run or "/" in run or run.startswith("."):
            raise JournalError(f"{run!r} is no run", "see 'unleak journal list'")
        return os.path.join(self._runs, f"{run}.jsonl")

    def _make_folders(self) -> None:
        try:
            os.makedirs(self._runs, mode=0o700, exist_ok=True)
            os.chmod(self.folder, 0o700)
        except OSError as problem:
            why = (problem.strerror or "").lower()
            hint = "set UNLEAK_STATE_DIR to a folder that can be written"
            raise JournalError(f"cannot write {self.folder}: {why}", hint) from None

    def _key(self) -> bytes:
        if not self._known:
            self._make_folders()
            path = os.path.join(self.folder, "key")
            with _explained():
                if not os.path.exists(path):
                    _write_whole(path, secrets.token_bytes(32))
                with open(path, "rb") as stream:
                    self._known = stream.read()
            if len(self._known) != 32:
                self._known = b""
                raise JournalError("the journal's key is damaged", f"bring back {path}")
        return self._known


def state_folder() -> str:
    """The user's state folder for unleak; UNLEAK_STATE_DIR overrides."""
    if given := os.environ.get("UNLEAK_STATE_DIR"):
        return given
    from platformdirs import user_state_path

    return str(user_state_path("unleak"))


def state_of(entries: Sequence[Entry]) -> str:
    """One of "interrupted", "applied", "undo interrupted", "undone" and "undone in part"."""
    last = next((e.phase for e in reversed(entries) if e.phase in _STATES), "")
    return _STATES.get(last, "interrupted")


def _line(entry: Entry) -> str:
    fields: dict[str, Any] = {"phase": entry.phase}
    if entry.step:
        fields["step"] = entry.step
    return json.dumps({**fields, **entry.facts}, sort_keys=True) + "\n"


def _entry(run: str, line: str) -> Entry | None:
    try:
        fields = json.loads(line)
        return Entry(run, fields.pop("phase"), fields.pop("step", ""), fields)
    except (ValueError, KeyError, AttributeError):
        return None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        why = (problem.strerror or "unknown error").lower()
        hint = "make room, or set UNLEAK_STATE_DIR to another folder"
        raise JournalError(f"cannot write the journal: {why}", hint) from None


def _write_whole(path: str, data: bytes) -> None:
    """The file appears whole or not at all: half a key would let journals be guessed from."""
    temporary = f"{path}.{secrets.token_hex(4)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _flush_folder(os.path.dirname(path))


def _flush_folder(path: str) -> None:
    """A new name in the folder survives a power cut, where the file system can promise that."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _ends_whole(path: str) -> bool:
    with open(path, "rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"
