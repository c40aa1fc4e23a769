"""Whatever kind of content an object is, what may be a secret in it is found with its place."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import pytest

from scanner.engine.database import load_database
from scanner.engine.triggers import load_triggers
from scanner.history.versions import Version, Versions


@pytest.fixture(scope="module")
def versions() -> Versions:
    return Versions(load_database("medium"), "medium", None, load_triggers())


def found(version: Version) -> list[tuple[bytes, tuple[str, ...], tuple[int, ...]]]:
    positions = iter(version.positions)
    return [
        (one.snippet[one.start : one.end], one.chain, next(positions))
        for _, cluster in version.found
        for one in cluster.candidates
    ]


def test_text(versions: Versions, made: Callable[..., str]) -> None:
    value = made("a", 20)
    version = versions.blob(f'\n  password = "{value}"\n'.encode())
    assert found(version) == [(value.encode(), (), (2, 15, 2, 35))]
    assert version.marks is not None
    assert not version.binary


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide(versions: Versions, made: Callable[..., str], encoding: str) -> None:
    value = made("b", 20)
    text = f'\nkey: x\npassword = "{value}"\n' * 3
    version = versions.blob(text.encode(encoding))
    assert [(raw, chain) for raw, chain, _ in found(version)] == [(value.encode(), (encoding,))] * 3
    assert found(version)[0][2] == (3, 13, 3, 33)
    assert version.marks is None


def test_container(versions: Versions, made: Callable[..., str]) -> None:
    value = made("c", 20)
    version = versions.blob(gzip.compress(f'\n\npassword = "{value}"\n'.encode()))
    ((raw, chain, place),) = found(version)
    assert (raw, len(chain), place[0]) == (value.encode(), 1, 3)


def test_damage_is_said(versions: Versions) -> None:
    version = versions.blob(gzip.compress(b"text\n" * 500)[:-9])
    assert [one.refused for _, one in version.found]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_large_is_whole(versions: Versions, made: Callable[..., str], encoding: str) -> None:
    block = "nothing to see in this line at all\n" * (3 << 15)
    text = "".join(f'password = "{made(str(n), 20)}"\n{block}' for n in range(7))
    data = text.encode(encoding)
    assert len(data) > 20 << 20
    large = versions.large(pieces(data, 1_000_003))
    assert found(large) == found(versions.blob(data))
    assert len(found(large)) == 7


def test_large_and_empty(versions: Versions) -> None:
    assert versions.large(iter(())).found == ()
    assert versions.blob(b"").found == ()


def test_ends(versions: Versions, made: Callable[..., str]) -> None:
    assert versions.ends(b"nothing") == []
    assert versions.ends(f'password = "{made("d", 20)}"'.encode())
