"""Values of TOML files: tree-sitter gives the places, the standard library's tomllib the values.

Format: https://toml.io/en/v1.0.0. Styles: "basic", "basic-ascii" (not ASCII escaped), "literal",
"lines" (multi-line basic), "lines-raw" (multi-line literal) and "bare" for everything that is no
string (contexts "number", "bool", "date"). Multi-line strings have the hint "lead" ("newline" if
the text starts on the line after the quotes).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from scanner.literals.text import (
    BOM,
    CRLF,
    as_bytes,
    as_text,
    broken,
    cannot_hold,
    decode,
    error_line,
    hint,
)
from scanner.literals.text import newline as line_end
from scanner.model import Literal

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_BARE = {
    "integer": "number",
    "float": "number",
    "boolean": "bool",
    "offset_date_time": "date",
    "local_date_time": "date",
    "local_date": "date",
    "local_time": "date",
}
_QUOTES = {"basic": '"', "literal": "'", "lines": '"""', "lines-raw": "'''"}
_KEYS = ("bare_key", "quoted_key", "dotted_key")
_NAMED = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"'}


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_toml

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))


def literals(data: bytes) -> Iterator[Literal]:
    """Every key (context "key") and value; LiteralError with the line if it does not parse."""
    text, _ = decode(data)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # 3.14 has error.lineno; before, the text says it: "... (at line 3, column 5)".
        _, _, place = str(error).rpartition("at line ")
        line = place.partition(",")[0]
        number = int(line) if line.isdecimal() else text.count("\n") + 1
        raise broken("TOML", number) from None
    shift = len(BOM) if data.startswith(BOM) else 0
    root = _parser().parse(data[shift:]).root_node
    if root.has_error:
        raise broken("TOML", error_line(root), "the grammar does not know a part of it: not read")
    return _document(root, shift)


def _document(root: Node, shift: int) -> Iterator[Literal]:
    """Literals of the pairs before the first table, then table by table."""
    counts: dict[tuple[str, ...], int] = {}
    for child in root.named_children:
        if child.type == "pair":
            yield from _pair(child, (), shift)
        elif child.type in ("table", "table_array_element"):
            key = next(node for node in child.named_children if node.type in _KEYS)
            path = _table_path(_names(key), counts)
            if child.type == "table_array_element":
                plain = tuple(_names(key))
                index = counts.get(plain, -1) + 1
                counts[plain] = index
                path = (*_table_path(plain[:-1], counts), plain[-1], str(index))
            yield from _keys(key, shift)
            for pair in child.named_children:
                if pair.type == "pair":
                    yield from _pair(pair, path, shift)


def _table_path(names: tuple[str, ...], counts: dict[tuple[str, ...], int]) -> tuple[str, ...]:
    """The path of a table: behind the name of an array of tables stands its latest index."""
    path: list[str] = []
    for depth, name in enumerate(names, 1):
        path.append(name)
        if names[:depth] in counts:
            path.append(str(counts[names[:depth]]))
    return tuple(path)


def _names(key: Node) -> tuple[str, ...]:
    """The parts of a key."""
    if key.type == "dotted_key":
        return tuple(name for child in key.named_children for name in _names(child))
    raw = _raw(key)
    return (str(_load(raw)),) if key.type == "quoted_key" else (raw,)


def _keys(key: Node, shift: int) -> Iterator[Literal]:
    """Literals of a key's parts, as keys."""
    if key.type == "dotted_key":
        for child in key.named_children:
            yield from _keys(child, shift)
        return
    start, end = key.start_byte + shift, key.end_byte + shift
    yield Literal("toml", start, end, as_bytes(_names(key)[0]), (), "key", ("key",))


def _pair(pair: Node, path: tuple[str, ...], shift: int) -> Iterator[Literal]:
    nodes = [node for node in pair.named_children if node.type != "comment"]
    yield from _keys(nodes[0], shift)
    yield from _value(nodes[-1], (*path, *_names(nodes[0])), shift)


