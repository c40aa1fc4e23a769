"""The only way a file of the tree is changed: whole or not at all, and never through a link.

Every component of a path is opened by descriptor without following links. New bytes go to a
temporary file of mode 0600 in the same folder, are flushed, get the old file's mode, and take its
place by a rename, right after a last look that the file is still the one that was read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise

from scanner.errors import EditError
from scanner.model import Edit

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | os.O_CLOEXEC


def spliced(data: bytes, edits: Sequence[Edit]) -> bytes:
    """`data` with the edits made, from the end backwards; EditError if they overlap."""
    ordered = sorted(set(edits), key=lambda edit: (edit.start, edit.end))
    for first, second in pairwise(ordered):
        if second.start < first.end or (second.start == first.start and first.end == second.end):
            raise EditError("two edits of one file overlap")
    for edit in reversed(ordered):
        if not 0 <= edit.start <= edit.end <= len(data):
            raise EditError("an edit lies outside its file")
        data = data[: edit.start] + edit.new + data[edit.end :]
    return data


def moved(edits: Sequence[Edit], offset: int) -> int:
    """Where an offset of the old file, in no edit, stands in the new one."""
    return offset + sum(
        len(edit.new) - (edit.end - edit.start) for edit in set(edits) if edit.end <= offset
    )


def new_spans(edits: Sequence[Edit]) -> list[tuple[Edit, int, int]]:
    """(edit, start, end) of what each edit wrote, in the new file, in order."""
    found = []
    shift = 0
    for edit in sorted(set(edits), key=lambda one: (one.start, one.end)):
        start = edit.start + shift
        found.append((edit, start, start + len(edit.new)))
        shift += len(edit.new) - (edit.end - edit.start)
    return found


def read_file(root: str, path: str) -> bytes | None:
    """The bytes of a regular file of the tree; None if there is none; EditError for links."""
    with _explained(path), _folder_of(root, path) as (folder, name):
        if folder is None:
            return None
        try:
            handle = os.open(name, _READ, dir_fd=folder)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as stream:
            _check_regular(os.fstat(stream.fileno()), path)
            return stream.read()


def read_editable(root: str, path: str) -> bytes:
    """The bytes of a file that `replace_file` would take; EditError with the reason otherwise."""
    with _explained(path), _folder_of(root, path) as (folder, name):
        handle = -1
        with suppress(FileNotFoundError):
            handle = os.open(name, _READ, dir_fd=folder) if folder is not None else -1
        if handle < 0:
            raise EditError(f"{path}: is not there any more", "plan again")
        with os.fdopen(handle, "rb") as stream:
            status = os.fstat(stream.fileno())
            _check_regular(status, path)
            _check_alone(status, path)
            return stream.read()


def replace_file(root: str, path: str, before: bytes | None, after: bytes, tag: str) -> None:
    """Put `after` in the place of `before` (None: the file must not be there yet).

    tag: names the temporary file, so that what a killed run left can be found. EditError says what
    is in the way; the file is then as it was.
    """
    with _explained(path):
        if before is None:
            _make_folders(root, path)
        with _folder_of(root, path) as (folder, name):
            if folder is None:
                raise EditError(f"{path}: its folder is not there any more")
            found = _unchanged(folder, name, path, before)
            _swap(folder, name, path, after, found, tag)


def remove_file(root: str, path: str, expected: bytes) -> None:
    """Remove the file if it still holds `expected`, and its folder if that is empty then."""
    with _explained(path):
        with _folder_of(root, path) as (folder, name):
            if folder is None or _unchanged(folder, name, path, expected) is None:
                return
            os.unlink(name, dir_fd=folder)
            _flush_folder(folder)
        parent = os.path.dirname(path)
        if parent:
            with suppress(OSError):
                os.rmdir(os.path.join(root, parent))


def temporary_name(path: str, tag: str) -> str:
    """The relative path of the temporary file of an edit of `path`."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/.{name}.{tag}.tmp".lstrip("/")


