"""`process.env.NAME` in the place of a JavaScript or TypeScript string, failing at once if it is
not set: `(process.env.NAME ?? (() => { throw new Error("NAME is not set") })())`.

https://nodejs.org/api/process.html#processenv: a variable that is not set is undefined, which
would go unnoticed. TypeScript takes the type of the whole as string.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from scanner.errors import RewriteError
from scanner.literals.javascript import language, parse
from scanner.model import Edit, Literal, Reference, Rewrite

if TYPE_CHECKING:
    from tree_sitter import Node, Query

_BY_HAND = "move it by hand"
# Context of a literal -> why no expression may stand there.
_REFUSED = {
    "annotation": "a type or declaration holds no run-time value",
    "const": "a const assertion needs the string itself",
    "directive": "a directive must be a constant",
    "enum": "a member of an enum must be a constant",
    "import": "the name of a module must be a constant",
    "key": "a key cannot hold a reference",
    "leading": "a statement that starts with it could become part of the one before",
    "multiline": "the text of an element on several lines cannot be told from its layout",
    "statement": "the string is a statement, which nothing reads",
    "tagged": "a function takes this template apart",
    "template": "the value is a part of a template",
}
# Parents below which `process` only is read.
_READERS = ("arguments", "binary_expression", "unary_expression")


def rewrite(data: bytes, literal: Literal, reference: Reference, variable: str) -> Rewrite:
    """One edit, form "environment", always for review.

    RewriteError where no expression may stand, and for a value no variable can hold; LiteralError
    if the file does not parse.
    """
    del reference  # the program reads the variable
    for word in literal.context:
        if word in _REFUSED:
            raise RewriteError(_REFUSED[word], _BY_HAND)
    _check_value(literal.value)
    quote = "'" if literal.style == "'" else '"'
    process = "globalThis.process" if _is_taken(data) else "process"
    new = f"{process}.env.{variable} ?? "
    new += f"(() => {{ throw new Error({quote}{variable} is not set{quote}) }})()"
    new = f"{{{new}}}" if literal.style.startswith("jsx") else f"({new})"
    reason = f"the code then depends on the environment variable {variable}"
    edit = Edit(literal.start, literal.end, new.encode())
    return Rewrite((edit,), "environment", "review", reason)


def _check_value(value: bytes) -> None:
    """RewriteError for what process.env would not give back as it was."""
    try:
        value.decode()
    except UnicodeDecodeError:
        raise RewriteError("the value has half a character", _BY_HAND) from None
    if b"\0" in value:
        raise RewriteError("a variable cannot hold a NUL character", _BY_HAND)


@cache
def _query(dialect: str) -> Query:
    import tree_sitter

    text = "[(identifier) (shorthand_property_identifier_pattern)] @name"
    return tree_sitter.Query(language(dialect), text)


@lru_cache(maxsize=2)  # one question for each finding of a file
def _is_taken(data: bytes) -> bool:
    """Whether the file may give the name `process` a meaning of its own."""
    if b"process" not in data:
        return False
    import tree_sitter

    root, _, dialect = parse(data)
    names = tree_sitter.QueryCursor(_query(dialect)).captures(root).get("name", [])
    return any(node.text == b"process" and not _is_read(node) for node in names)


def _is_read(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.type in _READERS:
        return parent is not None
    return parent.type == "member_expression" and parent.child_by_field_name("object") == node