def _value(node: Node, path: tuple[str, ...], shift: int) -> Iterator[Literal]:
    if node.type == "array":
        items = [child for child in node.named_children if child.type != "comment"]
        for index, child in enumerate(items):
            yield from _value(child, (*path, str(index)), shift)
    elif node.type == "inline_table":
        for child in node.named_children:
            if child.type == "pair":
                yield from _pair(child, path, shift)
    else:
        raw = _raw(node)
        start, end = node.start_byte + shift, node.end_byte + shift
        if node.type in _BARE:
            context: tuple[str, ...] = (_BARE[node.type],)
            yield Literal("toml", start, end, as_bytes(raw), path, "bare", context)
        else:
            value = str(_load(raw))
            style, context = _style(raw, value)
            yield Literal("toml", start, end, as_bytes(value), path, style, context)


def _raw(node: Node) -> str:
    return (node.text or b"").decode()


def _load(raw: str) -> Any:  # noqa: ANN401 -- a value of TOML
    return tomllib.loads("x = " + raw)["x"]


def _style(raw: str, value: str) -> tuple[str, tuple[str, ...]]:
    if raw.startswith(("'''", '"""')) and len(raw) >= 6:
        context = [CRLF] if "\r\n" in raw else []
        if raw[3:5] == "\r\n" or raw[3:4] == "\n":
            context.append("lead:newline")
        return "lines-raw" if raw[0] == "'" else "lines", tuple(context)
    if raw[0] == "'":
        return "literal", ()
    ascii_only = not value.isascii() and _basic(value, ascii_only=True) == raw[1:-1]
    return "basic-ascii" if ascii_only else "basic", ()


def _basic(text: str, *, ascii_only: bool, lines: bool = False) -> str:
    """The body of a basic string."""
    pieces = []
    for char in text:
        if char == "\n" and lines:
            pieces.append(char)
        elif char == "\t" and not ascii_only:
            pieces.append(char if lines else "\\t")
        elif char == "\\":
            pieces.append("\\\\")
        elif char in _NAMED:
            pieces.append(_NAMED[char])
        elif (" " <= char <= "~") or (char > "\x7f" and not ascii_only):
            pieces.append(char)
        else:
            point = ord(char)
            pieces.append(f"\\u{point:04X}" if point < 0x10000 else f"\\U{point:08X}")
    return "".join(pieces)


def spell(value: bytes, literal: Literal) -> bytes:
    """The bytes for `value`; a bare place keeps a value that is the same kind bare, a literal
    string that cannot hold it becomes a basic one. RewriteError for lone surrogates.
    """
    text = as_text(value)
    if any("\ud800" <= char < "\ue000" for char in text):
        raise cannot_hold("TOML", "half of a surrogate pair")
    style = literal.style
    if style == "bare":
        if _kind(text) in literal.context:
            return value
        style = "basic"
    if style == "literal" and "'" not in text and _raw_text(text) and "\n" not in text:
        return as_bytes(f"'{text}'")
    if style.startswith("lines"):
        return as_bytes(_lines(text, literal))
    return as_bytes('"' + _basic(text, ascii_only=style == "basic-ascii") + '"')


def _raw_text(text: str) -> bool:
    """Whether the text may stand in a literal string of several lines."""
    return not any((char < " " and char not in "\t\n") or char == "\x7f" for char in text)


def _lines(text: str, literal: Literal) -> str:
    """A multi-line string, as the literal's own, or basic where that cannot be."""
    lead = "\n" if hint(literal, "lead") or text.startswith("\n") else ""
    raw = literal.style == "lines-raw"
    if raw and _raw_text(text) and "'''" not in text and not text.endswith("'"):
        quote, body = "'''", text
    else:
        quote = '"""'
        body = _basic(text, ascii_only=False, lines=True)
    return quote + (lead + body).replace("\n", line_end(literal)) + quote


def _kind(text: str) -> str:
    """The context word of a bare value, "" if the text is none."""
    if not text or text[0] in "[{'\"" or "\n" in text or "#" in text or text != text.strip():
        return ""
    try:
        value = _load(text)
    except tomllib.TOMLDecodeError:
        return ""
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else "date"
