"""How a place in Python source gets at `os.environ`: by an import that is there, or a new one.

Everything but the place's own surroundings is judged for the whole file, so that every place of
it asks for the same new import.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from scanner.literals.python import parse
from scanner.literals.python_places import STRINGS
from scanner.model import Edit

if TYPE_CHECKING:
    from tree_sitter import Node, Query

_SCOPES = ("function_definition", "lambda", "class_definition")
_IMPORTS = ("import_statement", "import_from_statement")
_FUTURE = "future_import_statement"
# Parents below which an identifier only reads a name; where a field is named, only in that field.
# Anything else may give the name another meaning.
_READERS = {
    "argument_list": None,
    "assignment": "right",
    "attribute": "object",
    "call": "function",
    "comparison_operator": None,
    "dictionary_splat": None,
    "keyword_argument": "value",
    "pair": "value",
    "return_statement": None,
    "subscript": "value",
}
# Fields whose identifiers are no variables.
_NO_NAMES = {"attribute": "attribute", "keyword_argument": "name"}


def environ(data: bytes, start: int) -> tuple[str, tuple[Edit, ...]]:
    """(the expression for `os.environ` at byte `start`, the edits that it needs).

    LiteralError if the file does not parse.
    """
    root, shift = parse(data)
    names, bound = _names(data)
    usable = _imported(root, start - shift)
    local = _local_imports(names.get("os", []))
    around = [one for one in local if one[0].start_byte <= start - shift < one[0].end_byte]
    if around and "os" not in bound:
        seen = any(_is_before(scope, statement, start - shift) for scope, statement in around)
        return ("os" if seen else '__import__("os")') + ".environ", ()
    for name, expression in usable:
        others = [node for node in names.get(name, []) if _import_of(node) is not None]
        alone = name == "os" or len(others) == 1
        if name not in bound and alone:
            return expression, ()
    name = "os" if "os" not in bound else _unused(names)
    line = "import os" if name == "os" else f"import os as {name}"
    return f"{name}.environ", (_insertion(data, root, shift, line),)


@cache
def _query() -> Query:
    import tree_sitter
    import tree_sitter_python

    language = tree_sitter.Language(tree_sitter_python.language())
    return tree_sitter.Query(language, "(identifier) @name")


@lru_cache(maxsize=2)  # one question for each finding of a file
def _names(data: bytes) -> tuple[dict[str, list[Node]], set[str]]:
    """(every identifier of the file by its text, the texts of those that may be given a meaning
    other than `os`).
    """
    import tree_sitter

    root, _ = parse(data)
    found: dict[str, list[Node]] = {}
    for node in tree_sitter.QueryCursor(_query()).captures(root).get("name", []):
        found.setdefault(_text(node), []).append(node)
    return found, {name for name, nodes in found.items() if any(map(_is_bound, nodes))}


def _text(node: Node | None) -> str:
    return (node.text or b"").decode() if node is not None else ""


def _is_bound(node: Node) -> bool:
    """Whether a name may be given a meaning here, other than by an import of `os`."""
    parent = node.parent
    if parent is None:
        return True
    if _import_of(node) is not None:
        return not _is_os(node)
    if parent.type in ("dotted_name", "aliased_import"):  # what is imported, `case a.b:`
        above = parent.parent
        return above is None or (above.type == "case_pattern" and parent.named_child_count == 1)
    if parent.type in _NO_NAMES and parent.child_by_field_name(_NO_NAMES[parent.type]) == node:
        return False
    if parent.type not in _READERS:
        return True
    field = _READERS[parent.type]
    return field is not None and parent.child_by_field_name(field) != node


def _import_of(node: Node) -> Node | None:
    """The import statement that binds the name at this identifier, None if none does."""
    parent = node.parent
    if parent is None:
        return None
    if parent.type == "aliased_import":
        return parent.parent if parent.child_by_field_name("alias") == node else None
    if parent.type != "dotted_name" or parent.named_children[0] != node:
        return None
    statement = parent.parent
    if statement is None or statement.type not in _IMPORTS:
        return None
    return statement if parent in statement.children_by_field_name("name") else None


def _is_os(node: Node) -> bool:
    """Whether an import that binds this identifier makes it `os` or `os.environ`."""
    statement, parent = _import_of(node), node.parent
    if statement is None or parent is None:
        return False
    module = statement.child_by_field_name("module_name")
    if parent.type == "aliased_import":
        source = _text(parent.child_by_field_name("name"))
    else:
        source = _text(parent if module is not None else node)
    if module is not None:
        return _text(module) == "os" and source == "environ"
    return source == "os"


def _imported(root: Node, start: int) -> list[tuple[str, str]]:
    """(name, expression for os.environ) of imports of the module itself that end before `start`."""
    found = []
    for statement in root.named_children:
        if statement.type not in _IMPORTS or statement.end_byte > start:
            continue
        for name in statement.children_by_field_name("name"):
            alias = name.child_by_field_name("alias")
            node = alias if alias is not None else name.named_children[0]
            if _is_os(node):
                suffix = ".environ" if statement.type == "import_statement" else ""
                found.append((_text(node), _text(node) + suffix))
    return sorted(found, key=lambda pair: (pair[0] != "os", pair))


def _local_imports(nodes: list[Node]) -> list[tuple[Node, Node]]:
    """(function or class, statement) of each `import os` that is not the module's own."""
    found = []
    for node in nodes:
        statement = _import_of(node)
        scope = statement
        while scope is not None and scope.type not in _SCOPES:
            scope = scope.parent
        if statement is not None and scope is not None:
            found.append((scope, statement))
    return found


