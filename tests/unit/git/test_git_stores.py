"""Object folders, their alternates and their loose objects."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest
from support.packs import BLOB, Entry, object_id, write_pack
from support.packwriter import multi_pack_index_bytes, opened, write_loose

from scanner.git.index import BrokenPackError
from scanner.git.stores import open_store, read_loose


def loose(objects: Path, data: bytes) -> str:
    name = object_id(BLOB, data)
    write_loose(objects, name, b"blob %d\0" % len(data) + data)
    return name


def alternates(objects: Path, *lines: str | Path) -> None:
    (objects / "info").mkdir(parents=True, exist_ok=True)
    (objects / "info" / "alternates").write_bytes(
        b"".join(os.fsencode(line) + b"\n" for line in lines)
    )


def test_loose_objects_and_packs_are_listed(tmp_path: Path) -> None:
    name = loose(tmp_path, b"loose")
    path = write_pack(tmp_path / "pack", [Entry(BLOB, b"packed")])
    (tmp_path / "12").mkdir()
    (tmp_path / "12" / "tmp_obj_x").write_bytes(b"half written")
    (tmp_path / "pack" / "tmp_pack_x").write_bytes(b"half written")
    store = open_store(str(tmp_path), 20)
    assert store.loose == {name: str(tmp_path / name[:2] / name[2:])}
    assert [pack.path for pack in store.packs] == [str(path)]
    assert store.problems == ()


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    store = open_store(str(tmp_path), 20)
    assert (store.packs, store.loose, store.problems) == ((), {}, ())


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    (problem,) = open_store(str(tmp_path / "none"), 20).problems
    assert problem.path == str(tmp_path / "none")


def test_alternates_of_alternates_are_followed_once(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    names = {loose(folder, folder.name.encode()) for folder in (one, two, three)}
    alternates(one, "../two", "# a comment", "")
    alternates(two, three, one)
    alternates(three, one, three, "../two")
    store = open_store(str(one), 20)
    assert set(store.loose) == names
    assert store.problems == ()


def test_an_alternate_that_is_missing_is_named(tmp_path: Path) -> None:
    name = loose(tmp_path, b"here")
    alternates(tmp_path, tmp_path / "gone")
    store = open_store(str(tmp_path), 20)
    assert set(store.loose) == {name}
    assert [problem.path for problem in store.problems] == [str(tmp_path / "gone")]


def test_a_pack_without_index_and_an_index_without_pack_are_named(tmp_path: Path) -> None:
    bare = write_pack(tmp_path / "pack", [Entry(BLOB, b"one")], version=0)
    lone = write_pack(tmp_path / "pack", [Entry(BLOB, b"two")])
    lone.unlink()
    store = open_store(str(tmp_path), 20)
    assert store.packs == ()
    found = {problem.path: problem for problem in store.problems}
    assert set(found) == {str(bare), str(lone)}
    assert found[str(lone)].ids == (object_id(BLOB, b"two"),)


@pytest.mark.parametrize("length", [0, 5, 11, 31, 40])
def test_a_cut_off_pack_is_named_with_what_it_held(tmp_path: Path, length: int) -> None:
    path = write_pack(tmp_path / "pack", [Entry(BLOB, b"content" * 20)])
    path.write_bytes(path.read_bytes()[:length])
    good = write_pack(tmp_path / "pack", [Entry(BLOB, b"good")])
    store = open_store(str(tmp_path), 20)
    assert [pack.path for pack in store.packs] == [str(good)]
    (problem,) = store.problems
    assert problem.path == str(path)
    assert problem.ids == (object_id(BLOB, b"content" * 20),)


def test_a_pack_that_only_the_multi_pack_index_knows_is_read(tmp_path: Path) -> None:
    path = write_pack(tmp_path / "pack", [Entry(BLOB, b"one")])
    index = opened(path).index
    path.with_suffix(".idx").unlink()
    rows = [(index.name(0), 0, int(index.offsets[0]))]
    data = multi_pack_index_bytes([path.stem + ".idx"], rows)
    (tmp_path / "pack" / "multi-pack-index").write_bytes(data)
    store = open_store(str(tmp_path), 20)
    assert [pack.path for pack in store.packs] == [str(path)]
    assert store.problems == ()
    (tmp_path / "pack" / "multi-pack-index").write_bytes(data[:-1])
    store = open_store(str(tmp_path), 20)
    assert store.packs == ()
    assert len(store.problems) == 2


def test_a_loose_object_is_read(tmp_path: Path) -> None:
    for data in (b"", b"text\n", os.urandom(200_000), bytes(1 << 20)):
        path = tmp_path / "object"
        path.write_bytes(zlib.compress(b"blob %d\0" % len(data) + data))
        assert read_loose(str(path), 1 << 20) == ("blob", len(data), data)


def test_a_large_loose_object_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(zlib.compress(b"blob %d\0" % (1 << 20) + bytes(1 << 20)))
    assert read_loose(str(path), (1 << 20) - 1) == ("blob", 1 << 20, None)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not compressed",
        zlib.compress(b""),
        zlib.compress(b"blob"),
        zlib.compress(b"blob 4"),
        zlib.compress(b"blob x\0text"),
        zlib.compress(b"blob -4\0text"),
        zlib.compress(b"blob 3\0text"),
        zlib.compress(b"blob 5\0text"),
        zlib.compress(b"blob 99999999999999999999\0text"),
        zlib.compress(b"x" * 100 + b" 4\0text"),
        zlib.compress(b"blob 4\0text")[:-1],
        zlib.compress(b"blob 4\0text")[:-4] + b"\0\0\0\0",
        zlib.compress(b"blob 4\0" + bytes(1 << 24)),
    ],
)
def test_a_damaged_loose_object_is_broken(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "object"
    path.write_bytes(raw)
    with pytest.raises(BrokenPackError):
        read_loose(str(path), 1 << 20)


def test_a_loose_object_that_vanished_is_an_error(tmp_path: Path) -> None:
    name = loose(tmp_path, b"going")
    store = open_store(str(tmp_path), 20)
    os.unlink(store.loose[name])
    with pytest.raises(OSError, match="No such file"):
        read_loose(store.loose[name], 1 << 20)
