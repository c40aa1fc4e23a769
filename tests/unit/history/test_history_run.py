"""What a run is made of: rules, decoder, store."""

from __future__ import annotations

from pathlib import Path

from scanner.git.repository import describe
from scanner.history.request import HistoryRequest
from scanner.history.run import prepared
from scanner.scan import Options
from tests.support.histories import Repository


def test_prepared(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repo")
    repository.commit({"a.txt": "a\n"})
    here = describe(str(repository.top))
    run = prepared(here, HistoryRequest(), Options(), lambda _: True)
    assert len(run.store.loose) == 3
    assert run.versions.decoder is not None
    bare = prepared(here, HistoryRequest(), Options(decode=False), lambda _: True)
    assert bare.versions.decoder is None