def _is_before(scope: Node, statement: Node, start: int) -> bool:
    """Whether `import os` has surely run, in a function, when byte `start` of it is evaluated."""
    body = scope.child_by_field_name("body")
    if scope.type != "function_definition" or body is None or statement.parent != body:
        return False
    return statement.end_byte <= start


def _unused(names: dict[str, list[Node]]) -> str:
    """A name for the module that the file uses for nothing."""
    name, number = "_os", 2
    while name in names:
        name, number = f"_os{number}", number + 1
    return name


def _insertion(data: bytes, root: Node, shift: int, line: str) -> Edit:
    """The new import, before the first statement that is neither the docstring nor
    `from __future__`, and before the comment that belongs to that statement.
    """
    ending = "\r\n" if b"\r\n" in data[: data.find(b"\n") + 1] else "\n"
    before, first = _first_statement(root)
    offset = first.start_byte + shift
    line_start = max(data.rfind(b"\n", 0, offset) + 1, shift)
    if data[line_start:offset].strip():
        return Edit(offset, offset, f"{line}; ".encode())
    text = line + ending
    row = first.start_point[0]
    if first.type not in _IMPORTS:
        text += ending
        top = _comment_above(first)
        row, line_start = top.start_point[0], top.start_byte + shift
        line_start = max(data.rfind(b"\n", 0, line_start) + 1, shift)
    if before is not None and before.end_point[0] == row - 1 and not _is_imports(before, first):
        text = ending + text
    return Edit(line_start, line_start, text.encode())


def _is_imports(before: Node, first: Node) -> bool:
    return before.type == _FUTURE and first.type in _IMPORTS


def _first_statement(root: Node) -> tuple[Node | None, Node]:
    """(the docstring or `from __future__` before it, the first other statement)."""
    statements = [child for child in root.named_children if child.type != "comment"]
    index = int(len(statements) > 1 and _is_docstring(statements[0]))
    while index < len(statements) - 1 and statements[index].type == _FUTURE:
        index += 1
    return (statements[index - 1] if index else None), statements[index]


def _is_docstring(statement: Node) -> bool:
    inner = statement
    while inner.type in ("expression_statement", "parenthesized_expression"):
        if inner.named_child_count != 1:
            return False
        inner = inner.named_children[0]
    parts = [inner, *inner.named_children] if inner.type == "concatenated_string" else [inner]
    fields = [child for part in parts for child in part.named_children]
    return inner.type in STRINGS and all(field.type != "interpolation" for field in fields)


def _comment_above(first: Node) -> Node:
    """The top line of the comment right above a statement; the statement itself if there is none
    or if it is the head of the file (`#!`, encoding, licence).
    """
    top, above = first, first.prev_named_sibling
    while above is not None and above.type == "comment":
        if above.end_point[0] != top.start_point[0] - 1 or above.start_point[1] != 0:
            break
        top, above = above, above.prev_named_sibling
    return top if top.start_point[0] > 1 else first
