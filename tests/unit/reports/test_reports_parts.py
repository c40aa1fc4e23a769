"""Every report shows the parts of a finding, and none shows their values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.model import Finding, Place, RuleInfo, Secret, Summary
from scanner.record import replace
from scanner.registry import REPORTERS, load
from scanner.reports.fields import parts_shown


def finding(rule: str, key: str, line: int) -> Finding:
    value = f"plain-{rule}-value".encode()
    return Finding(
        rule, Secret(value), "", (Place("a.env"),), line * 10, line * 10 + 9, line, 5, line, 14,
        key, "high", "high", 0.9, f"***{rule}", fingerprint=f"print-{rule}",
    )  # fmt: skip


PAIR = replace(finding("secret", "KEY", 3), parts=(finding("key-id", "KEY_ID", 2),))
SUMMARY = Summary(files=1, rules={"secret": RuleInfo("secret", "S", "P", "high", "high")})


def rendered(name: str, *findings: Finding, show: bool = False) -> str:
    reporter: Any = load(REPORTERS, name)
    return "".join(reporter.render(findings, SUMMARY, show_secrets=show, explain=False))


@pytest.mark.parametrize("name", sorted(REPORTERS))
def test_parts_are_shown_without_their_values(name: str) -> None:
    text = rendered(name, PAIR)
    assert "***key-id" in text
    assert "plain-" not in text
    assert "plain-key-id-value" in rendered(name, PAIR, show=True)


@pytest.mark.parametrize("name", sorted(REPORTERS))
def test_without_parts_nothing_is_said_of_them(name: str) -> None:
    alone = rendered(name, replace(PAIR, parts=()))
    assert "key-id" not in alone


def test_json_has_them_as_findings_of_their_own() -> None:
    (found,) = json.loads(rendered("json", PAIR))["findings"]
    (part,) = found["parts"]
    assert (part["rule"], part["line"], part["start"]) == ("key-id", 2, 20)
    assert part["fingerprint"] == "print-key-id"
    assert "parts" not in part


def test_sarif_has_them_as_related_locations() -> None:
    (result,) = json.loads(rendered("sarif", PAIR))["runs"][0]["results"]
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 2
    assert related["message"]["text"] == "with line 2: KEY_ID = ***key-id [key-id]"
    assert result["partialFingerprints"] == {"unleak/v1": "print-secret"}


def test_a_line_for_a_person() -> None:
    assert parts_shown(PAIR, show_secrets=False) == ["with line 2: KEY_ID = ***key-id [key-id]"]
