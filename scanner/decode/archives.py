"""Archives of files: the zip family (jar, whl, apk, docx, odt ...) and tar.

Read with our own small parsers, not with zipfile and tarfile: those hold a whole directory in
memory, trust its sizes, and raise what they like. Members come one by one, as stored.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect
from collections.abc import Iterator
from typing import NamedTuple

from scanner.decode.compressed import DAMAGED, END, LIMIT, SHORT, Stream, decode, trouble
from scanner.decode.documents import run_text
from scanner.decode.limits import Budget, Leaf, Part, Refused, View, clipped, printable
from scanner.decode.tar import tar_members

# https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
LOCAL, CENTRAL, FINAL = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
FINAL_64, FINAL_64_PLACE = b"PK\x06\x06", b"PK\x06\x07"
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_FINAL = struct.Struct("<4s4H2IH")
ENCRYPTED, STREAMED = 1, 8  # bits of a member's flags
METHODS = {8: "deflate", 12: "bzip2", 14: "lzma", 93: "zstd", 20: "zstd", 95: "xz"}
DESCRIPTOR = 12  # bytes behind a streamed member that no signature tells from content


class _Entry(NamedTuple):
    """A member: offset of its local header, and where and how its bytes are."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    offset: int


class _Directory(NamedTuple):
    """Offsets of the central directory, and of the end of the archive with its comment."""

    start: int
    end: int
    prefix: int
    final: int
    comment: bytes


