"""One compressed stream: gzip, bzip2, xz, lzma, zstd. Output is bounded while it is made."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from scanner.decode.containers import HEAD, ROLLS, UNREAD, container_of
from scanner.decode.limits import Budget, Leaf, Part, Refused, clipped, printable

PIECE = 1 << 18  # encoded bytes fed at once: what follows a stream is copied by its decoder
SMALL_PIECE = 1 << 10  # for a decoder without a bound: at worst 32 MiB come of it
LZMA_MEMORY = 192 << 20  # bytes; `xz -9` needs 65 MiB
ZSTD_WINDOW = 128 << 20  # bytes; `zstd --long` needs 128 MiB, -19 8 MiB

END, SHORT, LIMIT, DAMAGED = "end", "short", "limit", "damaged"

Stream = tuple[bytes, int, str]
"""Decoded bytes, encoded bytes used, and how it ended: END, SHORT, LIMIT or DAMAGED."""


def members(kind: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """The stream's content as one part, after all its concatenated streams are joined."""
    if kind in UNREAD:
        yield Refused((), f"no reader for {kind}")
        return
    name = (_gzip_name(data) if kind == "gzip" else "") or f"({kind})"
    if kind == "zstd" and zstd_module() is None:
        yield Refused((), "zstd needs Python 3.14 or the package zstandard")
        return
    cap, reason = budget.cap(len(data))
    start = decode(kind, data, HEAD)[0]
    if container_of(start, len(start), "") in ROLLS:
        cap, reason = budget.cap(len(data), rolled=True)
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
    if cap < 0:
        return b"", 0, LIMIT
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


def _drain(
    decoder: Any,  # noqa: ANN401 -- of zlib, bz2, lzma or zstd
    data: memoryview,
    cap: int,
    errors: tuple[type[Exception], ...] = _ERRORS,
    piece: int = PIECE,
) -> Stream:
    """Feed piece by piece; what came before damage is kept."""
    made = io.BytesIO()  # holds everything once, where joining pieces holds it twice
    at = size = 0
    while at < len(data):
        fed: Any = data[at : at + piece]
        at += len(fed)
        while True:
            try:
                # one more than may be kept: that tells a full stream from a cut one
                out = decoder.decompress(fed, cap + 1 - size)
            except errors:
                return made.getvalue(), at, DAMAGED
            made.write(out if len(out) + size <= cap else memoryview(out)[: cap - size])
            size += len(out)
            if size > cap:
                return made.getvalue(), at, LIMIT
            if decoder.eof:
                return made.getvalue(), at - len(decoder.unused_data), END
            fed = getattr(decoder, "unconsumed_tail", b"")
            if not fed and getattr(decoder, "needs_input", True):
                break
    return made.getvalue(), at, SHORT


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
    errors = (library.ZstdError, *_ERRORS)
    if library.__name__ == "zstandard":
        return _drain(_Zstandard(library), memoryview(data), cap, errors, SMALL_PIECE)
    options = {library.DecompressionParameter.window_log_max: ZSTD_WINDOW.bit_length() - 1}
    return _drain(library.ZstdDecompressor(options=options), memoryview(data), cap, errors)


class _Zstandard:
    """The package zstandard in the shape of bz2's decompressor; it cannot bound its output."""

    __slots__ = ("_decoder",)

    def __init__(self, library: Any) -> None:  # noqa: ANN401 -- a module without types here
        self._decoder = library.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()

    def decompress(self, data: memoryview, _most: int) -> bytes:
        """The next decoded bytes."""
        return bytes(self._decoder.decompress(data))

    @property
    def eof(self) -> bool:
        """Whether the frame is complete."""
        return bool(self._decoder.eof)

    @property
    def unused_data(self) -> bytes:
        """What was fed beyond the end of the frame."""
        return bytes(self._decoder.unused_data)


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
