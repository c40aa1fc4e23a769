"""What the commits of a range bring in, and what was there before: versions and names of files."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.git.ranges import Commit
from scanner.record import record

Pair = tuple[str, str]  # blob id in hex, path


@record
class Brought:
    """Both sides of a range. Commits by their number in it, the earliest first.

    versions: what commits bring in, and which. bases: what they found there, each once, in order;
    a pair may be in both (taken out and put back). names: new paths, and the first commit that has
    each. old_names: paths that were there and are taken out.
    """

    versions: dict[Pair, list[int]]
    bases: tuple[Pair, ...]
    names: dict[str, int]
    old_names: tuple[str, ...]


def brought_in(commits: Sequence[Commit]) -> Brought:
    """The two sides of a range's commits (parents before children).

    A version is what the range started from if a commit replaces it that no earlier commit of the
    range has brought in, or if the parent that holds it stands outside the range.
    """
    numbers = {commit.id: number for number, commit in enumerate(commits)}
    versions: dict[Pair, list[int]] = {}
    bases: dict[Pair, None] = {}
    names: dict[str, int] = {}
    old_names: dict[str, None] = {}
    for number, commit in enumerate(commits):
        for change in commit.changes:
            for place, old in enumerate(change.olds):
                outside = place >= len(commit.parents) or commit.parents[place] not in numbers
                if old and (outside or (old, change.path) not in versions):
                    bases[old, change.path] = None
                    if not change.new:
                        old_names[change.path] = None
            if change.new and not any(change.olds):
                names.setdefault(change.path, number)
        for change in commit.changes:
            if change.new:
                versions.setdefault((change.new, change.path), []).append(number)
    return Brought(versions, tuple(bases), names, tuple(old_names))
