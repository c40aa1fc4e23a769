"""What a node of a JavaScript or TypeScript syntax tree adds to the key path and the context of
the strings in it. The words and paths are those that javascript.py explains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from scanner.errors import LiteralError
from scanner.literals.javascript_strings import read

if TYPE_CHECKING:
    from tree_sitter import Node

STRINGS = ("string", "template_string")
Visit = tuple["Node", tuple[str, ...], tuple[str, ...]]

_FUNCTIONS = {
    "arrow_function",
    "function_declaration",
    "function_expression",
    "generator_function",
    "generator_function_declaration",
    "method_definition",
}
_ROOTS = {"exports", "globalThis", "module", "self", "this", "window"}
_NAME_FIRST = {"config", "env", "get", "getenv", "set", "setitem"}
_EQUAL = ("==", "===", "!=", "!==")
_OR = ("||", "??")
_TEXTS = ("jsx_text", "html_character_reference")
_BLANK = b" \t\r\n"


def inside(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> list[Visit]:
    """The children to go on with, in order, each with its key path and context."""
    return list(_INTO.get(node.type, _plain)(node, path, context))


def holes(node: Node) -> list[Node]:
    """The substitutions of a template."""
    return [child for child in node.named_children if child.type == "template_substitution"]


def element_text(node: Node, source: bytes) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(start, end, name of the element) of each text between the tags of an element."""
    if node.type != "jsx_element":
        return
    opening = node.child_by_field_name("open_tag")
    name = opening.child_by_field_name("name") if opening is not None else None
    words = (_text(name),) if name is not None and name.type == "identifier" else ()
    parts = [child for child in node.children if child.type not in _TEXTS]
    for before, after in pairwise(parts):
        raw = source[before.end_byte : after.start_byte]
        start = after.start_byte - len(raw.lstrip(_BLANK))
        end = before.end_byte + len(raw.rstrip(_BLANK))
        if start < end:
            yield start, end, words


def _text(node: Node | None) -> str:
    return (node.text or b"").decode() if node is not None else ""


