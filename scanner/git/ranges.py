"""What the commits of a range change, and any object's content: git asked in streams.

Merges are compared with all of their parents at once, so that what only a merge brings in is seen
and what comes from one of its sides is not seen twice. Nothing of the repository's configuration
decides what is seen; see log.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import chain

from scanner.errors import GitError
from scanner.git.log import _GITLINK, _LOG, _records, _seconds, stream
from scanner.git.repository import _run
from scanner.record import record

KINDS = ("commit", "tree", "blob", "tag")
_MANY = 500  # requests that fit into a pipe at once, so that git is never waited for
_COMBINED = tuple(one.replace("=first-parent", "=combined") for one in _LOG)


@record
class Change:
    """A path that a commit gives another content. Ids in hex, "" where there is none or where it
    is a submodule. olds: before, one for each parent."""

    path: str
    new: str
    olds: tuple[str, ...]


@record
class Commit:
    """A commit and its changes against all parents. author: `name <mail>`. time: seconds."""

    id: str
    parents: tuple[str, ...]
    author: str
    time: int
    changes: tuple[Change, ...]


def read_range(
    top: str, tips: Sequence[str], excluded: Sequence[str], hidden: Sequence[str] = ()
) -> list[Commit]:
    """The commits of `tips` that are not in `excluded` (ids), parents before children.

    hidden: further selectors of git whose commits are left out, such as `--remotes`.
    GitError when git cannot read them all.
    """
    arguments = [*_COMBINED, *tips, "--not", *excluded, *hidden, "--"]
    heads: list[list[bytes]] = []
    raws: list[bytes] = []
    for many in _records(stream(top, arguments)):
        for piece in many.split(b"\0\0"):
            one = piece.strip(b"\0")  # behind a merge without changes stand three
            if one.startswith(b":"):  # a merge's changes stand behind two themselves
                raws[-1] = one
            if not one or one.startswith(b":"):
                continue
            *head, raw = (one + b"\0").split(b"\0", 3)
            heads.append(head)
            raws.append(raw)
    found = [_commit(head, raw) for head, raw in zip(heads, raws, strict=True)]
    found.reverse()
    return found


def _commit(head: Sequence[bytes], raw: bytes) -> Commit:
    commit_id, *parents = head[0].decode("ascii").split(" ")
    changes = _changes(raw)
    author = head[2].decode("utf-8", "replace")
    time = _seconds(head[1].partition(b" ")[0])
    return Commit(commit_id, tuple(filter(None, parents)), author, time, tuple(changes))


def _changes(raw: bytes) -> Iterator[Change]:
    parts = raw.lstrip(b"\n").split(b"\0")
    for facts, path in zip(parts[::2], parts[1::2], strict=False):
        before = len(facts) - len(facts.lstrip(b":"))
        words = facts[before:].split(b" ")
        modes, ids = words[: before + 1], words[before + 1 : 2 * before + 2]
        *olds, new = (_content(mode, one) for mode, one in zip(modes, ids, strict=True))
        if new or any(olds):
            yield Change(os.fsdecode(path), new, tuple(olds))


def _content(mode: bytes, object_id: bytes) -> str:
    return "" if mode == _GITLINK or not object_id.strip(b"0") else object_id.decode("ascii")


def tree_changes(top: str, base: str, tip: str) -> tuple[Change, ...]:
    """What differs from the tree of `base` (a commit or tree, "" for an empty one) to `tip`'s."""
    if not base:
        listed = _run(top, ["ls-tree", "-r", "-z", "--full-tree", tip])
        return tuple(chain.from_iterable(map(_entry, listed.split(b"\0"))))
    arguments = ["diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff",
                 "--no-textconv", "--ignore-submodules=all", base, tip]  # fmt: skip
    return tuple(_changes(_run(top, arguments)))


def _entry(listed: bytes) -> Iterator[Change]:
    facts, _, path = listed.partition(b"\t")
    if path:
        mode, _, object_id = facts.split(b" ")
        if new := _content(mode, object_id):
            yield Change(os.fsdecode(path), new, ("",))


