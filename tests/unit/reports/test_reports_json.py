"""The JSON document parses at any number of findings and holds what was not read."""

from __future__ import annotations

import json as parser
from collections.abc import Callable
from typing import Any

import pytest

from scanner.model import Finding, Summary
from scanner.reports import json


def text(findings: list[Finding], summary: Summary, *, explain: bool = False) -> str:
    return "".join(json.render(findings, summary, show_secrets=False, explain=explain))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_document(count: int, finding: Callable[..., Finding], summary: Summary) -> None:
    document: Any = parser.loads(text([finding()] * count, summary))
    assert list(document) == ["version", "findings", "summary"]
    assert document["version"] == 1
    assert [one["rule"] for one in document["findings"]] == ["generic-secret-assignment"] * count
    assert document["summary"]["findings"] == count
    assert document["summary"]["complete"] is True


def test_one_finding_a_line(finding: Callable[..., Finding], summary: Summary) -> None:
    lines = text([finding(), finding(line=8)], summary).splitlines()
    assert [line for line in lines if line.startswith('{"rule"')] == lines[3:5]


def test_what_was_not_read_makes_it_incomplete(skipped_summary: Summary) -> None:
    told = parser.loads(text([], skipped_summary))["summary"]
    assert told["complete"] is False
    assert told["skipped"] == [{"path": "data/locked.bin", "reason": "permission denied"}]


def test_hostile_texts_come_back_whole(
    hostile: tuple[list[Finding], Summary], hostile_text: str
) -> None:
    """JSON escapes by itself, so programs get the path as it is, but for bytes that are no text."""
    raw = text(*hostile, explain=True)
    assert raw.isascii()
    first = parser.loads(raw)["findings"][0]
    assert first["path"] == hostile_text.replace("\udcff", "\\udcff")
    assert first["key"] == first["path"]
