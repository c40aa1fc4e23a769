"""tar: POSIX (ustar, pax), GNU and the old format; files only, links and devices are no content."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.decode.limits import Budget, Part, Refused, clipped, printable

# https://www.gnu.org/software/tar/manual/html_node/Standard.html
BLOCK = 512
FILES = b"0\x007S"
WITHOUT_DATA = b"123456"  # links, devices, folders, pipes: a size there counts no bytes
EXTENDED, FOR_ALL, LONG_NAME, LONG_LINK = b"x", b"g", b"L", b"K"
LONGEST_HEADER = 1 << 20  # bytes of a pax header or a long name


def tar_members(data: bytes, budget: Budget) -> Iterator[Part]:
    """The files of a tar in stored order; sparse files as their stored pieces, joined."""
    at = 0
    said: dict[bytes, bytes] = {}  # what pax and GNU headers say of the next member
    while at + BLOCK <= len(data):
        header = data[at : at + BLOCK]
        if not header.strip(b"\x00"):
            break
        size = _number(header[124:136])
        if size is None or size < 0 or not _sum_fits(header):
            yield Refused((), f"damaged: no tar header at {at}")
            yield from clipped((f"(bytes at {at})",), data[at:], budget)
            return
        kind = header[156:157]
        at += BLOCK
        if kind in (EXTENDED, FOR_ALL, LONG_NAME, LONG_LINK):
            value = data[at : at + min(size, LONGEST_HEADER)]
            at += _padded(size)
            if kind == EXTENDED:
                said |= _pax(value)
            elif kind == LONG_NAME:
                said[b"path"] = value.split(b"\x00", 1)[0]
            continue
        name = printable(said.get(b"GNU.sparse.name") or said.get(b"path") or _name(header))
        if b"size" in said and said[b"size"].isdigit():
            size = int(said[b"size"][:20])
        said = {}
        if kind in WITHOUT_DATA:
            continue
        if kind == b"S":
            at = _after_map(data, at, header[482:483])
        content = data[at : at + size]
        at += _padded(size)
        if kind in FILES or kind.isalpha():
            yield from clipped((name,), content, budget)
        if len(content) < size:
            yield Refused((name,), "damaged: ends early")
            return
    rest = data[at:]
    if rest.strip(b"\x00"):
        yield from clipped(("(after the end)",), rest.lstrip(b"\x00"), budget)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _number(field: bytes) -> int | None:
    """Octal digits, or GNU's base 256; None for anything else."""
    if field[0] in (0x80, 0xFF):
        value = int.from_bytes(field[1:], "big")
        return value if field[0] == 0x80 else -1
    try:
        return int(field.strip(b" \x00") or b"0", 8)
    except ValueError:
        return None


def _sum_fits(header: bytes) -> bool:
    given = _number(header[148:156])
    unsigned = sum(header) - sum(header[148:156]) + 8 * 32
    if given == unsigned:
        return True
    # some old programs summed signed bytes
    high = sum(1 for byte in header[:148] + header[156:] if byte > 127)
    return given == unsigned - 256 * high


def _name(header: bytes) -> bytes:
    name = header[:100].split(b"\x00", 1)[0]
    prefix = header[345:500].split(b"\x00", 1)[0] if header[257:263] == b"ustar\x00" else b""
    return prefix + b"/" + name if prefix else name


def _pax(value: bytes) -> dict[bytes, bytes]:
    """Records "LENGTH KEY=VALUE" that change where content is or what it is called."""
    found = {}
    at = 0
    while at < len(value):
        digits, space, _ = value[at : at + 20].partition(b" ")
        if not space or not digits.isdigit() or not int(digits):
            break
        key, _, text = value[at + len(digits) + 1 : at + int(digits)].partition(b"=")
        if key in (b"path", b"size", b"GNU.sparse.name"):
            found[key] = text.rstrip(b"\n")
        at += int(digits)
    return found


def _after_map(data: bytes, at: int, extended: bytes) -> int:
    """Past the blocks that go on with the map of an old GNU sparse file."""
    while extended not in (b"", b"\x00") and at < len(data):
        extended = data[at + 504 : at + 505]
        at += BLOCK
    return at
