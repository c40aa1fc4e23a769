r"""Values of shell scripts (sh, bash and what zsh shares with them), placed by tree-sitter-bash.

Quoting: https://www.gnu.org/software/bash/manual/html_node/Quoting.html. Styles: "word", "single",
"double" ("double-loose": lone backslashes kept), "ansi" (`$'...'`), "joined" (words and quotes
side by side), "default" (in `${NAME:-...}`), "heredoc". Contexts: "interpolated" (the shell puts
something in), "heredoc" with "quoted-heredoc" (`<<'EOF'`: nothing is put in), "absent" (`NAME=`
alone). In a here-document each `name=value` or `name: value` line gives its value, any other line
itself. Key paths: the variable's name; of an argument the command and the flag before it or in
front of its `=`, else its number. What stands between quotes is read in shell_words.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from scanner.literals.shell_words import NAMED, read, spell, starts_word, word_at
from scanner.literals.text import BOM, as_bytes, broken, decode, error_line
from scanner.model import Literal

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

__all__ = ["literals", "spell"]

_STYLES = {
    "word": "word",
    "number": "word",
    "raw_string": "single",
    "string": "double",
    "ansi_c_string": "ansi",
    "concatenation": "joined",
}
_PUT_IN = {
    "simple_expansion",
    "expansion",
    "command_substitution",
    "process_substitution",
    "arithmetic_expansion",
    "brace_expression",
}
_SKIPPED = {"comment", "command_name", "heredoc_start", "heredoc_body", "heredoc_end"}
_FLAG = re.compile(r"-{1,2}[A-Za-z][\w-]*")
_SPECIAL = re.compile(rb"[\"'\\$`]")
_HEREDOC_LINE = re.compile(
    rb"[ \t]*(?:export[ \t]+)?(?:[\"']?([\w./:-]+?)[\"']?[ \t]*(?:=|:[ \t])[ \t]*([\"']?)"
    rb"(?P<value>[^\r\n]+?)\2[,;]?|(?P<line>\S[^\r\n]*?))[ \t]*(?:\r?\n|\Z)"
)
_HEREDOC_PUT_IN = re.compile(rb"(?<!\\)(?:\\\\)*(?:\$[A-Za-z_{(@*#?$!0-9-]|`)")


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def literals(data: bytes) -> Iterator[Literal]:
    """Every variable's name (context "key") and value in order; LiteralError with the line if the
    script does not parse.
    """
    decode(data)
    shift = len(BOM) if data.startswith(BOM) else 0
    source = data[shift:]
    root = _parser().parse(source).root_node
    if root.has_error:
        raise broken("shell", error_line(root))
    found = sorted(_walk(root, source), key=lambda literal: (literal.start, -literal.end))
    for one, following in zip_longest(found, found[1:]):
        holds_other = following is not None and following.start < one.end
        if not (holds_other and "interpolated" in one.context):
            yield replace(one, start=one.start + shift, end=one.end + shift)


def _walk(root: Node, source: bytes) -> Iterator[Literal]:
    """Literals of the tree, in no order; an explicit stack bounds depth by memory alone."""
    stack: list[tuple[Node, tuple[str, ...]]] = [(root, ())]
    while stack:
        node, path = stack.pop()
        kind = node.type
        if kind in _SKIPPED:
            continue
        if kind == "variable_assignment":
            yield from _assignment(node, stack, source)
        elif kind == "command":
            stack.extend(_arguments(node))
        elif kind == "function_definition":
            stack.extend((child, ()) for child in node.named_children[1:])
        elif kind == "heredoc_redirect":
            yield from _heredoc(node, source)
            stack.extend((child, path) for child in node.named_children)
        elif kind in _STYLES:
            yield from _leaf(node, path, source)
            if kind == "concatenation" and _has_put_in(node):
                quoted = (child for child in node.named_children if child.type != "word")
                named = _named(node)
                inner = _under(path, named) if named else path
                stack.extend((child, inner) for child in quoted)
            else:
                stack.extend((child, ()) for child in node.named_children if child.type in _PUT_IN)
        elif kind == "expansion":
            names = [_text(child) for child in node.children if child.type == "variable_name"]
            stack.extend((child, tuple(names[:1])) for child in node.named_children)
        else:
            stack.extend((child, path) for child in node.named_children)


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _assignment(
    node: Node, stack: list[tuple[Node, tuple[str, ...]]], source: bytes
) -> Iterator[Literal]:
    """The name, and an empty value; the value's node goes on the stack."""
    name = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    if name is None:  # pragma: no cover - the grammar has it
        return
    path = (_text(name),)
    yield Literal("shell", name.start_byte, name.end_byte, as_bytes(path[0]), (), "key", ("key",))
    equal = next((child for child in node.children if child.type in ("=", "+=")), name)
    if value is None:
        if node.end_byte == equal.end_byte and not word_at(source, node.end_byte):
            yield Literal("shell", node.end_byte, node.end_byte, b"", path, "word", ("absent",))
    elif value.start_byte != equal.end_byte:
        return  # the grammar loses an escaped blank or line end in front of a word
    elif value.type == "array":
        items = [child for child in value.named_children if child.type != "comment"]
        stack.extend((child, (*path, str(index))) for index, child in enumerate(items))
    else:
        stack.append((value, path))


