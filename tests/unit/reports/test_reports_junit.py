"""JUnit XML: well-formed whatever it holds; findings fail, what was not read is an error."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from scanner.model import Finding, Secret, Summary
from scanner.reports import junit


def suite(
    findings: list[Finding], summary: Summary, *, show: bool = False, explain: bool = False
) -> ET.Element:
    text = "".join(junit.render(findings, summary, show_secrets=show, explain=explain))
    (only,) = ET.fromstring(text.encode())
    return only


def test_a_finding_is_a_failed_test(finding: Callable[..., Finding], summary: Summary) -> None:
    found = suite([finding()], summary)
    assert found.attrib == {"name": "unleak", "tests": "1", "failures": "1", "errors": "0"}
    (case,) = found
    assert case.attrib == {"classname": "generic-secret-assignment", "name": "app/settings.py:3:7"}
    (failure,) = case
    assert failure.attrib == {"type": "high", "message": "Value of a secret-like name"}
    assert failure.text == (
        "app/settings.py:3:7: DB_PASSWORD = *** (8-15 characters)\nhigh, medium confidence"
    )


def test_a_clean_run_passed_one_test(summary: Summary) -> None:
    found = suite([], summary)
    assert (found.get("tests"), found.get("failures"), found.get("errors")) == ("1", "0", "0")
    assert [len(case) for case in found] == [0]


def test_what_was_not_read_is_an_error(
    finding: Callable[..., Finding], skipped_summary: Summary
) -> None:
    found = suite([finding()], skipped_summary)
    assert (found.get("tests"), found.get("failures"), found.get("errors")) == ("2", "1", "1")
    (error,) = found[1]
    assert error.tag == "error"
    assert error.get("message") == "permission denied"
    assert found[1].get("name") == "data/locked.bin was not scanned"


def test_hostile_texts_are_no_markup(hostile: tuple[list[Finding], Summary]) -> None:
    found = suite(*hostile, explain=True)
    assert [case.tag for case in found] == ["testcase"] * 3
    assert {child.tag for case in found for child in case} == {"failure", "error"}
    assert not [one for case in found for child in case for one in child]


@pytest.mark.parametrize("code", [0, 8, 0xB, 0x1F, 0xFFFE, 0xFFFF])
def test_what_xml_may_not_hold_is_not_in_it(
    code: int, finding: Callable[..., Finding], summary: Summary
) -> None:
    value = f"a{chr(code)}b]]>".encode()
    found = suite([finding(secret=Secret(value), key=chr(code))], summary, show=True)
    text = found[0][0].text or ""
    assert text.partition("\n")[0].endswith("b]]>")
