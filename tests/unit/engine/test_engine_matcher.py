"""Windows give what a whole search gives, however the content is read."""

from __future__ import annotations

import random

import pytest
import regex

from scanner.engine.database import Database, _compile, prepare
from scanner.engine.matcher import Matcher
from scanner.rules import Rule


def rule(name: str, pattern: str, **more: object) -> Rule:
    facts = {"provider": "Test", "severity": "high", "confidence": "high", **more}
    return prepare(Rule(id=name, name=name, pattern=pattern, **facts))  # type: ignore[arg-type]


RULES = (
    rule("tok", r"(?<![A-Za-z0-9])(?P<secret>tok_[a-z0-9]{8,24})(?![A-Za-z0-9])"),
    rule("pair", r"(?P<key>key[\w]{0,6})=(?P<secret>[a-f]{3,40})\b"),
    rule("block", r"BEGIN\n(?P<secret>[a-z\n]{5,600})\nEND", anchors=(r"BEGIN\n",), reach=700),
)


def database() -> Database:
    return _compile(RULES)[0]


def whole(data: bytes) -> list[tuple[str, int, int]]:
    found = []
    for one in RULES:
        for match in regex.finditer(one.pattern.encode(), data):
            found.append((one.id, *match.span("secret")))
    return sorted(found)


def document(chance: random.Random, size: int) -> bytes:
    parts = [
        b"tok_",
        b"abc123xy",
        b"keyab=",
        b"abcdef",
        b" ",
        b"\n",
        b"BEGIN\n",
        b"\nEND",
        b"x",
        b"tok_00000000",
    ]
    return b"".join(chance.choice(parts) for _ in range(size))


@pytest.mark.parametrize("seed", range(25))
def test_windowed_equals_whole(seed: int) -> None:
    data = document(random.Random(seed), 800)
    found = [(m[0].id, m[1], m[2]) for m in Matcher(database()).matches(data)]
    assert sorted(found) == whole(data)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("block", [64, 997])
def test_blocks_equal_one_piece(seed: int, block: int) -> None:
    data = document(random.Random(seed), 800)
    matcher = Matcher(database())
    blocks = matcher.matches_in(lambda o, n: data[o : o + n], len(data), block)
    assert blocks == matcher.matches(data)


def test_key_spans_are_given() -> None:
    match = Matcher(database()).matches(b"  keyab=abcdef ")[0]
    assert match[1:] == (8, 14, 2, 7)


def test_inactive_rules_find_nothing() -> None:
    assert Matcher(database(), frozenset({"tok"})).matches(b"keyab=abcdef") == []


def test_empty_content_has_no_matches() -> None:
    assert Matcher(database()).matches(b"") == []


def test_a_pattern_that_takes_too_long_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from scanner.engine import matcher as module

    monkeypatch.setattr(module, "TIMEOUT", 0.05)
    slow = rule("slow", r"(?P<secret>(?:a|aa){1,60}[bc]!)", anchors=("aaaa",), reach=200)
    found = Matcher(_compile((slow, *RULES))[0])
    assert [m[0].id for m in found.matches(b"a" * 60 + b" tok_abc123xy ")] == ["tok"]
    assert set(found.slow) == {"slow"}
