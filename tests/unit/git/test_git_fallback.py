"""What git itself can tell of objects that our reader could not read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from support.histories import Repository
from support.packwriter import write_loose

from scanner.errors import GitError
from scanner.git.fallback import kinds_and_sizes, read_stream, read_whole

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
