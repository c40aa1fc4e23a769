"""The zip family: what it stores, hides and claims."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable

import pytest
from support.containers import make_zip

from scanner.decode.archives import members, zip_start
from scanner.decode.limits import MIB, Budget, Leaf, Limits, Part, Refused, View


def parts_of(data: bytes, limits: Limits | None = None) -> list[Part]:
    return list(members("zip", data, Budget(limits or Limits())))


def local(
    name: bytes, content: bytes, flags: int = 0, method: int = 0, packed: bytes | None = None
) -> bytes:
    raw = content if packed is None else packed
    sizes = (0, 0, 0) if flags & 8 else (zlib.crc32(content), len(raw), len(content))
    return (
        struct.pack("<4s5H3I2H", b"PK\3\4", 20, flags, method, 0, 0, *sizes, len(name), 0)
        + name
        + raw
    )


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_members_come_as_stored(method: int) -> None:
    data = make_zip(
        {"z.txt": b"last first" * 50, "folder/": b"", "a/b.txt": b"second", "empty": b""}, method
    )
    assert parts_of(data) == [Leaf(("z.txt",), b"last first" * 50), Leaf(("a/b.txt",), b"second")]


def test_a_secret_split_over_runs_is_joined(made: Callable[..., str]) -> None:
    value = made("runs", 40)
    runs = "".join(f"<w:r><w:rPr><w:b/></w:rPr><w:t>{letter}</w:t></w:r>" for letter in value)
    xml = f"<w:document><w:p><w:r><w:t>before</w:t></w:r></w:p><w:p>{runs}</w:p></w:document>".encode()
    assert value.encode() not in xml
    _, text = parts_of(make_zip({"word/document.xml": xml}))
    assert text == View(("word/document.xml", "(text)"), f"before\n{value}".encode())


def test_encrypted_members_are_refused() -> None:
    data = bytearray(make_zip({"a": b"text", "b": b"open"}))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.find(signature) + offset] |= 1
    assert parts_of(bytes(data)) == [Refused(("a",), "encrypted"), Leaf(("b",), b"open")]


def test_members_of_one_name_are_all_read() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("a", b"first")
        archive.writestr("a", b"second")
    assert parts_of(made.getvalue()) == [Leaf(("a",), b"first"), Leaf(("a",), b"second")]


def test_names_stay_names() -> None:
    data = make_zip({"../../etc/passwd": b"1", "/abs": b"2", "a\nb": b"3"})
    assert [part.chain for part in parts_of(data)] == [
        ("../../etc/passwd",),
        ("/abs",),
        ("a\\x0ab",),
    ]


def test_bytes_around_an_archive_are_content() -> None:
    data = b"#!/usr/bin/env python3\n" + make_zip({"a": b"text"}) + b"behind it all"
    assert parts_of(data) == [
        Leaf(("a",), b"text"),
        Leaf(("(bytes at 0)",), b"#!/usr/bin/env python3\n"),
        Leaf((f"(bytes at {len(data) - 13})",), b"behind it all"),
    ]


def test_a_comment_is_content() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a", b"text")
        archive.comment = b"said beside"
    assert Leaf(("(comment)",), b"said beside") in parts_of(made.getvalue())


def test_members_that_the_directory_leaves_out_are_read() -> None:
    shown = make_zip({"a": b"text"})
    hidden = local(b"old.env", b"taken out of the directory")
    assert parts_of(hidden + shown) == [
        Leaf(("a",), b"text"),
        Leaf(("old.env",), b"taken out of the directory"),
    ]


def test_a_cut_archive_gives_what_is_left() -> None:
    data = make_zip({"a": b"text" * 100, "b": b"more" * 100})
    cut = data[: data.find(b"PK\1\2")]
    assert parts_of(cut) == [
        Refused((), "damaged: no central directory"),
        Leaf(("a",), b"text" * 100),
        Leaf(("b",), b"more" * 100),
    ]
    halved = parts_of(data[: data.rfind(b"PK\3\4") + 34])
    assert Leaf(("a",), b"text" * 100) in halved
    assert isinstance(halved[-1], Refused)


class Unseekable(io.BytesIO):
    """A place to write that zipfile cannot go back in: sizes come behind each member."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError


def streamed() -> bytes:
    made = Unseekable()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"text" * 100)
        archive.writestr("b", b"more" * 100)
    return made.getvalue()


def test_streamed_members_leave_no_gaps() -> None:
    data = streamed()
    assert b"PK\7\x08" in data
    expected = [Leaf(("a",), b"text" * 100), Leaf(("b",), b"more" * 100)]
    assert parts_of(data) == expected
    cut = data[: data.find(b"PK\1\2")]
    assert parts_of(cut) == [Refused((), "damaged: no central directory"), *expected]


def test_overlapping_members_are_read_once() -> None:
    """https://www.bamsoftware.com/hacks/zipbomb/: many directory entries for one content."""
    data = make_zip({"a": b"text" * 1000})
    start, end = data.find(b"PK\1\2"), data.rfind(b"PK\5\6")
    entry = data[start:end]
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 500, 500, len(entry) * 500, start, 0)
    parts = parts_of(data[:start] + entry * 500 + tail)
    assert parts[0] == Leaf(("a",), b"text" * 1000)
    assert parts[1:] == [Refused(("a",), "overlaps another member")] * 499


def test_a_member_that_expands_too_much_is_cut() -> None:
    leaf, refused = parts_of(make_zip({"a": bytes(20 * MIB)}))
    assert isinstance(leaf, Leaf)
    assert MIB <= len(leaf.data) < 5 * MIB
    assert refused == Refused(("a",), "expands more than 200 times")


def test_folders_count_as_members() -> None:
    data = make_zip({f"{n}/": b"" for n in range(11)})
    assert parts_of(data, Limits(members=10)) == [Refused((), "more than 10 members")]


@pytest.mark.parametrize("method", [1, 9, 98, 65535])
def test_unknown_methods_are_refused(method: int) -> None:
    data = bytearray(make_zip({"a": b"text"}))
    struct.pack_into("<H", data, data.find(b"PK\1\2") + 10, method)
    assert parts_of(bytes(data)) == [Refused(("a",), f"compression method {method} is not known")]


def test_a_wrong_checksum_is_said_and_the_content_given() -> None:
    data = make_zip({"a": b"text"}, zipfile.ZIP_STORED).replace(b"text", b"tent", 1)
    assert parts_of(data) == [Leaf(("a",), b"tent"), Refused(("a",), "damaged: wrong checksum")]


def test_entries_that_point_outside_are_refused() -> None:
    data = bytearray(make_zip({"a": b"text"}))
    at = data.find(b"PK\1\2")
    struct.pack_into("<I", data, at + 42, 2**31)
    assert parts_of(bytes(data))[0] == Refused(("a",), "damaged: no such member")
    struct.pack_into("<I", data, at + 42, 0)
    struct.pack_into("<I", data, at + 20, 2**31)
    assert parts_of(bytes(data))[0] == Refused(("a",), "damaged: no such member")


def test_wide_offsets_and_sizes() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, archive.open("a", "w", force_zip64=True) as member:
        member.write(b"text")
    data = made.getvalue()
    start, end = data.find(b"PK\1\2"), data.rfind(b"PK\5\6")
    final = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, end - start, start)
    place = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    assert parts_of(data[:end] + final + place + tail) == [Leaf(("a",), b"text")]


def test_where_an_appended_archive_begins() -> None:
    data = make_zip({"a": b"text"})
    assert zip_start(b"program" * 10 + data) == 70
    assert zip_start(b"program") is None
    assert zip_start(make_zip({})) is None
