"""One JSON document: version, findings, summary."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from scanner.model import Finding, Summary
from scanner.reports.fields import VERSION, finding_fields, summary_fields


def render(
    findings: Sequence[Finding], summary: Summary, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    """Pieces of the document; one finding a line, so that it can be read by eye and by diff."""
    yield f'{{\n"version": {VERSION},\n"findings": ['
    for number, finding in enumerate(findings):
        fields = finding_fields(finding, show_secrets=show_secrets, explain=explain)
        yield (",\n" if number else "\n") + json.dumps(fields)
    yield '\n],\n"summary": ' if findings else '],\n"summary": '
    yield json.dumps(summary_fields(len(findings), summary)) + "\n}\n"