def _plain(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    return [(child, path, context) for child in node.named_children]


def _with(word: str) -> Callable[[Node, tuple[str, ...], tuple[str, ...]], Iterable[Visit]]:
    """A step into a node below which every string has `word` in its context."""

    def into(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
        return _plain(node, path, (*context, word))

    return into


def _constant(node: Node | None) -> tuple[str, ...]:
    """The path segment of a property's name: a string's value or a name."""
    if node is not None and node.type == "computed_property_name":
        node = node.named_children[0]
        if node.type != "string":
            return ()
    if node is not None and node.type == "string":
        try:
            return (read(_text(node)).decode("utf-8", "replace"),)
        except LiteralError:
            return ()
    known = node is not None and node.type.endswith(("identifier", "number"))
    return (_text(node).removeprefix("#"),) if known else ()


def _target(node: Node | None) -> tuple[str, ...]:
    """The path that an assignment's target, or any expression like one, names."""
    if node is None:
        return ()
    if node.type in ("identifier", "shorthand_property_identifier_pattern"):
        return () if _text(node) in _ROOTS else (_text(node),)
    if node.type == "member_expression":
        path = (*_target(node.child_by_field_name("object")), *_constant(_property(node)))
        return path[2:] if path[:2] == ("process", "env") else path
    if node.type == "subscript_expression":
        index = node.child_by_field_name("index")
        return (*_target(node.child_by_field_name("object")), *_constant(index))
    return ()


def _property(node: Node) -> Node | None:
    name = node.child_by_field_name("property")
    return None if _text(node) == "module.exports" else name


def _named(
    name_field: str, value_field: str, word: str = ""
) -> Callable[[Node, tuple[str, ...], tuple[str, ...]], Iterable[Visit]]:
    """A step into a node that gives the value in one field the name in another. A name that is a
    string is a key."""

    def into(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
        name, value = (node.child_by_field_name(field) for field in (name_field, value_field))
        named = (*path, *(_constant(name) or _target(name)))
        for child in node.named_children:
            if child == value:
                yield child, named, (*context, word) if word else context
            elif child == name and child.type == "string":
                yield child, path, (*context, "key")
            elif child == name:
                yield child, path, context
            else:
                yield child, named, context

    return into


def _body(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """Statements: strings alone are directives where they come first, else without effect."""
    first = node.type == "program" or (node.parent is not None and node.parent.type in _FUNCTIONS)
    for child in node.named_children:
        if child.type in ("comment", "hash_bang_line"):
            continue
        alone = child
        while alone.type in ("expression_statement", "parenthesized_expression"):
            if alone.named_child_count != 1:
                break
            alone = alone.named_children[0]
        first = first and alone.type == "string" and alone.parent == child
        word = ("directive" if first else "statement",) if alone.type in STRINGS else ()
        yield child, path, (*context, *word)


def _class(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    name = _text(node.child_by_field_name("name"))
    return [(child, (*path, name) if name else path, context) for child in node.named_children]


def _items(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    items = [child for child in node.named_children if child.type != "comment"]
    for index, child in enumerate(items):
        numbered = (*path, str(index)) if path and len(items) > 1 else path
        yield child, numbered, context


def _call(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """Arguments; in `get("NAME", "value")` and its like the value is under the name. A template
    right behind the function is taken apart by it."""
    called = node.child_by_field_name("function") or node.child_by_field_name("constructor")
    arguments = node.child_by_field_name("arguments")
    for child in node.named_children:
        if child != arguments:
            yield child, path, context
    if arguments is None:
        return
    if arguments.type == "template_string":
        yield arguments, path, (*context, "tagged")
        return
    callee = _target(called)[-1:]
    before: Node | None = None
    for child in arguments.named_children:
        inner = path
        if child.type != "comment":
            named = before is not None and before.type == "string" and callee
            if named and callee[0].lower() in _NAME_FIRST:
                inner = (*path, *_constant(before))
            if child.type in STRINGS:
                inner = inner or callee
            before = child
        yield child, inner, context


def _binary(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """`name === "value"` and `name || "value"`: the value is under the name."""
    operator = _text(node.child_by_field_name("operator"))
    sides = [node.child_by_field_name(side) for side in ("left", "right")]
    names = [_target(side) for side in sides]
    named: tuple[str, ...] = ()
    if operator in _EQUAL or (operator in _OR and not path):
        named = names[0] or names[1]
    for child in node.named_children:
        yield child, (*path, *named) if child.type in STRINGS else path, context


def _return(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """What a named function returns is under its name."""
    above = node.parent
    while above is not None and above.type not in _FUNCTIONS:
        above = above.parent
    name = above.child_by_field_name("name") if above is not None else None
    return _plain(node, (*path, *_constant(name)), context)


def _export(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    source = node.child_by_field_name("source")
    for child in node.named_children:
        names = child == source or child.type in ("export_clause", "namespace_export")
        names = names or child.type == "import_attribute"
        yield child, path, (*context, "import") if names else context


def _method(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    name = node.child_by_field_name("name")
    for child in node.named_children:
        key = child == name and child.type == "string"
        yield child, path, (*context, "key") if key else context


def _module(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    name = node.child_by_field_name("name")
    for child in node.named_children:
        yield child, path, (*context, "import") if child == name else context


def _const(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    """`"x" as const`, `<const>"x"`: the string itself has to stand there."""
    tokens = list(node.children)
    tokens += [
        part for child in tokens if child.type == "type_arguments" for part in child.children
    ]
    const = any(token.type == "const" for token in tokens)
    for child in node.named_children:
        yield child, path, (*context, "const") if const and child.type in STRINGS else context


def _attribute(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    name, *rest = node.named_children
    for child in rest:
        words = (*context, "jsx-attribute") if child.type == "string" else context
        yield child, (*path, _text(name)), words


def _template(node: Node, path: tuple[str, ...], context: tuple[str, ...]) -> Iterable[Visit]:
    kept = tuple(word for word in context if word in ("annotation", "decorator", "default", "enum"))
    return [(hole, path, kept) for hole in holes(node)]


_INTO: dict[str, Callable[[Node, tuple[str, ...], tuple[str, ...]], Iterable[Visit]]] = {
    "abstract_class_declaration": _class,
    "ambient_declaration": _with("annotation"),
    "array": _items,
    "as_expression": _const,
    "assignment_expression": _named("left", "right"),
    "assignment_pattern": _named("left", "right", "default"),
    "augmented_assignment_expression": _named("left", "right"),
    "binary_expression": _binary,
    "call_expression": _call,
    "class": _class,
    "class_declaration": _class,
    "decorator": _with("decorator"),
    "enum_body": _with("enum"),
    "export_statement": _export,
    "field_definition": _named("property", "value"),
    "import_statement": _with("import"),
    "interface_declaration": _with("annotation"),
    "internal_module": _module,
    "jsx_attribute": _attribute,
    "literal_type": _with("annotation"),
    "method_definition": _method,
    "module": _module,
    "new_expression": _call,
    "object_assignment_pattern": _named("left", "right", "default"),
    "optional_parameter": _named("pattern", "value", "default"),
    "pair": _named("key", "value"),
    "pair_pattern": _named("key", "value"),
    "program": _body,
    "public_field_definition": _named("name", "value"),
    "required_parameter": _named("pattern", "value", "default"),
    "return_statement": _return,
    "statement_block": _body,
    "string": lambda *_: (),
    "template_literal_type": _with("annotation"),
    "template_string": _template,
    "type_alias_declaration": _with("annotation"),
    "type_annotation": _with("annotation"),
    "type_assertion": _const,
    "variable_declarator": _named("name", "value"),
}
