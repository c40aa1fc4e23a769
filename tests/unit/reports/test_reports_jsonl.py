"""JSON lines: every line is a document of its own."""

from __future__ import annotations

import json
from collections.abc import Callable

from scanner.model import Finding, Summary
from scanner.reports import jsonl
from scanner.reports.fields import finding_fields


def lines(findings: list[Finding], summary: Summary, *, explain: bool = False) -> list[str]:
    pieces = list(jsonl.render(findings, summary, show_secrets=False, explain=explain))
    assert all(piece.endswith("\n") and piece.count("\n") == 1 for piece in pieces)
    return pieces


def test_a_finding_is_a_line(finding: Callable[..., Finding], summary: Summary) -> None:
    one = finding()
    (line,) = lines([one], summary)
    assert json.loads(line) == finding_fields(one, show_secrets=False, explain=False)


def test_nothing_found_is_nothing_printed(summary: Summary) -> None:
    assert lines([], summary) == []


def test_what_was_not_read_is_a_line(skipped_summary: Summary) -> None:
    (line,) = lines([], skipped_summary)
    assert json.loads(line) == {"path": "data/locked.bin", "skipped": "permission denied"}


def test_hostile_texts_stay_in_their_line(hostile: tuple[list[Finding], Summary]) -> None:
    assert len([json.loads(line) for line in lines(*hostile, explain=True)]) == 3
