"""One compressed stream: gzip, bzip2, xz, lzma, zstd. Output is bounded while it is made."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from scanner.decode.containers import UNREAD
from scanner.decode.limits import Budget, Leaf, Part, Refused, clipped, printable

PIECE = 1 << 18  # encoded bytes fed at once: what follows a stream is copied by its decoder
LZMA_MEMORY = 192 << 20  # bytes; `xz -9` needs 65 MiB
ZSTD_WINDOW = 128 << 20  # bytes; what the format's specification asks of every decoder is 8 MiB

END, SHORT, LIMIT, DAMAGED = "end", "short", "limit", "damaged"

Stream = tuple[bytes, int, str]
"""Decoded bytes, encoded bytes used, and how it ended: END, SHORT, LIMIT or DAMAGED."""


def members(kind: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """The stream's content as one part, after all its concatenated streams are joined."""
    if kind in UNREAD:
        yield Refused((), f"no reader for {kind}")
        return
    name = (_gzip_name(data) if kind == "gzip" else "") or f"({kind})"
    cap, reason = budget.cap(len(data))
    if kind == "zstd" and zstd_module() is None:
        yield Refused((), "zstd needs Python 3.14 or the package zstandard")
        return
    pieces: list[bytes] = []
    at = size = streams = 0
    state = END
    view = memoryview(data)
    while at < len(data) and state == END:
        if streams and not _starts(kind, data, at):
            break
        streams += 1
        if streams > budget.limits.members:
            state, reason = LIMIT, budget.members_reason()
            break
        out, used, state = decode(kind, view[at:], cap - size)
        at += used
        size += len(out)
        pieces.append(out)
    whole = b"".join(pieces)
    if whole:
        yield Leaf((name,), whole)
    if state == LIMIT:
        yield Refused((name,), reason)
    elif state == END:
        rest = data[at:]
        if rest.strip(b"\x00"):
            yield from clipped(("(after the end)",), rest, budget)
    else:
        yield Refused((name,), trouble(state))


def trouble(state: str) -> str:
    """The reason for a stream that ended SHORT or DAMAGED."""
    return "damaged: ends early" if state == SHORT else "damaged: bad compressed data"


def decode(kind: str, data: memoryview | bytes, cap: int) -> Stream:
    """At most `cap` bytes of the stream that starts at the start of `data`.

    kind: gzip, zlib, deflate (raw), bzip2, xz, lzma or zstd.
    """
    if kind == "zstd":
        return _zstd(data, cap)
    try:
        return _drain(_DECODERS[kind](), memoryview(data), cap)
    except _ERRORS:
        return b"", len(data), DAMAGED


_DECODERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(31),
    "zlib": lambda: zlib.decompressobj(15),
    "deflate": lambda: zlib.decompressobj(-15),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, LZMA_MEMORY),
    "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, LZMA_MEMORY),
}
_ERRORS = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError)


def _drain(decoder: Any, data: memoryview, cap: int) -> Stream:  # noqa: ANN401 -- zlib, bz2 or lzma
    """Feed piece by piece; what came before damage is kept."""
    pieces: list[bytes] = []
    at = size = 0
    while at < len(data):
        fed: Any = data[at : at + PIECE]
        at += len(fed)
        while True:
            try:
                # one more than may be kept: that tells a full stream from a cut one
                out = decoder.decompress(fed, cap + 1 - size)
            except _ERRORS:
                return b"".join(pieces), at, DAMAGED
            pieces.append(out)
            size += len(out)
            if size > cap:
                return b"".join(pieces)[:cap], at, LIMIT
            if decoder.eof:
                return b"".join(pieces), at - len(decoder.unused_data), END
            fed = getattr(decoder, "unconsumed_tail", b"")
            if not fed and getattr(decoder, "needs_input", True):
                break
    return b"".join(pieces), at, SHORT


def zstd_module() -> Any | None:  # noqa: ANN401 -- either of two libraries, or none
    """The library that reads zstd here."""
    for name in ("compression.zstd", "backports.zstd", "zstandard"):
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def _zstd(data: memoryview | bytes, cap: int) -> Stream:
    library = zstd_module()
    if library is None:
        return b"", len(data), DAMAGED
    try:
        if library.__name__ == "zstandard":
            return _zstandard(library, data, cap)
        return _drain(library.ZstdDecompressor(), memoryview(data), cap)
    except (library.ZstdError, *_ERRORS):
        return b"", len(data), DAMAGED


def _zstandard(library: Any, data: memoryview | bytes, cap: int) -> Stream:  # noqa: ANN401
    """All frames at once: this library reads across them."""
    decoder = library.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
    pieces: list[bytes] = []
    size = 0
    with decoder.stream_reader(data, read_across_frames=True) as reader:
        while size <= cap:
            try:
                out = reader.read(min(PIECE, cap + 1 - size))
            except library.ZstdError:
                return b"".join(pieces), len(data), DAMAGED
            if not out:
                return b"".join(pieces), len(data), END
            pieces.append(out)
            size += len(out)
    return b"".join(pieces)[:cap], len(data), LIMIT


_STARTS = {
    "gzip": b"\x1f\x8b",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ\x00",
    "lzma": b"\x5d\x00\x00",
    "zstd": b"\x28\xb5\x2f\xfd",
}


def _starts(kind: str, data: bytes, at: int) -> bool:
    return data.startswith(_STARTS[kind], at)


def _gzip_name(data: bytes) -> str:
    """The name in the header (RFC 1952), "" without one."""
    if len(data) < 12 or not data[3] & 8:
        return ""
    at = 10
    if data[3] & 4:
        at += 2 + int.from_bytes(data[10:12], "little")
    end = data.find(b"\x00", at, at + 1024)
    return printable(data[at:end]) if end > at else ""
