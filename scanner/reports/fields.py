"""The fields of a finding in JSON and JSON lines, fixed from version 1 on."""

from __future__ import annotations

from typing import Any

from scanner.model import Finding, Summary
from scanner.reports.safe import encodable, value_text

VERSION = 1
_REASONS = 3


def reasons_shown(finding: Finding, *, explain: bool) -> tuple[str, ...]:
    """What a person reads: every reason, or the strongest without the weights they start with."""
    if explain:
        return finding.reasons
    strongest = finding.reasons[:_REASONS]
    return tuple(one.partition(" ")[2] if one[:1] in ("+", "-") else one for one in strongest)


def finding_fields(finding: Finding, *, show_secrets: bool, explain: bool) -> dict[str, Any]:
    """One finding. Lines and columns from 1, columns in characters, ends exclusive; start and end
    are bytes in the file."""
    place = finding.places[0]
    fields: dict[str, Any] = {
        "rule": encodable(finding.rule),
        "path": encodable(finding.path),
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "start": finding.start,
        "end": finding.end,
        "key": encodable(finding.key),
        "severity": finding.severity,
        "confidence": finding.confidence,
        "score": finding.score,
        "fingerprint": finding.fingerprint,
        "masked": encodable(finding.masked),
    }
    if show_secrets:
        fields["secret"] = value_text(finding)
    if explain:
        fields["reasons"] = [encodable(reason) for reason in finding.reasons]
    if finding.decoded_by:
        fields["decoded_by"] = list(finding.decoded_by)
    if place.commit:
        fields["commit"] = place.commit
    return fields


def summary_fields(count: int, summary: Summary) -> dict[str, Any]:
    """What the run did; no times, so that two runs print identical bytes."""
    return {
        "files": summary.files,
        "bytes": summary.bytes,
        "findings": count,
        "complete": summary.complete,
        "skipped": [
            {"path": encodable(one.place.path), "reason": encodable(one.reason)}
            for one in summary.skipped
        ],
        "suppressed": {encodable(name): n for name, n in sorted(summary.suppressed.items())},
        "notes": [encodable(note) for note in summary.notes],
    }
