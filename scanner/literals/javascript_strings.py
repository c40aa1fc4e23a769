r"""JavaScript string tokens: what one evaluates to, and the token for a value in a given style.

Styles: `"`, `'`, "`" (template), `jsx"`, `jsx'` (attribute of an element: no escapes, but HTML
character references), "jsx-text". Escapes:
https://tc39.es/ecma262/#sec-literals-string-literals; templates have the line ends of
https://tc39.es/ecma262/#sec-static-semantics-trv; JSX: https://facebook.github.io/jsx/.
"""

from __future__ import annotations

import re
from html.entities import name2codepoint

from scanner.errors import LiteralError
from scanner.literals.text import as_bytes, as_text, cannot_hold, newline
from scanner.model import Literal

TEXT = "jsx-text"

_ESCAPE = re.compile(
    r"\\(?:(?P<end>\r\n|[\n\r\u2028\u2029])|(?P<octal>[0-3][0-7]{0,2}|[4-7][0-7]?)"
    r"|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|u\{(?P<point>[0-9a-fA-F]+)\}|(?P<char>.))",
    re.DOTALL,
)
_SIMPLE = dict(zip("bfnrtv", "\b\f\n\r\t\v", strict=True))
_NAMED = {char: "\\" + name for name, char in _SIMPLE.items()} | {"\\": "\\\\"}
_REFERENCE = re.compile(r"&(?:#(?P<decimal>\d+)|#[xX](?P<hex>[0-9a-fA-F]+)|(?P<name>\w+));")
_ENTITIES = name2codepoint | {"apos": 39}
_IN_TEXT = "{}<>"


def read(token: str) -> bytes:
    """What a string or a template without substitutions evaluates to, as UTF-8.

    Halves of surrogate pairs that stand alone pass as such. LiteralError if it is no token.
    """
    quote, body = token[:1], token[1:-1]
    if quote == "`":
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in body:
        body = _ESCAPE.sub(lambda match: _unescaped(match, template=quote == "`"), body)
    return as_bytes(body.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass"))


def read_jsx(raw: str) -> bytes:
    """What the text of an element, or of an attribute between its quotes, stands for.

    The lines of text are stripped and joined, as JSX does.
    """
    lines = [line.strip(" \t") for line in re.split(r"\r\n|\r|\n", raw)]
    text = " ".join(line for line in lines if line) if len(lines) > 1 else raw
    return as_bytes(_REFERENCE.sub(_referred, text))


def spell(value: bytes, literal: Literal) -> bytes:
    """The token in the literal's style that evaluates to `value`; RewriteError if there is none."""
    if "template" in literal.context:
        raise cannot_hold("a template", "it has parts that are put in")
    text, style = as_text(value), literal.style
    if style.startswith("jsx"):
        return _spelled_jsx(text, style).encode()
    body = "".join(_escaped(char, style) for char in text)
    if style == "`":
        body = body.replace("${", "\\${").replace("\n", newline(literal))
    return f"{style}{body}{style}".encode()


def _unescaped(match: re.Match[str], *, template: bool) -> str:
    """The text an escape stands for; what is no escape loses its backslash."""
    kind = match.lastgroup
    found = match.group(str(kind))
    if kind == "end":
        return ""
    if kind == "octal":
        if template and (found != "0" or match.string[match.end() : match.end() + 1].isdecimal()):
            raise LiteralError("a template with an octal escape")
        return chr(int(found, 8))
    if kind == "char":
        if found in "xu":
            raise LiteralError("a string with an escape that is cut short")
        return _SIMPLE.get(found, found)
    point = int(found, 16)
    if point > 0x10FFFF:
        raise LiteralError("a string with an escape for no character")
    return chr(point)


def _escaped(char: str, quote: str) -> str:
    if quote == "`" and char == "\n":
        return char
    if char in _NAMED:
        return _NAMED[char]
    if char == quote:
        return "\\" + char
    if char.isprintable():
        return char
    point = ord(char)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\u{{{point:x}}}"


def _referred(match: re.Match[str]) -> str:
    """The character of a reference; an unknown name stays as it is."""
    kind = match.lastgroup
    found = match.group(str(kind))
    if kind == "name":
        return chr(_ENTITIES[found]) if found in _ENTITIES else match.group()
    point = int(found, 10 if kind == "decimal" else 16)
    return chr(point) if point < 0x110000 else match.group()


def _spelled_jsx(text: str, style: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise cannot_hold("JSX", "it has half a character")
    special = _IN_TEXT if style == TEXT else style[-1]
    inner = text.replace("&", "&amp;")
    body = "".join(
        char if char.isprintable() and char not in special else f"&#x{ord(char):x};"
        for char in inner
    )
    if style != TEXT:
        return style[-1] + body + style[-1]
    if body.startswith(" "):  # blanks at the ends would be taken for layout
        body = "&#x20;" + body[1:]
    if body.endswith(" "):
        body = body[:-1] + "&#x20;"
    if not body:
        raise cannot_hold("the text of an element", "it is empty")
    return body
