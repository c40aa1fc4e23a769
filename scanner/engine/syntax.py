"""What a place in source code is: text in a string, a comment, a name, a type, other code.

A value without quotes is a secret only where it stands in a string or a comment; elsewhere it is
the name of one. What a parser could not make sense of is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from scanner.engine.grammars import LARGEST, grammar_of, parsed
from scanner.engine.text import Read
from scanner.model import CONFIDENCES

if TYPE_CHECKING:  # their tables cost time to load
    from tree_sitter import Node, Tree, TreeCursor

    from scanner.engine.judgement import Judged

Span = tuple[int, int]  # bytes, half-open

_STRINGS = frozenset(
    (
        "string", "concatenated_string", "template_string", "regex", "jsx_text",
        "interpreted_string_literal", "raw_string_literal", "rune_literal", "string_literal",
        "character_literal", "char_literal", "system_lib_string", "verbatim_string_literal",
        "interpolated_string_expression", "heredoc_body", "heredoc_content", "subshell",
        "string_array", "symbol_array", "delimited_symbol", "character", "chained_string",
        "uninterpreted", "encapsed_string", "heredoc", "nowdoc", "shell_command_expression",
        "multiline_string_literal", "line_string_literal", "multi_line_string_literal",
        "regex_literal", "interpolated_string", "string_content", "bare_string", "bare_symbol",
    )
)  # fmt: skip
_COMMENTS = frozenset(
    (
        "comment", "line_comment", "block_comment", "multiline_comment", "doc_comment",
        "html_comment", "hash_bang_line", "shebang", "shebang_line",
    )
)  # fmt: skip
_CODE_IN_STRINGS = frozenset(
    (
        "interpolation", "template_substitution", "interpolated_expression",
        "string_interpolation", "template_type", "variable_name", "dynamic_variable_name",
        "member_access_expression", "nullsafe_member_access_expression", "subscript_expression",
        "interpolated_identifier",
    )
)  # fmt: skip
_UNREAD = ("ERROR", "preproc_arg", "preproc_message", "text", "php_end_tag")
_NAMES = frozenset(
    (
        "constant", "name", "variable_name", "instance_variable", "global_variable", "self", "this",
        "class_variable", "simple_symbol", "hash_key_symbol", "metavariable",
    )
)  # fmt: skip
_OPENERS = re.compile(rb"[\"'`]|/\*|<<[A-Z<~-]")
_NUMBERS = re.compile(rb"[\s,xXA-Fa-f0-9-]+")
_LONG_NUMBER = re.compile(rb"0[xX][0-9A-Fa-f_]{24,}[A-Za-z]{0,3}")
_ADDRESS = re.compile(rb"://[^\s\"'`]*\Z")
BEFORE = 128
_QUOTES = (b'"', b"'", b"`")
_CODE = frozenset(("identifier", "type", "code"))


def kind_at(path: str, data: bytes, start: int, end: int) -> str:
    """Give "string", "comment", "identifier", "type" or "code" (a number, an expression ...) for
    bytes [start, end) of a file; "" where that cannot be told.

    data: the whole file, in UTF-8 or any other encoding that holds ASCII as it is.
    """
    return kinds_at(path, data, [(start, end)])[start, end]


def kinds_at(path: str, data: bytes, spans: Iterable[Span]) -> dict[Span, str]:
    """The same for many places of one file, which is parsed once."""
    asked = sorted(set(spans))
    grammar = grammar_of(path)
    tree = parsed(grammar, data) if grammar else None
    if tree is None:
        return dict.fromkeys(asked, "")
    limit = _trusted(tree, data)
    walker = _Walker(tree)
    return {(a, b): walker.kind(a, b) if a < limit else "" for a, b in asked}


def code_at(path: str, data: bytes, spans: Iterable[Span]) -> set[Span]:
    """Those of the places that are code beyond doubt: no text in a string, no comment."""
    return {span for span, kind in kinds_at(path, data, spans).items() if kind in _CODE}


def without_code(
    judged: list[Judged], path: str, read: Read, size: int, minimum: int
) -> list[Judged]:
    """Without values that are names or expressions where they stand.

    read: (offset, length) -> bytes of the file, as UTF-8. size: of the file. minimum: index of the
    confidence below which only parts of others count; of what does not count nothing is asked.
    """
    spans = [
        (one.start, one.end)
        for one in judged
        if counts(one, minimum)
        and is_doubtful(one, read(max(0, one.start - BEFORE), min(BEFORE, one.start)), path, size)
    ]
    if not spans:
        return judged
    code = code_at(path, read(0, 2 * size), spans)  # UTF-16 may become longer as UTF-8
    return [one for one in judged if one.rule.kind == "format" or (one.start, one.end) not in code]


def counts(one: Judged, minimum: int) -> bool:
    """Whether it may be reported: by itself or as the half of another."""
    return bool(one.rule.part_of) or CONFIDENCES.index(one.confidence) >= minimum


def is_doubtful(one: Judged, before: bytes, path: str, size: int) -> bool:
    """Whether a file has to be parsed to know if a value that is found in it is code.

    before: up to BEFORE bytes in front of it, a quote at their end if the value is quoted. size: of
    the file. What stands in an address is text in any case. A list of numbers is one of bytes, and
    a very long number is a key: they are code, and secrets all the same.
    """
    if one.rule.kind == "format" or size > LARGEST or before[-1:] in _QUOTES:
        return False
    if grammar_of(path) is None or _ADDRESS.search(before):
        return False
    numbers = b"," in one.value and _NUMBERS.fullmatch(one.value)
    return not (numbers or _LONG_NUMBER.fullmatch(one.value))


class _Walker:
    """Goes through a tree from one place to a later one, never down by recursion."""

    def __init__(self, tree: Tree) -> None:
        self._cursor: TreeCursor = tree.walk()
        self._path: list[Node] = [tree.root_node]  # from the root to where the cursor is

    def kind(self, start: int, end: int) -> str:
        """What stands there; places are asked for in rising order."""
        self._go(start)
        return _kind(self._path, start, end)

    def _go(self, start: int) -> None:
        """To the deepest node that holds the byte."""
        cursor, path = self._cursor, self._path
        while path[-1].end_byte <= start:
            if cursor.goto_next_sibling():
                path[-1] = _here(cursor)
            elif cursor.goto_parent():
                path.pop()
            else:
                break
        while path[-1].start_byte <= start and cursor.goto_first_child_for_byte(start) is not None:
            path.append(_here(cursor))


def _here(cursor: TreeCursor) -> Node:
    node = cursor.node
    if node is None:
        raise ValueError("a cursor stands on a node")
    return node


def _kind(path: list[Node], start: int, end: int) -> str:
    """What a path through the tree says about a place; its last node may begin after the place."""
    found = ""
    whole = path[0]  # the smallest node that holds all of it
    for node in path:
        if node.start_byte > start:
            break
        name = node.type
        if name in _UNREAD or (node.has_error and _is_line(node)):
            return ""
        if name in _COMMENTS and node.is_named:
            return "comment"
        if name in _STRINGS and node.is_named:
            found = "string"
        elif name in _CODE_IN_STRINGS:
            found = ""
        if node.end_byte >= end:
            whole = node
    return found or _code(path, whole)


def _is_line(node: Node) -> bool:
    """Whether a node begins and ends in one line: what is wrong in it is near."""
    return node.start_point.row == node.end_point.row


def _code(path: list[Node], whole: Node) -> str:
    name = whole.type
    if name in _NAMES:
        return "identifier"
    if whole.child_count > 1 and not name.endswith("type"):
        return "code"
    at = path.index(whole)
    if any("type" in node.type for node in path[max(0, at - 2) : at + 1]):
        return "type"
    return "identifier" if name.endswith("identifier") else "code"


def _trusted(tree: Tree, data: bytes) -> int:
    """Up to which byte strings and code can be told apart: to where an opening quote is amiss."""
    if not tree.root_node.has_error:
        return len(data)
    for node in _errors(tree):
        if any(_OPENERS.search(data, low, high) for low, high in _gaps(node)):
            return node.start_byte
    return len(data)


def _errors(tree: Tree) -> Iterator[Node]:
    """Stretches that no rule of the grammar fits, in order."""
    cursor = tree.walk()
    while True:
        node = _here(cursor)
        if node.type == "ERROR":
            yield node
        down = node.has_error and cursor.goto_first_child()
        while not down and not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _gaps(node: Node) -> Iterator[Span]:
    """What of a node is no child of a kind of its own: bare tokens, and what is no token."""
    at = node.start_byte
    cursor = node.walk()
    more = cursor.goto_first_child()
    while more:
        child = _here(cursor)
        if child.is_named and child.type != "string_start":
            yield at, child.start_byte
            at = child.end_byte
        more = cursor.goto_next_sibling()
    yield at, node.end_byte
