"""Candidates are judged where they stand: path, inline comments, overlaps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.engine.database import load_database
from scanner.engine.triggers import load_triggers
from scanner.history.gather import Gathered, Gatherer
from scanner.history.shards import Item
from scanner.history.versions import Versions
from scanner.model import Place


@pytest.fixture(scope="module")
def versions() -> Versions:
    return Versions(load_database("medium"), "medium", None, load_triggers())


def gathered(
    versions: Versions, data: bytes, *paths: str, wanted: Callable[[str], bool] = lambda _: True
) -> Gathered:
    version = versions.blob(data)
    item = Item("ab" * 20, "blob", len(data), version.binary, version.found, version.positions)
    gatherer = Gatherer(
        load_database("medium").rules,
        "medium",
        inline=True,
        wanted=wanted,
        contents=lambda ids: [(one, data) for one in ids],
    )
    return gatherer.gather([item], {item.id: [Place(path) for path in paths]})


def test_each_path_is_judged_by_itself(versions: Versions, made: Callable[..., str]) -> None:
    data = f"password = {made('a', 18)}\n".encode()
    found = gathered(versions, data, "app.env", "app.py").occurrences
    (places,) = found.values()
    assert [one.place.path for one in places] == ["app.env"]  # bare in code is a name


def test_inline_comments(versions: Versions, made: Callable[..., str]) -> None:
    data = f'# unleak:allow\npassword = "{made("b", 18)}"\n'.encode()
    found = gathered(versions, data, "a.py")
    assert not found.occurrences
    assert found.suppressed == {"inline unleak:allow": 1}


def test_paths_that_are_not_wanted(versions: Versions, made: Callable[..., str]) -> None:
    data = f'password = "{made("c", 18)}"\n'.encode()
    found = gathered(versions, data, "a.py", "vendor/a.py", wanted=lambda p: "vendor" not in p)
    assert [one.place.path for many in found.occurrences.values() for one in many] == ["a.py"]
    assert found.suppressed == {"excluded path": 1}


def test_of_overlapping_ones_one_counts(versions: Versions, made: Callable[..., str]) -> None:
    token = "sk_" + "live_" + made("d", 24)
    found = gathered(versions, f'api_key = "{token}"\n'.encode(), "a.py").occurrences
    ((identity, _),) = found.items()
    assert identity[1] == token.encode()
    assert identity[0].startswith("stripe")


def test_what_was_refused_is_said_for_each_path(versions: Versions) -> None:
    import gzip

    found = gathered(versions, gzip.compress(b"text\n" * 999)[:-9], "a.gz", "b.gz")
    assert [one.place.path.partition("!")[0] for one in found.skipped] == ["a.gz", "b.gz"]