def _arguments(node: Node) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Each argument with its path; other children (assignments, redirections) with none."""
    name = node.child_by_field_name("name")
    command = _text(name).rpartition("/")[2] if name is not None else ""
    flag, number = "", 0
    arguments = {child.id for child in node.children_by_field_name("argument")}
    for child in node.named_children:
        if child.id not in arguments:
            yield child, ()
            continue
        word = _text(child) if child.type == "word" else ""
        yield child, (command, flag or str(number))
        flag = word if _FLAG.fullmatch(word) else ""
        number += 1


def _has_put_in(node: Node) -> bool:
    """Whether something below is put in by the shell."""
    stack = list(node.children)
    while stack:
        child = stack.pop()
        if child.type in _PUT_IN or child.type == "translated_string":
            return True
        stack.extend(child.children)
    return False


def _named(node: Node) -> re.Match[bytes] | None:
    """The `name=` that starts a word which is no variable's value."""
    above = node.parent.type if node.parent is not None else ""
    if node.type not in ("word", "concatenation") or above == "variable_assignment":
        return None
    return NAMED.match(node.text or b"")


def _under(path: tuple[str, ...], named: re.Match[bytes]) -> tuple[str, ...]:
    """The path of what stands behind a `name=` that starts a word."""
    return (*path[:1], named.group(1).decode())


def _leaf(node: Node, path: tuple[str, ...], source: bytes) -> Iterator[Literal]:
    """The literal of a word or string, without a `name=` in front."""
    start, end, kind = node.start_byte, node.end_byte, node.type
    if _has_put_in(node):
        if kind != "concatenation":
            value = source[start:end]
            yield Literal("shell", start, end, value, path, _STYLES[kind], ("interpolated",))
        return
    raw = source[start:end]
    above = node.parent.type if node.parent is not None else ""
    if above == "expansion" and kind in ("word", "concatenation"):
        if not _SPECIAL.search(raw):
            yield Literal("shell", start, end, raw, path, "default")
        return
    if above not in ("expansion", "concatenation"):
        begins = above == "variable_assignment" or starts_word(source, start)
        if not begins or word_at(source, start) != raw:
            return  # the grammar and the shell do not agree where the word is
    match = _named(node)
    if match and match.end() < len(raw):
        start += match.end()
        raw = raw[match.end() :]
        path = _under(path, match)
    style, value = read(raw)
    yield Literal("shell", start, end, value, path, style)


def _heredoc(node: Node, source: bytes) -> Iterator[Literal]:
    """The values of a here-document's lines."""
    mark = next((child for child in node.children if child.type == "heredoc_start"), None)
    body = next((child for child in node.children if child.type == "heredoc_body"), None)
    if mark is None or body is None:
        return
    quoted = any(char in _text(mark) for char in "'\"\\")
    last = next(child for child in node.children if child.type == "heredoc_end")
    position, end = body.start_byte, min(body.end_byte, last.start_byte)
    while position < end:
        match = _HEREDOC_LINE.match(source, position, end)
        if match is None:
            position = source.find(b"\n", position, end) + 1 or end
            continue
        group = "value" if match.group("value") else "line"
        raw = match.group(group)
        name = (match.group(1) or b"").decode()
        context = ["heredoc"]
        if quoted:
            context.append("quoted-heredoc")
        elif _HEREDOC_PUT_IN.search(raw):
            context.append("interpolated")
        value = raw if quoted else re.sub(rb"\\([\\$`])", rb"\1", raw)
        path = (name,) if name else ()
        yield Literal("shell", *match.span(group), value, path, "heredoc", tuple(context))
        position = match.end()
