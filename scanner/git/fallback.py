"""Objects that our reader could not read, asked from git itself, which is not trusted to end.

A hostile pack makes git go round forever, or ask for more memory than there is; so it gets limited
time and memory. When it dies on an object, that one is given up, and the rest is asked for anew.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scanner.errors import GitError
from scanner.git.repository import _SAFE, _environment
from scanner.record import record

if TYPE_CHECKING:
    import hashlib

_MOST_DEATHS = 6  # then what is left is not asked for: each may take seconds
_MOST_WHOLE = 64 << 20  # bytes of an object that is asked for in one piece
_STREAMED = "core.bigFileThreshold=8m"  # git holds no whole file of more than that in memory
_CHUNK = 1 << 20
_TREE = b"tree"


@record
class Limits:
    """What git may use. memory: bytes, where the system can limit it. silence: seconds."""

    memory: int
    silence: float


FACTS = Limits(128 << 20, 10)
CONTENT = Limits(2 << 30, 120)  # git makes what is stored as a delta in memory


def kinds_and_sizes(
    top: str, ids: Sequence[str], limits: Limits = FACTS
) -> dict[str, tuple[str, int]]:
    """Kind and size of each id that git can tell them of; the others are left out.

    A tree counts only if its content has that id: what is taken for a tree is not scanned.
    """
    found: dict[str, tuple[str, int]] = {}
    left, deaths = list(ids), 0
    while left and deaths < _MOST_DEATHS:
        answers, died = _ask(top, left, limits)
        for line in answers:
            parts = line.decode("ascii", "replace").split(" ")
            if len(parts) == 3 and parts[2].isdigit():
                found[parts[0]] = (parts[1], int(parts[2]))
        deaths += died
        left = left[len(answers) + 1 :] if died else []
    trees = [name for name, (kind, _) in found.items() if kind == "tree"]
    for name in set(trees) - _true_trees(top, trees):
        del found[name]
    return found


def _ask(top: str, ids: Sequence[str], limits: Limits) -> tuple[list[bytes], bool]:
    """(a line for each id, in order, as far as git came; whether it died on the next one)."""
    pieces: list[bytes] = []
    died = False
    try:  # unbuffered: an answer that git has given is not lost when it dies
        for piece in _said(top, ["cat-file", "--batch-check"], ids, limits):
            pieces.append(piece)  # noqa: PERF402 -- what came before an error is kept
    except GitError:
        died = True
    return b"".join(pieces).split(b"\n")[:-1], died


def _true_trees(top: str, ids: Sequence[str]) -> set[str]:
    """Ids of trees whose content is what the id says."""
    found: set[str] = set()
    if not ids:
        return found
    arguments = ["cat-file", "--batch", "--buffer"]
    data, name, left = b"", "", 0
    digest = _digest("", "tree", 0)
    try:
        for piece in _said(top, arguments, ids, CONTENT):
            data += piece
            while data:
                if not left:  # at a header; what is behind a content is counted as part of it
                    line, separator, rest = data.partition(b"\n")
                    if not separator:
                        break
                    parts, data = line.split(b" "), rest
                    if len(parts) == 3 and parts[1] == _TREE:
                        name, left = parts[0].decode("ascii"), int(parts[2]) + 1
                        digest = _digest(name, "tree", left - 1)
                    continue
                digest.update(data[: min(left - 1, len(data))])
                data, left = data[left:], max(0, left - len(data))
                if not left and digest.hexdigest() == name:
                    found.add(name)
    except GitError:
        return found
    return found


def read_whole(top: str, object_id: str, kind: str) -> bytes:
    """The content of one object. GitError when git cannot read it, or it is too large for that."""
    pieces: list[bytes] = []
    size = 0
    for piece in _said(top, ["cat-file", kind, object_id], (), CONTENT):
        pieces.append(piece)
        size += len(piece)
        if size > _MOST_WHOLE:
            raise GitError(f"object {object_id} is larger than what is held in memory")
    digest = _digest(object_id, kind, size)
    for piece in pieces:
        digest.update(piece)
    if digest.hexdigest() != object_id:
        raise GitError(f"object {object_id} is not what its id says")
    return b"".join(pieces)


def read_stream(top: str, object_id: str, kind: str, size: int | None = None) -> Iterator[bytes]:
    """The same piece by piece, for content that is not to be held whole.

    size: what it is said to be; then the content is compared with the id, at its end.
    """
    digest = None if size is None else _digest(object_id, kind, size)
    for piece in _said(top, ["-c", _STREAMED, "cat-file", kind, object_id], (), CONTENT):
        if digest is not None:
            digest.update(piece)
        yield piece
    if digest is not None and digest.hexdigest() != object_id:
        raise GitError(f"object {object_id} is not what its id says")


def _digest(object_id: str, kind: str, size: int) -> hashlib._Hash:
    """The digest that makes an id, begun with what stands before the content."""
    import hashlib

    algorithm = hashlib.sha1 if len(object_id) == 40 else hashlib.sha256
    return algorithm(f"{kind} {size}\0".encode(), usedforsecurity=False)


def _said(
    top: str, arguments: Sequence[str], ids: Sequence[str], limits: Limits
) -> Iterator[bytes]:
    """What git says to ids, piece by piece. GitError if it fails, or is silent for too long."""
    import selectors
    import subprocess
    import tempfile

    environment = _environment(index=False) | {"GIT_ALLOW_PROTOCOL": "none"}
    command = ["git", "-C", top, "--no-pager", *_SAFE, *arguments]
    with tempfile.TemporaryFile() as asked, selectors.DefaultSelector() as selector:
        asked.writelines(f"{one}\n".encode() for one in ids)
        asked.seek(0)
        try:
            child = subprocess.Popen(
                command, env=environment, stdin=asked, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, bufsize=0,
            )  # fmt: skip
        except OSError as problem:
            raise GitError(f"git cannot be started in {top}: {problem.strerror}") from problem
        assert child.stdout
        try:
            _limit(child.pid, limits.memory)
            selector.register(child.stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(limits.silence):
                    raise GitError(f"git says nothing for {limits.silence:g} seconds ({top})")
                piece = os.read(child.stdout.fileno(), _CHUNK)
                if not piece:
                    break
                yield piece
            code = child.wait()
        finally:
            child.stdout.close()
            if child.poll() is None:
                child.kill()
                child.wait()
    if code:
        raise GitError(f"git cannot read an object ({top})", "run 'git fsck' there")


def _limit(process: int, memory: int) -> None:
    """Limit what a process may still ask for, where the system knows how."""
    if sys.platform != "linux":
        return
    import resource

    try:
        _, most = resource.prlimit(process, resource.RLIMIT_DATA)
        if most == resource.RLIM_INFINITY or most > memory:
            resource.prlimit(process, resource.RLIMIT_DATA, (memory, most))
    except (OSError, ValueError):  # it has ended already, or may not be limited
        return
