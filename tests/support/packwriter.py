"""Look at packs as the walk does, compare with git, and write the index forms git rarely writes."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scanner.git.index import BrokenPackError, read_index
from scanner.git.packs import KINDS, TREE, Forest, Pack, forest
from scanner.git.stores import Store, open_store, read_loose
from scanner.git.walk import branches, starts, walk

Row = tuple[bytes, int, int]  # (id, CRC-32, offset)
MOST = 1 << 62


@dataclass
class Seen:
    """What a walk gave. content: id (hex) -> (kind, bytes); reported: id -> reason; visits, reports:
    ids in order, as often as they came. kept: bytes that were a base's."""

    content: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    reported: dict[str, str] = field(default_factory=dict)
    visits: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    kept: int = 0


def sealed(data: bytes, hash_size: int = 20) -> bytes:
    """Data with its checksum behind it, as every pack and index ends."""
    return data + hashlib.new("sha1" if hash_size == 20 else "sha256", data).digest()


def fanout(names: Sequence[bytes]) -> bytes:
    """The table at the head of an index: how many ids begin with a byte up to each."""
    firsts = [name[0] for name in names]
    return b"".join(struct.pack(">I", sum(one <= n for one in firsts)) for n in range(256))


def index_bytes(rows: Sequence[Row], pack_sum: bytes, *, far: Collection[int] = ()) -> bytes:
    """Index version 2; offsets in `far`, and those that need it, stand in the 64-bit table."""
    rows = sorted(rows)
    large = [at for _, _, at in rows if at >= 1 << 31 or at in far]
    small = [(1 << 31) + large.index(at) if at >= 1 << 31 or at in far else at for _, _, at in rows]
    data = b"\xfftOc" + struct.pack(">I", 2) + fanout([name for name, _, _ in rows])
    data += b"".join(name for name, _, _ in rows)
    data += b"".join(struct.pack(">I", crc) for _, crc, _ in rows)
    data += b"".join(struct.pack(">I", at) for at in small)
    data += b"".join(struct.pack(">Q", at) for at in large) + pack_sum
    return sealed(data, len(pack_sum))


def multi_pack_index_bytes(
    packs: Sequence[str], rows: Sequence[tuple[bytes, int, int]], hash_size: int = 20
) -> bytes:
    """A multi-pack index. rows: (id, number of the pack, offset)."""
    rows = sorted(rows)
    names = b"".join(os.fsencode(name) + b"\0" for name in packs)
    names += b"\0" * (-len(names) % 4)
    large = [at for _, _, at in rows if at >= 1 << 31]
    small = [(1 << 31) + large.index(at) if at >= 1 << 31 else at for _, _, at in rows]
    chunks = [
        (b"PNAM", names),
        (b"OIDF", fanout([name for name, _, _ in rows])),
        (b"OIDL", b"".join(name for name, _, _ in rows)),
        (
            b"OOFF",
            b"".join(
                struct.pack(">II", pack, at) for (_, pack, _), at in zip(rows, small, strict=True)
            ),
        ),
    ]
    if large:
        chunks.append((b"LOFF", b"".join(struct.pack(">Q", at) for at in large)))
    kind = 1 if hash_size == 20 else 2
    head = b"MIDX" + bytes([1, kind, len(chunks), 0]) + struct.pack(">I", len(packs))
    at = len(head) + 12 * (len(chunks) + 1)
    table = b""
    for name, body in chunks:
        table += name + struct.pack(">Q", at)
        at += len(body)
    table += b"\0\0\0\0" + struct.pack(">Q", at)
    return sealed(head + table + b"".join(body for _, body in chunks), hash_size)


def opened(path: Path, hash_size: int = 20) -> Pack:
    """A pack with the index beside it."""
    return Pack(str(path), read_index(str(path.with_suffix(".idx")), hash_size))


def names_of(pack: Pack, entries: Forest) -> list[str]:
    """Id (hex) of each entry of a forest."""
    return [pack.index.name(int(at)).hex() for at in entries.position]


