"""Probes make slow patterns show, and good ones pass."""

from __future__ import annotations

import pytest

from scanner.engine.probes import is_slow, probes


@pytest.mark.parametrize("pattern", ["(?P<secret>(?:[a-z]{1,50}){1,50}=)", "(a{1,40}){1,40}b"])
def test_catastrophes_are_seen(pattern: str) -> None:
    assert is_slow(pattern)


@pytest.mark.parametrize("pattern", [r"\w{0,50}foo\w{0,50}bar", "(?P<secret>ab[0-9]{2,200})"])
def test_good_patterns_pass(pattern: str) -> None:
    assert not is_slow(pattern)


def test_probes_lead_up_to_each_repetition() -> None:
    (probe,) = probes("ab[0-9]{2,200}x")
    assert probe.startswith(b"ab000")
    assert list(probes("(")) == []
