"""Programs and libraries: their printable strings, the constants of a Java class, a zip behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.decode.limits import Budget, Part, Refused, clipped, viewed

FEWEST = 6  # characters of a string

_TEXT = bytes((*b"\t", *range(0x20, 0x7F)))
# Printable bytes become "t", zeros stay, others "x": then finding a run is one search for "tttttt".
_CLASSES = bytes(116 if byte in _TEXT else 120 if byte else 0 for byte in range(256))
_RUN, _WIDE_RUN = b"t" * FEWEST, b"t\x00" * FEWEST
_RUN_END, _WIDE_END = re.compile(rb"t*"), re.compile(rb"(?:t\x00)*")


def members(kind: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """The strings, one a line in the order they stand, and an archive appended to the program."""
    if kind == "class":
        constants = _constants(data)
        if constants is None:
            yield Refused((), "damaged: a constant pool that ends early")
        else:
            yield from viewed(("(constants)",), constants, budget)
            return
    yield from viewed(("(strings)",), printable_strings(data), budget)
    if kind in ("elf", "pe", "macho") and b"PK\x05\x06" in data:
        from scanner.decode.archives import zip_start

        start = zip_start(data)
        if start:
            yield from clipped(("(appended)",), data[start:], budget)


def printable_strings(data: bytes) -> bytes:
    """Runs of FEWEST and more printable characters: ASCII, then those of UTF-16LE as ASCII."""
    classes = data.translate(_CLASSES)
    found = bytearray()
    find, whole = classes.find, _RUN_END.match
    at = find(_RUN)
    while at >= 0:  # spelled out: a program holds hundreds of thousands of strings
        end = whole(classes, at).end()  # type: ignore[union-attr]  # it matches no letters, too
        found += data[at:end]
        found += b"\n"
        at = find(_RUN, end)
    for at, end in _runs(classes, _WIDE_RUN, _WIDE_END):
        found += data[at:end:2]
        found += b"\n"
    return bytes(memoryview(found)[:-1])


def _runs(classes: bytes, run: bytes, whole: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
    """Where each run that begins with `run` starts and ends."""
    at = classes.find(run)
    while at >= 0:
        match = whole.match(classes, at)
        end = match.end() if match else at + len(run)
        yield at, end
        at = classes.find(run, end)


# Bytes after the tag; 1 is a text with its length before it.
# https://docs.oracle.com/javase/specs/jvms/se21/html/jvms-4.html#jvms-4.4
_SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2}
_SIZES |= {17: 4, 18: 4, 19: 2, 20: 2}


def _constants(data: bytes) -> bytes | None:
    """The texts of a class file's constant pool, one a line; None if it is none.

    Their lengths stand before them: as plain strings a printable one would stick to the text.
    """
    count = int.from_bytes(data[8:10], "big")
    found: list[bytes] = []
    at, number = 10, 1
    while number < count:
        if at >= len(data):
            return None
        tag = data[at]
        at += 1
        if tag == 1:
            size = int.from_bytes(data[at : at + 2], "big")
            found.append(data[at + 2 : at + 2 + size])
            at += 2 + size
        elif tag in _SIZES:
            at += _SIZES[tag]
            number += tag in (5, 6)  # these take two places
        else:
            return None
        number += 1
    return b"\n".join(found)
