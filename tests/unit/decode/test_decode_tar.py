"""tar of every age: files are content, links and devices are not, sizes are not believed."""

from __future__ import annotations

import io
import tarfile

import pytest
from support.containers import make_tar

from scanner.decode.limits import Budget, Leaf, Limits, Part, Refused
from scanner.decode.tar import tar_members

FORMS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def parts_of(data: bytes) -> list[Part]:
    return list(tar_members(data, Budget(Limits())))


def header(name: bytes, size: bytes, kind: bytes = b"0") -> bytes:
    raw = bytearray(512)
    raw[: len(name)] = name
    raw[124 : 124 + len(size)] = size
    raw[156:157] = kind
    raw[257:265] = b"ustar\x0000"
    raw[148:156] = b"%06o\0 " % (sum(raw) + 8 * 32)
    return bytes(raw)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_files_come_as_stored(form: int) -> None:
    deep = "/".join(["folder"] * 20) + "/file"
    data = make_tar({"b": b"1" * 513, deep: b"2", "empty": b"", "c": b"3"}, form)
    assert parts_of(data) == [Leaf(("b",), b"1" * 513), Leaf((deep,), b"2"), Leaf(("c",), b"3")]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names(form: int) -> None:
    name = "n" * 300
    assert parts_of(make_tar({name: b"text", "b": b"x"}, form)) == [
        Leaf((name,), b"text"),
        Leaf(("b",), b"x"),
    ]


def test_links_and_devices_are_no_content() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for kind in (
            tarfile.SYMTYPE,
            tarfile.LNKTYPE,
            tarfile.DIRTYPE,
            tarfile.FIFOTYPE,
            tarfile.CHRTYPE,
        ):
            member = tarfile.TarInfo("special")
            member.type = kind
            member.linkname = "/etc/shadow"
            archive.addfile(member)
        last = tarfile.TarInfo("a")
        last.size = 4
        archive.addfile(last, io.BytesIO(b"text"))
    assert parts_of(made.getvalue()) == [Leaf(("a",), b"text")]


@pytest.mark.parametrize("size", [b"77777777777", b"\x80" + b"\0" * 3 + b"\x10" + b"\0" * 7])
def test_a_size_beyond_the_end_gives_what_is_there(size: bytes) -> None:
    assert parts_of(header(b"a", size) + b"text") == [
        Leaf(("a",), b"text"),
        Refused(("a",), "damaged: ends early"),
    ]


@pytest.mark.parametrize("size", [b"-0000000001", b"\xff" * 12, b"text", b"8"])
def test_a_size_that_is_none_is_damage(size: bytes) -> None:
    data = make_tar({"a": b"text"})[:1024] + header(b"b", size)
    parts = parts_of(data)
    assert parts[:2] == [Leaf(("a",), b"text"), Refused((), "damaged: no tar header at 1024")]
    assert parts[2].chain == ("(bytes at 1024)",)


def test_pax_sizes_and_nonsense() -> None:
    record = b"14 size=1023\n\n14 size=junk\n12 path=x"
    data = header(b"p", b"%o" % len(record), b"x") + record.ljust(512, b"\0")
    parts = parts_of(data + header(b"a", b"4") + b"text".ljust(512, b"\0"))
    assert parts[0].chain == ("a",)
    endless = b"0 path=x\n" * 3
    assert parts_of(header(b"p", b"33", b"x") + endless.ljust(512, b"\0")) == []


def test_sparse_files_are_their_stored_pieces() -> None:
    raw = bytearray(header(b"sparse", b"4", b"S"))
    raw[482] = 1
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw)
    assert parts_of(bytes(raw) + bytes(512) + b"text".ljust(512, b"\0")) == [
        Leaf(("sparse",), b"text")
    ]


def test_bytes_behind_the_end_are_content() -> None:
    assert parts_of(make_tar({}) + b"behind") == [Leaf(("(after the end)",), b"behind")]
