r"""String literals of JavaScript and TypeScript source, JSX included, placed by tree-sitter.

Contexts: "directive" (`"use strict"`), "statement" (a string that nothing reads), "leading" (a
statement starts with it), "key" (of an object, class or pattern), "import" (what import, export
and module name), "annotation" (types and `declare`), "enum", "const" (`"x" as const`), "default",
"decorator", "tagged" (a template that a function takes apart), "template" (it has substitutions;
the value is its static text with ${} for each), "jsx-attribute", "jsx-text", "multiline" (text of
an element on several lines). Key paths: classes, variables, assigned properties, keys, attributes,
functions for what they return; a positional argument without any of these is under the name of
what is called. Tokens are read in javascript_strings.py, the tree in javascript_places.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from scanner.errors import LiteralError
from scanner.literals.javascript_places import STRINGS, Visit, element_text, holes, inside
from scanner.literals.javascript_strings import TEXT, read, read_jsx, spell
from scanner.literals.text import BOM, CRLF, broken, decode, error_line
from scanner.model import Literal

if TYPE_CHECKING:
    from tree_sitter import Language, Node

__all__ = ["language", "literals", "parse", "spell"]

_LOOSE = re.compile(rb"&(?!(?:#(?:[xX][0-9a-fA-F]{1,6}|[0-9]{1,5})|[A-Za-z]{1,30});)")
DIALECTS = ("javascript", "typescript", "tsx")


@cache
def language(dialect: str) -> Language:
    """The grammar of a dialect."""
    import tree_sitter

    if dialect == "javascript":
        import tree_sitter_javascript

        return tree_sitter.Language(tree_sitter_javascript.language())
    import tree_sitter_typescript

    if dialect == "tsx":
        return tree_sitter.Language(tree_sitter_typescript.language_tsx())
    return tree_sitter.Language(tree_sitter_typescript.language_typescript())


@lru_cache(maxsize=2)  # a file is asked about once for each of its findings
def parse(data: bytes) -> tuple[Node, int, str]:
    """The syntax tree, how many bytes before its first one (a BOM) the file has, the dialect.

    The first dialect that the file parses in is taken. LiteralError, with the line, if there is
    none (the line is where the dialect that came furthest gave up), or if it is not UTF-8.
    """
    decode(data)
    shift = len(BOM) if data.startswith(BOM) else 0
    source, furthest = data[shift:], 0
    for dialect in DIALECTS:
        root = _tree(source, dialect)
        if not root.has_error:
            return root, shift, dialect
        furthest = max(furthest, error_line(root))
    if b"<" in source and _LOOSE.search(source):
        for dialect in ("javascript", "tsx"):
            root = _tree(_without_loose(source, dialect), dialect)
            if not root.has_error:
                return root, shift, dialect
    raise broken("JavaScript or TypeScript", furthest)


def _tree(source: bytes, dialect: str) -> Node:
    import tree_sitter

    return tree_sitter.Parser(language(dialect)).parse(source).root_node


def _without_loose(source: bytes, dialect: str) -> bytes:
    """The source with `|` for each `&` in JSX that starts no character reference: JSX takes it for
    itself, the grammars do not. Wherever JavaScript has `&`, it could have `|`, so that the source
    with `|` everywhere shows what is JSX.
    """
    import tree_sitter

    text = "[(jsx_text) (jsx_attribute (string) @string)] @text"
    query = tree_sitter.Query(language(dialect), text)
    found = tree_sitter.QueryCursor(query).captures(_tree(_LOOSE.sub(b"|", source), dialect))
    changed = bytearray(source)
    for node in (*found.get("string", []), *found.get("text", [])):
        if node.type in ("string", "jsx_text"):
            start, end = node.start_byte, node.end_byte
            changed[start:end] = _LOOSE.sub(b"|", source[start:end])
    return bytes(changed)


def literals(data: bytes) -> Iterator[Literal]:
    """Every string in order of `start`, outer ones first; LiteralError as `parse`."""
    return iter(_literals(data))


@lru_cache(maxsize=2)
def _literals(data: bytes) -> tuple[Literal, ...]:
    root, shift, _ = parse(data)
    source, found = data[shift:], list[Literal]()
    stack: list[Visit] = [(root, (), ())]
    while stack:
        node, path, context = stack.pop()
        if node.type in STRINGS:
            found.append(_literal(node, source, path, context, shift))
        for start, end, name in element_text(node, source):
            found.append(_text(data, start + shift, end + shift, (*path, *name)))
        stack.extend(reversed(inside(node, path, context)))
    return tuple(sorted(found, key=lambda literal: (literal.start, -literal.end)))


def _literal(
    node: Node, source: bytes, path: tuple[str, ...], context: tuple[str, ...], shift: int
) -> Literal:
    """The literal of a string or a template."""
    raw = source[node.start_byte : node.end_byte]
    style = raw[:1].decode()
    words = list(context)
    if "jsx-attribute" in context:
        style = "jsx" + style
        value = read_jsx(raw[1:-1].decode())
        if b"\n" in raw or b"\r" in raw:
            words.append("multiline")
    else:
        value = _value(node)
    if holes(node):
        words.append("template")
    if b"\r\n" in raw:
        words.append(CRLF)
    if _leads(node):
        words.append("leading")
    start, end = node.start_byte + shift, node.end_byte + shift
    return Literal("javascript", start, end, value, path, style, tuple(words))


def _value(node: Node) -> bytes:
    """What a string or template evaluates to, with ${} for each substitution."""
    source, position, pieces = node.text or b"", 0, []
    for hole in holes(node):
        pieces.append(source[position : hole.start_byte - node.start_byte])
        position = hole.end_byte - node.start_byte
    pieces.append(source[position:])
    try:
        return read(b"\\${}".join(pieces).decode())
    except LiteralError as error:
        line = node.start_point[0] + 1
        raise LiteralError(f"{error.message} at line {line}", "repair it, then run again") from None


def _leads(node: Node) -> bool:
    """Whether a statement starts with this node: `(` in its place could continue the one before."""
    above: Node | None = node
    while above is not None and above.start_byte == node.start_byte:
        if above.type == "expression_statement":
            return True
        above = above.parent
    return False


def _text(data: bytes, start: int, end: int, path: tuple[str, ...]) -> Literal:
    """The text of an element."""
    raw = data[start:end]
    lines = ("multiline",) if b"\n" in raw or b"\r" in raw else ()
    value = read_jsx(raw.decode())
    return Literal("javascript", start, end, value, path, TEXT, ("jsx-text", *lines))
