"""Examples that do not hold are named; the shipped ones all hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.engine.rule_test import failures
from scanner.rules import Rule, load_rules

RULE = Rule(
    id="x-token",
    name="x",
    provider="X",
    pattern=r"(?P<secret>xtok_[a-z]{8})",
    severity="high",
    confidence="high",
    match=("xtok_{lower:8}",),
    no_match=("xtok_{lower:3}",),
)


def test_good_examples_hold() -> None:
    assert failures([RULE]) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"match": ("ytok_{lower:8}",)}, "finds no secret"),
        ({"no_match": ("xtok_{lower:9}",)}, "finds a secret where none is"),
        ({"match": ()}, "has no example"),
        ({"match": ("xtok_{lower:8",)}, "xtok_"),
        ({"entropy": 7.0}, "finds no secret"),
    ],
)
def test_bad_examples_are_named(change: dict[str, object], said: str) -> None:
    found = failures([replace(RULE, **change)])
    assert found
    assert any(said in " ".join(one) for one in found)


def test_generic_rules_hold_their_examples() -> None:
    generic = [rule for rule in load_rules() if rule.kind == "generic"]
    assert len(generic) >= 9
    assert failures(generic) == []


@pytest.mark.parametrize("padding", [0, 1, 2, 3, 27, 50, 64, 127, 4000])
def test_generic_examples_are_found_at_any_offset(padding: int) -> None:
    """The fast stage has missed alternatives of unequal width at some offsets."""
    from scanner.engine.database import load_database
    from scanner.engine.examples import expand
    from scanner.engine.matcher import Matcher

    matcher = Matcher(load_database("low"))
    before = (b"# line\n" * (padding // 7 + 1))[:padding] + b"\n"
    for rule in load_rules():
        if rule.kind != "generic":
            continue
        for template in rule.match:
            data = before + expand(template, rule.id) + b"\nend\n"
            assert rule.id in {match[0].id for match in matcher.matches(data)}, (rule.id, template)
