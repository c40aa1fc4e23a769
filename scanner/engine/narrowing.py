"""The most telling part of a pattern that has repetitions too long for the fast stage.

A library that matches all rules at once unfolds counted repetitions: one of thousands takes seconds
to compile, or is refused. Any part that every match must hold will do for the fast stage, so the
one between such repetitions that says most is chosen.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

sre: Any = import_module("re._constants")

LONG = 256  # a repetition with more leeway than this is not unfolded
_MOST = 24.0  # bits that a repetition counts for: text in base64 is everywhere
_ENOUGH = 16.0  # bits: a part that says less would fire everywhere
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_SIZES = {
    sre.CATEGORY_DIGIT: 10, sre.CATEGORY_NOT_DIGIT: 246, sre.CATEGORY_SPACE: 6,
    sre.CATEGORY_NOT_SPACE: 250, sre.CATEGORY_WORD: 63, sre.CATEGORY_NOT_WORD: 193,
}  # fmt: skip


def has_long(items: Any) -> bool:  # noqa: ANN401 -- the parser's trees are untyped
    """Whether a repetition is inside that is too long to unfold."""
    return any(_is_long(item) for item in items)


def narrowed(items: Any) -> list[Any] | None:  # noqa: ANN401
    """Items that stand together in every match; None where no part says enough."""
    best = _best(list(items))
    return best if best and bits(best) >= _ENOUGH else None


def _is_long(item: Any) -> bool:  # noqa: ANN401
    op, value = item
    if op in _REPEATS:
        return value[1] - value[0] > LONG or has_long(value[2])
    return any(has_long(inner) for inner in _inside(op, value))


def _inside(op: Any, value: Any) -> list[Any]:  # noqa: ANN401
    if op is sre.SUBPATTERN:
        return [value[3]]
    if op is sre.BRANCH:
        return list(value[1])
    return [value] if op is sre.ATOMIC_GROUP else []


def _best(items: list[Any]) -> list[Any]:
    """Of the runs between long repetitions, and of what is inside of them, what says most."""
    choices: list[list[Any]] = [[]]
    run: list[Any] = []
    for item in items:
        if _is_long(item):
            least = _part(item)
            joins = item[0] in _REPEATS and not has_long(item[1][2])
            choices += [run + least if joins else run, least]
            run = least if joins else []
        else:
            run.append(item)
    choices.append(run)
    return max(choices, key=bits)


def _part(item: Any) -> list[Any]:  # noqa: ANN401
    """What every match of a long item must hold."""
    op, value = item
    if op is sre.SUBPATTERN:
        inner = _best(list(value[3]))
        return [(op, (None, value[1], value[2], inner))] if inner else []
    if op is sre.BRANCH:
        inner = [_best(list(branch)) for branch in value[1]]
        return [(op, (None, inner))] if all(inner) else []
    if op in _REPEATS and value[0]:
        inner = list(value[2])
        least = min(value[0], 64) if not has_long(inner) else 1
        inner = _best(inner) if has_long(inner) else inner
        return [(op, (least, least, inner))] if inner else []
    return []


def bits(items: Any) -> float:  # noqa: ANN401
    """How much a run of items says, in bits: 8 for a letter, less for a class, 0 for any byte."""
    return sum(_said(op, value) for op, value in items)


def _said(op: Any, value: Any) -> float:  # noqa: ANN401
    if op is sre.LITERAL:
        return 8.0
    if op is sre.IN:
        return 8.0 - math.log2(max(1, min(256, _size(value))))
    if op is sre.SUBPATTERN:
        return bits(value[3])
    if op is sre.BRANCH:
        return min(bits(branch) for branch in value[1])
    if op in _REPEATS:
        return float(min(value[0] * bits(value[2]), _MOST))
    return 0.0


def _size(members: Any) -> int:  # noqa: ANN401
    size, negated = 0, False
    for op, value in members:
        if op is sre.NEGATE:
            negated = True
        elif op is sre.RANGE:
            size += value[1] - value[0] + 1
        else:
            size += 1 if op is sre.LITERAL else _SIZES[value]
    return 256 - size if negated else size
