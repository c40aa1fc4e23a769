"""Pictures: the texts that PNG chunks and JPEG segments hold, and what stands behind a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.decode.binaries import printable_strings
from scanner.decode.compressed import DAMAGED, END, LIMIT, decode, trouble
from scanner.decode.limits import Budget, Part, Refused, View, clipped, printable, viewed


def members(kind: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """The texts in stored order."""
    return _png(data, budget) if kind == "png" else _jpeg(data, budget)


def _png(data: bytes, budget: Budget) -> Iterator[Part]:
    """https://www.w3.org/TR/png-3/#11textinfo describes the chunks; their checksums are ignored."""
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if not kind.isalpha() or at + 12 + size > len(data):
            yield Refused((), f"damaged: no chunk at {at}")
            yield from clipped((f"(bytes at {at})",), data[at:], budget)
            return
        body = data[at + 8 : at + 8 + size] if kind in _CHUNKS else b""
        at += 12 + size
        if body:
            yield from _chunk(kind, body, budget)
        if kind == b"IEND":
            break
    yield from clipped(("(after the end)",), data[at:].strip(b"\x00"), budget)


_CHUNKS = frozenset((b"tEXt", b"zTXt", b"iTXt", b"eXIf"))


def _chunk(kind: bytes, body: bytes, budget: Budget) -> Iterator[Part]:
    title = kind.decode("ascii")
    if kind == b"eXIf":
        yield from viewed((title,), printable_strings(body), budget)
        return
    key, _, text = body.partition(b"\x00")
    packed = kind == b"zTXt"
    if kind == b"zTXt":
        text = text[1:]
    elif kind == b"iTXt":
        packed = text[:1] == b"\x01"
        text = text[2:].split(b"\x00", 2)[-1]  # behind the language and the translated key
    chain = (f"{title} {printable(key)}",)
    named = key + b" = "
    if not packed:
        yield from viewed(chain, named + text, budget)
        return
    cap, reason = budget.cap(len(text))
    out, _, state = decode("zlib", text, cap - len(named))
    if state == DAMAGED and not out:  # draw.io leaves out the header of zlib
        bare = decode("deflate", text, cap - len(named))
        out, _, state = bare if bare[2] in (END, LIMIT) else (out, 0, state)
    if out:
        yield View(chain, named + out)
    if state != END:
        yield Refused(chain, reason if state == LIMIT else trouble(state))


# https://www.w3.org/Graphics/JPEG/itu-t81.pdf table B.1
_SCAN, _FINISH, _COMMENT = 0xDA, 0xD9, 0xFE
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length
_TEXTS = {0xE1: "APP1", 0xED: "APP13", _COMMENT: "COM"}
_XMP = (b"http://ns.adobe.com/xap/1.0/\x00", b"http://ns.adobe.com/xmp/extension/\x00")


def _jpeg(data: bytes, budget: Budget) -> Iterator[Part]:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            yield Refused((), f"damaged: no segment at {at}")
            yield from clipped((f"(bytes at {at})",), data[at:], budget)
            return
        marker = data[at + 1]
        if marker in _ALONE or marker == 0xFF:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == _FINISH:
            break
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + size]
        at += 2 + max(size, 2)
        if marker in _TEXTS:
            yield from _segment(_TEXTS[marker], body, budget)
        if marker == _SCAN:
            at = _after_scan(data, at)
    rest = data[at + 2 :] if data[at : at + 2] == b"\xff\xd9" else b""
    yield from clipped(("(after the end)",), rest.strip(b"\x00"), budget)


def _after_scan(data: bytes, at: int) -> int:
    """The next marker that is neither a stuffed byte nor a restart."""
    match = _MARKER.search(data, at)
    return match.start() if match else len(data)


_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]")


def _segment(title: str, body: bytes, budget: Budget) -> Iterator[Part]:
    """Comments and XMP are text; Exif and IPTC are binary with strings in them."""
    if title == "COM":
        yield from clipped((title,), body, budget)
    elif body.startswith(_XMP):
        yield from viewed(("XMP",), body.split(b"\x00", 1)[1], budget)
    else:
        name = "Exif" if body.startswith(b"Exif\x00") else title
        yield from viewed((name,), printable_strings(body), budget)
