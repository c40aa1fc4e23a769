"""Values of INI files, as Python's RawConfigParser (strict=False, allow_no_value=True) reads them.

Format: https://docs.python.org/3/library/configparser.html#supported-ini-file-structure.
Keys before the first section are taken too (key path without a section). A value of one line in
quotes has style "quoted": configparser keeps the quotes in the value, most other readers do not;
here `value` is what is between them, and the quotes stay in the file. Other styles: "plain" and
"lines" (with continuation lines). Hint "indent": how continuation lines begin. Contexts:
"interpolated" (`%(name)s` or `${name}`), "percent" (`%%`), "comment-inside" (a comment line
between continuation lines).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from scanner.literals.text import (
    CRLF,
    Offsets,
    as_bytes,
    as_text,
    broken,
    cannot_hold,
    decode,
    hint,
    newline,
)
from scanner.model import Literal

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_SECTION = re.compile(r"\[(?P<header>.+)\]")
_OPTION = re.compile(r"(?P<option>.*?)\s*(?:(?P<delimiter>[=:])\s*(?P<value>.*))?$")
_INTERPOLATED = re.compile(r"%\([^)]+\)s|\$\{[^}]+\}")
_COMMENTS = ("#", ";")


@dataclass(slots=True)
class _Option:
    """A key and its value while its lines are read; indices are characters of the file."""

    section: str | None
    name: str
    key: tuple[int, int]
    start: int
    end: int
    lines: list[str] | None
    indent: str = ""
    crlf: bool = False
    context: list[str] = field(default_factory=list)
    pending_comment: bool = False
    continued: bool = False


def literals(data: bytes) -> Iterator[Literal]:
    """Every key (context "key") and value; LiteralError if configparser would refuse the file."""
    text, at = decode(data)
    for option in _options(text):
        start, end = option.key
        section = () if option.section is None else (option.section,)
        yield Literal("ini", at(start), at(end), as_bytes(option.name), (), "key", ("key",))
        if option.lines is not None:
            yield _literal(option, (*section, option.name), at)


def _options(text: str) -> Iterator[_Option]:
    """Options in order of appearance, each complete."""
    section: str | None = None
    current: _Option | None = None
    level = 0
    for number, match in enumerate(_LINE.finditer(text), 1):
        line = match.group(1)
        stripped = line.strip()
        begin = match.start() + len(line) - len(line.lstrip())
        if stripped.startswith(_COMMENTS):
            if current:
                current.pending_comment = True
            continue
        if not stripped:
            if current and current.lines is not None:
                current.lines.append("")
            continue
        indent = begin - match.start()
        if current and indent > level:
            _continue(current, stripped, line[:indent], begin, number)
            continue
        level = indent
        if current:
            yield current
            current = None
        header = _SECTION.match(stripped)
        if header:
            section = header.group("header")
            continue
        current = _option(stripped, begin, section, number)
        current.indent = line[:indent] + "    "
        current.crlf = match.group(2) == "\r\n"
    if current:
        yield current


def _option(stripped: str, begin: int, section: str | None, number: int) -> _Option:
    match = _OPTION.match(stripped)
    name = match.group("option") if match else ""
    if match is None or not name:
        raise broken("INI", number)
    key = (begin, begin + len(name))
    if match.group("delimiter") is None:
        return _Option(section, name, key, key[1], key[1], None)
    value = match.group("value")
    start = begin + (match.start("value") if value else match.end("delimiter"))
    return _Option(section, name, key, start, start + len(value), [value])


def _continue(option: _Option, stripped: str, indent: str, begin: int, number: int) -> None:
    """Add a continuation line to the option's value."""
    if option.lines is None:
        raise broken("INI", number, "a continuation of a key without value does not parse")
    if not option.continued:
        option.indent, option.continued = indent, True
    option.lines.append(stripped)
    option.end = begin + len(stripped)
    if option.pending_comment:
        option.context.append("comment-inside")
        option.pending_comment = False


def _literal(option: _Option, path: tuple[str, ...], at: Offsets) -> Literal:
    value = "\n".join(option.lines or ()).rstrip()
    style, context = "plain", ["indent:" + option.indent, *dict.fromkeys(option.context)]
    if "\n" in value:
        style = "lines"
    elif len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        style = "quoted"
        context.append("quote:" + value[0])
        value = value[1:-1]
    if option.crlf:
        context.append(CRLF)
    if _INTERPOLATED.search(value):
        context.append("interpolated")
    if "%%" in value:
        context.append("percent")
    return Literal(
        "ini", at(option.start), at(option.end), as_bytes(value), path, style, tuple(context)
    )


def spell(value: bytes, literal: Literal) -> bytes:
    """The bytes for `value`. RewriteError for what INI has no spelling for: white space at an
    end, lines that look like comments, several lines where the file shows no indentation.
    """
    text = as_text(value)
    if literal.style == "quoted":
        quote = hint(literal, "quote", '"')
        if "\n" in text or "\r" in text:
            raise cannot_hold("INI", "several lines in quotes")
        return as_bytes(quote + text + quote)
    if text != text.rstrip() or "\r" in text or (text and text[0] in " \t\f\v"):
        raise cannot_hold("INI", "white space at an end, or a carriage return")
    lines = text.split("\n")
    first = lines[0]
    if len(lines) == 1 and len(first) > 1 and first[0] == first[-1] and first[0] in "'\"":
        raise cannot_hold("INI", "its own quotes would be read as delimiters")
    if any(line != line.strip() or line.startswith(_COMMENTS) for line in lines[1:]):
        raise cannot_hold("INI", "lines that are indented or look like comments")
    if first != first.strip():
        raise cannot_hold("INI", "white space at the end of a line")
    indent = hint(literal, "indent", "    ")
    rest = (indent + line if line else "" for line in lines[1:])
    return as_bytes(newline(literal).join((first, *rest)))
