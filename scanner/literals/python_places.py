"""What a node of a Python syntax tree adds to the key path and the context of the strings in it.

The words and paths are those that python.py explains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from scanner.errors import LiteralError
from scanner.literals.python_strings import read, style_of

if TYPE_CHECKING:
    from tree_sitter import Node

STRINGS = ("string", "concatenated_string")
Visit = tuple["Node", tuple[str, ...], tuple[str, ...]]

_NAMES = {"__all__", "__slots__", "__match_args__"}
_NAME_FIRST = {"config", "env", "get", "getenv", "pop", "putenv", "setattr", "setdefault", "setenv"}


def inside(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> list[Visit]:
    """The children to go on with, in order, each with its key path and context."""
    return list(_INTO.get(node.type, _plain)(node, path, context))


def text_of(node: Node | None) -> str:
    """The node's source, "" for no node."""
    return (node.text or b"").decode() if node is not None else ""


def fields(node: Node) -> list[Node]:
    """The replacement fields of a string."""
    return [child for child in node.named_children if child.type == "interpolation"]


def value_of(node: Node) -> bytes:
    """What a string evaluates to, {} for each replacement field; LiteralError with the line."""
    try:
        holes = fields(node)
        if not holes:
            return read(text_of(node))
        source, start, pieces = node.text or b"", node.start_byte, []
        position = 0
        for field in holes:
            pieces.append(source[position : field.start_byte - start])
            position = field.end_byte - start
        pieces.append(source[position:])
        return read(b"{{}}".join(pieces).decode())
    except LiteralError as error:
        line = node.start_point[0] + 1
        raise LiteralError(f"{error.message} at line {line}", "repair it, then run again") from None


