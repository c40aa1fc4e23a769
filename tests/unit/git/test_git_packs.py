"""What stands in a pack, and which entry is made from which."""

from __future__ import annotations

import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
from support.packs import (
    BLOB,
    COMMIT,
    OFS_DELTA,
    REF_DELTA,
    TREE,
    Entry,
    copy,
    delta,
    distance,
    header,
    insert,
    object_id,
    write_pack,
)
from support.packwriter import index_bytes, look, opened, sealed

from scanner.git.index import BrokenPackError
from scanner.git.packs import BROKEN, NOBODY, Pack, forest

BASE = b"the first version of a file\n" * 9
NEXT = BASE + b"and a line\n"
CHANGE = delta(len(BASE), len(NEXT), copy(0, len(BASE)), insert(b"and a line\n"))
NEXT_ID = object_id(BLOB, NEXT)


def test_the_forest_names_kinds_and_bases(tmp_path: Path) -> None:
    base_id = object_id(BLOB, BASE)
    path = write_pack(
        tmp_path,
        [
            Entry(BLOB, BASE),
            Entry(TREE, b""),
            Entry(OFS_DELTA, CHANGE, NEXT_ID, base=2),
            Entry(REF_DELTA, CHANGE, "11" * 20, base=base_id),
            Entry(COMMIT, b"tree x\n"),
        ],
    )
    entries = forest(opened(path))
    assert entries.parent.tolist() == [NOBODY, NOBODY, 0, 0, NOBODY]
    assert entries.kind.tolist() == [BLOB, TREE, BLOB, BLOB, COMMIT]
    assert entries.root.tolist() == [0, 1, 0, 0, 4]
    assert entries.size.tolist() == [len(BASE), 0, len(CHANGE), len(CHANGE), 7]
    assert entries.end.tolist()[:-1] == entries.start.tolist()[1:]


def test_a_base_may_stand_after_what_is_made_from_it(tmp_path: Path) -> None:
    late = Entry(REF_DELTA, CHANGE, NEXT_ID, base=object_id(BLOB, BASE))
    seen = look(opened(write_pack(tmp_path, [late, Entry(BLOB, BASE)])))
    assert seen.content[NEXT_ID] == ("blob", NEXT)
    assert not seen.reported


def test_an_empty_pack_is_empty(tmp_path: Path) -> None:
    entries = forest(opened(write_pack(tmp_path, [])))
    assert len(entries.start) == len(entries.end) == len(entries.kind) == 0
    assert look(opened(write_pack(tmp_path, []))).visits == []


@pytest.mark.parametrize("kind", [0, 5])
def test_kinds_that_are_not_known_are_broken(tmp_path: Path, kind: int) -> None:
    path = write_pack(tmp_path, [Entry(BLOB, BASE), Entry(kind, b"odd", "22" * 20)])
    entries = forest(opened(path))
    assert entries.parent.tolist() == [NOBODY, BROKEN]
    assert entries.kind.tolist() == [BLOB, 0]


@pytest.mark.parametrize("back", [1, 7, 10**6, 1 << 62, 0])
def test_a_distance_to_no_entry_is_broken(tmp_path: Path, back: int) -> None:
    path = write_pack(
        tmp_path, [Entry(BLOB, BASE), Entry(OFS_DELTA, CHANGE, NEXT_ID, distance=back)]
    )
    entries = forest(opened(path))
    assert entries.parent.tolist() == [NOBODY, BROKEN]
    assert entries.kind.tolist() == [BLOB, 0]


def test_bases_that_go_round_are_broken(tmp_path: Path) -> None:
    ids = ["33" * 20, "44" * 20, "55" * 20, "66" * 20, "77" * 20]
    entries = [
        Entry(REF_DELTA, CHANGE, ids[0], base=ids[1]),
        Entry(REF_DELTA, CHANGE, ids[1], base=ids[2]),
        Entry(REF_DELTA, CHANGE, ids[2], base=ids[0]),
        Entry(REF_DELTA, CHANGE, ids[3], base=ids[2]),  # hangs on the loop
        Entry(REF_DELTA, CHANGE, ids[4], base=ids[4]),
        Entry(BLOB, BASE),
    ]
    found = forest(opened(write_pack(tmp_path, entries)))
    assert found.kind.tolist() == [0, 0, 0, 0, 0, BLOB]
    assert (found.parent[:5] == BROKEN).all()


def test_a_base_that_is_not_in_the_pack_is_broken(tmp_path: Path) -> None:
    path = write_pack(tmp_path, [Entry(REF_DELTA, CHANGE, NEXT_ID, base="88" * 20)])
    seen = look(opened(path))
    assert set(seen.reported) == {NEXT_ID}
    assert not seen.content


