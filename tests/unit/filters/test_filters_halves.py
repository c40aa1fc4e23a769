"""A filter that leaves a secret out does not take its parts along."""

from __future__ import annotations

from scanner.filters.halves import passing
from scanner.model import Finding, Place, Secret
from scanner.record import replace


def finding(rule: str) -> Finding:
    return Finding(
        rule, Secret(rule.encode()), "", (Place("a"),), 0, 1, 1, 1, 1, 2, "", "high", "high", 0.9,
        "***",
    )  # fmt: skip


def test_parts_stand_for_themselves_where_the_secret_does_not_pass() -> None:
    pair = replace(finding("secret"), parts=(finding("id"), finding("token")))
    assert passing([pair], lambda one: one.rule != "secret") == [finding("id"), finding("token")]
    assert passing([pair], lambda one: one.rule == "token") == [finding("token")]
    assert passing([pair], lambda one: one.rule == "secret") == [pair]
    assert passing([pair], lambda _: False) == []
