"""Pack indexes of both versions and multi-pack indexes, and what is wrong with them."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from support.packs import BLOB, Entry, write_pack
from support.packwriter import (
    Row,
    fanout,
    index_bytes,
    multi_pack_index_bytes,
    opened,
    sealed,
)

from scanner.git.index import BrokenPackError, read_index, read_multi_pack_index

ROWS: list[Row] = [
    (bytes([number]) * 20, number, 12 + 20 * number) for number in (0, 1, 7, 200, 255)
]
SUM = b"\x77" * 20


def written(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "some.idx"
    path.write_bytes(data)
    return str(path)


def version_1(rows: list[Row]) -> bytes:
    names = [name for name, _, _ in rows]
    body = b"".join(struct.pack(">I", at) + name for name, _, at in rows)
    return sealed(fanout(names) + body + SUM)


def test_version_2_says_names_offsets_and_checksums(tmp_path: Path) -> None:
    index = read_index(written(tmp_path, index_bytes(ROWS, SUM)), 20)
    assert [index.name(at) for at in range(5)] == [name for name, _, _ in ROWS]
    assert index.offsets.tolist() == [at for _, _, at in ROWS]
    assert index.crcs is not None
    assert index.crcs.tolist() == [crc for _, crc, _ in ROWS]
    assert index.pack_sum == SUM


def test_ids_that_end_in_zeros_are_whole(tmp_path: Path) -> None:
    rows = [(b"\0" * 20, 1, 12), (b"\1" + b"\0" * 19, 2, 40)]
    index = read_index(written(tmp_path, index_bytes(rows, SUM)), 20)
    assert [index.name(0), index.name(1)] == [rows[0][0], rows[1][0]]


def test_version_1_has_no_checksums(tmp_path: Path) -> None:
    index = read_index(written(tmp_path, version_1(ROWS)), 20)
    assert [index.name(at) for at in range(5)] == [name for name, _, _ in ROWS]
    assert index.offsets.tolist() == [at for _, _, at in ROWS]
    assert index.crcs is None
    assert index.pack_sum == SUM


def test_version_1_that_a_pack_has(tmp_path: Path) -> None:
    path = write_pack(tmp_path, [Entry(BLOB, b"one"), Entry(BLOB, b"two")], version=1)
    assert len(opened(path).index.names) == 2


def test_sha256_ids_have_32_bytes(tmp_path: Path) -> None:
    rows = [(bytes([number]) * 32, number, 12 + number) for number in range(3)]
    index = read_index(written(tmp_path, index_bytes(rows, b"\x55" * 32)), 32)
    assert index.name(2) == b"\2" * 32
    assert index.offsets.tolist() == [12, 13, 14]


def test_offsets_beyond_31_bits_stand_in_their_own_table(tmp_path: Path) -> None:
    rows = [(b"\1" * 20, 0, 12), (b"\2" * 20, 0, 5 << 32), (b"\3" * 20, 0, (1 << 31) + 5)]
    index = read_index(written(tmp_path, index_bytes(rows, SUM, far=[12])), 20)
    assert index.offsets.tolist() == [12, 5 << 32, (1 << 31) + 5]


def test_an_empty_index_is_empty(tmp_path: Path) -> None:
    for data in (index_bytes([], SUM), version_1([])):
        assert len(read_index(written(tmp_path, data), 20).names) == 0


@pytest.mark.parametrize("length", [0, 5, 8, 1024, 1032, 1063, 1071, 1100])
def test_a_cut_off_index_is_broken(tmp_path: Path, length: int) -> None:
    with pytest.raises(BrokenPackError):
        read_index(written(tmp_path, index_bytes(ROWS, SUM)[:length]), 20)
    with pytest.raises(BrokenPackError):
        read_index(written(tmp_path, sealed(index_bytes(ROWS, SUM)[:length])), 20)


def test_any_flipped_byte_breaks_the_checksum(tmp_path: Path) -> None:
    data = bytearray(index_bytes(ROWS, SUM))
    for at in range(0, len(data), 37):
        data[at] ^= 0x10
        with pytest.raises(BrokenPackError):
            read_index(written(tmp_path, bytes(data)), 20)
        data[at] ^= 0x10


def test_other_versions_are_not_known(tmp_path: Path) -> None:
    body = bytearray(index_bytes(ROWS, SUM)[:-20])
    body[4:8] = struct.pack(">I", 3)
    with pytest.raises(BrokenPackError, match="version 3"):
        read_index(written(tmp_path, sealed(bytes(body))), 20)


def test_a_fanout_that_goes_down_is_broken(tmp_path: Path) -> None:
    body = bytearray(index_bytes(ROWS, SUM)[:-20])
    body[8:12] = struct.pack(">I", 4)
    with pytest.raises(BrokenPackError, match="fan-out"):
        read_index(written(tmp_path, sealed(bytes(body))), 20)


@pytest.mark.parametrize("count", [0, 4, 6, 1 << 20, (1 << 32) - 1])
def test_a_wrong_count_is_broken(tmp_path: Path, count: int) -> None:
    for data, at in ((index_bytes(ROWS, SUM), 8), (version_1(ROWS), 0)):
        body = bytearray(data[:-20])
        body[at : at + 1024] = struct.pack(">I", count) * 256
        if count:
            body[at : at + 1020] = bytes(1020)
        with pytest.raises(BrokenPackError):
            read_index(written(tmp_path, sealed(bytes(body))), 20)


def test_a_64_bit_place_that_is_not_there_is_broken(tmp_path: Path) -> None:
    rows = [(b"\1" * 20, 0, 5 << 32)]
    good = index_bytes(rows, SUM)
    at = 8 + 1024 + 20 + 4
    for place in (1 << 31 | 1, 0xFFFFFFFF):
        body = bytearray(good[:-20])
        body[at : at + 4] = struct.pack(">I", place)
        with pytest.raises(BrokenPackError, match="offset"):
            read_index(written(tmp_path, sealed(bytes(body))), 20)
    body = bytearray(good[:-20])
    body[at + 4 : at + 12] = struct.pack(">Q", 1 << 63)
    with pytest.raises(BrokenPackError, match="offset"):
        read_index(written(tmp_path, sealed(bytes(body))), 20)


def test_a_multi_pack_index_says_what_each_pack_is_asked_for(tmp_path: Path) -> None:
    rows = [(b"\1" * 20, 1, 12), (b"\2" * 20, 0, 99), (b"\3" * 20, 1, 5 << 32)]
    data = multi_pack_index_bytes(["pack-a.idx", "pack-b.idx"], rows)
    found = read_multi_pack_index(written(tmp_path, data), 20)
    assert sorted(found) == ["pack-a", "pack-b"]
    assert found["pack-a"].offsets.tolist() == [99]
    assert found["pack-b"].offsets.tolist() == [12, 5 << 32]
    assert found["pack-b"].name(0) == b"\1" * 20
    assert found["pack-a"].crcs is None


def test_a_broken_multi_pack_index_is_broken(tmp_path: Path) -> None:
    data = multi_pack_index_bytes(["pack-a.idx"], [(b"\1" * 20, 0, 12)])
    for wrong in (b"", data[:30], data[:-1], b"MIDY" + data[4:], sealed(data[:60])):
        with pytest.raises(BrokenPackError):
            read_multi_pack_index(written(tmp_path, wrong), 20)
    with pytest.raises(BrokenPackError):
        read_multi_pack_index(written(tmp_path, data), 32)


def test_a_multi_pack_index_that_contradicts_itself_is_broken(tmp_path: Path) -> None:
    name = b"\1" * 20
    for packs, rows in (
        (["pack-a.idx"], [(name, 1, 12)]),
        (["pack-a.idx", "pack-a.idx"], [(name, 1, 12)]),
        ([], [(name, 0, 12)]),
    ):
        with pytest.raises(BrokenPackError, match="a pack that it does not have"):
            read_multi_pack_index(written(tmp_path, multi_pack_index_bytes(packs, rows)), 20)
    data = multi_pack_index_bytes(["pack-a.idx"], [(name, 0, 12)])
    for at in range(4, len(data) - 20):  # every byte of it, with a checksum that fits
        body = bytearray(data[:-20])
        body[at] ^= 0x41
        try:
            found = read_multi_pack_index(written(tmp_path, sealed(bytes(body))), 20)
        except BrokenPackError:
            continue
        assert sum(len(one.names) for one in found.values()) <= 1


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for read in (read_index, read_multi_pack_index):
        with pytest.raises(OSError, match="no regular file"):
            read(str(tmp_path / "pipe"), 20)
