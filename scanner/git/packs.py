"""Packs: what stands in one, which object is made from which, and the bytes of each.

Read through a memory map, so that a pack of any size costs the pages that are looked at and stays
readable when a running `git gc` deletes it. Headers are read with numpy, all at once.
Format: https://git-scm.com/docs/gitformat-pack.
"""

from __future__ import annotations

import mmap
import os
import zlib
from typing import TYPE_CHECKING, Any

from scanner.git.index import BrokenPackError, Index, open_file
from scanner.record import record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

try:  # twice as fast as zlib, where there is a wheel of it
    from isal import isal_zlib

    _inflater: Any = isal_zlib.decompressobj
    _DAMAGED: Any = (isal_zlib.error, zlib.error)
except ImportError:
    _inflater = zlib.decompressobj
    _DAMAGED = (zlib.error,)

COMMIT, TREE, BLOB, TAG, OFS_DELTA, REF_DELTA = 1, 2, 3, 4, 6, 7
KINDS = {COMMIT: "commit", TREE: "tree", BLOB: "blob", TAG: "tag"}
NOBODY = -1  # no base: the object stands whole
BROKEN = -2  # the header cannot be read or names a base that is not in this pack
_LONGEST_CHAIN_DOUBLINGS = 40
_NAMES_AT_ONCE = 1 << 14
_CHUNK = 1 << 16


@record
class Forest:
    """The entries of a pack, sorted by offset; a number stands for an entry in every array.

    position: the entry's number in the index (sorted by id). start, end: where its header begins
    and where the next entry does, bytes. data: where its compressed bytes begin. size: of what they
    inflate to (an object, or a delta). parent: the entry it is a delta of, NOBODY or BROKEN.
    kind: what the object is (COMMIT ... TAG), 0 when that cannot be told. root: the entry that its
    chain of bases ends in, itself when it has none.
    """

    position: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    data: NDArray[np.int64]
    size: NDArray[np.int64]
    parent: NDArray[np.int64]
    kind: NDArray[np.int64]
    root: NDArray[np.int64]


class Pack:
    """One open pack. Close it, or let it go: the map stays while anything holds it."""

    def __init__(self, path: str, index: Index) -> None:
        self.path = path
        self.index = index
        with open_file(path) as stream:
            length = os.fstat(stream.fileno()).st_size
            if length < 12 + index.hash_size:
                raise BrokenPackError("the pack is too short")
            self.map = mmap.mmap(stream.fileno(), length, access=mmap.ACCESS_READ)
        self.view = memoryview(self.map)
        self.end = length - index.hash_size
        self._check()

    def _check(self) -> None:
        version = int.from_bytes(self.map[4:8], "big")
        if self.map[:4] != b"PACK" or version not in (2, 3):
            raise BrokenPackError("is no pack of a known version")
        if self.index.pack_sum and self.map[self.end :] != self.index.pack_sum:
            raise BrokenPackError("the pack is not the one its index was made for, or is cut off")
        count = int.from_bytes(self.map[8:12], "big")
        if self.index.crcs is not None and count != len(self.index.offsets):
            raise BrokenPackError("the pack holds another number of objects than its index")

    def is_whole(self) -> bool:
        """Whether the pack matches the checksum at its end. Reads all of it."""
        import hashlib

        kind = hashlib.sha1 if self.index.hash_size == 20 else hashlib.sha256
        digest = kind(self.view[: self.end], usedforsecurity=False).digest()
        return digest == self.view[self.end :]

    def inflate(self, start: int, end: int, size: int) -> bytes:
        """The bytes that [start, end) of the pack inflate to: `size` of them, else
        BrokenPackError."""
        # What is not of the stream is copied: a few bytes more than it can need, no megabytes.
        first = min(end, start + size + (size >> 8) + 1024)
        stream = _inflater()
        try:
            data: bytes = stream.decompress(self.view[start:first], size + 1)
            while not stream.eof and len(data) <= size:
                more = stream.unconsumed_tail or self.view[first : min(end, first + _CHUNK)]
                if not more:
                    break
                first += 0 if stream.unconsumed_tail else len(more)
                data += stream.decompress(more, size + 1 - len(data))
        except _DAMAGED as problem:
            raise BrokenPackError("its compressed bytes are damaged") from problem
        if len(data) != size or not stream.eof:
            raise BrokenPackError("it inflates to another size than it says")
        return data


