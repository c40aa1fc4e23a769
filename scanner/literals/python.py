"""String literals of Python source, placed by tree-sitter-python. Numbers are no literals here.

Contexts: "docstring", "statement" (a string that nothing reads), "default" (of a parameter),
"key" (of a dictionary display), "annotation", "decorator", "pattern" (match statement), "names"
(`__all__` and the like), "bytes", "f-string" (it has replacement fields; the value is its static
text with {} for each), "field" (stands in a replacement field, with "quote:X", the quote of the
string around it, and "shown" where `=` prints the expression), "concatenation" (of adjacent
strings: the whole, and its parts with "part"). Key paths: classes, targets of assignments,
dictionary keys, keyword arguments, parameters, the function for what it returns; a positional
argument without any of these is under the name of what is called. Tokens are read in
python_strings.py, the tree in python_places.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from scanner.errors import LiteralError
from scanner.literals.python_places import STRINGS, Visit, fields, inside, text_of, value_of
from scanner.literals.python_strings import JOINED, spell, style_of
from scanner.literals.text import BOM, CRLF, broken, decode, error_line
from scanner.model import Literal

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

__all__ = ["literals", "parse", "spell"]

# https://peps.python.org/pep-0263/
_COOKIE = re.compile(rb"[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
_UTF_8 = re.compile(rb"utf[-_]?8.*|(?:us-)?ascii", re.IGNORECASE)
_BLANK = re.compile(rb"[ \t\f]*(?:#[^\r\n]*)?\r?\n")


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_python

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))


@lru_cache(maxsize=2)  # a file is asked about once for each of its findings
def parse(data: bytes) -> tuple[Node, int]:
    """The syntax tree, and how many bytes before its first one (a BOM) the file has.

    LiteralError, with the line, if the file does not parse or is not UTF-8.
    """
    decode(data)
    _check_encoding(data)
    if b"\0" in data:
        raise broken("Python", data.count(b"\n", 0, data.index(b"\0")) + 1)
    shift = len(BOM) if data.startswith(BOM) else 0
    root = _parser().parse(data[shift:]).root_node
    if root.has_error:
        raise broken("Python", error_line(root))
    return root, shift


def literals(data: bytes) -> Iterator[Literal]:
    """Every string in order of `start`, outer ones first; LiteralError as `parse`."""
    return iter(_literals(data))


@lru_cache(maxsize=2)
def _literals(data: bytes) -> tuple[Literal, ...]:
    root, shift = parse(data)
    found: list[Literal] = []
    stack: list[Visit] = [(root, (), ())]
    while stack:
        node, path, context = stack.pop()
        if node.type in STRINGS:
            found.append(_literal(node, path, context, shift))
        stack.extend(reversed(inside(node, path, context)))
    return tuple(found)


def _check_encoding(data: bytes) -> None:
    """LiteralError if one of the first two lines declares another encoding than UTF-8."""
    start = len(BOM) if data.startswith(BOM) else 0
    for line in (1, 2):
        match = _COOKIE.match(data, start)
        if match and not _UTF_8.fullmatch(match.group(1)):
            raise LiteralError(f"declares another encoding than UTF-8 at line {line}")
        blank = _BLANK.match(data, start)
        if match or blank is None:
            return
        start = blank.end()


def _literal(node: Node, path: tuple[str, ...], context: tuple[str, ...], shift: int) -> Literal:
    """The literal of a string or of adjacent strings."""
    parts = [node]
    words = [word for word in context if word != "part"]
    if node.type == "concatenated_string":
        parts = [child for child in node.named_children if child.type == "string"]
        words.append("concatenation")
    elif "part" in context:
        words += ["concatenation", "part"]
    style = style_of(text_of(parts[0]))
    if any("t" in _prefix(part) or fields(part) for part in parts):
        words.append("f-string")
    if "b" in _prefix(parts[0]):
        words.append("bytes")
    if b"\r\n" in (node.text or b""):
        words.append(CRLF)
    if node.type == "concatenated_string":
        style = JOINED + style
    start, end = node.start_byte + shift, node.end_byte + shift
    value = b"".join(value_of(part) for part in parts)
    return Literal("python", start, end, value, path, style, tuple(words))


def _prefix(node: Node) -> str:
    return style_of(text_of(node)).rstrip("\"'").lower()
