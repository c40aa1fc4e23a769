"""CSV: the JSON report's fields under a header; no cell is a formula."""

from __future__ import annotations

import csv as reader
import io
from collections.abc import Callable

import pytest

from scanner.model import Finding, Place, Secret, Summary
from scanner.reports import csv


def rows(
    findings: list[Finding], summary: Summary, *, show: bool = False, explain: bool = False
) -> list[dict[str, str]]:
    text = "".join(csv.render(findings, summary, show_secrets=show, explain=explain))
    assert text.endswith("\r\n")
    return list(reader.DictReader(io.StringIO(text, newline="")))


def test_a_row(finding: Callable[..., Finding], summary: Summary) -> None:
    (row,) = rows([finding()], summary)
    assert row["path"] == "app/settings.py"
    assert (row["line"], row["column"], row["start"], row["end"]) == ("3", "7", "40", "52")
    assert row["masked"] == "*** (8-15 characters)"
    assert "secret" not in row
    assert "reasons" not in row


def test_secret_and_reasons_when_asked(finding: Callable[..., Finding], summary: Summary) -> None:
    awkward = b'a"b,c\nd'
    one = finding(secret=Secret(awkward))
    (row,) = rows([one], summary, show=True, explain=True)
    assert row["secret"] == 'a"b,c\\nd'
    assert row["reasons"].split("; ")[1] == "-0.05 in tests"


def test_what_was_not_read_is_a_row(skipped_summary: Summary) -> None:
    (row,) = rows([], skipped_summary)
    assert row["rule"] == "skipped"
    assert (row["path"], row["masked"]) == ("data/locked.bin", "permission denied")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\uff1d", "\uff20"])
def test_no_cell_starts_a_formula(
    start: str, finding: Callable[..., Finding], summary: Summary
) -> None:
    text = f"{start}HYPERLINK(1)"
    one = finding(places=(Place(text),), key=text, secret=Secret(text.encode()), reasons=(text,))
    (row,) = rows([one], summary, show=True, explain=True)
    cells = [row["path"], row["key"], row["secret"], row["reasons"]]
    assert [cell for cell in cells if cell[0] in "=+-@\t\r\uff1d\uff20"] == []


def test_hostile_texts_stay_in_their_cells(hostile: tuple[list[Finding], Summary]) -> None:
    found = rows(*hostile, explain=True)
    assert [row["rule"] for row in found] == ["own-rule", "own-rule", "skipped"]
    assert all(None not in row for row in found)
