"""How a text is spelled as a YAML scalar, and which type a plain one would be.

A plain value is only taken for text when both YAML 1.1 (https://yaml.org/type/, PyYAML) and the
core schema of 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema) say so.
"""

from __future__ import annotations

import re
from dataclasses import replace

from scanner.literals.text import as_bytes, as_text, cannot_hold, hint, newline
from scanner.model import Literal

_TYPES = (
    ("null", re.compile(r"~|null|Null|NULL|")),
    ("bool", re.compile(r"(?i:yes|no|true|false|on|off|y|n)")),
    (
        "int",
        re.compile(
            r"[-+]?(?:0b[01_]+|0o?[0-7_]+|[0-9][0-9_]*|0x[0-9a-fA-F_]+"
            r"|[1-9][0-9_]*(?::[0-5]?[0-9])+)"
        ),
    ),
    (
        "float",
        re.compile(
            r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"
            r"|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*"
            r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)"
        ),
    ),
    (
        "timestamp",
        re.compile(
            r"\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?"
            r"(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)?"
        ),
    ),
    ("merge", re.compile(r"<<")),
    ("value", re.compile(r"=")),
)
_UNSAFE_START = re.compile(r"[,\[\]{}#&*!|>'\"%@`]|[-?:](?![^\s,\[\]{}])|---|\.\.\.")
_UNSAFE = re.compile(r":(?=\s|\Z)|\s#")
_UNSAFE_IN_FLOW = re.compile(r"[,\[\]{}]|:(?=[,\[\]{}])")
_UNPRINTABLE = re.compile(
    "[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]"
)
_NAMED = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}
_ESCAPED = re.compile(r'["\\]|' + _UNPRINTABLE.pattern)


def resolve(text: str) -> str:
    """The type of a plain scalar: "str" or the name of another type some reader would see."""
    for name, pattern in _TYPES:
        if pattern.fullmatch(text):
            return name
    return "str"


def spell(value: bytes, literal: Literal) -> bytes:
    """The bytes for `value` in the literal's style, or in the nearest that can hold it: plain,
    then single, then double quotes. RewriteError for bytes that are no text, and for a part of a
    plain scalar that would need quotes.
    """
    text = as_text(value)
    if "compose" in literal.context:
        text = text.replace("$", "$$")
        literal = replace(literal, context=tuple(w for w in literal.context if w != "compose"))
        value = as_bytes(text)
    if any("\ud800" <= char < "\ue000" for char in text):
        raise cannot_hold("YAML", "half of a surrogate pair")
    if "absent" in literal.context:
        # Nothing stood there, often not even a blank behind the colon.
        words = tuple(word for word in literal.context if word != "absent")
        return b" " + spell(value, replace(literal, context=words)) if value else b""
    style = literal.style
    if style.startswith("part:"):
        return as_bytes(_part(text, literal))
    if style in ("literal", "folded"):
        return as_bytes(_block(text, literal))
    if style == "plain" and _stands_plain(text, literal):
        return as_bytes(text)
    if style != "double" and not _UNPRINTABLE.search(text):
        return as_bytes("'" + text.replace("'", "''") + "'")
    return as_bytes('"' + _double(text) + '"')


def _stands_plain(text: str, literal: Literal) -> bool:
    """Whether the text may stand without quotes and is read with the type it had."""
    if text == "":
        return literal.value == b"" and "null" in literal.context
    if text != text.strip() or _UNPRINTABLE.search(text) or _UNSAFE_START.match(text):
        return False
    if _UNSAFE.search(text) or ("flow" in literal.context and _UNSAFE_IN_FLOW.search(text)):
        return False
    kind = resolve(text)
    return kind == "str" or kind in literal.context or bool(hint(literal, "tag"))


def _double(text: str) -> str:
    """The body of a double-quoted scalar on one line."""
    return _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if char in _NAMED:
        return "\\" + _NAMED[char]
    point = ord(char)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _part(text: str, literal: Literal) -> str:
    """What stands behind `NAME=`; the quotes around the whole are not part of the span."""
    style = literal.style.partition(":")[2]
    if style == "double":
        return _double(text)
    if _UNPRINTABLE.search(text):
        raise cannot_hold("YAML", "characters that need double quotes")
    if style == "single":
        return text.replace("'", "''")
    in_flow = "flow" in literal.context and _UNSAFE_IN_FLOW.search(text)
    if in_flow or _UNSAFE.search("=" + text) or text != text.rstrip(" \t"):
        raise cannot_hold("YAML", "the list item would need quotes")
    return text


def _block(text: str, literal: Literal) -> str:
    """A block scalar with the literal's own indentation; double quotes where it cannot be one."""
    lead = hint(literal, "header")
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    indent, indicator = hint(literal, "indent"), hint(literal, "indicator")
    lines = body.split("\n")
    is_open = hint(literal, "end") == "open"
    blank = int(hint(literal, "blank", "0"))
    extra = ends if is_open else ends - 1 - blank if ends > 1 else 0
    folded = literal.style == "folded"
    if not indent or extra < 0 or not _stands_block(lines, folded=folded, indicator=indicator):
        return '"' + _double(text) + '"' + lead
    chomp = "-" if ends == 0 else "" if ends == 1 else "+"
    if is_open and ends == 0:
        chomp = hint(literal, "chomp")
    if folded:
        lines = _unfold(lines)
    end = newline(literal)
    pad = " " * int(indent)
    header = ("|" if not folded else ">") + indicator + chomp + lead
    content = end.join(pad + line if line else "" for line in lines)
    return header + end + content + end * extra


def _stands_block(lines: list[str], *, folded: bool, indicator: str) -> bool:
    """Whether the lines can be a block scalar that reads back the same."""
    if not lines[-1]:
        return False
    first = next(line for line in lines if line)
    if first[0] in " \t" and not indicator:
        return False
    for line in lines:
        if _UNPRINTABLE.search(line.replace("\t", "")) or (line and not line.strip()):
            return False
        if folded and line[:1] in (" ", "\t"):
            return False
    return True


def _unfold(lines: list[str]) -> list[str]:
    """Each line break between two lines of text needs an empty line to survive folding."""
    result: list[str] = []
    for line in lines:
        if line and any(result):
            result.append("")
        result.append(line)
    return result
