"""One file in one folder of the repository, read and replaced without following a link.

The folder and the file come from a repository that is hostile until shown otherwise: both are
opened by descriptor with O_NOFOLLOW, and only a directory and a regular file are accepted.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from scanner.errors import VaultError

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW
_SPECIAL = "move it away: unleak reads and writes only a real folder and a regular file there"


def read_file(folder: str, name: str) -> bytes | None:
    """The file's content, None when folder or file does not exist; VaultError otherwise."""
    with _explained(f"cannot read {name}"), _opened_folder(folder) as directory:
        if directory is None:
            return None
        return _read(directory, name)


def write_file(folder: str, name: str, data: bytes, check: Callable[[bytes], None]) -> None:
    """Replace the file whole or not at all; it keeps its mode, a new one gets 0644.

    The bytes go to a temporary file of mode 0600 in the same folder, are flushed to disk, read
    back and given to `check` (which raises if they are not right) before the rename. The caller
    holds the lock (see `locked`).
    """
    with _explained(f"cannot write {name}"):
        with suppress(FileExistsError):
            os.mkdir(folder)
        with _opened_folder(folder) as directory:
            if directory is None:
                raise VaultError(f"cannot write {name}: its folder vanished", "try again")
            _replace(directory, name, data, check)


def remove_file(folder: str, name: str) -> None:
    """Remove the file if it is there, and its folder if that is empty then."""
    with _explained(f"cannot remove {name}"):
        with _opened_folder(folder) as directory:
            if directory is None:
                return
            _sweep(directory, name)
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=directory)
            os.fsync(directory)
        with suppress(OSError):
            os.rmdir(folder)


def sweep_folder(folder: str, name: str) -> None:
    """Remove what a killed writer left beside the file; the caller holds the lock."""
    with _explained(f"cannot tidy up beside {name}"), _opened_folder(folder) as directory:
        if directory is not None:
            _sweep(directory, name)


@contextmanager
def locked(root: str, environ: Mapping[str, str]) -> Iterator[None]:
    """One writer at a time, by a lock in the user's state folder (never in the repository)."""
    from filelock import FileLock, Timeout

    try:
        folder = os.path.join(_state_folder(environ), "locks")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        digest = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:16]
        lock = FileLock(os.path.join(folder, f"vault-{digest}.lock"), timeout=30)
        lock.acquire()
    except Timeout:
        raise VaultError(
            "another run is writing to the vault", "wait until it is done, then try again"
        ) from None
    except OSError as problem:
        raise VaultError(
            f"cannot lock the vault: {(problem.strerror or '').lower()}",
            "set UNLEAK_STATE_DIR to a folder that can be written",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _state_folder(environ: Mapping[str, str]) -> str:
    if folder := environ.get("UNLEAK_STATE_DIR"):
        return folder
    from platformdirs import user_state_path

    return str(user_state_path("unleak"))


def _replace(directory: int, name: str, data: bytes, check: Callable[[bytes], None]) -> None:
    mode = 0o644
    with suppress(FileNotFoundError):
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise VaultError(f"{name} is not a regular file", _SPECIAL)
        mode = stat.S_IMODE(found.st_mode)
    _sweep(directory, name)
    temporary = f".{name}.{secrets.token_hex(6)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW
    try:
        with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=directory), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        check(_read(directory, temporary) or b"")
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=directory)
        raise
    os.fsync(directory)


def _sweep(directory: int, name: str) -> None:
    """Remove what a killed writer left; callers hold the lock, so nobody is writing now."""
    for left in os.listdir(directory):
        if left.startswith(f".{name}.") and left.endswith(".tmp"):
            os.unlink(left, dir_fd=directory)


def _read(directory: int, name: str) -> bytes | None:
    try:
        # Non-blocking, so that a FIFO put in the file's place does not stop us.
        handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK | _NOFOLLOW, dir_fd=directory)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise VaultError(f"{name} is not a regular file", _SPECIAL)
        return stream.read()


@contextmanager
def _opened_folder(folder: str) -> Iterator[int | None]:
    try:
        directory = os.open(folder, _FOLDER)
    except FileNotFoundError:
        yield None
        return
    try:
        yield directory
    finally:
        os.close(directory)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.ENOTDIR):
            raise VaultError(f"{what}: it stands behind a symbolic link", _SPECIAL) from None
        raise VaultError(
            f"{what}: {(problem.strerror or 'unknown error').lower()}",
            "check the permissions of the folder and the space on the disk",
        ) from None
