"""SARIF: places, levels, stable fingerprints, and whether the run was whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from scanner.model import Finding, Place, RuleInfo, Summary
from scanner.record import replace
from scanner.reports import sarif


def run(findings: list[Finding], summary: Summary, *, explain: bool = False) -> Any:
    text = "".join(sarif.render(findings, summary, show_secrets=False, explain=explain))
    document = json.loads(text)
    assert document["version"] == "2.1.0"
    (only,) = document["runs"]
    return only


def test_a_result(finding: Callable[..., Finding], summary: Summary) -> None:
    (result,) = run([finding(end_line=4, end_column=2)], summary)["results"]
    assert result["ruleId"] == "generic-secret-assignment"
    assert result["level"] == "error"
    assert result["message"]["text"].endswith("(DB_PASSWORD): *** (8-15 characters)")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "app/settings.py", "uriBaseId": "ROOT"}
    assert place["region"] == {
        "startLine": 3,
        "startColumn": 7,
        "endLine": 4,
        "endColumn": 2,
        "byteOffset": 40,
        "byteLength": 12,
    }
    assert result["partialFingerprints"] == {"unleak/v1": "0" * 32}


def test_columns_are_said_to_be_characters(summary: Summary) -> None:
    assert run([], summary)["columnKind"] == "unicodeCodePoints"


def test_rules_are_listed_once_and_indexed(
    finding: Callable[..., Finding], summary: Summary
) -> None:
    found = [finding(), finding(rule="a-rule"), finding(line=9)]
    made = run(found, summary)
    rules = made["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["a-rule", "generic-secret-assignment"]
    assert [rules[r["ruleIndex"]]["id"] for r in made["results"]] == [f.rule for f in found]
    known = rules[1]
    assert known["helpUri"] == "https://example.com/about"
    assert "Rotate it: change it at the service" in known["help"]["text"]
    assert float(known["properties"]["security-severity"]) >= 7.0


@pytest.mark.parametrize("wrong", ["javascript:alert(1)", "https://a b", "//x", "https://x\n", ""])
def test_only_a_web_address_is_a_link(
    wrong: str, finding: Callable[..., Finding], info: RuleInfo
) -> None:
    good = "https://example.com/?a=b#c"
    for references in ((wrong,), (wrong, good)):
        rules = {info.id: replace(info, references=references)}
        (rule,) = run([finding()], Summary(rules=rules))["tool"]["driver"]["rules"]
        assert rule.get("helpUri") == (good if good in references else None)


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ("critical", "error"),
        ("high", "error"),
        ("medium", "warning"),
        ("low", "note"),
        ("info", "note"),
    ],
)
def test_levels(
    severity: str, level: str, finding: Callable[..., Finding], summary: Summary
) -> None:
    (result,) = run([finding(severity=severity)], summary)["results"]
    assert result["level"] == level


def test_a_whole_run_was_successful(summary: Summary) -> None:
    assert run([], summary)["invocations"] == [{"executionSuccessful": True}]


def test_what_was_not_read_makes_it_unsuccessful(skipped_summary: Summary) -> None:
    (invocation,) = run([], skipped_summary)["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "not scanned: permission denied"
    place = told["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "data/locked.bin", "uriBaseId": "ROOT"}


def test_no_key_is_a_link_or_a_placeholder(
    finding: Callable[..., Finding], summary: Summary
) -> None:
    (result,) = run([finding(key="[x](https://example.com/){0}")], summary)["results"]
    text = result["message"]["text"]
    assert "](" not in text
    assert "{{0}}" in text


@pytest.mark.parametrize("path", ["a b/ü#?.py", "%41:x", "\udcff\n", "::x"])
def test_paths_are_uris_that_lead_back(
    path: str, finding: Callable[..., Finding], summary: Summary
) -> None:
    (result,) = run([finding(places=(Place(path),))], summary)["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert not set(uri) & set(' #?:\n"')
    assert unquote_to_bytes(uri) == path.encode("utf-8", "surrogateescape")


def test_texts_stay_printable_when_decoded(hostile: tuple[list[Finding], Summary]) -> None:
    made = run(*hostile, explain=True)
    texts = [result["message"]["text"] for result in made["results"]]
    texts += [reason for result in made["results"] for reason in result["properties"]["reasons"]]
    (rule,) = made["tool"]["driver"]["rules"]
    texts += [rule["name"], rule["help"]["text"], rule["fullDescription"]["text"]]
    assert [text for text in texts if not text.isprintable()] == []
