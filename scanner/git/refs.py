"""Refs: their names, what they stand for, and what a commit's tree holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from scanner.git.process import run
from scanner.git.repository import _SAFE, _environment, _run

_GITLINK = b"160000"  # the mode of a submodule's commit
_IGNORED = "ignoring broken ref "


def refs(top: str) -> list[tuple[str, bytes]]:
    """(full name, object id in hex) of every ref, sorted by name; the object need not exist."""
    lines = _run(top, ["for-each-ref", "--format=%(objectname) %(refname)"]).splitlines()
    pairs = (line.split(b" ", 1) for line in lines)
    return sorted((os.fsdecode(name), object_id) for object_id, name in pairs)


def broken_refs(top: str) -> list[str]:
    """Names of refs that git passes over because it cannot read them."""
    command = ["git", "-C", top, "--no-pager", *_SAFE, "for-each-ref", "--format="]
    _, _, said = run(command, _environment(index=False))
    lines = os.fsdecode(said).splitlines()
    return sorted({line.split(_IGNORED, 1)[1] for line in lines if _IGNORED in line})


def peeled(top: str, names: Sequence[bytes]) -> list[bytes]:
    """The id of what each name (an object id, or HEAD) stands for once every tag is opened.

    b"" for what does not exist. One git process, however many names.
    """
    if not names:
        return []
    request = b"".join(name + b"^{}\n" for name in names)
    arguments = ["cat-file", "--batch-check=%(objectname) %(objecttype)"]
    lines = _run(top, arguments, stdin=request).splitlines()
    kinds = (b"commit", b"tree", b"blob")
    cut = (line.split(b" ") for line in lines)
    return [parts[0] if len(parts) == 2 and parts[1] in kinds else b"" for parts in cut]


def is_shallow(top: str) -> bool:
    """Whether the repository's history is cut off somewhere (a shallow clone)."""
    return _run(top, ["rev-parse", "--is-shallow-repository"]).strip() == b"true"


def tree_entries(top: str, commit_id: str) -> Iterator[tuple[bytes, bytes]]:
    """(blob id in hex, path) of every file and symbolic link in a commit's tree."""
    output = _run(top, ["ls-tree", "-r", "-z", "--full-tree", commit_id])
    for entry in filter(None, output.split(b"\0")):
        facts, _, path = entry.partition(b"\t")
        mode, _, object_id = facts.split(b" ")
        if mode != _GITLINK:
            yield object_id, path
