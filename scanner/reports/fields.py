"""The fields of a finding in JSON and JSON lines, fixed from version 1 on."""

from __future__ import annotations

from typing import Any

from scanner.model import Finding, Origin, Place, Summary
from scanner.reports.safe import encodable, value_text

VERSION = 1
_REASONS = 3
_ENCODINGS = frozenset(
    (
        "base64", "hex", "hex list", "percent", "backslash", "html", "quoted-printable", "joined",
        "continued", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be",
    )
)  # fmt: skip


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
        fields["decoded_by"] = [encodable(one) for one in finding.decoded_by]
    if place.commit:
        fields["commit"] = place.commit
    if finding.origin is not None:
        fields["origin"] = _origin_fields(finding.origin)
        fields["places"] = [_place_fields(one) for one in finding.places]
    if finding.parts:
        fields["parts"] = [
            finding_fields(part, show_secrets=show_secrets, explain=explain)
            for part in finding.parts
        ]
    return fields


def parts_shown(finding: Finding, *, show_secrets: bool) -> list[str]:
    """What a person reads of each part: `with line 3: NAME = VALUE [rule]`, not escaped."""
    said = []
    for part in finding.parts:
        value = value_text(part) if show_secrets else part.masked
        key = f"{part.key} = " if part.key else ""
        said.append(f"with line {part.line}: {key}{value} [{part.rule}]")
    return said


def _origin_fields(origin: Origin) -> dict[str, Any]:
    return {
        "commit": origin.commit,
        "author": encodable(origin.author),
        "time": origin.time,
        "merged_by": origin.merged_by,
        "first": origin.first,
        "last": origin.last,
        "commits": origin.commits,
        "refs": [encodable(name) for name in origin.refs],
        "refs_total": origin.refs_total,
        "at_head": origin.at_head,
        "in_branch": origin.in_branch,
    }


def _place_fields(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {"path": encodable(place.path)}
    if place.commit:
        found["commit"] = place.commit
    if place.author is not None:
        found["author"] = encodable(place.author)
    if place.time is not None:
        found["time"] = place.time
    return found


def members_of(finding: Finding) -> str:
    """The members of containers that a finding stands in, as `!a.zip!b.txt`, or ""."""
    names = [one for one in finding.decoded_by if one not in _ENCODINGS and one[:1] != "("]
    return "".join(f"!{name}" for name in names)


def encodings_of(finding: Finding) -> tuple[str, ...]:
    """How the value was encoded, from the outside in."""
    return tuple(one for one in finding.decoded_by if one in _ENCODINGS)


def summary_fields(count: int, summary: Summary) -> dict[str, Any]:
    """What the run did; no times, so that two runs print identical bytes."""
    history = {"history": dict(summary.counts)} if summary.counts else {}
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
        **history,
    }
