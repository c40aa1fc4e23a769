"""Objects with candidates that may be code are read once more, each once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from scanner.engine.database import load_database
from scanner.engine.grammars import LARGEST
from scanner.engine.triggers import load_triggers
from scanner.history.code import Doubt, code_in, may_be_parsed
from scanner.history.gather import Gatherer
from scanner.history.shards import Item
from scanner.history.versions import Versions
from scanner.model import Place

NAME = "ab" * 20


@pytest.fixture(scope="module")
def versions() -> Versions:
    return Versions(load_database("medium"), "medium", None, load_triggers())


def found(versions: Versions, data: bytes, *paths: str) -> tuple[set[tuple[str, int]], list[str]]:
    """(path and start of what counts, the ids that were read again)."""
    asked: list[str] = []

    def contents(ids: Sequence[str]) -> list[tuple[str, bytes | None]]:
        asked.extend(ids)
        return [(one, data) for one in ids]

    version = versions.blob(data)
    item = Item(NAME, "blob", len(data), version.binary, version.found, version.positions)
    rules = load_database("medium").rules
    gatherer = Gatherer(
        rules, "medium", inline=True, wanted=lambda path: "vendor" not in path, contents=contents
    )
    gathered = gatherer.gather([item], {NAME: [Place(path) for path in paths]})
    every = (one for many in gathered.occurrences.values() for one in many)
    return {(one.place.path, one.start) for one in every}, asked


def test_code_goes_text_stays(versions: Versions, made: Callable[..., str]) -> None:
    data = f"x = 1\npassword = {made('a', 18)}\n# password = {made('b', 18)}\n".encode()
    places, asked = found(versions, data, "a.py", "b.rb", "vendor/c.py", "d.conf")
    one, two = data.index(made("a", 18).encode()), data.index(made("b", 18).encode())
    assert places == {("a.py", two), ("b.rb", two), ("d.conf", one), ("d.conf", two)}
    assert asked == [NAME]


def test_of_quoted_values_nothing_is_read_again(
    versions: Versions, made: Callable[..., str]
) -> None:
    places, asked = found(versions, f'password = "{made("c", 18)}"\n'.encode(), "a.py")
    assert len(places) == 1
    assert not asked


def test_of_other_files_nothing_is_read_again(versions: Versions, made: Callable[..., str]) -> None:
    places, asked = found(versions, f"password = {made('d', 18)}\n".encode(), "a.sh", "b.yml")
    assert len(places) == 2
    assert not asked


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32-le"])
def test_wide_text(versions: Versions, made: Callable[..., str], encoding: str) -> None:
    text = f"x = 'é'\npassword = {made('e', 18)}\n# password = {made('f', 18)}\n"
    data = text.encode(encoding)
    places, _ = found(versions, data, "a.py")
    assert places == {
        ("a.py", data.index(made("f", 18).encode(encoding).removeprefix(b"\xff\xfe")))
    }


def test_what_cannot_be_read_again_is_no_code() -> None:
    doubt = Doubt(NAME, "a.py", "", (5, 8))
    assert code_in([doubt], lambda ids: [(ids[0], None)]) == set()
    assert code_in([doubt], lambda ids: [(ids[0], b"pw = abc\n")]) == {(NAME, "a.py", "", 5, 8)}
    assert code_in([], lambda ids: [(ids[0], None)]) == set()


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [("blob", LARGEST, True), ("blob", LARGEST + 1, False), ("path", 9, False), ("tag", 9, False)],
)
def test_only_files_are_code(kind: str, size: int, expected: bool) -> None:
    assert may_be_parsed(Item(NAME, kind, size, False, (), ())) is expected
