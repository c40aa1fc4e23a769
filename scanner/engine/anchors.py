"""Derive the fast stage's expression from a rule's pattern.

The derived expression matches at least wherever the pattern does (a superset): look-arounds and
boundaries are dropped, groups lose their names, an optional start or end is cut off, and the last
repetition is reduced to its minimum, since a range would fire once per end offset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from scanner.engine.narrowing import has_long, narrowed

# The standard library's own parser; private, but the same since Python 3.11, and tested here.
sre: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

_UNBOUNDED = 1 << 20
_LONGEST_COUNT = 64


class AnchorError(Exception):
    """No expression can be derived; the rule must give its anchors itself."""


_CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}


def derive(pattern: str) -> tuple[str, int]:
    """(expression for the fast stage, longest match of the pattern in bytes).

    AnchorError when the pattern uses what cannot be simplified (back references, conditionals), is
    unbounded, or can match nothing.
    """
    try:
        tree = parser.parse(pattern.encode())
    except (sre.error, OverflowError) as problem:
        raise AnchorError(f"does not compile: {problem}") from problem
    shortest, longest = tree.getwidth()
    if shortest == 0:
        raise AnchorError("can match nothing")
    if longest >= _UNBOUNDED:
        raise AnchorError("has no longest match")
    items = _cut_end(_cut_start(_flat(tree)))
    if has_long(items):
        items = _cut_end(_cut_start(narrowed(items) or items))
    flags = "(?i)" if tree.state.flags & sre.SRE_FLAG_IGNORECASE else ""
    return flags + "".join(_emit(item) for item in items), longest


def longest(expressions: Iterable[str]) -> int | None:
    """Bytes that a match of any of the expressions can have at most; None if that has no end."""
    most = 0
    for expression in expressions:
        try:
            width = parser.parse(expression.encode()).getwidth()[1]
        except (sre.error, OverflowError):
            return None  # an expression of the fast library's own kind
        if width >= _UNBOUNDED:
            return None
        most = max(most, width)
    return most


def _flat(tree: Any) -> list[Any]:  # noqa: ANN401 -- the parser's trees are untyped
    """Top-level items, with plain groups dissolved so that ends can be cut inside them."""
    items: list[Any] = []
    for op, value in tree:
        if op is sre.SUBPATTERN and not value[1] and not value[2]:
            items += _flat(value[3])
        elif op not in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
            items.append((op, value))
    return items


def _cut_start(items: list[Any]) -> list[Any]:
    while items and items[0][0] in _REPEATS and items[0][1][0] == 0:
        items = items[1:]
    if items and items[0][0] in _REPEATS:
        items = [_least(items[0]), *items[1:]]
    elif items:
        items = [_within(items[0], _cut_start), *items[1:]]
    return items


def _cut_end(items: list[Any]) -> list[Any]:
    while items and items[-1][0] in _REPEATS and items[-1][1][0] == 0:
        items = items[:-1]
    if items and items[-1][0] in _REPEATS:
        items = [*items[:-1], _least(items[-1])]
    elif items:
        items = [*items[:-1], _within(items[-1], _cut_end)]
    return items


def _within(item: Any, cut: Callable[[list[Any]], list[Any]]) -> Any:  # noqa: ANN401
    """The same cut inside of a group or of each alternative, if that leaves something of all."""
    op, value = item
    if op is sre.SUBPATTERN:
        inner = cut(_flat(value[3]))
        return (op, (*value[:3], inner)) if inner else item
    if op is sre.BRANCH:
        branches = [cut(_flat(branch)) for branch in value[1]]
        return (op, (value[0], branches)) if all(branches) else item
    return item


def _least(item: Any) -> Any:  # noqa: ANN401
    op, (low, _, inner) = item
    low = min(low, _LONGEST_COUNT)
    return (op, (low, low, inner))


_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)


def _emit(item: Any) -> str:  # noqa: ANN401 -- one return a kind of node
    op, value = item
    if op is sre.LITERAL:
        return f"\\x{value:02x}"
    if op is sre.NOT_LITERAL:
        return f"[^\\x{value:02x}]"
    if op is sre.ANY:
        return "[^\\n]"
    if op is sre.IN:
        return _emit_class(value)
    if op is sre.BRANCH:
        return "(?:" + "|".join(_emit_all(branch) for branch in value[1]) + ")"
    if op in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
        return ""
    if op is sre.SUBPATTERN:
        _, add, remove, inner = value
        on = "i" if add & sre.SRE_FLAG_IGNORECASE else ""
        off = "-i" if remove & sre.SRE_FLAG_IGNORECASE else ""
        return f"(?{on}{off}:{_emit_all(inner)})"
    if op is sre.ATOMIC_GROUP:
        return f"(?:{_emit_all(value)})"
    if op in _REPEATS:
        low, high, inner = value
        return f"(?:{_emit_all(inner)}){{{low},{'' if high is sre.MAXREPEAT else high}}}"
    raise AnchorError(f"uses {str(op).lower()}, which has no simple form")


def _emit_all(items: Any) -> str:  # noqa: ANN401
    return "".join(_emit(item) for item in items)


def _emit_class(members: Any) -> str:  # noqa: ANN401
    parts = []
    for op, value in members:
        if op is sre.NEGATE:
            parts.append("^")
        elif op is sre.LITERAL:
            parts.append(f"\\x{value:02x}")
        elif op is sre.RANGE:
            parts.append(f"\\x{value[0]:02x}-\\x{value[1]:02x}")
        else:
            parts.append(_CATEGORIES[value])
    return "[" + "".join(parts) + "]"
