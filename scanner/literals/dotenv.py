"""Values of dotenv files, as python-dotenv reads them.

Grammar: https://github.com/theskumar/python-dotenv/blob/main/src/dotenv/parser.py. A line that
python-dotenv skips with a warning holds no value here either. Styles: "unquoted", and for each
quote the ways to write escapes, the first that gives the original bytes ("double",
"double-lines" with real line breaks, "double-loose" with lone backslashes; same for "single").
Context "expansion": the value holds `${NAME}`, which the reader expands even in single quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.literals.text import (
    CRLF,
    Offsets,
    as_bytes,
    as_text,
    cannot_hold,
    decode,
    newline,
)
from scanner.model import Literal

_SPACE = re.compile(r"\s*")
_EXPORT = re.compile(r"(?:export[^\S\r\n]+)?")
_KEY = re.compile(r"'([^']+)'|(?!')([^=#\s]+)")
_EQUAL = re.compile(r"[^\S\r\n]*=([^\S\r\n]*)")
_QUOTED = {
    "'": re.compile(r"'((?:\\.|[^'\\])*)'", re.DOTALL),
    '"': re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL),
}
_ESCAPES = {"'": re.compile(r"\\[\\']"), '"': re.compile(r"\\[\\'\"abfnrtv]")}
_END = re.compile(r"[^\S\r\n]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|$)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
_COMMENT = re.compile(r"\s+#.*")
_BREAK = re.compile(r"\r\n|\r")
_EXPANSION = re.compile(r"\$\{[^}:]*(?::-[^}]*)?\}")
_NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_QUOTES = {"single": "'", "double": '"'}
_WAYS = ("", "-lines", "-loose")


def literals(data: bytes) -> Iterator[Literal]:
    """Every key (context "key") and value; LiteralError only if the file is not UTF-8."""
    text, at = decode(data)
    position = 0
    while position < len(text):
        start = _end(_EXPORT, text, _end(_SPACE, text, position))
        key = _KEY.match(text, start)
        if key is None:
            position = _next_line(text, max(start, position))
            continue
        name = _BREAK.sub("\n", key.group(1) or key.group(2))
        equal = _EQUAL.match(text, key.end())
        if equal is None:
            position = _next_line(text, key.end())
            continue
        value, after = _value(text, equal, name, at)
        end = _END.match(text, after)
        if value is None or end is None:
            position = _next_line(text, after)
            continue
        yield Literal("dotenv", at(start), at(key.end()), as_bytes(name), (), "key", ("key",))
        yield value
        position = max(end.end(), position + 1)


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Where an always matching pattern ends."""
    match = pattern.match(text, position)
    return match.end() if match else position


def _next_line(text: str, position: int) -> int:
    return max(_end(_LINE, text, position), position + 1)


def _value(text: str, equal: re.Match[str], name: str, at: Offsets) -> tuple[Literal | None, int]:
    """The literal behind an equal sign and the index behind it; None for an open quote."""
    start = equal.end()
    first = text[start : start + 1]
    if first in _QUOTED:
        match = _QUOTED[first].match(text, start)
        if match is None:
            return None, start
        raw = match.group(1)
        value = _unescape(_BREAK.sub("\n", raw), first)
        kind = "single" if first == "'" else "double"
        crlf = (CRLF,) if "\r\n" in raw else ()
        style = _style(raw, value, kind, "\r\n" if crlf else "\n")
        context = (*_expansion(value), *crlf)
        end = match.end()
        return Literal("dotenv", at(start), at(end), as_bytes(value), (name,), style, context), end
    if first in ("", "\r", "\n") or (first == "#" and equal.group(1)):
        start = equal.start() + equal.group().index("=") + 1
        return Literal("dotenv", at(start), at(start), b"", (name,), "unquoted"), equal.end()
    line = text[start : _end(re.compile(r"[^\r\n]*"), text, start)]
    value = _COMMENT.sub("", line).rstrip()
    end = start + len(value)
    context = _expansion(value)
    literal = Literal("dotenv", at(start), at(end), as_bytes(value), (name,), "unquoted", context)
    return literal, start + len(line)


def _expansion(value: str) -> tuple[str, ...]:
    return ("expansion",) if _EXPANSION.search(value) else ()


def _unescape(raw: str, quote: str) -> str:
    return _ESCAPES[quote].sub(lambda m: _NAMED.get(m.group()[1], m.group()[1]), raw)


def _style(raw: str, value: str, kind: str, line_end: str) -> str:
    """The first way of `kind` that spells `value` as `raw`."""
    for way in _WAYS:
        if _body(value, kind, way, line_end) == raw:
            return kind + way
    return kind


def _body(value: str, kind: str, way: str, line_end: str) -> str | None:
    """What stands between the quotes; None if that way has no spelling."""
    quote = _QUOTES[kind]
    if way == "-loose":
        body = value.replace(quote, "\\" + quote)
    else:
        body = value.replace("\\", "\\\\").replace(quote, "\\" + quote)
    if kind == "double":
        body = body.replace("\r", "\\r")
        if way == "":
            return body.replace("\n", "\\n")
    body = body.replace("\n", line_end)
    raw = _QUOTED[quote].fullmatch(quote + body + quote)
    good = raw is not None and _unescape(_BREAK.sub("\n", body), quote) == value
    return body if good else None


def spell(value: bytes, literal: Literal) -> bytes:
    """The bytes for `value`; an unquoted or single-quoted place that cannot hold it gets double
    quotes. RewriteError for a value the reader would expand.
    """
    text = as_text(value)
    if _EXPANSION.search(text) and "expansion" not in literal.context:
        raise cannot_hold("dotenv", "readers would expand the ${...} in it")
    if literal.style == "unquoted" and _stands_unquoted(text):
        return as_bytes(text)
    kind, _, way = literal.style.partition("-")
    if kind in _QUOTES:
        for choice in dict.fromkeys((way and "-" + way, *_WAYS)):
            body = _body(text, kind, choice, newline(literal))
            if body is not None:
                return as_bytes(_QUOTES[kind] + body + _QUOTES[kind])
    return as_bytes('"' + str(_body(text, "double", "", "\n")) + '"')


def _stands_unquoted(text: str) -> bool:
    if not text:
        return True
    if text != text.strip() or text[0] in "'\"#" or "\r" in text or "\n" in text:
        return False
    return _COMMENT.search(text) is None