def members(kind: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """The members of a tar or a zip in stored order, and what stands around them."""
    return tar_members(data, budget) if kind == "tar" else _zip(data, budget)


def zip_start(data: bytes) -> int | None:
    """Where the zip at the end of a program begins; None if there is none."""
    found = _directory(data)
    if found is None:
        return None
    first = next(_central(data, found), None)
    return first.offset if first else None


def _zip(data: bytes, budget: Budget) -> Iterator[Part]:
    found = _directory(data)
    if found is None:
        yield Refused((), "damaged: no central directory")
        yield from _stray(data, 0, len(data), budget)
        return
    starts: list[int] = []
    ends: list[int] = []
    for number, entry in enumerate(_central(data, found)):
        if number >= budget.limits.members:  # folders and empty files are counted here alone
            yield Refused((), budget.members_reason())
            return
        place = _content(data, entry.offset)
        end = place + entry.packed if place is not None else 0
        if place is None or end > len(data):
            yield Refused((entry.name,), "damaged: no such member")
            continue
        at = bisect(starts, entry.offset)
        if (at and ends[at - 1] > entry.offset) or (at < len(starts) and starts[at] < end):
            yield Refused((entry.name,), "overlaps another member")
            continue
        starts.insert(at, entry.offset)
        ends.insert(at, end)
        yield from _member(entry, data, place, budget)
    starts.append(found.start)
    ends.append(found.final)
    at = 0
    for start, end in zip(starts, ends, strict=True):
        at += _descriptor(data, at)
        if start - at > DESCRIPTOR:
            yield from _stray(data, at, start, budget)
        at = max(at, end)
    if found.comment:
        yield from clipped(("(comment)",), found.comment, budget)
    yield from _stray(data, at, len(data), budget)


def _directory(data: bytes) -> _Directory | None:
    at = data.rfind(FINAL)
    if at < 0 or at + _FINAL.size > len(data):
        return None
    _, _, _, _, count, size, offset, comment = _FINAL.unpack_from(data, at)
    end = at
    wide = at - 20
    if wide >= 0 and data.startswith(FINAL_64_PLACE, wide):
        end = data.rfind(FINAL_64, 0, wide)
        if end < 0 or end + 56 > len(data):
            return None
        count, size, offset = struct.unpack_from("<3Q", data, end + 32)
    start = end - size
    if start < 0 or (count and not data.startswith(CENTRAL, start)):
        return None
    final = at + _FINAL.size + comment
    return _Directory(start, end, start - offset, final, data[at + _FINAL.size : final])


def _central(data: bytes, found: _Directory) -> Iterator[_Entry]:
    at = found.start
    while at + _CENTRAL.size <= found.end and data.startswith(CENTRAL, at):
        fields = _CENTRAL.unpack_from(data, at)
        flags, method, crc, packed, size = fields[3], fields[4], fields[7], fields[8], fields[9]
        name_size, extra_size, comment_size, offset = *fields[10:13], fields[16]
        name_at = at + _CENTRAL.size
        extra_at = name_at + name_size
        at = extra_at + extra_size + comment_size
        extra = data[extra_at : extra_at + extra_size]
        if 0xFFFFFFFF in (packed, size, offset):
            size, packed, offset = _wide(extra, size, packed, offset)
        name = printable(data[name_at:extra_at])
        yield _Entry(name, flags, method, crc, packed, offset + found.prefix)


def _wide(extra: bytes, *short: int) -> tuple[int, ...]:
    """size, packed size and offset, from the extra field where they do not fit 32 bits."""
    at = 0
    while at + 4 <= len(extra):
        tag, size = struct.unpack_from("<2H", extra, at)
        if tag == 1:
            field = extra[at + 4 : at + 4 + size]
            numbers = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
            return tuple(next(numbers, n) if n == 0xFFFFFFFF else n for n in short)
        at += 4 + size
    return short


def _content(data: bytes, offset: int) -> int | None:
    """Where the bytes of the member whose local header is at `offset` begin."""
    if not 0 <= offset <= len(data) - _LOCAL.size or not data.startswith(LOCAL, offset):
        return None
    name_size, extra_size = struct.unpack_from("<2H", data, offset + 26)
    return offset + _LOCAL.size + int(name_size) + int(extra_size)


def _member(entry: _Entry, data: bytes, place: int, budget: Budget) -> Iterator[Part]:
    if entry.name.endswith("/") and not entry.packed:
        return
    if entry.flags & ENCRYPTED:
        yield Refused((entry.name,), "encrypted")
        return
    encoded = memoryview(data)[place : place + entry.packed]
    cap, reason = budget.cap(entry.packed)
    stream = _decoded(entry.method, encoded, cap)
    if stream is None:
        yield Refused((entry.name,), f"compression method {entry.method} is not known")
        return
    yield from _given(entry, stream, reason)


def _given(entry: _Entry, stream: Stream, reason: str) -> Iterator[Part]:
    out, _, state = stream
    if out:
        yield Leaf((entry.name,), out)
        if entry.name.endswith((".xml", ".xhtml", ".fodt")):
            text = run_text(out)
            if text:
                yield View((entry.name, "(text)"), text)
    if state == LIMIT:
        yield Refused((entry.name,), reason)
    elif state in (SHORT, DAMAGED):
        yield Refused((entry.name,), trouble(state))
    elif zlib.crc32(out) != entry.crc:
        yield Refused((entry.name,), "damaged: wrong checksum")


def _decoded(method: int, encoded: memoryview, cap: int) -> Stream | None:
    """The member's bytes; None for a method that nothing here reads."""
    if method == 0:
        return bytes(encoded[:cap]), len(encoded), LIMIT if len(encoded) > cap else END
    kind = METHODS.get(method)
    if kind is None:
        return None
    if not encoded:
        return b"", 0, SHORT
    if kind == "lzma":
        # the header of a zip member has no size; that of a .lzma file needs one (all ones: unknown)
        size = int.from_bytes(encoded[2:4], "little")
        head = bytes(encoded[4 : 4 + size]) + b"\xff" * 8
        out, used, state = decode("lzma", head + bytes(encoded[4 + size :]), cap)
        return out, used, END if state == SHORT else state
    return decode(kind, encoded, cap)


def _stray(data: bytes, at: int, end: int, budget: Budget) -> Iterator[Part]:
    """What the directory does not list: members taken out of it, and bytes around the archive."""
    while at < end:
        start = data.find(LOCAL, at, end)
        plain = data[at : start if start >= 0 else end]
        if plain.strip(b"\x00"):
            yield from clipped((f"(bytes at {at})",), plain, budget)
        if start < 0:
            return
        place = _content(data, start)
        if place is None or place > end:
            yield from clipped((f"(bytes at {start})",), data[start:end], budget)
            return
        _, _, flags, method, _, _, crc, packed, _, name_size, _ = _LOCAL.unpack_from(data, start)
        name = printable(data[start + _LOCAL.size : start + _LOCAL.size + name_size])
        if flags & STREAMED and not packed:
            following = data.find(b"PK", place, end)
            while following >= 0 and data[following + 2 : following + 4] not in _AFTER:
                following = data.find(b"PK", following + 2, end)
            packed = (following if following >= 0 else end) - place
            crc = _descriptor_crc(data, place + packed)
        entry = _Entry(name, flags, method, crc, min(packed, end - place), start)
        yield from _member(entry, data, place, budget)
        at = place + entry.packed
        at = min(end, at + _descriptor(data, at))


_AFTER = (b"\x03\x04", b"\x01\x02", b"\x07\x08", b"\x05\x06")


def _descriptor(data: bytes, at: int) -> int:
    """The size of the descriptor with a signature at `at`, 0 if there is none."""
    if not data.startswith(b"PK\x07\x08", at):
        return 0
    # sizes of eight bytes where the next signature stands only then
    return 24 if data[at + 24 : at + 26] == b"PK" and data[at + 16 : at + 18] != b"PK" else 16


def _descriptor_crc(data: bytes, at: int) -> int:
    """The checksum in the descriptor behind a streamed member."""
    return int.from_bytes(data[at + 4 : at + 8], "little")
