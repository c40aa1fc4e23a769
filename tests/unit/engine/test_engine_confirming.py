"""Patterns that are kept compiled are the patterns that the rules spell."""

from __future__ import annotations

import marshal

from scanner.engine import confirming
from scanner.engine.examples import expand
from scanner.rules import load_rules

RULES = [rule for rule in load_rules() if rule.kind != "format"]


def spans(pattern: object, data: bytes) -> list[tuple[int, int]]:
    return [match.span("secret") for match in pattern.finditer(data)]  # type: ignore[attr-defined]


def test_kept_patterns_match_the_same() -> None:
    known = confirming.read(confirming.kept(RULES))
    assert set(known) == {"regex", *(rule.id for rule in RULES)}
    for rule in RULES:
        for template in (*rule.match, *rule.no_match):
            data = expand(template, rule.id)
            fresh = spans(confirming.compiled(rule), data)
            assert spans(confirming.of(rule, known), data) == fresh


def test_another_version_of_the_library_reads_the_rule_anew() -> None:
    rule = RULES[0]
    known = {"regex": b"0", rule.id: marshal.dumps(("nonsense",))}
    assert confirming.of(rule, known).pattern == confirming.compiled(rule).pattern


def test_nothing_kept_is_no_harm() -> None:
    assert confirming.read(b"") == {}
    assert confirming.of(RULES[0], {}).pattern
