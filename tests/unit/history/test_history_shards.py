"""A piece of work gives what stands in its objects, and names what could not be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.engine.database import load_database
from scanner.git.stores import open_store
from scanner.history.clean_objects import load_clean
from scanner.history.select import select
from scanner.history.shards import Part, Shards
from scanner.history.versions import Versions
from tests.support.histories import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repo")


def done(repository: Repository) -> Part:
    store = open_store(str(repository.top / ".git" / "objects"), 20)
    chosen = select(store, None, load_clean("", b""), 2)
    shards = Shards(store, chosen.packs, Versions(load_database("medium"), "medium", None, None))
    whole = Part()
    for one in chosen.work:
        whole.add(shards.do(one))
    return whole


@pytest.mark.parametrize("packed", [False, True])
def test_items(repository: Repository, made: Callable[..., str], packed: bool) -> None:
    value = made("a")
    repository.commit({"a.py": f'password = "{value}"\n', "b.py": "clean\n"}, f"token={value}x1")
    if packed:
        repository.git("gc", "-q")
    part = done(repository)
    assert sorted((item.kind, item.id) for item in part.items) == [
        ("blob", repository.git("rev-parse", "HEAD:a.py")),
        ("commit", repository.head),
    ]
    assert part.failed == []
    assert {item.kind: item.path for item in part.items} == {
        "blob": "",
        "commit": "(commit message)",
    }


def test_a_damaged_loose_object_is_named(repository: Repository) -> None:
    repository.commit({"a.py": "text\n" * 100})
    lost = repository.git("rev-parse", "HEAD:a.py")
    path = repository.top / ".git" / "objects" / lost[:2] / lost[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-5] + b"12345")
    assert [name for name, _ in done(repository).failed] == [lost]


@pytest.mark.parametrize("kind", ["commit", "tag", "blob", "nonsense"])
def test_a_large_loose_object_of_any_kind_is_never_dropped(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("scanner.history.shards.LARGEST", 1000)
    text = b"tree " + b"1" * 40 + b"\n\n" + b"words\n" * 500
    words = ("hash-object", "-t", kind, "-w", "--literally", "--stdin")
    name = repository.git(*words, stdin=text)
    assert [one for one, _ in done(repository).failed] == [name]
