"""All levels of a container within one budget: nothing silent, nothing endless."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from itertools import pairwise

import pytest
from support.containers import chunk, every_kind, make_png, make_tar, make_zip

from scanner.decode.containers import MODULES
from scanner.decode.limits import MIB, Leaf, Limits, Refused
from scanner.decode.unpack import unpack


@pytest.mark.parametrize("kind", every_kind(b""))
def test_what_is_planted_comes_out(kind: str, made: Callable[..., str]) -> None:
    marker = made(kind).encode()
    parts = list(unpack(kind, every_kind(marker)[kind]))
    assert [part for part in parts if isinstance(part, Refused)] == []
    assert any(marker in part.data for part in parts if isinstance(part, Leaf))


@pytest.mark.parametrize("kind", every_kind(b""))
def test_the_chain_leads_through_two_archives(kind: str, made: Callable[..., str]) -> None:
    marker = made(kind).encode()
    inner = make_tar({"deep/inner": every_kind(marker)[kind]})
    parts = list(unpack("zip", make_zip({"a.tgz": gzip.compress(inner)})))
    assert all(part.chain[:2] == ("a.tgz", "deep/inner") for part in parts)
    assert any(marker in part.data for part in parts if isinstance(part, Leaf))


def test_a_zip_in_a_tarball_in_a_document(made: Callable[..., str]) -> None:
    marker = made("nested").encode()
    tarball = gzip.compress(make_tar({"a.zip": make_zip({"x.env": marker})}))
    document = make_zip({"word/document.xml": b"<w:t>text</w:t>", "b.tar.gz": tarball})
    assert list(unpack("zip", document)) == [
        Leaf(("word/document.xml",), b"<w:t>text</w:t>"),
        Leaf(("word/document.xml", "(text)"), b"text"),
        Leaf(("b.tar.gz", "a.zip", "x.env"), marker),
    ]


def test_too_deep_is_raw_content_and_a_refusal() -> None:
    data = b"the core"
    for _ in range(5):
        data = make_zip({"in.zip": data}, zipfile.ZIP_STORED)
    raw, refused = unpack("zip", data)
    assert isinstance(raw, Leaf)
    assert b"the core" in raw.data
    assert refused == Refused(("in.zip",) * 4, "nested deeper than 4")
    assert list(unpack("zip", data, Limits(depth=5))) == [Leaf(("in.zip",) * 5, b"the core")]


def test_the_total_is_shared_by_all_levels() -> None:
    inner = make_zip({f"{n}": bytes([n]) * 1000 for n in range(20)})
    data = make_zip({"a": inner, "b": inner})
    limits = Limits(total=len(inner) * 2 + 30_000)
    *parts, last = unpack("zip", data, limits)
    assert isinstance(last, Refused)
    assert last.reason.startswith("the whole unpacks to more than")
    assert last.chain[0] == "b"
    total = sum(len(part.data) for part in parts if isinstance(part, Leaf))
    assert total == limits.total - 2 * len(inner)


def test_members_are_counted_over_all_levels() -> None:
    inner = make_zip({f"{n}": b"text" for n in range(6)})
    *parts, last = unpack("zip", make_zip({"a": inner, "b": inner}), Limits(members=10))
    assert last == Refused(("b",), "more than 10 members")
    assert len(parts) == 8


def test_members_of_a_tar_in_a_stream_are_counted_once() -> None:
    data = gzip.compress(make_tar({f"{n}": bytes(700_000) for n in range(6)}))
    parts = list(unpack("gzip", data, Limits(total=5 * MIB, member=MIB, ratio=10_000)))
    assert [part.chain for part in parts] == [(f"{n}",) for n in range(6)]


def test_an_inner_container_that_cannot_be_read_is_raw_content() -> None:
    broken = b"\x1f\x8b\x08\x00 not really compressed"
    parts = list(unpack("tar", make_tar({"a.gz": broken})))
    assert [type(part) for part in parts] == [Refused, Leaf]
    assert parts[1] == Leaf(("a.gz",), broken)


def test_an_inner_picture_without_texts_says_nothing() -> None:
    assert list(unpack("tar", make_tar({"a.png": make_png(chunk(b"tIME", bytes(7)))}))) == []


def test_a_kind_that_is_none_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        list(unpack("floppy", b""))


def quine() -> bytes:
    """A gzip stream that unpacks to itself, nearly: a member that names itself again and again."""
    data = b"core"
    for _ in range(200):
        data = gzip.compress(data, mtime=0)
    return data


def test_streams_in_streams_end_at_the_depth() -> None:
    *_, last = unpack("gzip", quine())
    assert last == Refused(("(gzip)",) * 4, "nested deeper than 4")


def test_an_archive_of_bombs_ends() -> None:
    bomb = gzip.compress(bytes(40 * MIB))
    data = make_zip({f"{n}.gz": bomb for n in range(2000)}, zipfile.ZIP_STORED)
    parts = list(unpack("zip", data))
    # 2,000 times 8 MiB would be 16 GiB
    assert isinstance(parts[-1], Refused)
    assert sum(len(part.data) for part in parts if isinstance(part, Leaf)) <= 256 * MIB


@pytest.mark.parametrize("kind", MODULES)
@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 600, b"{" * 3000], ids=repr)
def test_nonsense_of_any_kind_is_refused_or_empty(kind: str, data: bytes) -> None:
    parts = list(unpack(kind, data[:600]))
    assert all(isinstance(part, Leaf | Refused) for part in parts)
    assert parts == list(unpack(kind, data[:600]))


def test_reading_goes_on_as_far_as_is_asked() -> None:
    chains = [part.chain for part in unpack("tar", make_tar({f"{n}": b"x" for n in range(50)}))]
    assert all(int(a[0]) + 1 == int(b[0]) for a, b in pairwise(chains))
