"""GitLab's report: what its schema asks for, ids that last, a failure when content was not read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from scanner.model import Finding, Place, RuleInfo, Summary
from scanner.record import replace
from scanner.reports import gitlab


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gitlab, "now", lambda: "2000-01-02T03:04:05")


def report(findings: list[Finding], summary: Summary, *, explain: bool = False) -> Any:
    return json.loads(
        "".join(gitlab.render(findings, summary, show_secrets=False, explain=explain))
    )


def test_fields(finding: Callable[..., Finding], summary: Summary) -> None:
    document = report([finding(end_line=5)], summary)
    (one,) = document["vulnerabilities"]
    assert one["category"] == "secret_detection"
    assert one["name"] == "Value of a secret-like name"
    assert one["description"] == "`DB_PASSWORD = *** (8-15 characters)`"
    assert one["severity"] == "High"
    assert one["identifiers"][0]["value"] == "generic-secret-assignment"
    assert one["location"] == {
        "file": "app/settings.py",
        "start_line": 3,
        "end_line": 5,
        "commit": {"sha": "0000000"},
    }
    assert one["solution"] == "Rotate it: change it at the service"
    assert document["scan"]["type"] == "secret_detection"
    assert document["scan"]["status"] == "success"
    assert document["scan"]["messages"] == []
    assert document["scan"]["start_time"] == "2000-01-02T03:04:05"


def test_what_was_not_read_is_a_failure(skipped_summary: Summary) -> None:
    scan = report([], skipped_summary)["scan"]
    assert scan["status"] == "failure"
    (message,) = scan["messages"]
    assert message["level"] == "fatal"
    assert message["value"] == "not scanned: data/locked.bin: permission denied"


def test_a_commit_is_named(finding: Callable[..., Finding], summary: Summary) -> None:
    one = finding(places=(Place("a.py", commit="c" * 40),))
    found = report([one], summary)["vulnerabilities"][0]
    assert found["location"]["commit"] == {"sha": "c" * 40}


def test_ids_are_unique_and_do_not_depend_on_lines(
    finding: Callable[..., Finding], summary: Summary
) -> None:
    twice = [finding(), finding(line=9, end_line=9), finding(places=(Place("b.py"),))]
    ids = [one["id"] for one in report(twice, summary)["vulnerabilities"]]
    assert len(set(ids)) == 3
    moved = [finding(line=20, end_line=20), finding(line=29, end_line=29), twice[2]]
    assert [one["id"] for one in report(moved, summary)["vulnerabilities"]] == ids


@pytest.mark.parametrize("severity", ["info", "low", "medium", "high", "critical"])
def test_every_severity_has_gitlabs_word(
    severity: str, finding: Callable[..., Finding], summary: Summary
) -> None:
    (one,) = report([finding(severity=severity)], summary)["vulnerabilities"]
    assert one["severity"] == severity.capitalize()


def test_explain_gives_the_reasons(finding: Callable[..., Finding], summary: Summary) -> None:
    (one,) = report([finding()], summary, explain=True)["vulnerabilities"]
    assert "+0.35 the name says so; -0.05 in tests" in one["description"]


def test_texts_of_a_rule_are_cut_where_gitlab_would_refuse_them(
    finding: Callable[..., Finding], info: RuleInfo
) -> None:
    long = replace(info, name="n" * 300, rotate="r" * 8000)
    (one,) = report([finding()], Summary(rules={info.id: long}))["vulnerabilities"]
    assert (len(one["name"]), len(one["solution"])) == (255, 7000)


def test_no_text_is_markdown_that_fetches_or_links(
    finding: Callable[..., Finding], info: RuleInfo
) -> None:
    planted = "`![x](https://example.com/y)` <img src=x>"
    rules = {info.id: replace(info, rotate=planted)}
    one = finding(key=planted, reasons=(planted,))
    (told,) = report([one], Summary(rules=rules), explain=True)["vulnerabilities"]
    assert told["description"].count("`") == 4  # two code spans, and nothing outside of them
    assert [part.strip() for part in told["description"].split("`")[::2]] == ["", "", ""]
    assert "](" not in told["solution"]
    assert "\\<img" in told["solution"]


def test_texts_stay_printable_when_decoded(hostile: tuple[list[Finding], Summary]) -> None:
    document = report(*hostile, explain=True)
    for one in document["vulnerabilities"]:
        for text in (one["name"], one["description"], one["solution"]):
            assert text.isprintable()


def test_the_clock_is_utc_to_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(
        "scanner.reports.gitlab.time.gmtime", lambda: (2001, 2, 3, 4, 5, 6, 0, 0, 0)
    )
    assert gitlab.now() == "2001-02-03T04:05:06"
