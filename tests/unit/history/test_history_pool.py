"""Work side by side gives what it gives one by one, and the log that was asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.engine.database import load_database
from scanner.errors import ReadError
from scanner.git.stores import open_store
from scanner.history import pool
from scanner.history.clean_objects import load_clean
from scanner.history.listing import Ask, Listing
from scanner.history.select import select
from scanner.history.shards import Part, Shards, Work
from scanner.history.versions import Versions
from tests.support.histories import Repository


@pytest.fixture
def ready(
    tmp_path: Path, made: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> tuple[Shards, tuple[Work, ...], Ask]:
    monkeypatch.setattr(pool, "FEW", 0)
    repository = Repository(tmp_path / "repo")
    for number in range(6):
        repository.commit({f"{number}.py": f'password = "{made(str(number))}"\n' + "x\n" * number})
    repository.git("gc", "-q")
    store = open_store(str(repository.top / ".git" / "objects"), 20)
    chosen = select(store, None, load_clean("", b""), 50)
    versions = Versions(load_database("medium"), "medium", None, None)
    return Shards(store, chosen.packs, versions), chosen.work, Ask(str(repository.top), (), True)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_the_same_however_many(ready: tuple[Shards, tuple[Work, ...], Ask], jobs: int) -> None:
    shards, work, ask = ready
    logs, whole = [], Part()
    for _, part in pool.each_part(shards, work, ask, jobs):
        if isinstance(part, Listing):
            logs.append(part)
        else:
            whole.add(part)
    assert len(logs) == 1
    assert logs[0].pages is not None
    assert len({item.id for item in whole.items}) == len(whole.items) == 6
    assert whole.counts["blobs"] == 6


def test_a_process_that_dies_is_no_clean_run(
    ready: tuple[Shards, tuple[Work, ...], Ask], monkeypatch: pytest.MonkeyPatch
) -> None:
    shards, work, ask = ready
    monkeypatch.setattr(Shards, "do", lambda _self, _work: os._exit(9))
    with pytest.raises(ReadError, match="died"):
        list(pool.each_part(shards, work, ask, 2))
