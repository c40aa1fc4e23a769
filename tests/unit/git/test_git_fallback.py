"""What git itself can tell of objects that our reader could not read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from support.histories import Repository
from support.packs import (
    BLOB,
    OFS_DELTA,
    REF_DELTA,
    TREE,
    Entry,
    copy,
    delta,
    insert,
    object_id,
    varint,
    write_pack,
)  # fmt: skip
from support.packwriter import write_loose

from scanner.errors import GitError
from scanner.git import fallback
from scanner.git.fallback import Limits, kinds_and_sizes, read_stream, read_whole

MISSING = "12" * 20


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repo")


def blob(repository: Repository, data: bytes) -> str:
    return repository.git("hash-object", "-w", "--stdin", stdin=data)


def test_kinds_and_sizes_of_what_is_there(repository: Repository) -> None:
    commit = repository.commit({"a.txt": "content\n"})
    name = blob(repository, b"content\n")
    found = kinds_and_sizes(str(repository.top), [MISSING, name, commit, MISSING])
    assert found[name] == ("blob", 8)
    assert found[commit][0] == "commit"
    assert MISSING not in found


def test_nothing_is_asked_for_nothing(repository: Repository) -> None:
    assert kinds_and_sizes(str(repository.top), []) == {}


def test_many_thousands_of_ids_are_answered(repository: Repository) -> None:
    name = blob(repository, b"one of many")
    many = [hashlib.sha1(b"%d" % number).hexdigest() for number in range(20_000)]
    found = kinds_and_sizes(str(repository.top), [*many, name, *[name] * 20_000])
    assert found == {name: ("blob", 11)}


def test_damaged_objects_do_not_hide_the_others(repository: Repository) -> None:
    names = [blob(repository, b"content %d" % number) for number in range(30)]
    objects = repository.top / ".git" / "objects"
    for name in names[::3]:
        path = objects / name[:2] / name[2:]
        path.chmod(0o644)
        path.write_bytes(b"damaged")
    odd = write_loose(objects, "34" * 20, b"oddity 4\0text")
    assert odd.exists()
    asked = sorted([*names, "34" * 20])
    found = kinds_and_sizes(str(repository.top), asked)
    assert set(found) == set(names) - set(names[::3])


def test_content_is_read_whole_and_in_pieces(repository: Repository) -> None:
    data = bytes(range(256)) * 20_000
    name = blob(repository, data)
    assert read_whole(str(repository.top), name, "blob") == data
    assert b"".join(read_stream(str(repository.top), name, "blob")) == data
    empty = blob(repository, b"")
    assert read_whole(str(repository.top), empty, "blob") == b""


def test_what_git_cannot_read_is_an_error(repository: Repository) -> None:
    with pytest.raises(GitError):
        read_whole(str(repository.top), MISSING, "blob")
    with pytest.raises(GitError):
        read_whole(str(repository.top / "none"), MISSING, "blob")


def test_a_replaced_object_is_not_what_replaces_it(repository: Repository) -> None:
    name, other = blob(repository, b"the object"), blob(repository, b"something else")
    repository.git("replace", name, other)
    assert kinds_and_sizes(str(repository.top), [name]) == {name: ("blob", 10)}
    assert read_whole(str(repository.top), name, "blob") == b"the object"


def test_a_loop_of_deltas_does_not_hold_us_up(repository: Repository) -> None:
    change = delta(40, 44, copy(0, 40), insert(b"more"))
    ids = ["33" * 20, "44" * 20]
    entries = [
        Entry(REF_DELTA, change, ids[0], base=ids[1]),
        Entry(REF_DELTA, change, ids[1], base=ids[0]),
    ]
    write_pack(repository.top / ".git" / "objects" / "pack", entries)
    name = blob(repository, b"content\n")
    asked = sorted([*ids, name, MISSING])
    limits = Limits(64 << 20, 2)
    assert kinds_and_sizes(str(repository.top), asked, limits) == {name: ("blob", 8)}


def test_what_is_called_a_tree_and_is_none_is_left_out(repository: Repository) -> None:
    commit = repository.commit({"a.txt": "content\n", "b/c.txt": "more\n"})
    tree = repository.git("rev-parse", f"{commit}^{{tree}}")
    other = repository.git("rev-parse", f"{commit}:b")
    data = b"content that is no tree\n"
    entries = [Entry(TREE, data, object_id(BLOB, data))]
    write_pack(repository.top / ".git" / "objects" / "pack", entries)
    found = kinds_and_sizes(str(repository.top), [tree, object_id(BLOB, data), commit, other])
    assert set(found) == {tree, commit, other}


def test_what_is_too_large_to_be_read_whole_is_an_error(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = blob(repository, bytes(3 << 20))
    monkeypatch.setattr(fallback, "_MOST_WHOLE", 1 << 20)
    with pytest.raises(GitError, match="larger"):
        read_whole(str(repository.top), name, "blob")
    assert sum(map(len, read_stream(str(repository.top), name, "blob"))) == 3 << 20


def test_git_that_needs_too_much_memory_is_an_error(repository: Repository) -> None:
    change = varint(4) + varint(1 << 60) + copy(0, 4)
    entries = [Entry(BLOB, b"base"), Entry(OFS_DELTA, change, "66" * 20, base=1)]
    write_pack(repository.top / ".git" / "objects" / "pack", entries)
    top = str(repository.top)
    assert kinds_and_sizes(top, ["66" * 20]) == {"66" * 20: ("blob", 1 << 60)}
    with pytest.raises(GitError):
        list(read_stream(top, "66" * 20, "blob"))
