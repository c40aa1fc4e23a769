"""Packages: ar (deb, static libraries), cpio and rpm."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from scanner.decode.limits import Budget, Part, Refused, clipped, printable

RPM_LEAD = 96
RPM_HEADER = b"\x8e\xad\xe8\x01"


def members(kind: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """The files of an ar or cpio, or the headers and the payload of an rpm, as stored."""
    return {"ar": _ar, "cpio": _cpio, "rpm": _rpm}[kind](data, budget)


def _ar(data: bytes, budget: Budget) -> Iterator[Part]:
    """https://en.wikipedia.org/wiki/Ar_(Unix): 60-byte headers, names of System V, GNU and BSD."""
    at = 8
    names = b""
    while at + 60 <= len(data):
        header = data[at : at + 60]
        digits = header[48:58].strip()
        if header[58:] != b"`\n" or not digits.isdigit():
            yield Refused((), f"damaged: no ar header at {at}")
            yield from clipped((f"(bytes at {at})",), data[at:], budget)
            return
        at += 60
        size = int(digits)
        content = data[at : at + size]
        short = len(content) < size
        at += size + size % 2
        name = header[:16].rstrip()
        if name == b"//":
            names = content
            continue
        if name in (b"/", b"/SYM64/"):
            continue  # the table of symbols
        if name.startswith(b"#1/") and name[3:].isdigit():
            length = int(name[3:])
            name, content = content[:length].rstrip(b"\x00"), content[length:]
        elif name.startswith(b"/") and name[1:].isdigit():
            name = names[int(name[1:]) :].split(b"\n", 1)[0]
        title = printable(name.rstrip(b"/"))
        yield from clipped((title,), content, budget)
        if short:
            yield Refused((title,), "damaged: ends early")
            return
    if data[at:].strip():
        yield from clipped(("(after the end)",), data[at:], budget)


def _cpio(data: bytes, budget: Budget) -> Iterator[Part]:
    """https://man.freebsd.org/cgi/man.cgi?query=cpio&sektion=5: "newc" and "odc"."""
    at = 0
    while True:
        found = _cpio_header(data, at)
        if found is None:
            yield Refused((), f"damaged: no cpio header at {at}")
            yield from clipped((f"(bytes at {at})",), data[at:], budget)
            return
        mode, name_size, size, name_at, step = found
        name = data[name_at : name_at + name_size].rstrip(b"\x00")
        start = name_at + name_size
        start += -start % step
        end = start + size
        if name == b"TRAILER!!!":
            at = end
            break
        title = printable(name)
        if mode & 0o170000 == 0o100000:
            yield from clipped((title,), data[start:end], budget)
        if end > len(data):
            yield Refused((title,), "damaged: ends early")
            return
        at = end + -end % step
    rest = data[at:].strip(b"\x00")
    if rest:
        yield from clipped(("(after the end)",), rest, budget)


def _cpio_header(data: bytes, at: int) -> tuple[int, int, int, int, int] | None:
    """Mode, sizes of name and content, where the name begins, and what offsets are multiples of."""
    magic = data[at : at + 6]
    try:
        if magic in (b"070701", b"070702"):
            fields = data[at + 6 : at + 110]
            if len(fields) < 104 or not fields.isalnum():  # int() takes signs
                return None
            mode, size, name = (int(fields[8 * i : 8 * i + 8], 16) for i in (1, 6, 11))
            return mode, name, size, at + 110, 4
        if magic == b"070707" and data[at + 6 : at + 76].isdigit():
            mode = int(data[at + 18 : at + 24], 8)
            name = int(data[at + 59 : at + 65], 8)
            size = int(data[at + 65 : at + 76], 8)
            return mode, name, size, at + 76, 1
    except ValueError:
        return None
    return None


def _rpm(data: bytes, budget: Budget) -> Iterator[Part]:
    """https://rpm-software-management.github.io/rpm/manual/format_v4.html says what is where."""
    at = RPM_LEAD
    for name in ("(signature)", "(header)"):
        if not data.startswith(RPM_HEADER, at) or at + 16 > len(data):
            yield Refused((), f"damaged: no rpm header at {at}")
            yield from clipped((f"(bytes at {at})",), data[at:], budget)
            return
        count, size = struct.unpack_from(">2I", data, at + 8)
        start = at + 16 + 16 * count
        at = start + size
        if name == "(signature)":
            at += -at % 8
        else:
            yield from clipped((name,), data[start:at].replace(b"\x00", b"\n"), budget)
    yield from clipped(("payload",), data[at:], budget)
