"""GitLab's secret detection report, schema 15.

https://gitlab.com/gitlab-org/security-products/security-report-schemas
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid5

from scanner.model import Finding, Summary
from scanner.reports import tool
from scanner.reports.fields import parts_shown
from scanner.reports.safe import encodable, escaped, value_text

_VERSION = "15.1.4"
_NAME, _SOLUTION = 255, 7000  # characters: one text that is longer makes GitLab refuse the report
_SPACE = UUID("5a3b6d0e-6f0c-5d5e-9d1c-2f6a2a9c7b11")
_SEVERITIES = {
    "critical": "Critical",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "info": "Info",
}


def now() -> str:
    """The time that the schema asks for, UTC; apart so that tests can hold it still."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())


def render(
    findings: Sequence[Finding], summary: Summary, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    """The whole report. `start_time` and `end_time`, which the schema requires, are the time of
    rendering: the only bytes that differ between two runs."""
    moment = now()
    program = {
        "id": "unleak",
        "name": "unleak",
        "vendor": {"name": "unleak"},
        "version": tool.version(),
    }
    found = [
        {"id": name, **_vulnerability(f, summary, show_secrets=show_secrets, explain=explain)}
        for name, f in zip(_ids(findings), findings, strict=True)
    ]
    document = {
        "version": _VERSION,
        "vulnerabilities": found,
        "scan": {
            "type": "secret_detection",
            "status": "success" if summary.complete else "failure",
            "start_time": moment,
            "end_time": moment,
            "scanner": program,
            "analyzer": program,
            "messages": [
                {
                    "level": "fatal",
                    "value": encodable(f"not scanned: {one.place.path}: {one.reason}"),
                }
                for one in summary.skipped
            ],
        },
    }
    yield json.dumps(document, indent=1) + "\n"


def _ids(findings: Sequence[Finding]) -> Iterator[str]:
    """One id each, the same while the value stays in its file: a repeated value is numbered."""
    seen: Counter[str] = Counter()
    for finding in findings:
        name = f"{finding.fingerprint} {encodable(finding.path)}"
        seen[name] += 1
        number = seen[name]
        yield str(uuid5(_SPACE, name if number == 1 else f"{name} {number}"))


def _vulnerability(
    finding: Finding, summary: Summary, *, show_secrets: bool, explain: bool
) -> dict[str, Any]:
    info = summary.rules.get(finding.rule)
    name = escaped(info.name if info else finding.rule)[:_NAME]
    key = f"{finding.key} = " if finding.key else ""
    value = value_text(finding) if show_secrets else finding.masked
    parts = parts_shown(finding, show_secrets=show_secrets)
    said = "; ".join((*parts, *(finding.reasons if explain else ())))
    place = finding.places[0]
    found: dict[str, Any] = {
        "category": "secret_detection",
        "name": name,
        "description": _code(f"{key}{value}") + (f" {_code(said)}" if said else ""),
        "severity": _SEVERITIES[finding.severity],
        "identifiers": [
            {"type": "unleak_rule_id", "name": f"unleak {name}"[:_NAME], "value": finding.rule}
        ],
        "location": {
            "file": encodable(finding.path),
            "start_line": finding.line,
            "end_line": finding.end_line,
            "commit": {"sha": place.commit or "0000000"},
        },
    }
    if info and info.rotate:
        found["solution"] = f"Rotate it: {_unlinked(escaped(info.rotate))}"[:_SOLUTION]
    return found


def _code(text: str) -> str:
    """A code span: GitLab renders descriptions as Markdown, where a key may plant an image."""
    return "`" + escaped(text).replace("`", "\\x60") + "`"


def _unlinked(text: str) -> str:
    """Text of a rule without Markdown's links and images, and without markup."""
    return text.replace("](", "] (").replace("<", "\\<").replace("][", "] [")