def look(
    pack: Pack,
    *,
    limit: int = MOST,
    wanted: Callable[[str], bool] | None = None,
    everything: bool = True,
    trees: bool = True,
) -> Seen:
    """Walk a pack in the pieces that `limit` gives; every visit's kept ranges are compared.

    What has no kind is reported, as whoever asks for kinds would. everything: what is only made
    because something wanted stands on it counts as visited. trees: they are wanted, too.
    """
    entries = forest(pack)
    seen = Seen()
    names = names_of(pack, entries)
    kinds = entries.kind.tolist()
    chosen = np.array([wanted is None or wanted(name) for name in names], bool)
    chosen &= (entries.kind != 0) & (trees | (entries.kind != TREE))
    for name, kind in zip(names, kinds, strict=True):
        if kind == 0:
            seen.reported[name] = "its kind cannot be told"
    found = branches(entries, chosen)
    begin = starts(entries, found, limit)
    cuts = frozenset(one.node for one in begin if entries.parent[one.node] >= 0)

    def visit(node: int, data: bytes, base: object, kept: object) -> bytes:
        if kept is not None and base is not None:
            seen.kept += check_kept(data, base, kept)
        if chosen[node] or everything:
            seen.visits.append(names[node])
            seen.content[names[node]] = (KINDS[kinds[node]], data)
        return data

    def report(node: int, reason: str) -> None:
        seen.reports.append(names[node])
        seen.reported[names[node]] = reason

    for one in begin:
        walk(pack, entries, found, [one.node], cuts, visit, report)
    return seen


def check_kept(data: bytes, base: object, kept: object) -> int:
    """Kept ranges are in order, do not overlap, and are equal; gives their bytes."""
    assert isinstance(base, bytes)
    assert isinstance(kept, list)
    before = total = 0
    for here, there, length in kept:
        assert here >= before
        assert length > 0
        assert there + length <= len(base)
        assert here + length <= len(data)
        assert data[here : here + length] == base[there : there + length]
        before = here + length
        total += length
    return total


def look_at_store(
    store: Store, *, limit: int = MOST, twice: bool = False, trees: bool = True
) -> Seen:
    """All objects of a store, packed and loose; the first content of an id counts.

    twice: an index may list an id more than once.
    """
    whole = Seen()
    for problem in store.problems:
        whole.reported |= dict.fromkeys((problem.path, *problem.ids), problem.reason)
    for pack in store.packs:
        seen = look(pack, limit=limit, trees=trees)
        assert twice or len(seen.visits) == len(set(seen.visits))
        whole.content = seen.content | whole.content
        whole.reported |= seen.reported
        whole.visits += seen.visits
        whole.reports += seen.reports
        whole.kept += seen.kept
    for name, path in store.loose.items():
        try:
            kind, size, content = read_loose(path, 1 << 25)
        except (OSError, BrokenPackError) as problem:
            whole.reported[name] = str(problem)
            continue
        assert content is not None
        assert size == len(content)
        whole.content.setdefault(name, (kind, content))
        whole.visits.append(name)
    return whole


def store_of(top: Path, hash_size: int = 20) -> Store:
    """The store of a repository with or without a work tree."""
    folder = top / ".git" / "objects"
    return open_store(str(folder if folder.is_dir() else top / "objects"), hash_size)


def asked_from_git(top: Path) -> dict[str, tuple[str, bytes]]:
    """Id -> (kind, content) of every object, as git itself reads them."""
    command = ["git", "-C", str(top), "cat-file", "--batch", "--batch-all-objects", "--unordered"]
    output = subprocess.run(
        command, capture_output=True, check=True, env={**os.environ, "GIT_NO_REPLACE_OBJECTS": "1"}
    ).stdout
    found: dict[str, tuple[str, bytes]] = {}
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        name, kind, size = output[at:end].decode().split(" ")
        found[name] = (kind, output[end + 1 : end + 1 + int(size)])
        at = end + 2 + int(size)
    return found


def write_loose(objects: Path, name: str, raw: bytes) -> Path:
    """A loose object's file with `raw` (header included) compressed, whatever it says."""
    path = objects / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zlib.compress(raw))
    return path
