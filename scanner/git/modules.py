"""Submodules as git knows them: their paths in the tree, and the names that .gitmodules gives."""

from __future__ import annotations

import os

from scanner.errors import GitError
from scanner.git.repository import _run

_GITLINK = b"160000"  # the mode of a submodule's commit
_MOST = 1 << 24  # bytes of a .gitmodules file


def gitlinks(top: str) -> list[str]:
    """Paths where a submodule belongs, by the index, or by HEAD where there is none. GitError."""
    entries = _run(top, ["ls-files", "-s", "-z"]).split(b"\0")
    if entries == [b""] and _has_head(top):
        entries = _run(top, ["ls-tree", "-r", "-z", "--full-tree", "HEAD"]).split(b"\0")
    paths = (entry.partition(b"\t")[2] for entry in entries if entry.startswith(_GITLINK))
    return sorted({os.fsdecode(path) for path in paths})


def declared(top: str, work_tree: str) -> dict[str, str]:
    """Name -> path in the tree, by .gitmodules of HEAD and of the work tree ("" for none).

    Only names and paths are read; a file that git cannot read declares nothing, and so does a path
    that leads out of the tree. https://git-scm.com/docs/gitmodules
    """
    found: dict[str, str] = {}
    listing = ["config", "--no-includes", "-z", "--list"]
    sources = [["--blob", "HEAD:.gitmodules"]]
    path = os.path.join(work_tree, ".gitmodules")
    plain = work_tree and os.path.isfile(path) and not os.path.islink(path)
    if plain and os.path.getsize(path) <= _MOST:
        sources.append(["--file", path])
    for source in sources:
        try:
            lines = _run(top, [*listing, *source]).split(b"\0")
        except GitError:
            continue
        for line in lines:
            key, _, value = os.fsdecode(line).partition("\n")
            if key.startswith("submodule.") and key.endswith(".path") and stays_inside(value):
                found[key[len("submodule.") : -len(".path")]] = value.rstrip("/")
    return found


def stays_inside(path: str) -> bool:
    """Whether a path in a tree is one: relative, and nowhere upwards."""
    parts = path.rstrip("/").split("/")
    return not any(part in ("", ".", "..") or "\0" in part for part in parts)


def _has_head(top: str) -> bool:
    try:
        _run(top, ["rev-parse", "--verify", "--quiet", "HEAD^{tree}"])
    except GitError:
        return False
    return True
