"""Every wanted object is in exactly one piece of work; what is known to be clean is in none."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from scanner.engine.database import load_database
from scanner.git.stores import Store, open_store
from scanner.history.clean_objects import CleanObjects, load_clean
from scanner.history.select import Selection, select
from scanner.history.shards import Part, Shards
from scanner.history.versions import Versions
from tests.support.histories import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repo")
    chance = random.Random(1)
    text = [f"{chance.random()}\n" for _ in range(3000)]
    for number in range(30):
        text[number * 90] = f"changed {number}\n"
        made.commit({"large.txt": "".join(text), f"{number % 7}.txt": f"{number}\n"})
    made.git("repack", "-q", "-adf", "--depth=40")
    made.git("tag", "-a", "v1", "-m", "first")
    made.commit({"loose.txt": "loose\n"})
    return made


def seen(store: Store, chosen: Selection) -> Part:
    shards = Shards(store, chosen.packs, Versions(load_database("medium"), "medium", None, None))
    whole = Part()
    for one in chosen.work:
        whole.add(shards.do(one))
    return whole


def test_each_object_once(repository: Repository) -> None:
    store = open_store(str(repository.top / ".git" / "objects"), 20)
    none = load_clean("", b"")
    counts = [seen(store, select(store, None, none, jobs)).counts for jobs in (1, 4, 50)]
    kinds = repository.git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").split()
    wanted = {name: kinds.count(name[:-1]) for name in ("blobs", "commits", "tags")}
    for one in counts:
        assert {name: one[name] for name in wanted} == wanted


def test_only_what_is_meant(repository: Repository) -> None:
    store = open_store(str(repository.top / ".git" / "objects"), 20)
    ids = [repository.git("rev-parse", f"HEAD~{back}:large.txt") for back in (3, 9)]
    chosen = select(store, ids, load_clean("", b""), 2)
    assert seen(store, chosen).counts["blobs"] == 2


def test_what_is_known_to_be_clean_is_left_out(repository: Repository) -> None:
    store = open_store(str(repository.top / ".git" / "objects"), 20)
    (pack,) = store.packs
    every = np.sort(pack.index.names.astype("S16"))
    chosen = select(store, None, CleanObjects("", b"", every), 2)
    counts = seen(store, chosen).counts
    assert (counts["blobs"], counts["commits"], counts["tags"]) == (1, 1, 1)
    assert chosen.cached > 60


def test_commits_are_listed(repository: Repository) -> None:
    store = open_store(str(repository.top / ".git" / "objects"), 20)
    chosen = select(store, None, load_clean("", b""), 2)
    assert sorted(chosen.commits) == sorted(repository.git("rev-list", "HEAD").split())
