"""Rules: TOML files -> validated, frozen `Rule` values, and what the fast stage needs of each.

A rule's `pattern` is a regular expression over bytes; its group `secret` is the exact value, an
optional group `key` the name it is assigned to. The fast stage does not run it: it runs `anchors`,
simpler expressions that fire wherever the pattern could match. `anchors` and `reach` that a rule
does not give are derived from its pattern when the database is compiled.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast, get_args

from scanner import rule_file
from scanner.errors import RuleError
from scanner.model import Confidence, RuleInfo, Severity
from scanner.record import record, replace

if TYPE_CHECKING:
    from scanner.foreign.gitleaks import Foreign

_ID_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


@record
class Rule:
    """One kind of secret. All texts are str; pattern and anchors are compiled over bytes.

    kind: "format" (the shape proves it), "password" (the place proves that a password stands there,
    score.py judges which) or "generic" (the name suggests it; score.py judges).
    lines: no match crosses a line end, so windows shrink to lines.
    reach: bytes, more than the longest match. lead: bytes, the most between a match's start and the
    end of its anchor, 0 for the reach: worth giving where the pattern is slow to fail.
    prefix: public start, may be shown.
    part_of: ids of rules whose secrets this one stands beside (a key id and its secret): within
    `within` lines (0 for the usual 8) of one it is reported as a part of it, alone by itself.
    entropy: floor in Shannon bits a character, 0 for none. match/no_match: example templates.
    over: ids of rules that give way where both match: for what scores and lengths do not settle.
    Of rule files of other scanners (`foreign`): keywords, in lower case, one of which must stand
    within `near` bytes of a match (0: each match holds one); allow: lists of (kind, pattern), a
    match is none where all of a list hold (see engine/conditions.py).
    """

    id: str
    name: str
    provider: str
    pattern: str
    severity: Severity
    confidence: Confidence
    kind: str = "format"
    lines: bool = False
    anchors: tuple[str, ...] = ()
    reach: int = 0
    lead: int = 0
    prefix: str = ""
    entropy: float = 0.0
    checksum: str = ""
    part_of: tuple[str, ...] = ()
    within: int = 0
    paths: tuple[str, ...] = ()
    description: str = ""
    rotate: str = ""
    references: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    near: int = 0
    allow: tuple[tuple[tuple[str, str], ...], ...] = ()
    foreign: bool = False

    @property
    def info(self) -> RuleInfo:
        """What a report says about this rule."""
        return RuleInfo(
            id=self.id,
            name=self.name,
            provider=self.provider,
            severity=self.severity,
            confidence=self.confidence,
            description=self.description,
            rotate=self.rotate,
            references=self.references,
        )


_TEXT = ("name", "pattern", "severity", "confidence", "kind", "prefix", "checksum", "description")
_TEXTS = ("anchors", "part_of", "over", "paths", "references", "match", "no_match")
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "rotate": str,
    "reach": int,
    "lead": int,
    "within": int,
    "lines": bool,
    "entropy": (int, float),
    **dict.fromkeys(_TEXT, str),
    **dict.fromkeys(_TEXTS, list),
}
_REQUIRED = ("id", "name", "pattern", "severity", "confidence")


def patterns_folder() -> str:
    """Where the shipped rule files are: inside the wheel, or beside the package in a checkout."""
    package = os.path.dirname(os.path.abspath(__file__))
    shipped = os.path.join(package, "patterns")
    return shipped if os.path.isdir(shipped) else os.path.join(os.path.dirname(package), "patterns")


def rule_files(extra: Sequence[str] = ()) -> tuple[str, ...]:
    """Paths of the shipped rule files, sorted, then the given ones."""
    folder = patterns_folder()
    names = sorted(name for name in os.listdir(folder) if name.endswith(".toml"))
    return (*(os.path.join(folder, name) for name in names), *extra)


def load_rules(files: Iterable[str] | None = None) -> tuple[Rule, ...]:
    """Read and check rule files; RuleError names file, rule and field. Ids are unique over all.

    A rule may be `over` rules of these files and of the shipped ones.
    """
    rules: dict[str, Rule] = {}
    places: dict[str, str] = {}
    names = rule_files() if files is None else tuple(files)
    for path in names:
        for one in read_rule_file(path):
            rule = _renamed(one, rules) if one.foreign else one
            if rule.id in rules:
                raise RuleError(f"{path}: rule {rule.id}: id is taken by another rule")
            rules[rule.id] = rule
            places[rule.id] = f"{path}: rule {rule.id}: over"
    _check_over(rules, places)
    return _allowing(tuple(rules.values()), names)


def _renamed(rule: Rule, taken: Mapping[str, Rule]) -> Rule:
    """A rule of another scanner often has the name of one of ours."""
    return replace(rule, id=f"gitleaks-{rule.id}") if rule.id in taken else rule


def _allowing(rules: tuple[Rule, ...], files: Iterable[str]) -> tuple[Rule, ...]:
    """The rules with what a file allows that extends its scanner's own rules: ours stand for
    them."""
    for found in foreign_files(files):
        if found.everywhere:
            rules = tuple(
                rule if rule.foreign else replace(rule, allow=(*rule.allow, *found.everywhere))
                for rule in rules
            )
    return rules


def foreign_files(files: Iterable[str]) -> Iterator[Foreign]:
    """What was read of each of the files that has another scanner's form."""
    from scanner.foreign import gitleaks

    ours = patterns_folder()
    for path in files:
        if os.path.dirname(path) != ours and gitleaks.is_foreign(rule_file.document(path)):
            yield gitleaks.read(path)