def kinds(top: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """(kind, id in hex) of what each revision or id names; ("", "") for what is not there."""
    if not names:
        return []
    if any("\n" in name for name in names):
        raise GitError("a revision holds a line break", "give a branch, a tag or a commit id")
    request = b"".join(os.fsencode(name) + b"\n" for name in names)
    lines = _run(top, ["cat-file", "--batch-check"], stdin=request).splitlines()
    found = []
    for line in lines:
        words = line.decode("ascii", "replace").split(" ")
        fine = len(words) == 3 and words[1] in KINDS and words[2].isdigit()
        found.append((words[1], words[0]) if fine else ("", ""))
    return found


def merge_bases(top: str, first: str, second: str) -> list[str]:
    """Every best common ancestor of two commits; none if their histories have nothing in common."""
    try:
        return _run(top, ["merge-base", "--all", first, second]).decode("ascii").split()
    except GitError as problem:
        if "without a word" in problem.message:  # so it says that there is none
            return []
        raise


def shallow_commits(top: str) -> frozenset[str]:
    """Ids of the commits at which a shallow clone's history is cut off."""
    lines = _run(top, ["rev-parse", "--is-shallow-repository", "--git-path", "shallow"])
    answer, _, path = lines.rstrip(b"\n").partition(b"\n")
    if answer != b"true":
        return frozenset()
    with open(os.path.join(os.fsencode(top), path), "rb") as stream_:
        return frozenset(stream_.read().decode("ascii", "replace").split())


def read_files(top: str, revision: str, paths: Sequence[str]) -> list[tuple[str, bytes]]:
    """(what it is, content) of paths in a commit's tree; links inside the tree are followed.

    What it is: "blob"; "" for what is not there; else "tree" or why a link leads to no file.
    """
    names = [os.fsencode(f"{revision}:{path}") for path in paths]
    request = b"".join(name + b"\n" for name in names)
    output = _run(top, ["cat-file", "--batch", "--follow-symlinks"], stdin=request)
    found: list[tuple[str, bytes]] = []
    offset = 0
    for name in names:
        end = output.find(b"\n", offset)
        header = output[offset:end]
        offset = end + 1
        if header == name + b" missing":
            found.append(("", b""))
            continue
        words = header.split(b" ")
        size = int(words[-1])
        kind = words[1] if len(words) == 3 and words[1].decode() in KINDS else words[0]
        found.append((kind.decode("ascii", "replace"), output[offset : offset + size]))
        offset += size + 1
    return found


def blobs_at(top: str, commit_id: str, paths: Sequence[str]) -> dict[str, str]:
    """Path -> blob id of those paths that are files or links in the commit's tree."""
    found = {}
    for first in range(0, len(paths), _MANY):
        asked = paths[first : first + _MANY]
        arguments = ["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit_id, "--"]
        listed = _run(top, [*arguments, *asked])
        for change in chain.from_iterable(map(_entry, listed.split(b"\0"))):
            found[change.path] = change.new
    return found


def read_objects(
    top: str, ids: Sequence[str], most: int = 0
) -> Iterator[tuple[str, str, bytes | None]]:
    """(id, kind, content) in the order asked for; kind "" for what is missing or broken.

    most: content of blobs with more bytes is passed over and given as None; 0 for no limit.
    """
    for first in range(0, len(ids), _MANY):
        left = list(ids[first : first + _MANY])
        while left:
            try:
                for found in _batch(top, left, most):
                    left.pop(0)
                    yield found
            except GitError:  # it ends at an object that it cannot read
                if left:
                    yield left.pop(0), "", None


def _batch(top: str, ids: Sequence[str], most: int) -> Iterator[tuple[str, str, bytes | None]]:
    request = "".join(f"{one}\n" for one in ids).encode("ascii")
    source = _Source(stream(top, ["cat-file", "--batch", "--buffer"], request))
    for one in list(ids):
        words = source.line().split(b" ")
        if len(words) != 3:
            yield one, "", None
            continue
        size = int(words[2])
        content = source.take(size, keep=not most or size <= most or words[1] != b"blob")
        source.take(1)
        yield one, words[1].decode("ascii"), content
    source.end()


class _Source:
    """Lines and counted bytes of a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._at = 0

    def line(self) -> bytes:
        """Up to the next line break; GitError if the stream ends before it."""
        parts = []
        while (end := self._piece.find(b"\n", self._at)) < 0:
            parts.append(self._piece[self._at :])
            self._more()
        parts.append(self._piece[self._at : end])
        self._at = end + 1
        return b"".join(parts)

    def take(self, size: int, *, keep: bool = True) -> bytes | None:
        """That many bytes, or None when they are not to be kept."""
        parts: list[bytes] = []
        while True:
            part = self._piece[self._at : self._at + size]
            self._at += len(part)
            size -= len(part)
            if keep:
                parts.append(part)
            if not size:
                return b"".join(parts) if keep else None
            self._more()

    def end(self) -> None:
        """Read to the end; GitError if git failed."""
        for _ in self._pieces:
            pass

    def _more(self) -> None:
        self._piece, self._at = next(self._pieces, b""), 0
        if not self._piece:
            raise GitError("git ended too early")
