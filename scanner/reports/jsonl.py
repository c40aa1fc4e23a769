"""JSON lines: one finding a line, then one line for everything that was not read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from scanner.model import Finding, Summary
from scanner.reports.fields import finding_fields
from scanner.reports.safe import encodable


def render(
    findings: Sequence[Finding], summary: Summary, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    """One line a piece. Lines of what was not read have `skipped` (the reason) and `path`."""
    for finding in findings:
        fields = finding_fields(finding, show_secrets=show_secrets, explain=explain)
        yield json.dumps(fields) + "\n"
    for one in summary.skipped:
        fields = {"path": encodable(one.place.path), "skipped": encodable(one.reason)}
        yield json.dumps(fields) + "\n"
