r"""Values of Java properties files, as java.util.Properties.load(Reader) reads them.

Source: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html.
A file that is not UTF-8 is ISO-8859-1 (every byte is a character). Styles: "plain" (only what has
to be escaped is, not ASCII as \uXXXX), "upper" (the same with upper-case digits), "store" (as
Properties.store writes: `= : # !` escaped too), "raw" (not ASCII as it is). The hint "charset"
says "latin-1" where it is not UTF-8; context "unmarked": neither `=` nor `:` follows the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.errors import LiteralError
from scanner.literals.text import Offsets, as_bytes, as_text, decode, hint
from scanner.model import Literal

_LOGICAL = re.compile(r"[ \t\f]*(?P<body>(?:[^\\\r\n]|\\(?:\r\n|[\s\S])|\\\Z)*)(?:\r\n|\r|\n|\Z)")
# A line that is empty but for a continuation mark is still the start of a line.
_COMMENT = re.compile(r"(?:[ \t\f]*\\(?:\r\n|\r|\n))*[ \t\f]*(?:[#!][^\r\n]*)?(?:\r\n|\r|\n|\Z)")
_GAP = r"(?:[ \t\f]|\\(?:\r\n|\r|\n)[ \t\f]*)*"
_KEY = re.compile(r"(?:[^\\=: \t\f]|\\(?:\r\n|\r|\n)[ \t\f]*|\\[^\r\n]|\\\Z)*")
_SEPARATOR = re.compile(_GAP + r"[=:]?" + _GAP)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(\r\n|\r|\n)[ \t\f]*|([\s\S])|\Z)")
_NAMED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_NAMES = {value: "\\" + name for name, value in _NAMED.items()}
_STYLES = ("plain", "upper", "store", "raw")


def literals(data: bytes) -> Iterator[Literal]:
    r"""Every key (context "key") and value; LiteralError for a broken `\u` escape."""
    charset: tuple[str, ...] = ()
    try:
        text, at = decode(data)
    except LiteralError:
        text, at, charset = data.decode("latin-1"), int, ("charset:latin-1",)
    position = 0
    while position < len(text):
        comment = _COMMENT.match(text, position)
        if comment:
            position = max(comment.end(), position + 1)
            continue
        line = _LOGICAL.match(text, position)
        if line is None:  # pragma: no cover - the pattern matches any text
            break
        yield from _pair(text, line.start("body"), line.end("body"), at, charset)
        position = max(line.end(), position + 1)


def _pair(
    text: str, start: int, end: int, at: Offsets, charset: tuple[str, ...]
) -> Iterator[Literal]:
    """The key and the value of the logical line [start, end)."""
    key = _KEY.match(text, start, end)
    middle = key.end() if key else start
    separator = _SEPARATOR.match(text, middle, end)
    begin = separator.end() if separator else middle
    name = _unescape(text[start:middle], text, start)
    if middle > start:
        yield Literal("properties", at(start), at(middle), as_bytes(name), (), "key", ("key",))
    raw = text[begin:end]
    value = _unescape(raw, text, begin)
    marked = separator is not None and separator.group().strip(" \t\f\r\n\\")
    context = charset if marked else (*charset, "unmarked")
    same = (one for one in _STYLES if _escape(value, one, marked=bool(marked)) == raw)
    style = next(same, "plain")
    if separator and separator.start() == separator.end() and not raw:
        return
    yield Literal("properties", at(begin), at(end), as_bytes(value), (name,), style, context)


def _unescape(raw: str, text: str, start: int) -> str:
    r"""What java reads; LiteralError with the line for a broken `\u`."""

    def one(match: re.Match[str]) -> str:
        if match.group(1):
            return chr(int(match.group(1), 16))
        other = match.group(3) or ""
        if other == "u":
            line = text.count("\n", 0, start + match.start()) + 1
            raise LiteralError(f"a broken \\u escape at line {line}", "repair the file")
        return _NAMED.get(other, other)

    units = _ESCAPE.sub(one, raw)
    if raw == units or not any(0xD800 <= ord(char) < 0xE000 for char in units):
        return units
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _escape(value: str, style: str, *, marked: bool) -> str:
    """The spelling of `value`: leading blanks, backslashes and control characters escaped; a
    leading `=` or `:` too where only blanks part it from the key (`marked` is False).
    """
    more = "=:#!" if style == "store" else ""
    digits = "04x" if style == "plain" else "04X"
    blanks = len(value) - len(value.lstrip(" "))
    if style != "store":
        blanks = min(blanks, 1)
    pieces = ["\\ "] * blanks
    if style != "store" and not marked and value[:1] in ("=", ":"):
        pieces.append("\\")
    for char in value[blanks:]:
        if char in _NAMES:
            pieces.append(_NAMES[char])
        elif char == "\\" or char in more:
            pieces.append("\\" + char)
        elif " " <= char <= "~" or (style == "raw" and char > "~"):
            pieces.append(char)
        else:
            units = char.encode("utf-16-be", "surrogatepass")
            pairs = (units[index : index + 2] for index in range(0, len(units), 2))
            pieces.extend("\\u" + format(int.from_bytes(pair), digits) for pair in pairs)
    return "".join(pieces)


def spell(value: bytes, literal: Literal) -> bytes:
    """The bytes for `value`; every text has a spelling, RewriteError for bytes that are none."""
    marked = "unmarked" not in literal.context
    style = literal.style if literal.style in _STYLES else "plain"
    text = as_text(value)
    charset = hint(literal, "charset", "utf-8")
    if style == "raw" and any("\ud800" <= char < "\ue000" for char in text):
        style = "plain"
    try:
        return _escape(text, style, marked=marked).encode(charset)
    except UnicodeEncodeError:
        return _escape(text, "plain", marked=marked).encode("ascii")
