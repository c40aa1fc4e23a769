r"""Python string tokens: what one evaluates to, and the token for a value in a given style.

A style is the token's own prefix and quotes (`rb'''`, `u"`, `"`); of an implicit concatenation
"joined:" and the first part's style. Escapes:
https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences.
"""

from __future__ import annotations

import re
import unicodedata

from scanner.errors import LiteralError
from scanner.literals.text import as_bytes, as_text, cannot_hold, newline
from scanner.model import Literal

JOINED = "joined:"

_OPENING = re.compile(r"([A-Za-z]{0,3})('''|\"\"\"|'|\")")
_PREFIXES = {"", "r", "u", "b", "br", "rb", "f", "fr", "rf", "t", "tr", "rt"}
_ESCAPE = re.compile(
    r"\\(?:(?P<end>\n)|(?P<octal>[0-7]{1,3})|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})"
    r"|U(?P<U>[0-9a-fA-F]{8})|N\{(?P<name>[^}]*)\}|(?P<char>.))|(?P<brace>\{\{|\}\})",
    re.DOTALL,
)
_SIMPLE = dict(zip("\\'\"abfnrtv", "\\'\"\a\b\f\n\r\t\v", strict=True))
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": "\\\\"}
_RAW_BODY = {
    '"': re.compile(r'(?:\\.|[^\\"\n])*', re.DOTALL),
    "'": re.compile(r"(?:\\.|[^\\'\n])*", re.DOTALL),
    '"""': re.compile(r'(?:\\.|(?!""")[^\\])*(?<!")', re.DOTALL),
    "'''": re.compile(r"(?:\\.|(?!''')[^\\])*(?<!')", re.DOTALL),
}


def style_of(token: str) -> str:
    """The prefix and the opening quotes of a token; LiteralError if they are no string's."""
    match = _OPENING.match(token)
    if match is None or match.group(1).lower() not in _PREFIXES:
        raise LiteralError("a string with a prefix that Python 3 does not have")
    return match.group()


def read(token: str) -> bytes:
    """What the token evaluates to, text as UTF-8; LiteralError if Python would refuse it.

    A formatted string must have no replacement field.
    """
    prefix, quote = _taken_apart(style_of(token))
    body = token[len(prefix) + len(quote) : -len(quote)]
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    marks = prefix.lower()
    if "b" in marks and not body.isascii():
        raise LiteralError("a bytes literal with characters outside ASCII")
    braces = "f" in marks or "t" in marks
    if "r" in marks:
        text = body.replace("{{", "{").replace("}}", "}") if braces else body
    elif "\\" in body or braces:
        text = _ESCAPE.sub(lambda match: _unescaped(match, marks, braces=braces), body)
    else:
        text = body
    return text.encode("latin-1") if "b" in marks else as_bytes(text)


def spell(value: bytes, literal: Literal) -> bytes:
    """The token in the literal's style that evaluates to `value`; RewriteError if there is none."""
    if "f-string" in literal.context:
        raise cannot_hold("a formatted string", "it has parts that are put in")
    prefix, quote = _taken_apart(literal.style.removeprefix(JOINED))
    if literal.style.startswith(JOINED):  # one raw part among others says nothing of the whole
        prefix = prefix.translate({ord("r"): None, ord("R"): None})
    marks = prefix.lower()
    text = value.decode("latin-1") if "b" in marks else as_text(value)
    if "r" in marks:
        body = text.replace("{", "{{").replace("}", "}}") if "f" in marks else text
        if not _RAW_BODY[quote].fullmatch(body) or "\r" in body or "\0" in body:
            raise cannot_hold("a raw string", "it would need an escape")
        if "b" in marks and not body.isascii():
            raise cannot_hold("a raw bytes literal", "it would need an escape")
    else:
        body = "".join(_escaped(char, marks, quote) for char in text)
        if len(quote) == 3:
            body = _without_end(body, quote)
    if len(quote) == 3:
        body = body.replace("\n", newline(literal))
    return f"{prefix}{quote}{body}{quote}".encode()


def _taken_apart(style: str) -> tuple[str, str]:
    """(prefix, quotes)."""
    quote = style[-3:] if style[-3:] in ('"""', "'''") else style[-1:]
    return style.removesuffix(quote), quote


def _unescaped(match: re.Match[str], marks: str, *, braces: bool) -> str:
    r"""The text an escape stands for. Bytes know no `\u`, `\U`, `\N`; what is no escape stays."""
    kind = match.lastgroup
    found = match.group(str(kind))
    if kind == "brace":
        return found[0] if braces else found
    if kind == "end":
        return ""
    if kind == "octal":
        return chr(int(found, 8) & 0xFF) if "b" in marks else chr(int(found, 8))
    if kind == "x":
        return chr(int(found, 16))
    if kind == "char":
        if found == "x" or (found in "uUN" and "b" not in marks):
            raise LiteralError("a string with an escape that is cut short")
        return _SIMPLE.get(found, match.group())
    if "b" in marks:
        return match.group()
    try:
        return unicodedata.lookup(found) if kind == "name" else chr(int(found, 16))
    except (KeyError, ValueError):
        raise LiteralError("a string with an escape for no character") from None


def _escaped(char: str, marks: str, quote: str) -> str:
    """One character between non-raw quotes; quotes of three are dealt with for the whole body."""
    if char == "\n" and len(quote) == 3:
        return char
    if char in _NAMED:
        return _NAMED[char]
    if char == quote:
        return "\\" + char
    if char in "{}" and "f" in marks:
        return char * 2
    point = ord(char)
    if char.isprintable() and ("b" not in marks or point < 0x80):
        return char
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _without_end(body: str, quote: str) -> str:
    """The body of a string in quotes of three with every quote escaped that could close it."""
    mark = quote[0]
    return re.sub(rf"{mark}{{3,}}|{mark}+\Z", lambda run: f"\\{mark}" * len(run.group()), body)
