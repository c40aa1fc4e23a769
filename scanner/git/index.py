"""Pack indexes: which objects a pack holds and where. Versions 1 and 2, and multi-pack indexes.

Formats: https://git-scm.com/docs/gitformat-pack. Nothing here trusts a length or an offset that a
file names; what does not fit is a BrokenPackError.
"""

from __future__ import annotations

import errno
import os
import stat
from itertools import pairwise
from typing import TYPE_CHECKING, Any, BinaryIO

from scanner.record import record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAGIC = b"\xfftOc"
_FANOUT = 256 * 4
_LARGE = 1 << 31  # an offset with this bit stands in the table of 64-bit offsets


class BrokenPackError(Exception):
    """A pack or an index is not what it says. The text says what is wrong, without a path."""


@record
class Index:
    """The objects of one pack, in order of their ids.

    names: ids, one fixed-length byte string each (numpy dtype S20 or S32; equal ids are equal, but
    trailing NUL bytes are dropped when an element is read: use `name`). offsets: bytes from the
    start of the pack. crcs: CRC-32 of each packed entry, None when the index has none. pack_sum:
    the last bytes of the pack, b"" when the index does not say.
    """

    names: NDArray[np.bytes_]
    offsets: NDArray[np.int64]
    crcs: NDArray[np.uint32] | None
    pack_sum: bytes
    hash_size: int

    def name(self, position: int) -> bytes:
        """The id at a position, whole."""
        return bytes(self.names[position]).ljust(self.hash_size, b"\0")


