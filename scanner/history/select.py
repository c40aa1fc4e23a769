"""Which objects of a store are to be scanned, each once, cut into pieces of work."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from scanner.git.index import BrokenPackError
from scanner.git.packs import BLOB, COMMIT, TAG, TREE, Forest, forest
from scanner.git.stores import Store, read_loose
from scanner.git.walk import branches, starts
from scanner.history.clean_objects import CleanObjects
from scanner.history.shards import Packed, Work
from scanner.record import record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PIECES_A_JOB = 8
_LOOSE_COST = 4 << 10  # bytes of packed data that take about as long as opening a file
_LARGEST_PIECE = 64 << 20  # bytes of packed data: progress is heard of after each piece
_LOOSE_PIECE = 1 << 20  # what one piece of loose objects costs


@record
class Selection:
    """Everything to do. unknown: ids of objects whose kind cannot be told from the pack. cached:
    how many were left out because they are known to be clean. packed: bytes of what is scanned, as
    it is stored."""

    packs: tuple[Packed, ...]
    work: tuple[Work, ...]
    unknown: tuple[str, ...]
    commits: tuple[str, ...]
    cached: int
    packed: int


def select(store: Store, only: Collection[str] | None, clean: CleanObjects, jobs: int) -> Selection:
    """Cut a store into work. only: ids (hex) to scan, None for all; what `clean` knows to be
    clean is left out."""
    import numpy as np

    width = f"S{store.hash_size}"
    wanted_ids = None
    if only is not None:
        wanted_ids = np.array([bytes.fromhex(one) for one in sorted(only)], width)
    seen: list[NDArray[np.bytes_]] = []
    packs: list[Packed] = []
    unknown: list[str] = []
    commits: list[str] = []
    cached = packed = 0
    limit = sum(pack.end for pack in store.packs) // (jobs * PIECES_A_JOB)
    limit = max(1 << 16, min(limit, _LARGEST_PIECE))
    for pack in store.packs:
        entries = forest(pack)
        names = pack.index.names[entries.position]
        fresh = _fresh(names, seen)
        commits += _ids(names[fresh & (entries.kind == COMMIT)], store.hash_size)
        if wanted_ids is not None:
            fresh &= np.isin(names, wanted_ids)
        kinds = (BLOB, COMMIT, TAG, TREE) if is_cruft(pack.path) else (BLOB, COMMIT, TAG)
        scan = fresh & np.isin(entries.kind, kinds)
        unknown += _ids(names[fresh & (entries.kind == 0)], store.hash_size)
        known = clean.known(names, scan)
        cached += int(known.sum())
        scan &= ~known
        packed += int((entries.end - entries.start)[scan].sum())
        packs.append(_packed(pack, entries, scan, limit))
    work: list[Work] = []
    for number, one in enumerate(packs):
        work += _work(number, one, limit)
    loose = [name for name in sorted(store.loose) if only is None or name in only]
    commits += [name for name in loose if _kind(store.loose[name]) == "commit"]
    if loose:
        names = np.array([bytes.fromhex(name) for name in loose], width)
        fresh = _fresh(names, seen)
        known = clean.known(names, fresh)
        cached += int(known.sum())
        fresh &= ~known
        loose = [name for name, new in zip(loose, fresh.tolist(), strict=True) if new]
        pieces = _loose_work(store, loose)
        packed += sum(piece.weight - _LOOSE_COST * len(piece.loose) for piece in pieces)
        work += pieces
    work.sort(key=lambda piece: -piece.weight)
    return Selection(tuple(packs), tuple(work), tuple(unknown), tuple(commits), cached, packed)


def _loose_work(store: Store, names: list[str]) -> list[Work]:
    found: list[Work] = []
    piece: list[str] = []
    weight = 0
    for name in names:
        piece.append(name)
        weight += _LOOSE_COST + _size(store.loose[name])
        if weight >= _LOOSE_PIECE or name == names[-1]:
            found.append(Work(0, (), tuple(piece), weight))
            piece, weight = [], 0
    return found


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0  # what reads it says what is wrong


def _kind(path: str) -> str:
    """The kind that a loose object says it is, "" if that cannot be told."""
    try:
        return read_loose(path, 0)[0]
    except (OSError, BrokenPackError):
        return ""


def _fresh(names: NDArray[np.bytes_], seen: list[NDArray[np.bytes_]]) -> NDArray[np.bool_]:
    """Which names were in no pack before; then they were."""
    import numpy as np

    fresh = np.ones(len(names), bool)
    for before in seen:
        fresh &= ~np.isin(names, before)
    seen.append(names)
    return fresh


def is_cruft(path: str) -> bool:
    """Whether a pack holds what nothing refers to: there trees are read for the names in them."""
    return os.path.exists(path.removesuffix(".pack") + ".mtimes")


def _ids(names: NDArray[np.bytes_], hash_size: int) -> list[str]:
    return [bytes(name).ljust(hash_size, b"\0").hex() for name in names.tolist()]


def _packed(pack: Any, entries: Forest, scan: NDArray[np.bool_], limit: int) -> Packed:  # noqa: ANN401
    import numpy as np

    found = branches(entries, scan)
    begin = starts(entries, found, limit)
    cuts = frozenset(one.node for one in begin if entries.parent[one.node] >= 0)
    return Packed(pack, entries, found, scan.astype(np.uint8).data, cuts)


def _work(number: int, packed: Packed, limit: int) -> list[Work]:
    """Neighbours in the pack are done together, until they weigh enough."""
    found: list[Work] = []
    nodes: list[int] = []
    weight = 0
    for one in starts(packed.forest, packed.branches, limit):
        nodes.append(one.node)
        weight += one.weight
        if weight >= limit:
            found.append(Work(number, tuple(nodes), (), weight))
            nodes, weight = [], 0
    if nodes:
        found.append(Work(number, tuple(nodes), (), weight))
    return found