def sweep(root: str, path: str, tag: str) -> None:
    """Remove the temporary file that a killed run may have left beside `path`."""
    with _explained(path), _folder_of(root, path) as (folder, name):
        if folder is not None:
            with suppress(FileNotFoundError):
                os.unlink(f".{name}.{tag}.tmp", dir_fd=folder)


def _swap(
    folder: int, name: str, path: str, after: bytes, found: os.stat_result | None, tag: str
) -> None:
    temporary = f".{name}.{tag}.tmp"
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=folder)
    try:
        with os.fdopen(os.open(temporary, _CREATE, 0o600, dir_fd=folder), "wb") as stream:
            stream.write(after)
            stream.flush()
            _take_over(stream.fileno(), found)
            os.fsync(stream.fileno())
        _check_same(folder, name, path, found)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise
    _flush_folder(folder)


def _flush_folder(folder: int) -> None:
    """The change is made: that a file system cannot flush a folder must not pass for a failure."""
    with suppress(OSError):
        os.fsync(folder)


def _take_over(handle: int, found: os.stat_result | None) -> None:
    """Mode and, where we may, owner of the old file; a new one gets 0644."""
    if found is None:
        os.fchmod(handle, 0o644)
        return
    if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(OSError):
            os.fchown(handle, found.st_uid, found.st_gid)
    os.fchmod(handle, stat.S_IMODE(found.st_mode))


def _unchanged(folder: int, name: str, path: str, before: bytes | None) -> os.stat_result | None:
    """The file's status if it holds exactly `before`; None if neither is there; else EditError."""
    try:
        handle = os.open(name, _READ, dir_fd=folder)
    except FileNotFoundError:
        if before is None:
            return None
        raise EditError(f"{path}: is not there any more", "plan again") from None
    with os.fdopen(handle, "rb") as stream:
        status = os.fstat(stream.fileno())
        _check_regular(status, path)
        if before is None or stream.read() != before:
            raise EditError(f"{path}: was changed by somebody else", "plan again")
    _check_alone(status, path)
    return status


def _check_same(folder: int, name: str, path: str, found: os.stat_result | None) -> None:
    try:
        now = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        now = None
    facts = [(s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns) if s else None for s in (found, now)]
    if facts[0] != facts[1]:
        raise EditError(f"{path}: was changed by somebody else", "plan again")


def _check_regular(status: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise EditError(f"{path}: is no regular file")


def _check_alone(status: os.stat_result, path: str) -> None:
    """A rename would change one name of the file and leave the others with the old content."""
    if status.st_nlink > 1:
        hint = "replace the link by a copy, or edit it by hand"
        raise EditError(f"{path}: has {status.st_nlink} hard links", hint)


def _make_folders(root: str, path: str) -> None:
    """The one folder above a new file; deeper ones must be there."""
    parent = os.path.dirname(path)
    if parent:
        with suppress(FileExistsError):
            os.mkdir(os.path.join(root, parent))


@contextmanager
def _folder_of(root: str, path: str) -> Iterator[tuple[int | None, str]]:
    """(descriptor of the folder that holds `path`, the name in it); None if it is not there."""
    parts = path.split("/")
    if not path or path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise EditError(f"{path}: lies outside the tree")
    handle = os.open(root, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            try:
                deeper = os.open(part, _FOLDER, dir_fd=handle)
            except FileNotFoundError:
                yield None, parts[-1]
                return
            os.close(handle)
            handle = deeper
        yield handle, parts[-1]
    finally:
        os.close(handle)


@contextmanager
def _explained(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.ENOTDIR):
            hint = "unleak edits only what the tree itself holds"
            raise EditError(f"{path}: stands behind a symbolic link", hint) from None
        why = (problem.strerror or "unknown error").lower()
        hint = "check the permissions of the folder and the space on the disk"
        raise EditError(f"{path}: {why}", hint) from None