def open_file(path: str) -> BinaryIO:
    """Open a regular file for reading; a pipe or a device, which might never end, is an OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is no regular file", path)
    return os.fdopen(descriptor, "rb")


def read_index(path: str, hash_size: int) -> Index:
    """Read one .idx file. hash_size: 20 for SHA-1, 32 for SHA-256. OSError, BrokenPackError."""
    data = _whole(path)
    if len(data) < _FANOUT + 2 * hash_size:
        raise BrokenPackError("the index is too short")
    _check_sum(data, hash_size)
    if data[:4] == _MAGIC:
        version = int.from_bytes(data[4:8], "big")
        if version != 2:
            raise BrokenPackError(f"index version {version} is not known")
        return _version_2(data, hash_size)
    return _version_1(data, hash_size)


def _whole(path: str) -> bytes:
    with open_file(path) as stream:
        try:
            return stream.read()
        except MemoryError:
            raise BrokenPackError("the index is too large") from None


def _check_sum(data: bytes, hash_size: int) -> None:
    import hashlib

    digest = hashlib.sha1 if hash_size == 20 else hashlib.sha256
    if digest(data[:-hash_size], usedforsecurity=False).digest() != data[-hash_size:]:
        raise BrokenPackError("the index does not match its checksum")


def _count(fanout: bytes) -> int:
    import numpy as np

    if len(fanout) != _FANOUT:
        raise BrokenPackError("the index's fan-out table is cut off")
    table = np.frombuffer(fanout, ">u4")
    if (np.diff(table.astype(np.int64)) < 0).any():
        raise BrokenPackError("the index's fan-out table is not in order")
    return int(table[-1])


def _version_1(data: bytes, hash_size: int) -> Index:
    import numpy as np

    count = _count(data[:_FANOUT])
    width = 4 + hash_size
    end = _FANOUT + count * width
    if len(data) != end + 2 * hash_size:
        raise BrokenPackError("the index has another length than it says")
    kind = np.dtype([("offset", ">u4"), ("name", f"S{hash_size}")])
    table = np.frombuffer(data, kind, count, _FANOUT)
    offsets = table["offset"].astype(np.int64)
    names = np.ascontiguousarray(table["name"])
    return Index(names, offsets, None, data[end : end + hash_size], hash_size)


def _version_2(data: bytes, hash_size: int) -> Index:
    import numpy as np

    count = _count(data[8 : 8 + _FANOUT])
    start = 8 + _FANOUT
    crc_at = start + count * hash_size
    off_at = crc_at + count * 4
    large_at = off_at + count * 4
    tail = len(data) - 2 * hash_size
    if large_at > tail or (tail - large_at) % 8:
        raise BrokenPackError("the index has another length than it says")
    names = np.frombuffer(data, f"S{hash_size}", count, start)
    crcs = np.frombuffer(data, ">u4", count, crc_at).astype(np.uint32)
    small = np.frombuffer(data, ">u4", count, off_at).astype(np.int64)
    large = np.frombuffer(data, ">u8", (tail - large_at) // 8, large_at)
    return Index(names, _offsets(small, large), crcs, data[tail : tail + hash_size], hash_size)


def _offsets(small: NDArray[np.int64], large: NDArray[Any]) -> NDArray[np.int64]:
    """31-bit offsets as they are, the others from the table of 64-bit ones."""
    import numpy as np

    far = small >= _LARGE
    if not far.any():
        return small
    places = small[far] - _LARGE
    if len(large) == 0 or int(places.max()) >= len(large) or int(large.max()) >> 62:
        raise BrokenPackError("the index names an offset that it does not have")
    offsets = small.copy()
    offsets[far] = large[places].astype(np.int64)
    return offsets


def read_multi_pack_index(path: str, hash_size: int) -> dict[str, Index]:
    """Read a multi-pack-index file: pack name without suffix -> its objects that are listed there.

    An object in several packs is listed for one of them only. OSError, BrokenPackError.
    """
    import numpy as np

    data = _whole(path)
    if data[:4] != b"MIDX" or len(data) < 12 + 12 + hash_size:
        raise BrokenPackError("is no multi-pack index")
    if data[4] != 1 or data[5] != (1 if hash_size == 20 else 2):
        raise BrokenPackError("the multi-pack index is of another version or kind of id")
    _check_sum(data, hash_size)
    chunks = _chunks(data, data[6])
    for needed in (b"PNAM", b"OIDF", b"OIDL", b"OOFF"):
        if needed not in chunks:
            raise BrokenPackError(f"the multi-pack index has no {needed.decode()} part")
    count = _count(chunks[b"OIDF"])
    far = chunks.get(b"LOFF", b"")
    lengths = (len(chunks[b"OIDL"]) - count * hash_size, len(chunks[b"OOFF"]) - count * 8)
    if min(lengths) < 0 or len(far) % 8:
        raise BrokenPackError("the multi-pack index has another length than it says")
    names = np.frombuffer(chunks[b"OIDL"], f"S{hash_size}", count)
    pairs = np.frombuffer(chunks[b"OOFF"], ">u4", count * 2).reshape(count, 2)
    large = np.frombuffer(far, ">u8")
    small = pairs[:, 1].astype(np.int64)
    offsets = _offsets(small, large) if len(large) else small
    packs = [os.path.splitext(os.fsdecode(n))[0] for n in chunks[b"PNAM"].split(b"\0") if n]
    if len(set(packs)) < len(packs) or (count and int(pairs[:, 0].max()) >= len(packs)):
        raise BrokenPackError("the multi-pack index names a pack that it does not have")
    found: dict[str, Index] = {}
    for number, pack in enumerate(packs):
        own = pairs[:, 0] == number
        found[pack] = Index(names[own], offsets[own], None, b"", hash_size)
    return found


def _chunks(data: bytes, count: int) -> dict[bytes, bytes]:
    table = [
        (data[at : at + 4], int.from_bytes(data[at + 4 : at + 12], "big"))
        for at in range(12, 12 + 12 * (count + 1), 12)
    ]
    found: dict[bytes, bytes] = {}
    for (name, start), (_, end) in pairwise(table):
        if not start <= end <= len(data) or name in found:
            raise BrokenPackError("the multi-pack index names a part beyond its end, or twice")
        found[name] = data[start:end]
    return found
