"""What a rule of another scanner does not mean: lists of conditions, as their files give them.

A condition is (kind, pattern): kind says what the pattern is searched in, "!" before it that it
must not be found. `secret`, `match` and `line` are of the match, `path` of its file; `entropy`
compares the secret's with a number; `commit` holds names of commits, which only findings of a
history have.
A match is none where all conditions of one list hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from scanner.engine.entropy import shannon
from scanner.rules import Rule

Read = Callable[[int, int], bytes]
_TIMEOUT = 1.0  # seconds for one expression in one place


def allowed(rule: Rule, start: int, end: int, read: Read, path: str | None) -> bool:
    """Whether the rule's own lists say that the value at [start, end) is no secret.

    read: (offset, length) -> bytes. path: None where it is not known, which speaks for a secret.
    """
    for conditions in rule.allow:
        if all(_holds(rule, one, start, end, read, path) for one in conditions):
            return True
    return False


def _holds(
    rule: Rule, condition: tuple[str, str], start: int, end: int, read: Read, path: str | None
) -> bool:
    kind, pattern = condition
    wanted = not kind.startswith("!")
    kind = kind.removeprefix("!")
    if kind == "commit" or (kind == "path" and path is None):
        return False
    value = read(start, end - start)
    if kind == "entropy":
        return shannon(value) < float(pattern)
    if kind == "path":
        text = (path or "").encode("utf-8", "surrogateescape")
    elif kind == "secret":
        text = value
    else:
        text = _around(rule, start, end, read, whole=kind == "line")
    try:
        return bool(_compiled(pattern).search(text, timeout=_TIMEOUT)) is wanted
    except TimeoutError:
        return False  # what cannot be decided speaks for a secret


def _around(rule: Rule, start: int, end: int, read: Read, *, whole: bool) -> bytes:
    """The lines that the value stands in, or all that its rule matches there."""
    low, data = surroundings(start, end, read)
    first, last = start - low, end - low
    if not whole:
        for match in _compiled(rule.pattern).finditer(data, timeout=_TIMEOUT):
            if match.start() > first:
                break
            if (first, last) in match.spans("secret"):
                return bytes(match[0])
    line = data.rfind(b"\n", 0, first) + 1
    stop = data.find(b"\n", last)
    return data[line : stop if stop >= 0 else len(data)]


def surroundings(start: int, end: int, read: Read) -> tuple[int, bytes]:
    """(offset, bytes) of the line above a value to the end of its last line."""
    from scanner.engine.candidates import AROUND, lines_around  # which judges, and so asks here

    base = max(0, start - AROUND)
    piece = read(base, end - base + AROUND)
    low, high, _, _ = lines_around(piece, start - base, end - base)
    return base + low, piece[low:high]


def commits_of(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    """Rule id -> names (hex) of commits whose findings of it do not count."""
    found: dict[str, frozenset[str]] = {}
    for rule in rules:
        for conditions in rule.allow:
            if len(conditions) == 1 and conditions[0][0] == "commit":
                names = frozenset(conditions[0][1].split("|"))
                found[rule.id] = found.get(rule.id, frozenset()) | names
    return found


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Any:  # noqa: ANN401 -- the library ships no types
    import regex

    return regex.compile(pattern.encode(), regex.VERSION0)
