"""GitHub's workflow commands: one a line, and nothing planted becomes one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from scanner.model import Finding, Place, Secret, Summary
from scanner.reports import github

COMMAND = re.compile(r"::(?P<kind>error|warning) (?P<properties>[^:]*)::(?P<message>.*)\n")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """What the runner reads: properties between the first two `::`, escapes undone."""
    match = COMMAND.fullmatch(line)
    assert match, line
    pairs = [pair.partition("=") for pair in match["properties"].split(",")]
    return match["kind"], {n: undone(v) for n, _, v in pairs}, undone(match["message"])


def undone(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def lines(
    findings: list[Finding], summary: Summary, *, show: bool = False, explain: bool = False
) -> list[str]:
    return list(github.render(findings, summary, show_secrets=show, explain=explain))


def test_a_finding_is_an_annotation(finding: Callable[..., Finding], summary: Summary) -> None:
    (line,) = lines([finding()], summary)
    kind, properties, message = parsed(line)
    assert kind == "error"
    assert properties == {
        "file": "app/settings.py",
        "line": "3",
        "endLine": "3",
        "col": "7",
        "endColumn": "19",
        "title": "Value of a secret-like name [generic-secret-assignment]",
    }
    assert message == "DB_PASSWORD = *** (8-15 characters)"


def test_columns_stand_only_within_one_line(
    finding: Callable[..., Finding], summary: Summary
) -> None:
    (line,) = lines([finding(end_line=4)], summary)
    _, properties, _ = parsed(line)
    assert (properties["line"], properties["endLine"]) == ("3", "4")
    assert not {"col", "endColumn"} & set(properties)


@pytest.mark.parametrize(
    ("severity", "kind"),
    [
        ("critical", "error"),
        ("high", "error"),
        ("medium", "warning"),
        ("low", "warning"),
        ("info", "warning"),
    ],
)
def test_kinds(severity: str, kind: str, finding: Callable[..., Finding], summary: Summary) -> None:
    assert parsed(lines([finding(severity=severity)], summary)[0])[0] == kind


def test_properties_hold_colons_commas_and_percents(
    finding: Callable[..., Finding], summary: Summary
) -> None:
    path = "a,b:c%0A,title=x::d"
    (line,) = lines([finding(places=(Place(path),))], summary)
    properties = parsed(line)[1]
    assert properties["file"] == path
    assert properties["title"].startswith("Value of")


def test_a_value_of_several_lines_stays_in_its_line(
    finding: Callable[..., Finding], summary: Summary
) -> None:
    value = b"a\r\n::error::b%0A"
    one = finding(secret=Secret(value), key="")
    (line,) = lines([one], summary, show=True)
    assert parsed(line)[2] == "a\\r\\n::error::b%0A"


def test_what_was_not_read_is_an_error(skipped_summary: Summary) -> None:
    (line,) = lines([], skipped_summary)
    assert line == "::error file=data/locked.bin::not scanned: permission denied\n"


def test_hostile_texts_make_no_command(hostile: tuple[list[Finding], Summary]) -> None:
    assert [parsed(line)[0] for line in lines(*hostile, explain=True)] == ["error"] * 3
