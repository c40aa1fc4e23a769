"""Names of files and refs are content, each by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.engine.database import load_database
from scanner.history.names import scan_names
from scanner.history.versions import Versions


@pytest.fixture(scope="module")
def versions() -> Versions:
    return Versions(load_database("medium"), "medium", None, None)


def test_the_right_name_is_named(versions: Versions, made: Callable[..., str]) -> None:
    bad = "conf/sk_" + "live_" + made("a") + ".txt"
    names = [b"a.py", b"b/c.py", bad.encode(), b"d.py"]
    (item,) = scan_names(versions, names, "path")
    assert (item.id, item.kind, item.size) == (bad, "path", len(bad))


def test_two_names_are_never_one(versions: Versions, made: Callable[..., str]) -> None:
    names = [b"password", f"= {made('b')}".encode(), b"sk_", b"live_" + made("c").encode()]
    assert list(scan_names(versions, names, "path")) == []


def test_many_names_and_odd_ones(versions: Versions, made: Callable[..., str]) -> None:
    bad = [f"x/sk_{'live'}_{made(str(n))}".encode() for n in range(3)]
    many = [f"folder/{number}/{'name' * 20}.txt".encode() for number in range(20_000)]
    names = [bad[0], *many, b"new\nline", b"\xff\xfe", bad[1] + b"\nmore", b"", bad[2]]
    assert [item.id.encode() for item in scan_names(versions, names, "ref")] == [
        bad[0],
        bad[1] + b"\nmore",
        bad[2],
    ]


def test_no_names(versions: Versions) -> None:
    assert list(scan_names(versions, [], "path")) == []
