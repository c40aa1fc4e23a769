"""Text of a file and what every locator needs of it: byte offsets, hints, one shape of error.

A hint is a word of `Literal.context` written `name:value`; it carries what `spell` must know of
the surroundings ("indent:4", "newline:crlf"), because `spell` does not see the file.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING

from scanner.errors import LiteralError, RewriteError
from scanner.model import Literal

if TYPE_CHECKING:
    from tree_sitter import Node

BOM = b"\xef\xbb\xbf"
CRLF = "newline:crlf"

Offsets = Callable[[int], int]


def decode(data: bytes) -> tuple[str, Offsets]:
    """The file's text without BOM, and a map from a character index to its byte in the file.

    LiteralError if the file is not UTF-8.
    """
    shift = len(BOM) if data.startswith(BOM) else 0
    try:
        text = data[shift:].decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, shift + error.start) + 1
        raise LiteralError(
            f"not UTF-8 at line {line}", "convert the file to UTF-8 or move the value by hand"
        ) from None
    if text.isascii():
        return text, lambda index: index + shift
    table = list(accumulate((_width(ord(char)) for char in text), initial=shift))
    return text, table.__getitem__


def _width(point: int) -> int:
    """Bytes of a code point in UTF-8."""
    if point < 0x80:
        return 1
    if point < 0x800:
        return 2
    return 3 if point < 0x10000 else 4


def as_text(value: bytes) -> str:
    """The value as text; RewriteError if it is not UTF-8. Lone surrogates pass (JSON has them)."""
    try:
        return value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise RewriteError(
            "the value is not text", "this format holds text only; store it encoded"
        ) from None


def as_bytes(text: str) -> bytes:
    """The inverse of `as_text`."""
    return text.encode("utf-8", "surrogatepass")


def hint(literal: Literal, name: str, default: str = "") -> str:
    """The value of the hint `name` in the literal's context."""
    start = name + ":"
    for word in literal.context:
        if word.startswith(start):
            return word[len(start) :]
    return default


def newline(literal: Literal) -> str:
    """The line end used around the literal."""
    return "\r\n" if CRLF in literal.context else "\n"


def broken(kind: str, line: int, why: str = "does not parse") -> LiteralError:
    """The error for a file that its own parser refuses; `line` from 1."""
    return LiteralError(f"{why} as {kind} at line {line}", "repair the file, then run again")


def error_line(root: Node) -> int:
    """The line, from 1, of the first part of a syntax tree that did not parse; where nothing did,
    the last line.
    """
    if root.is_error:
        return root.end_point[0] + 1
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            return node.start_point[0] + 1
        stack.extend(child for child in reversed(node.children) if child.has_error)
    return 1


def cannot_hold(kind: str, why: str) -> RewriteError:
    """The error for a value that a style of the format has no spelling for."""
    return RewriteError(f"{kind} cannot hold this value here: {why}", "move it by hand")