def _check_over(rules: Mapping[str, Rule], places: Mapping[str, str]) -> None:
    """What gives way must be there, and no rule may give way to itself, be it through others."""
    missing = {name for rule in rules.values() for name in rule.over} - rules.keys()
    if missing:
        missing -= {rule.id for path in rule_files() for rule in read_rule_file(path)}
    for rule in rules.values():
        for name in missing.intersection(rule.over):
            raise RuleError(f"{places[rule.id]}: no rule {name!r}", "see `unleak rules list`")
    for start, rule in rules.items():
        reached: set[str] = set()
        ahead = list(rule.over)
        while ahead:
            name = ahead.pop()
            if name not in reached and name in rules:
                reached.add(name)
                ahead += rules[name].over
        if start in reached:
            raise RuleError(f"{places[start]}: leads back to itself", "drop one of the two")


def read_rule_file(path: str) -> list[Rule]:
    """The rules of one TOML file, checked; of a gitleaks file, those that can be applied."""
    document = rule_file.document(path)
    if "rule" not in document and "provider" not in document:
        from scanner.foreign import gitleaks

        if gitleaks.is_foreign(document):
            return [Rule(**fields, foreign=True) for fields in gitleaks.read(path).rules]
    unknown = document.keys() - {"provider", "rule"}
    if unknown:
        raise RuleError(f"{path}: unknown key {min(unknown)!r}", "known: provider, rule")
    provider = document.get("provider")
    if not isinstance(provider, str) or not provider:
        raise RuleError(f"{path}: provider must be a text", 'write provider = "NAME" at the top')
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RuleError(f"{path}: rules must stand under [[rule]]")
    return [_rule(path, provider, table) for table in tables]


def _rule(path: str, provider: str, table: Mapping[str, object]) -> Rule:
    where = f"{path}: rule {table.get('id', '?')}"
    for key, value in table.items():
        _check_field(where, key, value)
    for key in _REQUIRED:
        if not table.get(key):
            raise RuleError(f"{where}: {key}: is missing")
    _check_values(where, table)
    given = {key: table[key] for key in (*_TEXT, "id", "rotate", "lines") if key in table}
    lists = {key: tuple(cast("list[str]", table[key])) for key in _TEXTS if key in table}
    entropy = float(cast("float", table.get("entropy", 0)))
    numbers = {key: table.get(key, 0) for key in ("reach", "lead", "within")}
    fields = {**given, **lists, **numbers, "entropy": entropy}
    return Rule(provider=provider, **fields)  # type: ignore[arg-type]  # types were checked above


def _check_field(where: str, key: str, value: object) -> None:
    kind = _FIELDS.get(key)
    if kind is None:
        import difflib

        near = difflib.get_close_matches(key, _FIELDS, 1)
        raise RuleError(
            f"{where}: unknown field {key!r}", f"did you mean {near[0]}?" if near else ""
        )
    texts = key in _TEXTS
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise RuleError(f"{where}: {key}: wrong type, {type(value).__name__}")
    if texts and not all(isinstance(item, str) for item in cast("list[object]", value)):
        raise RuleError(f"{where}: {key}: must be a list of texts")


def _check_values(where: str, table: Mapping[str, object]) -> None:
    if not set(cast("str", table["id"])) <= _ID_CHARS:
        raise RuleError(f"{where}: id: only a-z, 0-9 and -")
    for pattern in cast("list[str]", table.get("paths", [])):
        # Matching time grows with a power of the wildcards, and a rule may be a hostile one.
        if sum(pattern.count(char) for char in "*?[") - 2 * pattern.count("**") > 3:
            raise RuleError(f"{where}: paths: more than three wildcards in {pattern!r}")
    for key, allowed in (
        ("severity", get_args(Severity)),
        ("confidence", get_args(Confidence)),
        ("kind", ("format", "password", "generic")),
    ):
        if key in table and table[key] not in allowed:
            raise RuleError(f"{where}: {key}: must be one of {', '.join(allowed)}")
