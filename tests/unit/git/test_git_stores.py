"""Object folders, their alternates and their loose objects."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest
from support.packs import BLOB, Entry, object_id, write_pack
from support.packwriter import multi_pack_index_bytes, opened, write_loose

from scanner.git import stores
from scanner.git.index import BrokenPackError, Index, read_index
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


def test_quoted_alternates_are_unquoted(tmp_path: Path) -> None:
    names = ['with "quotes"', "back\\slash", "tab\there", "grün", "octal\x01", '"half quoted']
    for number, name in enumerate(names):
        loose(tmp_path / name, b"%d" % number)
    quoted = [
        '"../with \\"quotes\\""',
        '"../back\\\\slash"',
        '"../tab\\there"',
        '"../gr\\303\\274n"',
        '"../octal\\001"',
        '../"half quoted',
    ]
    alternates(tmp_path / "main", *quoted)
    store = open_store(str(tmp_path / "main"), 20)
    assert store.problems == ()
    assert len(store.loose) == 6


def test_a_path_that_no_system_knows_is_named(tmp_path: Path) -> None:
    alternates(tmp_path, "a\0b", "x" * 5000)
    store = open_store(str(tmp_path), 20)
    assert [problem.reason for problem in store.problems] == [
        "a folder of objects (an alternate) is missing"
    ] * 2


def test_a_list_of_alternates_without_end_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_LONGEST_ALTERNATES", 40)
    name = loose(tmp_path / "two", b"there")
    alternates(tmp_path / "one", "../two", "../two/../two/../two/../two/../three")
    store = open_store(str(tmp_path / "one"), 20)
    assert set(store.loose) == {name}
    assert [problem.reason for problem in store.problems] == ["is too long"]


def test_more_alternates_than_there_can_be_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_MOST_ALTERNATES", 3)
    for number in range(5):
        (tmp_path / str(number)).mkdir()
    alternates(tmp_path / "0", "../1", "../2", "../3", "../4")
    (problem,) = open_store(str(tmp_path / "0"), 20).problems
    assert "more than 3" in problem.reason


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "info").mkdir()
    (tmp_path / "pack").mkdir()
    name = "ab" * 20
    paths = ["ab/" + name[2:], "info/alternates", "pack/x.idx", "pack/x.pack"]
    paths += ["pack/y.pack", "pack/multi-pack-index"]
    for path in paths:
        os.mkfifo(tmp_path / path)
    store = open_store(str(tmp_path), 20)
    assert {os.path.basename(problem.path) for problem in store.problems} == {
        "alternates", "x.pack", "y.pack", "multi-pack-index",
    }  # fmt: skip
    with pytest.raises(OSError, match="no regular file"):
        read_loose(store.loose[name], 1 << 20)


def test_packs_of_one_name_in_two_folders_are_both_there(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_pack(tmp_path / folder / "pack", [Entry(BLOB, folder.encode())], name="same")
    alternates(tmp_path / "one", "../two")
    store = open_store(str(tmp_path / "one"), 20)
    assert len(store.packs) == 2
    assert store.problems == ()


def test_what_a_lost_pack_held_and_others_hold_is_not_lost(tmp_path: Path) -> None:
    entries = [Entry(BLOB, b"%d" % number) for number in range(4)]
    lost = write_pack(tmp_path / "pack", entries)
    lost.unlink()
    write_pack(tmp_path / "pack", entries[:2])
    loose(tmp_path, b"2")
    (problem,) = open_store(str(tmp_path), 20).problems
    assert problem.ids == (object_id(BLOB, b"3"),)


def test_objects_that_move_while_they_are_listed_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in `git gc`: packs are put together, unreachable objects of theirs become loose."""
    old = [write_pack(tmp_path / "pack", [Entry(BLOB, b"%d" % n)], name=str(n)) for n in range(3)]
    unreachable = write_pack(tmp_path / "pack", [Entry(BLOB, b"unreachable")], name="3")
    names: list[str] = []

    def read(path: str, hash_size: int) -> Index:
        if not names:
            write_pack(tmp_path / "pack", [Entry(BLOB, b"%d" % n) for n in range(3)], name="all")
            names.append(loose(tmp_path, b"unreachable"))
            for gone in (*old, unreachable):
                gone.with_suffix(".idx").unlink()
                gone.unlink()
        return read_index(path, hash_size)

    monkeypatch.setattr(stores, "read_index", read)
    store = open_store(str(tmp_path), 20)
    assert [os.path.basename(pack.path) for pack in store.packs] == ["pack-all.pack"]
    assert set(store.loose) == set(names)
    assert store.problems == ()


def test_packs_that_never_stand_still_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: str, hash_size: int) -> Index:
        count = len(list((tmp_path / "pack").glob("*.pack")))
        write_pack(tmp_path / "pack", [Entry(BLOB, b"%d" % count)], name=str(count))
        return read_index(path, hash_size)

    write_pack(tmp_path / "pack", [Entry(BLOB, b"first")], name="0")
    monkeypatch.setattr(stores, "read_index", read)
    store = open_store(str(tmp_path), 20)
    assert len(store.packs) > 3
    assert "faster" in store.problems[0].reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = write_pack(tmp_path / "pack", [Entry(BLOB, b"content")])
    path.chmod(0)
    (tmp_path / "ab").mkdir(mode=0)
    try:
        found = {problem.path for problem in open_store(str(tmp_path), 20).problems}
    finally:
        (tmp_path / "ab").chmod(0o700)
    assert found == {str(path), str(tmp_path / "ab")}
