r"""Regular expressions of Go (RE2 syntax) as patterns over bytes for a rule.

The source of what is accepted is https://pkg.go.dev/regexp/syntax. What comes out means the same
to the `re` parser, to the `regex` package and, once it is simplified, to the fast stage: flags in
the middle of a pattern become scoped groups, `$` and `\z` the end of the content, POSIX and Perl
classes ASCII, characters beyond ASCII their UTF-8 bytes. Repetitions without an end are given one,
since a rule looks no further than its reach.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from scanner.foreign.go_classes import GoRegexError
from scanner.foreign.go_reader import Reader
from scanner.record import record

parser: Any = import_module("re._parser")  # private, the same since Python 3.11, and tested

_MOST_TEXTS = 64
LONGEST = 32 << 10  # bytes that a translated pattern may match at most
BOUNDS = (8192, 2048, 512, 128, 32, 16)  # what `*`, `+` and `{n,}` become, the first that fits


@record
class Translated:
    """pattern: over bytes, with the group `secret` (several where the first that is not empty
    counts). bounded: what a repetition without an end became, 0 if there was none. wider: it may
    match more than the original, and why."""

    pattern: str
    bounded: int = 0
    wider: str = ""


def translate(text: str, group: int = 0) -> Translated:
    """The rule pattern for a Go expression; group: which one is the secret, 0 for the first that
    matched, or all when there is none. GoRegexError names what cannot be."""
    first = Reader(text, frozenset(), BOUNDS[0])
    first.whole()
    if group > first.groups:
        raise GoRegexError(f"it has no group {group}")
    if group < 0:
        raise GoRegexError(f"group {group} is no group")
    chosen = frozenset((group,)) if group else frozenset(first.outermost)
    for bound in BOUNDS if first.unbounded else BOUNDS[:1]:
        if not first.unbounded or _width(Reader(text, frozenset(), bound).whole()) <= LONGEST:
            pattern = Reader(text, chosen, bound).whole()
            pattern = pattern if chosen else _all_of(pattern)
            return Translated(pattern, bound if first.unbounded else 0, first.wider)
    raise GoRegexError("its repetitions inside of repetitions match without an end in sight")


def search_pattern(text: str) -> str:
    """The pattern for an expression that is only searched for, as allowlists are."""
    return Reader(text, frozenset(), BOUNDS[1]).whole()


def _all_of(pattern: str) -> str:
    flags = "(?i)" if pattern.startswith("(?i)") else ""
    return f"{flags}(?P<secret>{pattern[len(flags) :]})"


def _width(pattern: str) -> int:
    try:
        return int(parser.parse(pattern.encode()).getwidth()[1])
    except (re.error, OverflowError, RecursionError) as problem:
        raise GoRegexError(f"it does not compile: {problem}") from None


def implied(pattern: str, words: Iterable[str]) -> bool:
    """Whether every match of the (translated) pattern holds one of the words, whatever its case."""
    wanted = [word.lower() for word in words]
    return _holds(parser.parse(pattern.encode()), wanted)


def _holds(items: Any, words: list[str]) -> bool:  # noqa: ANN401 -- the parser's trees are untyped
    run = [""]  # what may stand here, in lower case
    for op, value in items:
        name = str(op)
        texts = _texts(name, value)
        run = [before + text for before in run for text in texts] or [""]
        if len(run) > _MOST_TEXTS:
            run = [""]
        if all(any(word in text for word in words) for text in run):
            return True
        if name == "SUBPATTERN" and _holds(value[3], words):
            return True
        if name == "BRANCH" and all(_holds(branch, words) for branch in value[1]):
            return True
        if name in ("MAX_REPEAT", "MIN_REPEAT") and value[0] and _holds(value[2], words):
            return True
    return False


def _texts(name: str, value: Any) -> list[str]:  # noqa: ANN401
    """All that an item can match, in lower case; empty if that is too much to say."""
    if name == "LITERAL":
        return [chr(value).lower()]
    if name == "IN" and all(str(op) == "LITERAL" for op, _ in value):
        return sorted({chr(code).lower() for _, code in value})
    if name == "SUBPATTERN":
        return _joined(value[3])
    if name == "BRANCH":
        branches = [_joined(branch) for branch in value[1]]
        return [text for texts in branches for text in texts] if all(branches) else []
    return []


def _joined(items: Any) -> list[str]:  # noqa: ANN401
    run = [""]
    for op, value in items:
        run = [before + text for before in run for text in _texts(str(op), value)]
        if not run or len(run) > _MOST_TEXTS:
            return []
    return run
