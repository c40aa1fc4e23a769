"""Walk a pack's delta trees depth first: each object is made once, from its base still in hand.

No recursion: chains of any depth. The heaviest branch of an object is walked last, so that at most
a logarithm of their number is in memory at a time; where that is too much, bases are made anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from scanner.git.delta import DeltaError, Kept, apply, sizes
from scanner.git.index import BrokenPackError
from scanner.git.packs import NOBODY, Forest, Pack
from scanner.record import record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHORTEST = 1 << 10  # bytes: shorter ranges of a base are not worth carrying anything over
LARGEST = 32 << 20  # bytes: larger objects are read as streams, not held whole
MOST_HELD = 8 * LARGEST  # bytes: bases beyond that are made anew for each that needs them
TOO_LARGE = "is larger than what is held in memory"
_ENTRY_COST = 400  # bytes of packed data that take about as long as one object more


@record
class Branches:
    """What is to be walked of a forest.

    keep: entries that are wanted or lead to wanted ones. weight: packed bytes of an entry and all
    that is kept above it. first: where an entry's children begin in `children`, heaviest first.
    """

    keep: NDArray[np.bool_]
    weight: NDArray[np.int64]
    first: NDArray[np.int64]
    children: NDArray[np.int64]


@record
class Start:
    """One piece of work: an entry to begin with, and its cost in packed bytes."""

    node: int
    weight: int


# (entry, content, the base's state, ranges that are the base's or None) -> the entry's own state
Visit = Callable[[int, bytes, Any, Kept | None], Any]
Report = Callable[[int, str], None]


def branches(forest: Forest, wanted: NDArray[np.bool_]) -> Branches:
    """Keep what is wanted and what it is made from; weigh it; list the children of each entry."""
    import numpy as np

    keep = wanted.copy()
    weight = forest.end - forest.start + _ENTRY_COST
    weight[forest.parent < NOBODY] = 0
    child = forest.parent >= 0
    for level in _levels(forest.parent):
        level = level[keep[level]]  # noqa: PLW2901 -- only what is kept passes something down
        above = forest.parent[level]
        keep[above] = True
        np.add.at(weight, above, weight[level])
    nodes = np.flatnonzero(child & keep)
    order = np.lexsort((-weight[nodes], forest.parent[nodes]))
    children = nodes[order]
    first = np.searchsorted(forest.parent[children], np.arange(len(keep) + 1))
    return Branches(keep, weight, first, children)


def _levels(parent: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Entries that have a base, the deepest first, by their distance from the root."""
    import numpy as np

    depth = (parent >= 0).astype(np.int64)
    up = np.where(parent >= 0, parent, np.arange(len(parent)))
    while True:
        further = depth[up]
        if not further.any():
            break
        depth = depth + further
        up = up[up]
    order = np.argsort(depth, kind="stable")
    bounds = np.searchsorted(depth[order], np.arange(1, int(depth.max(initial=0)) + 2))
    for low, high in zip(bounds[-2::-1].tolist(), bounds[:0:-1].tolist(), strict=True):
        yield order[low:high]


def starts(forest: Forest, found: Branches, limit: int) -> list[Start]:
    """Where to begin, in order of the pack: every root, and entries where a tree that is heavier
    than `limit` is cut in pieces."""
    import numpy as np

    roots = np.flatnonzero(found.keep & (forest.parent == NOBODY))
    pieces: list[Start] = []
    for root in roots.tolist():
        pieces += _pieces(forest, found, root, limit)
    return pieces


def _pieces(forest: Forest, found: Branches, root: int, limit: int) -> Iterator[Start]:
    """Cut along the heaviest branch whenever enough has gone by.

    A piece makes the base that it begins with anew. That costs no more than what is in the piece:
    on one long chain the pieces grow longer and longer.
    """
    weight = found.weight
    top, rest = root, int(weight[root])
    remade = above = 0  # packed bytes on the way down to the top of the piece, and to the node
    node = root
    while rest > limit:
        low = int(found.first[node])
        if low == int(found.first[node + 1]):
            break
        above += int(forest.end[node] - forest.start[node]) + _ENTRY_COST
        node = int(found.children[low])
        passed, left = rest - int(weight[node]), int(weight[node])
        if passed >= max(limit, remade) and left >= above:
            yield Start(top, passed)
            top, rest, remade = node, left, above
    yield Start(top, rest)


