"""Characters and classes of Go's expressions, written as bytes."""

from __future__ import annotations

from collections.abc import Iterable

WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_DIGIT = frozenset(b"0123456789")
_SPACE = frozenset(b"\t\n\f\r ")
ALL = frozenset(range(256))
_LOWER, _UPPER = frozenset(range(97, 123)), frozenset(range(65, 91))
PERL = {
    "d": _DIGIT, "D": ALL - _DIGIT, "s": _SPACE, "S": ALL - _SPACE, "w": WORD, "W": ALL - WORD,
}  # fmt: skip
POSIX = {
    "alnum": _LOWER | _UPPER | _DIGIT, "alpha": _LOWER | _UPPER, "ascii": frozenset(range(128)),
    "blank": frozenset(b"\t "), "cntrl": frozenset({*range(32), 127}), "digit": _DIGIT,
    "graph": frozenset(range(33, 127)), "lower": _LOWER, "print": frozenset(range(32, 127)),
    "punct": frozenset(range(33, 127)) - _LOWER - _UPPER - _DIGIT, "space": _SPACE | {11},
    "upper": _UPPER, "word": WORD, "xdigit": _DIGIT | frozenset(b"abcdefABCDEF"),
}  # fmt: skip
SIMPLE = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
ANY_LONG = r"[\xc2-\xf4][\x80-\xbf]{1,3}"  # any character beyond ASCII


class GoRegexError(ValueError):
    """A pattern that cannot be translated; the message names the part."""


def character(code: int) -> str:
    """The pattern of one character: its UTF-8 bytes, as one item."""
    if code < 128:
        char = chr(code)
        if char.isalnum() or char in "_ '\"`,;:=<>/@%&~!":
            return char
        return f"\\{char}" if 32 < code < 127 else f"\\x{code:02x}"
    return "(?:" + "".join(f"\\x{byte:02x}" for byte in chr(code).encode("utf-8", "replace")) + ")"


def either(members: frozenset[int], beyond: set[str]) -> str:
    """A class with members beyond ASCII: alternatives."""
    if not beyond:
        return class_of(members)
    parts = [class_of(members)] if members else []
    return "(?:" + "|".join([*parts, *sorted(beyond)]) + ")"


def class_of(members: Iterable[int]) -> str:
    """The class of these bytes."""
    chosen = frozenset(members)
    if not chosen:
        return r"[^\x00-\xff]"
    negated = len(chosen) > 128 and chosen != ALL
    listed = sorted(ALL - chosen if negated else chosen)
    out, at = "", 0
    while at < len(listed):
        end = at
        while end + 1 < len(listed) and listed[end + 1] == listed[end] + 1:
            end += 1
        out += _class_char(listed[at])
        if end > at:
            out += ("-" if end > at + 1 else "") + _class_char(listed[end])
        at = end + 1
    return f"[{'^' if negated else ''}{out}]"


def _class_char(code: int) -> str:
    char = chr(code)
    return char if code < 128 and (char.isalnum() or char == "_") else f"\\x{code:02x}"
