"""Which content is a container: all of ours are, texts that look a little like one are not."""

from __future__ import annotations

from importlib import import_module

import pytest
from support.containers import every_kind, make_tar, make_zip

from scanner.decode.containers import HEAD, MODULES, container_of


def kind_of(data: bytes, path: str = "") -> str | None:
    return container_of(data[:HEAD], len(data), path)


@pytest.mark.parametrize(("kind", "data"), every_kind(b"some text").items())
def test_each_kind_is_told_by_its_first_bytes(kind: str, data: bytes) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("zstd", b"\x28\xb5\x2f\xfd"), ("7z", b"7z\xbc\xaf\x27\x1c"), ("rar", b"Rar!\x1a\x07\x01\x00"),
        ("lz4", b"\x04\x22\x4d\x18"), ("compress", b"\x1f\x9d\x90"), ("lzip", b"LZIP\x01"),
        ("macho", b"\xca\xfe\xba\xbe\0\0\0\x02"), ("zip", b"PK\x05\x06"),
        ("zip", b"#!/usr/bin/env python3\nPK\x03\x04"), ("pdf", b"%PDF-1.4\n"),
        ("pyc", b"\x03\xf3\r\n\0\0\0\0c"), ("pyc", b"U\r\r\n" + bytes(12) + b"\xe3"),
    ],
)  # fmt: skip
def test_kinds_that_only_a_signature_shows(kind: str, start: bytes) -> None:
    assert kind_of(start + bytes(64)) == kind


@pytest.mark.parametrize(
    "text",
    [
        b"", b"P", b"MZ is how it begins, and then it goes on for a while" * 4, b"BZh is no bzip2 at all",
        b"#!/bin/sh\necho hello\n", b'{"cells": 3, "plain": "json"}', b"U\r\r\ntext with odd line ends",
        b"ab\r\ncd\r\nef\r\n", b"070701 is a number, and this is a note about it" * 3, b"]\x00",
        b"class Foo:\n    pass\n", b"  \n {}\n      ", b"%PD is no document", b"dex\nten\n",
    ],
)  # fmt: skip
def test_text_is_no_container(text: bytes) -> None:
    assert kind_of(text) is None


def test_the_suffix_counts_where_there_is_no_signature() -> None:
    book = b'{\n "metadata": {}, "x": 1}'
    assert kind_of(book) is None
    assert kind_of(book, "a.ipynb") == "notebook"
    assert kind_of(b"\n" + book, "a.ipynb") == "notebook"
    assert kind_of(b"\xef\xbb\xbf" + book, "a.ipynb") == "notebook"
    assert kind_of(b'{"cells": [{"cell_type": "code"', "a.json") == "notebook"
    old = bytearray(make_tar({"a.txt": b"text"}, 1)[:HEAD])
    old[257:265] = bytes(8)
    old[148:156] = b"%06o\0 " % (sum(old[:148]) + 256 + sum(old[156:]))
    assert kind_of(bytes(old), "a.bin") is None
    assert kind_of(bytes(old), "a.tar") == "tar"
    assert kind_of(b"plain text" * 60, "a.tar") is None


def test_every_kind_has_a_reader() -> None:
    assert all(callable(import_module(name).members) for name in MODULES.values())
    assert kind_of(make_zip({})) == "zip"
