"""Texts that make a slow pattern slow: what it wants to match, with each repetition drawn out.

A pattern that tries many ways to match what does not match takes time to the power of the text's
length. For every repetition of a pattern there is a probe: the shortest text that leads up to it,
what it repeats, many times, and an end that it cannot match.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

sre: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

LONG = 4000  # bytes of what is repeated
SECONDS = 0.5  # for one probe; a good pattern takes less than a thousandth of it
_FEW = 8  # repetitions with less leeway than this are no risk
_END = b"\x00\n\xff"
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT)
_SAMPLES = b"aA0_- =:\"'/.+\n"
_CATEGORIES = {
    sre.CATEGORY_DIGIT: b"0123456789",
    sre.CATEGORY_SPACE: b" \t\r\n\f\v",
    sre.CATEGORY_WORD: b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
}
_NOT = {
    sre.CATEGORY_NOT_DIGIT: sre.CATEGORY_DIGIT,
    sre.CATEGORY_NOT_SPACE: sre.CATEGORY_SPACE,
    sre.CATEGORY_NOT_WORD: sre.CATEGORY_WORD,
}


def is_slow(pattern: str) -> bool:
    """Whether a probe of the pattern runs out of time."""
    import regex

    compiled = regex.compile(pattern.encode(), regex.VERSION0)
    for text in probes(pattern):
        try:
            for _ in compiled.finditer(text, timeout=SECONDS):
                pass
        except TimeoutError:
            return True
    return False


def probes(pattern: str) -> Iterator[bytes]:
    """The texts to try; none for a pattern that the standard library's parser does not read."""
    try:
        tree = parser.parse(pattern.replace("(?P<secret>", "(?:").encode())
    except (sre.error, OverflowError, RecursionError):
        return
    seen = set()
    # What a whole match needs stands at the end: a library that looks for it first would give up.
    end = _END + _shortest(tree)
    for before, unit in _repeated(tree, b""):
        if unit and (before, unit) not in seen:
            seen.add((before, unit))
            yield before + unit * (LONG // len(unit)) + end


def _repeated(items: Any, before: bytes) -> Iterator[tuple[bytes, bytes]]:  # noqa: ANN401
    """(text that leads to it, what is repeated) of every repetition with leeway."""
    for op, value in items:
        if op in _REPEATS and value[1] - value[0] >= _FEW:
            yield before, _shortest(value[2]) or _shortest(value[2], 1)
        if op in _REPEATS:
            yield from _repeated(value[2], before)
        elif op is sre.SUBPATTERN:
            yield from _repeated(value[3], before)
        elif op is sre.BRANCH:
            for branch in value[1]:
                yield from _repeated(branch, before)
        elif op is sre.ATOMIC_GROUP:
            yield from _repeated(value, before)
        before += _shortest([(op, value)])


def _shortest(items: Any, least: int = 0) -> bytes:  # noqa: ANN401
    """A short text that the items match, each at least so often; look-arounds are not asked."""
    out = b""
    for op, value in items:
        if op is sre.LITERAL:
            out += bytes((value,))
        elif op is sre.ANY:
            out += b"a"
        elif op in (sre.IN, sre.NOT_LITERAL):
            out += _member([(op, value)] if op is sre.NOT_LITERAL else value)
        elif op is sre.SUBPATTERN:
            out += _shortest(value[3], least)
        elif op is sre.BRANCH:
            out += min((_shortest(one, least) for one in value[1]), key=len)
        elif op is sre.ATOMIC_GROUP:
            out += _shortest(value, least)
        elif op in (*_REPEATS, sre.POSSESSIVE_REPEAT):
            out += _shortest(value[2], least) * min(max(value[0], least), 64)
        if len(out) > LONG:
            return out[:LONG]
    return out


def _member(members: Any) -> bytes:  # noqa: ANN401
    """One byte of a class, a common one if it has any."""
    chosen: set[int] = set()
    negated = False
    for op, value in members:
        if op is sre.NEGATE:
            negated = True
        elif op is sre.NOT_LITERAL:
            chosen |= set(range(256)) - {value}
        elif op is sre.LITERAL:
            chosen.add(value)
        elif op is sre.RANGE:
            chosen |= set(range(value[0], value[1] + 1))
        elif value in _CATEGORIES:
            chosen |= set(_CATEGORIES[value])
        elif value in _NOT:
            chosen |= set(range(256)) - set(_CATEGORIES[_NOT[value]])
    if negated:
        chosen = set(range(256)) - chosen
    common = [one for one in _SAMPLES if one in chosen]
    return bytes((common or sorted(chosen))[:1])