def forest(pack: Pack) -> Forest:
    """Read every header of a pack and find what each entry is made from."""
    import numpy as np

    offsets = pack.index.offsets
    position = np.argsort(offsets, kind="stable")
    start = offsets[position]
    end = np.append(start[1:], pack.end)[: len(start)]
    buffer = np.frombuffer(pack.map, np.uint8)
    inside = (start >= 12) & (start < pack.end) & (end > start)
    safe = np.where(inside, start, 12)
    raw = buffer[np.minimum(safe, pack.end - 1)].astype(np.int64)
    code = np.where(inside, (raw >> 4) & 7, 0)
    size, data = _varint(buffer, safe, raw, pack.end)
    parent = np.full(len(start), NOBODY, np.int64)
    _offset_bases(buffer, start, data, code, parent, pack.end)
    _named_bases(pack, buffer, position, data, code, parent)
    broken = ~inside | (size < 0) | (data >= pack.end) | ~np.isin(code, (1, 2, 3, 4, 6, 7))
    parent[broken] = BROKEN
    if pack.index.crcs is None and not pack.is_whole():
        parent[:] = BROKEN  # nothing tells which entries are damaged
    root = _roots(parent)
    kind = np.where(parent[root] == NOBODY, code[root], 0)
    damaged = _damaged(pack, position, start, end, np.flatnonzero(kind == TREE))
    if damaged:
        parent[damaged] = BROKEN
        root = _roots(parent)
        kind = np.where(parent[root] == NOBODY, code[root], 0)
    return Forest(position, start, end, data, size, parent, kind, root)


def _damaged(
    pack: Pack,
    position: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    which: NDArray[np.int64],
) -> list[int]:
    """Those of the entries in `which` whose bytes are not what the index says.

    What seems to be a tree is not read any more: one flipped bit would hide a blob.
    """
    if pack.index.crcs is None:
        return []
    numbers = which.tolist()
    spans = zip(start[which].tolist(), end[which].tolist(), strict=True)
    crcs = pack.index.crcs[position[which]].tolist()
    view, crc32 = pack.view, zlib.crc32
    found = [crc32(view[low:high]) for low, high in spans]
    return [at for at, one, true in zip(numbers, found, crcs, strict=True) if one != true]


def _varint(
    buffer: NDArray[np.uint8], start: NDArray[np.int64], first: NDArray[np.int64], limit: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(sizes, where the header ends); a size that does not end or fit is -1."""
    import numpy as np

    size = first & 15
    at = start + 1
    going = np.flatnonzero(first & 128)
    shift = 4
    while len(going):
        if shift > 56:
            size[going] = -1
            break
        byte = buffer[np.minimum(at[going], limit - 1)].astype(np.int64)
        size[going] |= (byte & 127) << shift
        at[going] += 1
        going = going[(byte & 128) != 0]
        shift += 7
    return size, at


def _offset_bases(
    buffer: NDArray[np.uint8],
    start: NDArray[np.int64],
    data: NDArray[np.int64],
    code: NDArray[np.int64],
    parent: NDArray[np.int64],
    limit: int,
) -> None:
    """Bases that are named by how far before the entry they stand."""
    import numpy as np

    which = np.flatnonzero(code == OFS_DELTA)
    if not len(which):
        return
    at = data[which]
    byte = buffer[np.minimum(at, limit - 1)].astype(np.int64)
    back = byte & 127
    at = at + 1
    going = np.flatnonzero(byte & 128)
    rounds = 0
    while len(going) and rounds < 8:
        byte = buffer[np.minimum(at[going], limit - 1)].astype(np.int64)
        back[going] = ((back[going] + 1) << 7) | (byte & 127)
        at[going] += 1
        going = going[(byte & 128) != 0]
        rounds += 1
    back[going] = 0  # a distance that does not end
    data[which] = at
    wanted = start[which] - back
    base = np.minimum(np.searchsorted(start, wanted), len(start) - 1)
    good = (start[base] == wanted) & (back > 0)
    parent[which] = np.where(good, base, BROKEN)


def _named_bases(
    pack: Pack,
    buffer: NDArray[np.uint8],
    position: NDArray[np.int64],
    data: NDArray[np.int64],
    code: NDArray[np.int64],
    parent: NDArray[np.int64],
) -> None:
    """Bases that are named by their id; one that is not in this pack leaves the entry BROKEN."""
    import numpy as np

    which = np.flatnonzero(code == REF_DELTA)
    if not len(which):
        return
    names, width = pack.index.names, pack.index.hash_size
    rank = np.empty(len(position), np.int64)
    rank[position] = np.arange(len(position))
    for some in np.array_split(which, len(which) // _NAMES_AT_ONCE + 1):
        at = np.minimum(data[some], pack.end)  # the checksum is behind: never beyond the map
        raw = np.ascontiguousarray(buffer[at[:, None] + np.arange(width)])
        wanted = raw.view(names.dtype).ravel()
        place = np.minimum(np.searchsorted(names, wanted), len(names) - 1)
        parent[some] = np.where(names[place] == wanted, rank[place], BROKEN)
    data[which] += width


def _roots(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """The root of every entry, by doubling steps. Entries of a loop get themselves and BROKEN."""
    import numpy as np

    numbers = np.arange(len(parent))
    up = np.where(parent < 0, numbers, parent)
    for _ in range(_LONGEST_CHAIN_DOUBLINGS):
        further = up[up]
        if (further == up).all():
            break
        up = further
    looping = parent[up] >= 0
    parent[looping] = BROKEN
    up[looping] = numbers[looping]
    return up
