"""Foreign rules that are too large are matched by their keywords, or left out by name."""

from __future__ import annotations

import pytest

from scanner.engine.fallbacks import compiles, left_out, lighter
from scanner.errors import RuleError
from scanner.rules import Rule

LARGE = ("(?:[a-z]{200,250}x){200,250}",)
BASE = {"id": "x", "name": "x", "provider": "P", "severity": "low", "confidence": "low"}


def rule(**facts: object) -> Rule:
    return Rule(**{"pattern": "x", **BASE, **facts})  # type: ignore[arg-type]


def test_keywords_stand_in() -> None:
    assert not compiles(LARGE)
    done = lighter(rule(anchors=LARGE, keywords=("word",)))
    assert done.anchors == (r"(?i:\x77\x6f\x72\x64)",)
    small = rule(anchors=("abc",))
    assert lighter(small) is small


def test_without_keywords_it_is_left_out() -> None:
    with pytest.raises(RuleError, match="too large") as caught:
        lighter(rule(anchors=LARGE))
    assert left_out(rule(), caught.value) == "P: left out: rule x: its pattern is too large"
