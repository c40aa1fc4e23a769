"""Rule files of gitleaks and betterleaks, read as they are: TOML -> fields of rules.

Form: https://github.com/gitleaks/gitleaks (README.md, config/config.go) and
https://github.com/betterleaks/betterleaks (docs/config.md). What has no counterpart here is named
with the rule that it belongs to; a rule that could not do what it says is left out by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner import rule_file
from scanner.errors import RuleError
from scanner.foreign.allowlists import read_allowlists
from scanner.foreign.filters import Condition, joined, read_filter
from scanner.foreign.go_classes import GoRegexError
from scanner.foreign.go_regex import implied, search_pattern, translate
from scanner.record import record

_DEEPEST = 2  # extended files, as in gitleaks
_NEAR = 2048  # bytes either side in which a keyword must stand that is not in the match itself
_SIGNS = frozenset(("rules", "allowlist", "allowlists", "extend", "prefilter", "filter"))
_HEAD = frozenset(
    ("title", "description", "minversion", "betterleaksminversion", "extend", "rules", "allowlist",
     "allowlists", "prefilter", "filter")
)  # fmt: skip
_RULE = frozenset(
    ("id", "description", "regex", "path", "secretgroup", "valuegroup", "entropy", "keywords",
     "tags", "allowlist", "allowlists", "filter", "confidence", "skipreport", "validate",
     "analyze", "revoke", "required", "components", "specificity", "tokenefficiency")
)  # fmt: skip
_NETWORK = ("validate", "analyze", "revoke")
_ID_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")

Lists = tuple[tuple[Condition, ...], ...]


@record
class Foreign:
    """What a file says.

    path: as it was given. rules: fields of each rule, in order. left_out: (rule, why it cannot
    work). partly: (rule, "" for the file itself, and what of it is not done). everywhere: what the
    file allows in findings of every rule, since it extends the default ones. files: all that were
    read.
    """

    path: str
    rules: tuple[Mapping[str, Any], ...]
    left_out: tuple[tuple[str, str], ...] = ()
    partly: tuple[tuple[str, str], ...] = ()
    everywhere: Lists = ()
    files: tuple[str, ...] = ()


def is_foreign(document: Mapping[str, object]) -> bool:
    """Whether a TOML document has the form of these files rather than our own."""
    ours = document.keys() & {"rule", "provider"}
    return not ours and bool(_SIGNS & {key.lower() for key in document})


def files_of(path: str) -> tuple[str, ...]:
    """The file and those that it extends, in order; RuleError when one cannot be read."""
    return tuple(name for name, _ in _chain(path))


def read(path: str) -> Foreign:
    """The rules of a file and of those that it extends; RuleError when one is not TOML."""
    chain = _chain(path)
    reader = _Reader(path)
    for _, document in chain:
        reader.take(document)
    return reader.result(tuple(name for name, _ in chain))


def _chain(path: str) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    here = path
    while here:
        table = _lower(rule_file.document(here))
        found.append((here, table))
        extend = table.get("extend")
        further = extend.get("path") if isinstance(extend, dict) else None
        if not isinstance(further, str) or not further or len(found) > _DEEPEST:
            break
        here = rule_file.extended(here, further)
        if here in (name for name, _ in found):
            break
    return found


def _lower(table: dict[str, Any]) -> dict[str, Any]:
    """Keys in lower case: gitleaks reads them so."""
    found = {key.lower(): value for key, value in table.items()}
    if isinstance(found.get("extend"), dict):
        found["extend"] = {key.lower(): value for key, value in found["extend"].items()}
    return found


class _Reader:
    """Gathers the rules of a file first, then what each extended file adds to them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.tables: dict[str, dict[str, Any]] = {}
        self.lists: list[tuple[tuple[Condition, ...], tuple[str, ...]]] = []
        self.left_out: list[tuple[str, str]] = []
        self.partly: list[tuple[str, str]] = []
        self.defaults = False
        self.disabled: set[str] = set()
        self.title = ""

    def take(self, document: dict[str, Any]) -> None:
        """One file: what it says comes before what the files that it extends say."""
        title = document.get("title")
        self.title = self.title or (title if isinstance(title, str) else "")
        for key in sorted(document.keys() - _HEAD):
            self._not_done("", f"unknown key {key}")
        tables = document.get("rules", [])
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            raise RuleError(f"{self.path}: rules must stand under [[rules]]")
        for number, table in enumerate(tables, 1):
            self._take_rule(number, {key.lower(): value for key, value in table.items()})
        own = read_allowlists(document)
        self.lists += own.lists
        for part in own.unknown:
            self._not_done("", part)
        for key in ("prefilter", "filter"):
            text = document.get(key)
            done = read_filter(text) if isinstance(text, str) else read_filter("")
            self.lists += [(conditions, ()) for conditions in done.lists]
            if done.entropy:
                self._not_done("", f"{key} with entropy")
            for part in done.unknown:
                self._not_done("", f"{key}: {part}")
        self._take_extend(document.get("extend"))

    def _take_rule(self, number: int, table: dict[str, Any]) -> None:
        name = table.get("id")
        if not isinstance(name, str) or not name.strip():
            self.left_out.append((f"number {number}", "it has no id"))
            return
        if name in self.disabled:
            return
        if "allowlist" in table:  # as it was called before there could be several
            old = table.pop("allowlist")
            both = [*table.get("allowlists", ()), *(old if isinstance(old, list) else [old])]
            table["allowlists"] = both
        before = self.tables.get(name)
        if before is None:
            self.tables[name] = table
            return
        for key in ("tags", "keywords", "allowlists"):  # lists add up, other fields replace
            if isinstance(table.get(key), list) and isinstance(before.get(key), list):
                before[key] = [*table[key], *before[key]]
        self.tables[name] = {**table, **before}

    def _take_extend(self, extend: object) -> None:
        if not isinstance(extend, dict):
            return
        if extend.get("usedefault"):
            self.defaults = True
        if extend.get("url"):
            self._not_done("", "extend.url")
        disabled = extend.get("disabledrules")
        self.disabled |= {one for one in disabled or () if isinstance(one, str)}
        if self.disabled and self.defaults:
            names = ", ".join(sorted(self.disabled))
            self._not_done("", f"extend.disabledRules of the default rules ({names})")

    def _not_done(self, rule: str, part: str) -> None:
        if (rule, part) not in self.partly:
            self.partly.append((rule, part))

    def result(self, files: tuple[str, ...]) -> Foreign:
        """What all files together say."""
        known = set(self.tables)
        for _, targets in self.lists:
            for name in targets:
                if name not in known and not self.defaults:
                    self._not_done("", f"allowlist for {name}, which is no rule of this file")
        rules = []
        taken: set[str] = set()
        for name, table in self.tables.items():
            try:
                rule = self._rule(name, table)
            except (GoRegexError, RuleError) as problem:
                self.left_out.append((name, str(problem)))
                continue
            while rule["id"] in taken:
                rule["id"] += "-2"
            taken.add(rule["id"])
            rules.append(rule)
        everywhere = tuple(c for c, targets in self.lists if not targets) if self.defaults else ()
        left_out, partly = tuple(self.left_out), tuple(self.partly)
        return Foreign(self.path, tuple(rules), left_out, partly, everywhere, files)

    def _rule(self, name: str, table: dict[str, Any]) -> dict[str, Any]:
        """The fields of one rule; GoRegexError or RuleError when it cannot work."""
        for key in sorted(table.keys() - _RULE):
            self._not_done(name, f"unknown field {key}")
        regex = table.get("regex")
        if not isinstance(regex, str) or not regex:
            if table.get("path"):
                raise RuleError("finds files by their path alone, which is no secret")
            raise RuleError("no regex of its own: it changes a rule that is not here")
        if table.get("skipreport") is True:
            raise RuleError("reported only as a part of other rules")
        group = table.get("secretgroup") or table.get("valuegroup") or 0
        done = translate(regex, group if isinstance(group, int) else 0)
        if done.wider:
            self._not_done(name, f"regex: {done.wider}")
        entropy, lists = self._conditions(name, table)
        keywords = _strings(table.get("keywords"))
        near = bool(keywords) and not implied(done.pattern.replace("(?P<secret>", "("), keywords)
        confidence = table.get("confidence")
        needs = self._parts(name, table)
        if confidence not in ("low", "medium", "high"):
            confidence = "medium"
        return {
            "id": _clean(name),
            "name": _sentence(table.get("description")) or name,
            "provider": self.title or "gitleaks",
            "pattern": done.pattern,
            "severity": "high",
            "confidence": "low" if needs else confidence,
            "entropy": entropy,
            "keywords": tuple(word.lower() for word in keywords),
            "near": _NEAR if near else 0,
            "allow": lists,
            "description": _described(table, done.bounded),
        }

    def _conditions(self, name: str, table: dict[str, Any]) -> tuple[float, Lists]:
        """(entropy floor, what a match must not be)."""
        own = read_allowlists(table)
        text = table.get("filter")
        done = read_filter(text if isinstance(text, str) else "")
        for part in (*own.unknown, *done.unknown):
            self._not_done(name, part)
        lists = [conditions for conditions, _ in own.lists]
        lists += done.lists
        lists += [c for c, targets in self.lists if not targets or name in targets]
        path = table.get("path")
        if isinstance(path, str) and path:
            lists.append((("!path", joined([search_pattern(path)])),))
        entropy = table.get("entropy")
        given = float(entropy) + 1e-9 if isinstance(entropy, int | float) and entropy else 0.0
        return max(given, done.entropy), tuple(lists)

    def _parts(self, name: str, table: dict[str, Any]) -> bool:
        """Name what else is not done; whether the rule needs others beside it."""
        for key in (*_NETWORK, "specificity", "tokenefficiency"):
            if table.get(key):
                why = ": nothing is asked over the network" if key in _NETWORK else ""
                self._not_done(name, f"{key}{why}")
        beside = [*_tables(table.get("required")), *_tables(table.get("components"))]
        needed = [str(one.get("id", "?")) for one in beside if not one.get("optional")]
        if beside:
            low = ": whether they stand beside it is not asked, so its confidence is low"
            low = low if needed else ""
            self._not_done(name, f"components{low}")
        return bool(needed)


def _tables(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _strings(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _clean(name: str) -> str:
    """An id of ours: a-z, 0-9 and -."""
    kept = "".join(one if one in _ID_CHARS else "-" for one in name.lower())
    return kept.strip("-") or "rule"


def _sentence(text: object) -> str:
    """A name from a description: its first clause."""
    if not isinstance(text, str):
        return ""
    head = text.strip().split(". ")[0].split(", ")[0].rstrip(".")
    return head[:80]


def _described(table: Mapping[str, Any], bounded: int) -> str:
    parts = [str(table.get("description") or "").strip()]
    tags = _strings(table.get("tags"))
    if tags:
        parts.append(f"tags: {', '.join(tags)}")
    if bounded:
        parts.append(f"repetitions without an end match {bounded} times at most")
    return "; ".join(part for part in parts if part)
