"""Files of a tree: which there are, and each as a Blob.

Symbolic links are not followed; sockets, FIFOs and devices are no content and are never opened.
`.git` is not walked; nested repositories and submodules are.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence

from scanner.errors import GitError, UsageError
from scanner.git.repository import is_bare, listed_files, top_of
from scanner.model import Blob, Place, Skipped
from scanner.record import record

WHOLE = 8 << 20  # bytes: larger files are read block by block
_OPEN = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@record
class Found:
    """A regular file: its path relative to the root, where it is, and its size in bytes."""

    path: str
    real: str
    size: int


@record
class Tree:
    """What to walk. paths: as the user typed them. wanted: decides by relative path."""

    root: str
    paths: tuple[str, ...]
    gitignore: bool = True
    wanted: Callable[[str], bool] | None = None


def root_of(paths: Sequence[str]) -> str:
    """What reported paths are relative to: the repository's top, else the folder itself."""
    roots = {_root(path) for path in paths}
    return roots.pop() if len(roots) == 1 else os.path.commonpath(roots)


def _root(path: str) -> str:
    full = os.path.abspath(path)
    if not os.path.lexists(full):
        raise UsageError(f"{path}: no such file or folder")
    top = top_of(full)
    if top:
        return top
    folder = full if os.path.isdir(full) else os.path.dirname(full)
    return _marked(folder) or folder


def _marked(folder: str) -> str:
    """The nearest folder at or above that holds `.unleak`, as where a tree without git begins."""
    while not os.path.isdir(os.path.join(folder, ".unleak")):
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above
    return folder


def list_files(tree: Tree) -> tuple[list[Found], list[Skipped]]:
    """Every file to scan, sorted by path, each once, and what could not be looked at."""
    found: dict[str, Found] = {}
    skipped: list[Skipped] = []
    for path in tree.paths:
        if os.path.islink(path) and os.path.isdir(path):
            hint = "name the folder that it points to"
            raise UsageError(f"{path}: is a symbolic link, and links are not followed", hint)
        for one in _under(tree, os.path.abspath(path)):
            if isinstance(one, Skipped):
                skipped.append(one)
            elif tree.wanted is None or tree.wanted(one.path):
                found[one.path] = one
    return [found[path] for path in sorted(found)], skipped


def _under(tree: Tree, full: str) -> Iterator[Found | Skipped]:
    if not os.path.isdir(full):
        yield from _file(tree.root, full)
        return
    if is_bare(full):
        hint = "scan a work tree of it; its history is not read yet"
        raise UsageError(f"{full}: is a repository without files of its own", hint)
    top = top_of(full) if tree.gitignore else None
    if top is None:
        yield from _walk(tree.root, full)
        return
    if os.path.basename(full) == ".git":
        raise UsageError(f"{full}: git's own files are not scanned")
    relative = os.path.relpath(full, top)
    names = listed_files(top, () if relative == "." else (relative,))
    for name in names:
        child = os.path.join(top, name)
        if _is_folder(child):
            yield from _nested(tree, child)
        else:
            yield from _file(tree.root, child)


def _nested(tree: Tree, full: str) -> Iterator[Found | Skipped]:
    """A submodule or a repository inside: listed by its own rules; empty when not checked out."""
    if not os.path.lexists(os.path.join(full, ".git")):
        yield from _walk(tree.root, full)
        return
    try:
        yield from _under(tree, full)
    except GitError as problem:
        yield Skipped(Place(_relative(tree.root, full)), problem.message)


def _walk(root: str, folder: str) -> Iterator[Found | Skipped]:
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = list(os.scandir(here))
        except OSError as problem:
            yield Skipped(Place(_relative(root, here)), _why(problem))
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != ".git":
                    waiting.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                yield from _file(root, entry.path)


def _file(root: str, full: str) -> Iterator[Found | Skipped]:
    """The file, nothing for what is no content (or deleted in the work tree), or why not."""
    try:
        status = os.lstat(full)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as problem:
        yield Skipped(Place(_relative(root, full)), _why(problem))
        return
    if stat.S_ISREG(status.st_mode):
        yield Found(_relative(root, full), full, status.st_size)


def read_all(files: Iterable[Found]) -> Iterator[Blob | Skipped]:
    """Each file as a Blob. A large blob can be read only until the next one is asked for."""
    for one in files:
        yield from _read(one)


def _read(one: Found) -> Iterator[Blob | Skipped]:
    place = Place(one.path)
    try:
        handle = os.open(one.real, _OPEN)
    except OSError as problem:
        yield Skipped(place, _why(problem))
        return
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            yield Skipped(place, "is no regular file any more")
        elif one.size > WHOLE:
            yield Blob("", os.fstat(handle).st_size, (place,), read=_reader(handle))
        else:
            data = _whole(handle, one.size)
            yield Blob("", len(data), (place,), data)
    except OSError as problem:
        yield Skipped(place, _why(problem))
    finally:
        os.close(handle)


def _whole(handle: int, size: int) -> bytes:
    data = os.read(handle, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    while data:
        data = os.read(handle, WHOLE)
        parts.append(data)
    return b"".join(parts)


def _reader(handle: int) -> Callable[[int, int], bytes]:
    def read(offset: int, length: int) -> bytes:
        parts = []
        while length > 0:
            part = os.pread(handle, length, offset)
            if not part:
                break
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return b"".join(parts)

    return read


def _relative(root: str, full: str) -> str:
    inside = full.startswith(root + os.sep)
    path = full[len(root) + 1 :] if inside else os.path.relpath(full, root)
    return path.replace(os.sep, "/")


def _is_folder(full: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(full).st_mode)
    except OSError:
        return False


def _why(problem: OSError) -> str:
    return (problem.strerror or "cannot be read").lower()