def test_a_size_that_does_not_fit_is_broken(tmp_path: Path) -> None:
    path = write_pack(tmp_path, [Entry(BLOB, BASE, size=1 << 60), Entry(BLOB, b"x", size=1 << 70)])
    entries = forest(opened(path))
    assert int(entries.size[0]) == 1 << 60 or int(entries.parent[0]) == BROKEN
    assert int(entries.parent[1]) == BROKEN


def test_entries_are_inflated_whole_or_not_at_all(tmp_path: Path) -> None:
    pack = opened(write_pack(tmp_path, [Entry(BLOB, BASE), Entry(BLOB, b"")]))
    entries = forest(pack)
    start, end = int(entries.data[0]), int(entries.end[0])
    assert pack.inflate(start, end, len(BASE)) == BASE
    assert pack.inflate(int(entries.data[1]), int(entries.end[1]), 0) == b""
    for size in (0, 1, len(BASE) - 1, len(BASE) + 1, 1 << 40):
        with pytest.raises(BrokenPackError, match="another size"):
            pack.inflate(start, end, size)
    with pytest.raises(BrokenPackError):
        pack.inflate(start, end - 3, len(BASE))
    with pytest.raises(BrokenPackError, match="damaged"):
        pack.inflate(start + 1, end, len(BASE))


def test_a_bomb_is_not_inflated_beyond_what_it_claims(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(1 << 24))
    pack = opened(write_pack(tmp_path, [Entry(BLOB, b"", size=10, stream=bomb)]))
    entries = forest(pack)
    with pytest.raises(BrokenPackError, match="another size"):
        pack.inflate(int(entries.data[0]), int(entries.end[0]), 10)


def test_packs_that_do_not_fit_their_index(tmp_path: Path) -> None:
    path = write_pack(tmp_path, [Entry(BLOB, BASE), Entry(BLOB, b"x")])
    good = path.read_bytes()
    for data in (b"", b"PACK\0", good[:20], good[:-1], b"PACX" + good[4:], good[:-20] + b"y" * 20):
        path.write_bytes(data)
        with pytest.raises(BrokenPackError):
            opened(path)
    path = write_pack(tmp_path, [Entry(BLOB, BASE), Entry(BLOB, b"x")], name="short", count=3)
    with pytest.raises(BrokenPackError, match="number"):
        opened(path)


def test_versions_2_and_3_are_known_and_no_other(tmp_path: Path) -> None:
    path = write_pack(tmp_path, [Entry(BLOB, BASE)])
    data = path.read_bytes()[:-20]
    entries = [(bytes.fromhex(object_id(BLOB, BASE)), zlib.crc32(data[12:]), 12)]
    for version, good in ((2, True), (3, True), (1, False), (4, False)):
        changed = sealed(data[:4] + version.to_bytes(4, "big") + data[8:])
        path.write_bytes(changed)
        path.with_suffix(".idx").write_bytes(index_bytes(entries, changed[-20:]))
        if good:
            assert look(opened(path)).content
        else:
            with pytest.raises(BrokenPackError, match="version"):
                opened(path)


def test_a_pack_stays_readable_when_it_is_deleted(tmp_path: Path) -> None:
    path = write_pack(tmp_path, [Entry(BLOB, BASE), Entry(OFS_DELTA, CHANGE, NEXT_ID, base=1)])
    pack = opened(path)
    assert isinstance(pack, Pack)
    path.unlink()
    path.with_suffix(".idx").unlink()
    assert look(pack).content[NEXT_ID] == ("blob", NEXT)


def test_many_bases_by_name_and_ids_that_end_in_zeros(tmp_path: Path) -> None:
    bases = [Entry(BLOB, BASE, f"{n:02x}" + "00" * 19) for n in range(40)]
    made = [Entry(REF_DELTA, CHANGE, f"ff{n:04x}" + "00" * 17, base=f"{n % 50:02x}" + "00" * 19)
            for n in range(20_000)]  # fmt: skip
    entries = forest(opened(write_pack(tmp_path, [*bases, *made])))
    expected = [n % 50 if n % 50 < 40 else BROKEN for n in range(20_000)]
    assert entries.parent[40:].tolist() == expected
    assert entries.kind[40:].tolist() == [BLOB if n >= 0 else 0 for n in expected]