def _plain(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    return [(child, path, context) for child in node.named_children]


def _with(word: str) -> Callable[[Node, tuple[str, ...], tuple[str, ...]], Iterable[Visit]]:
    """A step into a node below which every string has `word` in its context."""

    def into(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
        return _plain(node, path, (*context, word))

    return into


def _body(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """Statements: a string alone is a docstring where it is the first, else without effect."""
    above = node.parent.type if node.parent is not None else "module"
    first = above in ("module", "function_definition", "class_definition")
    for child in node.named_children:
        if child.type == "comment":
            continue
        alone = child
        while alone.type in ("expression_statement", "parenthesized_expression"):
            if alone.named_child_count != 1 or alone.named_children[0].type == "comment":
                break
            alone = alone.named_children[0]
        word = ("docstring" if first else "statement",) if alone.type in STRINGS else ()
        yield child, path, (*context, *word)
        first = False


def _class(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    inner = (*path, text_of(node.child_by_field_name("name")))
    return [(child, inner, context) for child in node.named_children]


def _parameter(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    value = node.child_by_field_name("value")
    named = (*path, text_of(node.child_by_field_name("name")))
    for child in node.named_children:
        yield (child, named, (*context, "default")) if child == value else (child, path, context)


def _target(node: Node | None) -> tuple[str, ...]:
    """The path that an assignment's target, or any expression like one, names."""
    if node is None:
        return ()
    if node.type == "identifier":
        return () if text_of(node) in ("self", "cls") else (text_of(node),)
    if node.type == "attribute":
        name = node.child_by_field_name("attribute")
        return (*_target(node.child_by_field_name("object")), text_of(name))
    if node.type == "subscript":
        return (*_target(node.child_by_field_name("value")), *_constant(_subscript(node)))
    return ()


def _subscript(node: Node) -> Node | None:
    return node.child_by_field_name("subscript")


def _constant(node: Node | None) -> tuple[str, ...]:
    """The path segment of a dictionary's key: a string's value or a name."""
    if node is not None and node.type == "string" and not fields(node):
        return (value_of(node).decode("utf-8", "replace"),)
    return (text_of(node),) if node is not None and node.type == "identifier" else ()


def _assignment(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """Values under their targets, `a, b = x, y` pair by pair."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    for child in node.named_children:
        if child != right:
            yield child, path, context
            continue
        if child.type == "assignment":  # a = b = "x": the last target names it
            yield child, path, context
            continue
        targets = left.named_children if left is not None else []
        if child.type in ("expression_list", "tuple", "list") and left is not None:
            pairs = [one for one in child.named_children if one.type != "comment"]
            if left.type.endswith(("pattern_list", "tuple_pattern")) and len(pairs) == len(targets):
                for one, target in zip(pairs, targets, strict=True):
                    yield one, (*path, *_target(target)), context
                continue
        name = _target(left)
        words = ("names",) if name and name[-1] in _NAMES else ()
        yield child, (*path, *name), (*context, *words)


def _named_expression(
    node: Node, path: tuple[str, ...], context: tuple[str, ...]
) -> Iterable[Visit]:
    """`name := value` and `name=value` in a call."""
    inner = (*path, text_of(node.child_by_field_name("name")))
    value = node.child_by_field_name("value")
    return [(value, inner, context)] if value is not None else []


def _pair(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    key = node.child_by_field_name("key")
    for child in node.named_children:
        if child == key:
            yield child, path, (*context, "key") if child.type in STRINGS else context
        else:
            yield child, (*path, *_constant(key)), context


def _items(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    items = [child for child in node.named_children if child.type != "comment"]
    for index, child in enumerate(items):
        numbered = (*path, str(index)) if path and len(items) > 1 else path
        yield child, numbered, context


def _call(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """Arguments; in `get("NAME", "value")` and its like the value is under the name."""
    called, arguments = (node.child_by_field_name(name) for name in ("function", "arguments"))
    if called is not None:
        yield called, path, context
    if arguments is None:
        return
    if arguments.type != "argument_list":
        yield arguments, path, context
        return
    callee = _target(called)[-1:]
    before: Node | None = None
    for child in arguments.named_children:
        inner = path
        if child.type not in ("keyword_argument", "comment"):
            named = before is not None and before.type == "string" and callee
            if named and callee[0].lower() in _NAME_FIRST:
                inner = (*path, *_constant(before))
            inner = inner or callee
            before = child
        yield child, inner, context


def _comparison(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """`name == "value"`: the value is under the name."""
    names = [_target(child) for child in node.named_children]
    named = names[0] or names[1] if len(names) == 2 else ()
    for child in node.named_children:
        yield child, (*path, *named) if child.type in STRINGS else path, context


def _return(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """What a function returns is under the function's name."""
    above = node.parent
    while above is not None and above.type != "function_definition":
        above = above.parent
    if above is not None:
        path = (*path, text_of(above.child_by_field_name("name")))
    return _plain(node, path, context)


def _literal_type(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """A subscript; `Literal["x"]` is a type wherever it stands."""
    is_type = _target(node.child_by_field_name("value"))[-1:] == ("Literal",)
    return _plain(node, path, (*context, "annotation") if is_type else context)


def _parts(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """Replacement fields of a string, strings of a concatenation."""
    if node.type == "concatenated_string":
        return [(c, path, (*context, "part")) for c in node.named_children if c.type == "string"]
    kept = [word for word in context if word in ("annotation", "default", "decorator")]
    quote = style_of(text_of(node))[-1]
    words = (*kept, "field", f"quote:{quote}")
    return [(field, path, words) for field in fields(node)]


def _field(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    shown = any(child.type == "=" for child in node.children)
    return _plain(node, path, (*context, "shown") if shown else context)


_INTO: dict[str, Callable[[Node, tuple[str, ...], tuple[str, ...]], Iterable[Visit]]] = {
    "assignment": _assignment,
    "augmented_assignment": _assignment,
    "block": _body,
    "call": _call,
    "case_pattern": _with("pattern"),
    "class_definition": _class,
    "comparison_operator": _comparison,
    "concatenated_string": _parts,
    "decorator": _with("decorator"),
    "default_parameter": _parameter,
    "interpolation": _field,
    "keyword_argument": _named_expression,
    "list": _items,
    "module": _body,
    "named_expression": _named_expression,
    "pair": _pair,
    "return_statement": _return,
    "string": _parts,
    "subscript": _literal_type,
    "tuple": _items,
    "type": _with("annotation"),
    "typed_default_parameter": _parameter,
}
