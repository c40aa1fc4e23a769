"""Values of .npmrc files, as npm's `ini` package reads them.

Sources: https://github.com/npm/ini/blob/main/lib/ini.js and
https://docs.npmjs.com/cli/configuring-npm/npmrc.
Styles: "plain" (`;` and `#` escaped with a backslash; "plain-loose" with lone backslashes kept),
"double" (a JSON string) and "single" (kept as it stands unless it is JSON). Contexts:
"expansion" (the value holds `${NAME}`), "bool" and "null" (npm turns these words into values),
"commented" (a comment follows).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from scanner.literals.text import Offsets, as_bytes, as_text, cannot_hold, decode
from scanner.model import Literal

_LINE = re.compile(r"[^\r\n]+")
# JavaScript's `.` stops at these, so npm skips a line with one of the last two in its value.
_BREAK = re.compile("[\r\n\u2028\u2029]")
# What JavaScript's trim() takes away, which is not what Python's strip() does.
_SPACE = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_SECTION = re.compile(r"\[([^\]]*)\]\s*$")
_PAIR = re.compile("([^=]+)=([^\u2028\u2029]*)$")
_ESCAPE = re.compile(r"\\([\\;#])")
_PLAIN = re.compile(r"(?:\\.|[^\\;#])*\\?", re.DOTALL)
_EXPANSION = re.compile(r"\$\{[^${}?]+\??\}")
_WORDS = {"true": ("bool",), "false": ("bool",), "null": ("null",)}


def literals(data: bytes) -> Iterator[Literal]:
    """Every key (context "key") and value; LiteralError only if the file is not UTF-8."""
    text, at = decode(data)
    section: tuple[str, ...] = ()
    for line in _LINE.finditer(text):
        content = line.group()
        if not content.strip(_SPACE) or content.lstrip(_SPACE).startswith((";", "#")):
            continue
        header = _SECTION.match(content)
        if header:
            section = (_read(header.group(1).strip(_SPACE))[0],)
            continue
        pair = _PAIR.match(content)
        if pair is None:
            continue
        start = line.start() + len(content) - len(content.lstrip(_SPACE))
        raw = pair.group(1).strip(_SPACE)
        name = _read(raw)[0]
        yield Literal("npmrc", at(start), at(start + len(raw)), as_bytes(name), (), "key", ("key",))
        yield _literal(pair.group(2), line.start() + pair.start(2), (*section, name), at)


def _literal(behind: str, start: int, path: tuple[str, ...], at: Offsets) -> Literal:
    """The value in `behind`, the text after the equal sign."""
    raw = behind.strip(_SPACE)
    start += len(behind) - len(behind.lstrip(_SPACE)) if raw else 0
    value, raw, style = _read(raw)
    context = _WORDS.get(value, ())
    if _EXPANSION.search(value):
        context = (*context, "expansion")
    if len(raw) < len(behind.strip(_SPACE)):
        context = (*context, "commented")
    end = start + len(raw)
    return Literal("npmrc", at(start), at(end), as_bytes(value), path, style, context)


def _read(raw: str) -> tuple[str, str, str]:
    """Value, the part of `raw` that is its spelling (no comment behind it), and style."""
    if raw == "'":
        return "", raw, "single"
    if len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "'\"":
        inner = raw[1:-1] if raw[0] == "'" else raw
        return _from_json(inner), raw, "single" if raw[0] == "'" else "double"
    match = _PLAIN.match(raw)
    spelling = (match.group() if match else "").rstrip(_SPACE)
    value = _ESCAPE.sub(r"\1", spelling)
    return value, spelling, "plain" if _escape(value) == spelling else "plain-loose"


def _from_json(inner: str) -> str:
    """A JSON string's text; anything else stays as it is."""
    try:
        value = json.loads(inner)
    except ValueError:
        return inner
    return value if isinstance(value, str) else inner


def _escape(value: str) -> str:
    return re.sub(r"([\\;#])", r"\\\1", value)


def spell(value: bytes, literal: Literal) -> bytes:
    """The bytes for `value`; a place that cannot hold it as it is gets a JSON string.
    RewriteError for a value that npm would expand.
    """
    text = as_text(value)
    if _EXPANSION.search(text) and "expansion" not in literal.context:
        raise cannot_hold(".npmrc", "npm would expand the ${...} in it")
    if literal.style.startswith("plain"):
        loose = re.sub(r"([;#])", r"\\\1", text)
        for plain in (loose, _escape(text))[literal.style == "plain" :]:
            one_line = plain == plain.strip(_SPACE) and _BREAK.search(plain) is None
            if one_line and _read(plain)[:2] == (text, plain):
                return as_bytes(plain)
    if literal.style == "single":
        single = f"'{text}'"
        if _read(single) == (text, single, "single") and _BREAK.search(text) is None:
            return as_bytes(single)
    if "commented" in literal.context:
        raise cannot_hold(".npmrc", "it needs quotes, which npm ignores before a comment")
    quoted = json.dumps(text, ensure_ascii=False)
    return as_bytes(quoted.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
