"""Packs written by hand: every field may be wrong. https://git-scm.com/docs/gitformat-pack"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

COMMIT, TREE, BLOB, TAG, OFS_DELTA, REF_DELTA = 1, 2, 3, 4, 6, 7
NAMES = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}


@dataclass(frozen=True)
class Entry:
    """One entry. data: what its stream inflates to, an object or a delta. name: its id (hex) in the
    index, made from kind and data unless given. base: for REF_DELTA the base's id (hex), for
    OFS_DELTA how many entries before it stands. size: what the header claims, else the truth.
    stream: compressed bytes instead of those of `data`. distance: claimed for OFS_DELTA."""

    kind: int
    data: bytes
    name: str = ""
    base: str | int = ""
    size: int | None = None
    stream: bytes | None = None
    distance: int | None = None


def object_id(kind: int, data: bytes, object_format: str = "sha1") -> str:
    return hashlib.new(object_format, NAMES[kind] + b" %d\0" % len(data) + data).hexdigest()


def header(kind: int, size: int) -> bytes:
    """Type and size of an entry: 4 bits, then 7 a byte."""
    out = bytearray([(kind << 4) | (size & 15)])
    size >>= 4
    while size:
        out[-1] |= 0x80
        out.append(size & 0x7F)
        size >>= 7
    return bytes(out)


def distance(back: int) -> bytes:
    """How far before an entry its base stands, as OFS_DELTA spells it."""
    out = [back & 0x7F]
    back >>= 7
    while back:
        back -= 1
        out.append(0x80 | (back & 0x7F))
        back >>= 7
    return bytes(reversed(out))


def varint(number: int) -> bytes:
    """A size in a delta: 7 bits a byte, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(0x80 | (number & 0x7F))
        number >>= 7
    return bytes([*out, number])


def copy(offset: int, size: int) -> bytes:
    """The delta instruction that copies from the base; size below 2^24."""
    code, rest = 0x80, b""
    for bit, byte in enumerate(struct.pack("<I", offset)):
        if byte:
            code, rest = code | 1 << bit, rest + bytes([byte])
    for bit, byte in enumerate(struct.pack("<I", size)[:3]):
        if byte:
            code, rest = code | 16 << bit, rest + bytes([byte])
    return bytes([code]) + rest


def insert(data: bytes) -> bytes:
    """The delta instructions that insert bytes, 127 at a time."""
    pieces = (data[at : at + 127] for at in range(0, len(data), 127))
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)


def delta(base_size: int, size: int, *instructions: bytes) -> bytes:
    return varint(base_size) + varint(size) + b"".join(instructions)


def write_pack(
    folder: Path,
    entries: Sequence[Entry],
    *,
    object_format: str = "sha1",
    version: int = 2,
    name: str = "",
    count: int | None = None,
) -> Path:
    """Write pack and index into `folder` (an objects/pack); returns the pack's path.

    version: of the index, 1 or 2, 0 for none. count: what the pack's header claims.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pack = bytearray(b"PACK" + struct.pack(">II", 2, len(entries) if count is None else count))
    rows: list[tuple[bytes, int, int]] = []
    starts: list[int] = []
    for entry in entries:
        starts.append(len(pack))
        raw = _entry(entry, starts)
        known = entry.name or object_id(entry.kind, entry.data, object_format)
        rows.append((bytes.fromhex(known), zlib.crc32(raw), len(pack)))
        pack += raw
    digest = hashlib.new(object_format, pack).digest()
    pack += digest
    path = folder / f"pack-{name or digest.hex()}.pack"
    path.write_bytes(pack)
    if version:
        index = _index(sorted(rows), version) + digest
        index += hashlib.new(object_format, index).digest()
        path.with_suffix(".idx").write_bytes(index)
    return path


def _entry(entry: Entry, starts: Sequence[int]) -> bytes:
    size = len(entry.data) if entry.size is None else entry.size
    raw = header(entry.kind, size)
    if entry.kind == OFS_DELTA:
        back = entry.distance
        if back is None:
            assert isinstance(entry.base, int)
            back = starts[-1] - starts[-1 - entry.base]
        raw += distance(back)
    elif entry.kind == REF_DELTA:
        assert isinstance(entry.base, str)
        raw += bytes.fromhex(entry.base)
    return raw + (zlib.compress(entry.data) if entry.stream is None else entry.stream)


def _index(rows: Sequence[tuple[bytes, int, int]], version: int) -> bytes:
    firsts = [row[0][0] for row in rows]
    fanout = b"".join(struct.pack(">I", sum(f <= n for f in firsts)) for n in range(256))
    if version == 1:
        return fanout + b"".join(struct.pack(">I", at) + name for name, _, at in rows)
    return (
        b"\xfftOc" + struct.pack(">I", 2) + fanout
        + b"".join(name for name, _, _ in rows)
        + b"".join(struct.pack(">I", crc) for _, crc, _ in rows)
        + b"".join(struct.pack(">I", at) for _, _, at in rows)
    )  # fmt: skip