def walk(
    pack: Pack,
    forest: Forest,
    found: Branches,
    begin: Sequence[int],
    cuts: frozenset[int],
    visit: Visit,
    report: Report,
) -> None:
    """Make every kept object reachable from `begin` and visit it. Entries in `cuts` are left to
    whoever begins with them. report(entry, reason): it and what is made from it were not visited.
    """
    first, children = found.first.data, found.children.data
    parent = forest.parent.data
    read = reader(pack, forest)
    held = 0  # bytes of objects that wait for more than one to be made from them
    # (entry, its base if in hand, the base's state, what is held no longer from here on)
    waiting: list[tuple[int, bytes | None, Any, int]] = []
    for start in begin:
        waiting.append((start, None, None, 0))
        while waiting:
            node, base, state, free = waiting.pop()
            held -= free
            try:
                raw = read(node)
                if base is None and parent[node] >= 0:
                    base = content(forest, read, parent[node])
                data, kept = (raw, None) if base is None else apply(base, raw, SHORTEST)
            except (BrokenPackError, DeltaError) as problem:
                _report_all(node, first, children, cuts, report, str(problem))
                continue
            base = raw = b""  # not held while the object is looked at
            state = visit(node, data, state, kept)
            above = children[first[node] : first[node + 1]].tolist()
            above = [child for child in above if child not in cuts]
            if len(above) > 1 and held + len(data) > MOST_HELD:
                waiting += [(child, None, state, 0) for child in above[:-1]]
                waiting.append((above[-1], data, state, 0))
            elif above:
                free = len(data) if len(above) > 1 else 0
                held += free
                waiting.append((above[0], data, state, free))
                waiting += [(child, data, state, 0) for child in above[1:]]
            data = b""


def reader(pack: Pack, forest: Forest) -> Callable[[int], bytes]:
    """A function that gives what an entry inflates to: an object, or a delta that makes one."""
    start, end = forest.start.data, forest.end.data
    data, size = forest.data.data, forest.size.data
    position = forest.position.data
    crcs = None if pack.index.crcs is None else pack.index.crcs.data
    view, parent = pack.view, forest.parent.data

    def read(node: int) -> bytes:
        if size[node] > LARGEST:
            raise BrokenPackError(TOO_LARGE)
        if crcs is not None and zlib.crc32(view[start[node] : end[node]]) != crcs[position[node]]:
            raise BrokenPackError("its bytes do not match the checksum in the index")
        raw = pack.inflate(data[node], end[node], size[node])
        if parent[node] >= 0 and sizes(raw)[1] > LARGEST:
            raise BrokenPackError(TOO_LARGE)
        return raw

    return read


def content(forest: Forest, read: Callable[[int], bytes], node: int) -> bytes:
    """An object made from its root on. BrokenPackError, DeltaError."""
    chain = [node]
    while int(forest.parent[chain[-1]]) >= 0:
        chain.append(int(forest.parent[chain[-1]]))
    data = read(chain.pop())
    while chain:
        data, _ = apply(data, read(chain.pop()))
    return data


def _report_all(
    node: int,
    first: memoryview,
    children: memoryview,
    cuts: frozenset[int],
    report: Report,
    reason: str,
) -> None:
    """The entry, and everything that would have been made from it."""
    report(node, reason)
    waiting = children[first[node] : first[node + 1]].tolist()
    while waiting:
        child = waiting.pop()
        if child not in cuts:
            report(child, f"the object it is made from cannot be read: {reason}")
            waiting += children[first[child] : first[child + 1]].tolist()
