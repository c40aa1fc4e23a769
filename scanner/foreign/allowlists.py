"""Allowlists of gitleaks -> lists of conditions: a match is none where all conditions of one hold.

What they mean is in https://github.com/gitleaks/gitleaks (config/allowlist.go): conditions of one
list are alternatives unless `condition` says AND; expressions are searched in the secret unless
`regexTarget` names the match or its line; stop words are parts of the secret, whatever their case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.foreign.filters import Condition, joined
from scanner.foreign.go_classes import GoRegexError
from scanner.foreign.go_regex import search_pattern
from scanner.record import record

_TARGETS = ("secret", "match", "line")
_KNOWN = frozenset(
    ("description", "condition", "commits", "paths", "regexTarget", "regexes", "stopwords",
     "targetRules")
)  # fmt: skip
_LOWER = {name.lower(): name for name in _KNOWN}


@record
class Allowlists:
    """lists: (conditions, ids of the rules that it is for, empty for all). unknown: what of them
    is not supported, by name."""

    lists: tuple[tuple[tuple[Condition, ...], tuple[str, ...]], ...] = ()
    unknown: tuple[str, ...] = ()


def read_allowlists(table: Mapping[str, Any]) -> Allowlists:
    """Those of a configuration or a rule: `[[allowlists]]`, and `[allowlist]` as it was before."""
    lists: list[tuple[tuple[Condition, ...], tuple[str, ...]]] = []
    unknown: list[str] = []
    for entry in _entries(table):
        if not isinstance(entry, Mapping):
            unknown.append("allowlist that is no table")
            continue
        given: dict[str, Any] = {}
        for key, value in entry.items():
            given[_LOWER.get(str(key).lower(), str(key))] = value
        unknown += [f"allowlist: {key}" for key in sorted(given.keys() - _KNOWN)]
        try:
            parts = list(_conditions(given, unknown))
        except GoRegexError as problem:
            unknown.append(f"allowlist: {problem}")
            continue
        targets = tuple(_texts(given, "targetRules"))
        lists += [(conditions, targets) for conditions in _combined(given, parts, unknown)]
    return Allowlists(tuple(lists), tuple(dict.fromkeys(unknown)))


def _entries(table: Mapping[str, Any]) -> Iterator[Any]:
    for key, value in table.items():
        if key.lower() == "allowlist":
            yield from value if isinstance(value, list) else (value,)
        elif key.lower() == "allowlists":
            yield from value if isinstance(value, list) else ()


def _conditions(given: Mapping[str, Any], unknown: list[str]) -> Iterator[Condition]:
    target = given.get("regexTarget") or "secret"
    if target not in _TARGETS:
        unknown.append(f"allowlist: regexTarget {str(target)[:20]}")
        raise GoRegexError("its regexes have no target")
    regexes = _texts(given, "regexes")
    if regexes:
        yield target, joined([search_pattern(one) for one in regexes])
    words = [word for word in _texts(given, "stopwords") if word]
    if words:
        yield "secret", "(?i:" + "|".join(search_pattern(_literal(word)) for word in words) + ")"
    paths = _texts(given, "paths")
    if paths:
        yield "path", joined([search_pattern(one) for one in paths])
    commits = [one.strip().lower() for one in _texts(given, "commits")]
    if commits:
        yield "commit", "|".join(one for one in commits if one.isalnum())


def _combined(
    given: Mapping[str, Any], parts: list[Condition], unknown: list[str]
) -> list[tuple[Condition, ...]]:
    if str(given.get("condition", "")).upper() not in ("AND", "&&"):
        return [(one,) for one in parts]
    if len(parts) > 1 and any(kind == "commit" for kind, _ in parts):
        unknown.append("allowlist: commits joined with other conditions by AND")
        return []
    return [tuple(parts)] if parts else []


def _literal(word: str) -> str:
    return "".join(one if one.isalnum() or ord(one) > 127 else f"\\x{ord(one):02x}" for one in word)


def _texts(given: Mapping[str, Any], key: str) -> list[str]:
    value = given.get(key, [])
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