@pytest.mark.parametrize("version", [1, 2])
def test_no_flipped_bit_hides_a_blob_behind_a_tree(tmp_path: Path, version: int) -> None:
    path = write_pack(
        tmp_path,
        [
            Entry(TREE, b"100644 a\0" + b"x" * 20),
            Entry(BLOB, BASE),
            Entry(OFS_DELTA, CHANGE, NEXT_ID, base=1),
            Entry(TREE, b""),
        ],
        version=version,
    )
    names = {object_id(BLOB, BASE): BASE, NEXT_ID: NEXT}
    good = path.read_bytes()
    for at in range(12, len(good) - 20):
        for bit in range(8):
            data = bytearray(good)
            data[at] ^= 1 << bit
            path.write_bytes(data)
            seen = look(opened(path), trees=False)
            for name, content in names.items():  # trees are not wanted: a blob must not be one
                if name not in seen.reported:
                    assert seen.content[name] == ("blob", content)


def test_a_file_that_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    path = write_pack(tmp_path, [Entry(BLOB, BASE)])
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(OSError, match="no regular file"):
        opened(path)


def test_an_entry_beyond_2_gib(tmp_path: Path) -> None:
    """A sparse file: nothing but the entries and the checksum is written, nor read."""
    path = write_pack(tmp_path, [Entry(BLOB, BASE), Entry(BLOB, b"x")])
    first = path.read_bytes()[12 : int(forest(opened(path)).end[0])]
    far = (1 << 31) + 77
    last = header(OFS_DELTA, len(CHANGE)) + distance(far - 12) + zlib.compress(CHANGE)
    hole = 12 + len(first)
    with path.open("r+b") as stream:
        stream.write(b"PACK" + struct.pack(">II", 2, 3))
        stream.truncate(hole)
        stream.seek(far)
        stream.write(last + b"s" * 20)
    rows = [
        (bytes.fromhex(object_id(BLOB, BASE)), zlib.crc32(first), 12),
        (b"\x99" * 20, 0, hole),
        (bytes.fromhex(NEXT_ID), zlib.crc32(last), far),
    ]
    path.with_suffix(".idx").write_bytes(index_bytes(rows, b"s" * 20))
    pack = opened(path)
    entries = forest(pack)
    assert entries.start.tolist() == [12, hole, far]
    assert entries.parent.tolist() == [NOBODY, BROKEN, 0]
    seen = look(pack)
    assert seen.content[NEXT_ID] == ("blob", NEXT)
    assert set(seen.reported) == {"99" * 20}


def test_what_stands_behind_a_stream_is_not_copied(tmp_path: Path) -> None:
    """As in a pack of which an index lists few entries."""
    raw = zlib.compress(b"content")
    pack = opened(write_pack(tmp_path, [Entry(BLOB, b"", size=7, stream=raw + bytes(1 << 27))]))
    entries = forest(pack)
    tracemalloc.start()
    try:
        assert pack.inflate(int(entries.data[0]), int(entries.end[0]), 7) == b"content"
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_stream_in_many_empty_blocks_is_read(tmp_path: Path) -> None:
    maker = zlib.compressobj()
    raw = b"".join(maker.flush(zlib.Z_FULL_FLUSH) + maker.compress(b"") for _ in range(9))
    raw += maker.compress(b"content")
    empty = b"\0\0\0\xff\xff" * 30_000  # stored blocks of nothing
    raw = raw[:2] + empty + raw[2:] + maker.flush()
    pack = opened(write_pack(tmp_path, [Entry(BLOB, b"", size=7, stream=raw)]))
    entries = forest(pack)
    assert pack.inflate(int(entries.data[0]), int(entries.end[0]), 7) == b"content"


def test_offsets_that_are_not_in_the_pack_or_twice(tmp_path: Path) -> None:
    path = write_pack(tmp_path, [Entry(BLOB, BASE), *[Entry(BLOB, b"%d" % n) for n in range(7)]])
    good = path.read_bytes()
    (end,) = forest(opened(path)).end.tolist()[:1]
    at = [12, 0, 5, len(good) - 20, len(good) - 1, len(good) + 7, 5 << 40, 12]
    rows = [(bytes([n + 1]) * 20, 0, offset) for n, offset in enumerate(at)]
    path.with_suffix(".idx").write_bytes(index_bytes(rows, good[-20:]))
    entries = forest(opened(path))
    assert entries.kind.tolist().count(0) == 7  # of two with one place, one is left
    assert (entries.parent[entries.kind == 0] == BROKEN).all()
    rows = [(b"\1" * 20, zlib.crc32(good[12:end]), 12)]
    rows += [(bytes([n + 2]) * 20, 0, end + n) for n in range(7)]
    path.with_suffix(".idx").write_bytes(index_bytes(rows, good[-20:]))
    seen = look(opened(path))
    assert seen.content["01" * 20] == ("blob", BASE)
    assert len(seen.reported) == 7
