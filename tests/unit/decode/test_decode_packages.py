"""ar, cpio and rpm: names of every tradition, and headers that lie."""

from __future__ import annotations

import gzip

from support.containers import make_ar, make_cpio, make_rpm, make_tar

from scanner.decode.limits import Budget, Leaf, Limits, Part, Refused
from scanner.decode.packages import members
from scanner.decode.unpack import unpack


def parts_of(kind: str, data: bytes) -> list[Part]:
    return list(members(kind, data, Budget(Limits())))


def ar_member(name: bytes, content: bytes) -> bytes:
    return b"%-16s%-32s%-10d`\n" % (name, b"0", len(content)) + content + b"\n" * (len(content) % 2)


def test_ar_names_of_all_traditions() -> None:
    data = (
        b"!<arch>\n" + ar_member(b"/", b"symbols") + ar_member(b"//", b"long-name.o/\nother.o/\n")
    )
    data += ar_member(b"/13", b"gnu") + ar_member(b"short.o/", b"sysv")
    data += ar_member(b"#1/12", b"bsd-name.txtBSD")
    assert parts_of("ar", data) == [
        Leaf(("other.o",), b"gnu"),
        Leaf(("short.o",), b"sysv"),
        Leaf(("bsd-name.txt",), b"BSD"),
    ]


def test_ar_sizes_are_not_believed() -> None:
    data = make_ar({"a": b"text"})
    cut = data.replace(b"4         `", b"4000000000`")
    assert parts_of("ar", cut) == [Leaf(("a",), b"text"), Refused(("a",), "damaged: ends early")]
    for size in (b"-1", b"x", b""):
        wrong = parts_of("ar", data.replace(b"4         `", size.ljust(10) + b"`"))
        assert wrong[0] == Refused((), "damaged: no ar header at 8")
    assert parts_of("ar", data + b"behind")[-1] == Leaf(("(after the end)",), b"behind")


def test_a_debian_package() -> None:
    control = gzip.compress(make_tar({"./control": b"Package: x"}))
    data = gzip.compress(make_tar({"./etc/x.conf": b"key = value"}))
    deb = make_ar({"debian-binary": b"2.0\n", "control.tar.gz": control, "data.tar.gz": data})
    assert list(unpack("ar", deb)) == [
        Leaf(("debian-binary",), b"2.0\n"),
        Leaf(("control.tar.gz", "./control"), b"Package: x"),
        Leaf(("data.tar.gz", "./etc/x.conf"), b"key = value"),
    ]


def test_cpio_files_and_what_is_none() -> None:
    data = make_cpio({"etc/a": b"text", "etc/b": b"more text"})
    assert parts_of("cpio", data) == [Leaf(("etc/a",), b"text"), Leaf(("etc/b",), b"more text")]
    folder = data.replace(b"%08x" % 0o100644, b"%08x" % 0o040755, 1)
    assert parts_of("cpio", folder) == [Leaf(("etc/b",), b"more text")]
    assert parts_of("cpio", data + bytes(64) + b"behind")[-1] == Leaf(
        ("(after the end)",), b"behind"
    )


def test_old_cpio() -> None:
    def member(name: bytes, content: bytes) -> bytes:
        fields = (0, 0, 0o100644, 0, 0, 1, 0)
        head = b"070707" + b"".join(b"%06o" % n for n in fields) + b"%011o" % 0
        return head + b"%06o%011o" % (len(name) + 1, len(content)) + name + b"\0" + content

    data = member(b"a", b"text") + member(b"TRAILER!!!", b"")
    assert parts_of("cpio", data) == [Leaf(("a",), b"text")]


def test_cpio_sizes_are_not_believed() -> None:
    data = make_cpio({"a": b"text"})
    assert parts_of("cpio", data[:114]) == [
        Leaf(("a",), b"te"),
        Refused(("a",), "damaged: ends early"),
    ]
    for size in (b"-0000001", b"+0000001", b"0x00zz00", b"        "):
        wrong = parts_of("cpio", data[:54] + size + data[62:])
        assert wrong[0] == Refused((), "damaged: no cpio header at 0")
    assert parts_of("cpio", data[:54] + b"ffffffff" + data[62:])[-1] == Refused(
        ("a",), "damaged: ends early"
    )


def test_an_rpm_has_a_header_and_a_payload() -> None:
    data = make_rpm(gzip.compress(make_cpio({"./etc/a": b"text"}), mtime=0))
    header, member = unpack("rpm", data)
    assert isinstance(header, Leaf)
    assert header.chain == ("(header)",)
    assert b"words" in header.data
    assert member == Leaf(("payload", "./etc/a"), b"text")
    assert parts_of("rpm", data[:100])[0] == Refused((), "damaged: no rpm header at 96")
