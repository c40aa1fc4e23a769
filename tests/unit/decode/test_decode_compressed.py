"""Compressed streams: joined, cut, appended to, damaged, and far too large."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import struct
from collections.abc import Callable

import pytest

from scanner.decode import compressed
from scanner.decode.compressed import DAMAGED, decode, members
from scanner.decode.containers import UNREAD
from scanner.decode.limits import MIB, Budget, Leaf, Limits, Part, Refused

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda raw: gzip.compress(raw, mtime=0),
    "bzip2": lambda raw: bz2.compress(raw, 1),
    "xz": lambda raw: lzma.compress(raw, preset=0),
    "lzma": lambda raw: lzma.compress(raw, lzma.FORMAT_ALONE, preset=0),
}
TEXT = random.Random(4).randbytes(200_000).hex().encode()


def parts_of(kind: str, data: bytes, limits: Limits | None = None) -> list[Part]:
    return list(members(kind, data, Budget(limits or Limits())))


@pytest.mark.parametrize("kind", COMPRESS)
def test_streams_that_follow_each_other_are_one(kind: str) -> None:
    data = COMPRESS[kind](TEXT) + COMPRESS[kind](b"second")
    assert parts_of(kind, data) == [Leaf((f"({kind})",), TEXT + b"second")]


@pytest.mark.parametrize("kind", COMPRESS)
def test_what_follows_is_content(kind: str) -> None:
    whole, rest = parts_of(kind, COMPRESS[kind](b"text") + b"behind it")
    assert whole == Leaf((f"({kind})",), b"text")
    assert rest == Leaf(("(after the end)",), b"behind it")


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_cut_stream_gives_its_start(kind: str) -> None:
    leaf, refused = parts_of(kind, COMPRESS[kind](TEXT)[:-20_000])
    assert isinstance(leaf, Leaf)
    assert len(leaf.data) > 100_000
    assert TEXT.startswith(leaf.data)
    assert refused == Refused((f"({kind})",), "damaged: ends early")


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_bomb_gives_its_start(kind: str) -> None:
    data = COMPRESS[kind](bytes(40 * MIB))
    leaf, refused = parts_of(kind, data)
    assert leaf == Leaf((f"({kind})",), bytes(max(MIB, len(data) * 200)))
    assert refused == Refused((f"({kind})",), "expands more than 200 times")


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_large_stream_is_cut_at_the_member_limit(kind: str) -> None:
    leaf, refused = parts_of(kind, COMPRESS[kind](TEXT), Limits(member=1000))
    assert leaf == Leaf((f"({kind})",), TEXT[:1000])
    assert refused == Refused((f"({kind})",), "larger than 1,000 bytes")


@pytest.mark.parametrize("kind", COMPRESS)
def test_damage_is_said(kind: str) -> None:
    data = bytearray(COMPRESS[kind](TEXT))
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    assert any(isinstance(part, Refused) for part in parts_of(kind, bytes(data)))


def test_a_name_in_the_header_is_used() -> None:
    data = bytearray(gzip.compress(b"text", mtime=0))
    data[3] = 4 | 8
    data[10:10] = struct.pack("<H", 3) + b"abc" + b"note\x07.txt\0"
    assert parts_of("gzip", bytes(data)) == [Leaf(("note\\x07.txt",), b"text")]


def test_streams_are_counted() -> None:
    data = gzip.compress(b"x", mtime=0) * 30
    leaf, refused = parts_of("gzip", data, Limits(members=20))
    assert leaf == Leaf(("(gzip)",), b"x" * 20)
    assert refused == Refused(("(gzip)",), "more than 20 members")


@pytest.mark.parametrize("kind", sorted(UNREAD))
def test_formats_without_a_reader_are_refused(kind: str) -> None:
    assert parts_of(kind, b"anything") == [Refused((), f"no reader for {kind}")]


def zstd_frame(content: bytes) -> bytes:
    """One raw block: https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1"""
    block = (len(content) << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x60" + struct.pack("<H", len(content) - 256) + block + content


def test_zstd_without_a_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "zstd_module", lambda: None)
    refused = Refused((), "zstd needs Python 3.14 or the package zstandard")
    assert parts_of("zstd", zstd_frame(b"text" * 100)) == [refused]
    assert decode("zstd", b"anything", 10)[2] == DAMAGED


@pytest.mark.skipif(compressed.zstd_module() is None, reason="no library reads zstd here")
def test_zstd() -> None:
    data = zstd_frame(b"text" * 100)
    assert parts_of("zstd", data * 2) == [Leaf(("(zstd)",), b"text" * 200)]
    assert parts_of("zstd", data + b"behind")[1] == Leaf(("(after the end)",), b"behind")
    assert parts_of("zstd", data[:-1])[-1] == Refused(("(zstd)",), "damaged: ends early")
    assert parts_of("zstd", data, Limits(member=300))[-1] == Refused(
        ("(zstd)",), "larger than 300 bytes"
    )


def test_a_dictionary_larger_than_memory_is_damage() -> None:
    data = bytearray(lzma.compress(b"text", lzma.FORMAT_ALONE))
    data[1:5] = struct.pack("<I", 0xFFFFFFFF)
    assert parts_of("lzma", bytes(data)) == [Refused(("(lzma)",), "damaged: bad compressed data")]
