"""Encodings that stand character by character in a text: escapes, entities, joined literals.

Each has a pattern of its units and what a unit means. A whole line is decoded (or what is near the
escapes when lines are long), so that the name in front of a value is in the decoded text too.
"""

from __future__ import annotations

import re

from scanner.decode.spans import Decode, Encoded, substituted

REACH = 2048  # bytes of context on each side of a hit, unless the line ends before

_ENTITIES = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
_SIMPLE = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def _hexadecimal(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode())


def _utf8(code: int, literal: bytes) -> bytes:
    if 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        return literal
    return chr(code).encode()


def _backslash(match: re.Match[bytes]) -> bytes:
    kind = match.lastgroup
    text = match[0]
    if kind == "pair":
        return bytes.fromhex((text[2:6] + text[8:12]).decode()).decode("utf-16-be").encode()
    if kind == "wide":
        return _utf8(int(text[2:].strip(b"{}"), 16), text)
    if kind == "byte":
        return bytes((int(match["byte"][1:], 16),))
    if kind == "octal":
        return bytes((int(text[1:], 8),))
    return _SIMPLE.get(text[1:], text[1:])


def _entity(match: re.Match[bytes]) -> bytes:
    name, decimal, hexadecimal = match.groups()
    if name:
        return _ENTITIES[name]
    return _utf8(int(decimal) if decimal else int(hexadecimal, 16), match[0])


def _printable(match: re.Match[bytes]) -> bytes:
    digits = match[1]
    return bytes.fromhex(digits.decode()) if digits else b""


def _nothing(_match: re.Match[bytes]) -> bytes:
    return b""


# The lines of a quoted CSV file are no adjacent literals: those are indented.
_GAP = rb"(?:[ \t]{1,40}(?:\\?\r?\n[ \t]{1,80})?|\\?\r?\n[ \t]{1,80})"
_LIMITED = rb"[ \t]{0,40}(?:\\?\r?\n[ \t]{0,80})?"  # white space with at most one end of line

_DECODERS: dict[str, tuple[re.Pattern[bytes], Decode]] = {
    "percent": (re.compile(rb"%([0-9A-Fa-f]{2})"), _hexadecimal),
    # https://262.ecma-international.org/#prod-EscapeSequence, Python, C, Java, Ruby, PHP
    "backslash": (
        re.compile(
            rb"\\(?:(?P<pair>u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2})"
            rb"|(?P<wide>u\{[0-9A-Fa-f]{1,8}\}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"
            rb"|(?P<byte>x[0-9A-Fa-f]{2})|(?P<octal>[0-3][0-7]{2})|(?P<one>[\"'\\/nrt]))"
        ),
        _backslash,
    ),
    "html": (
        re.compile(
            rb"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6}));"
        ),
        _entity,
    ),
    # RFC 2045, section 6.7
    "quoted-printable": (re.compile(rb"=(?:([0-9A-Fa-f]{2})|[ \t]{0,8}\r?\n)"), _printable),
    "hex list": (
        re.compile(rb"0[xX]([0-9A-Fa-f]{2})(?:[uU]?[, \t\r\n]{1,40}(?=0[xX]))?"),
        _hexadecimal,
    ),
    "joined": (
        re.compile(
            rb"(?<!\\)(?:[\"']" + _LIMITED + rb"[+.&~]" + _LIMITED + rb"[bBrRuUfF]{0,2}[\"']"
            rb"|([\"'])" + _GAP + rb"[bBrRuUfF]{0,2}\1)(?=[^\s,;:)\]}])"
        ),
        _nothing,
    ),
    "continued": (re.compile(rb"\\\r?\n[ \t]{0,80}"), _nothing),
}  # fmt: skip

# A join that could hide something: no white space at the quotes, unlike the parts of a message.
_JOIN = re.compile(
    rb"[\"'](?:" + _LIMITED + rb"[+.&~]" + _LIMITED + rb"|" + _GAP + rb")"
    rb"[bBrRuUfF]{0,2}[\"'][\w+/=.-]"
)
_BEFORE_JOIN = frozenset(b"+/=.-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
KINDS = frozenset(_DECODERS)
_OVER_LINES = frozenset({"joined", "continued", "quoted-printable"})
_BETWEEN = b" \t\r+.&~\"'\\"  # what may stand between the start of a line and a hit on a join


def views(kind: str, data: bytes, ends: list[int]) -> list[Encoded]:
    """The decoded texts around the hits of one kind; `ends`: sorted end offsets, no two equal."""
    pattern, decode = _DECODERS[kind]
    if kind == "joined":
        ends = [end for end in ends if _is_join(data, end)]
    found = []
    for start, end in _stretches(data, ends, over_lines=kind in _OVER_LINES):
        view = substituted(kind, data, start, end, pattern, decode)
        if view is not None:
            found.append(view)
    return found


def _is_join(data: bytes, hit: int) -> bool:
    """Whether two literals without white space at the join stand around the hit."""
    return any(
        match.start() and data[match.start() - 1] in _BEFORE_JOIN
        for match in _JOIN.finditer(data, max(1, hit - 52), hit + 160)
        if match.start() <= hit
    )


def _stretches(data: bytes, ends: list[int], *, over_lines: bool) -> list[tuple[int, int]]:
    """Windows around the hits, cut at the ends of lines; those that touch are one."""
    found: list[tuple[int, int]] = []
    for hit in ends:
        low, high = max(0, hit - REACH), min(len(data), hit + REACH)
        start = data.rfind(b"\n", low, hit - 1) + 1 or low
        if over_lines and start > low and not data[start : hit - 1].strip(_BETWEEN):
            start = data.rfind(b"\n", low, start - 1) + 1 or low
        end = data.find(b"\n", hit, high)
        end = high if end < 0 else end
        if over_lines and end < high and not data[hit:end].strip(_BETWEEN):
            end = data.find(b"\n", end + 1, high)
            end = high if end < 0 else end
        if found and start <= found[-1][1] + 1:
            found[-1] = (min(found[-1][0], start), max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
