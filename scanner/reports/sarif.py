"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/): what code hosts show as alerts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from scanner.model import Finding, RuleInfo, Summary
from scanner.reports import tool
from scanner.reports.fields import parts_shown
from scanner.reports.safe import escaped, value_text

_LINK = re.compile(r"https?://[!-~]+")  # a rule file of the repository may hold other schemes
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "1.0"}


def render(
    findings: Sequence[Finding], summary: Summary, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    """One log with one run; columns count Unicode code points, from 1, ends exclusive."""
    rules = sorted({finding.rule for finding in findings})
    index = {rule: number for number, rule in enumerate(rules)}
    driver = {
        "name": "unleak",
        "version": tool.version(),
        "rules": [_descriptor(rule, summary.rules.get(rule)) for rule in rules],
    }
    results = [_result(f, index, show_secrets=show_secrets, explain=explain) for f in findings]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "the scanned root"}}},
        "invocations": [_invocation(summary)],
        "results": results,
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    yield json.dumps(document, indent=1) + "\n"


def _descriptor(rule: str, info: RuleInfo | None) -> dict[str, Any]:
    if info is None:
        return {"id": rule}
    text = escaped(info.description or info.name)
    help_text = f"{text} Rotate it: {escaped(info.rotate)}" if info.rotate else text
    found: dict[str, Any] = {
        "id": rule,
        "name": escaped(info.name),
        "shortDescription": {"text": escaped(info.name)},
        "fullDescription": {"text": text},
        "help": {"text": help_text},
        "defaultConfiguration": {"level": _LEVELS[info.severity]},
        "properties": {"tags": ["security", "secret"], "security-severity": _SCORES[info.severity]},
    }
    links = [one for one in info.references if _LINK.fullmatch(one)]
    if links:
        found["helpUri"] = links[0]
    return found


def _result(
    finding: Finding, index: Mapping[str, int], *, show_secrets: bool, explain: bool
) -> dict[str, Any]:
    key = f" ({escaped(finding.key)})" if finding.key else ""
    value = escaped(value_text(finding) if show_secrets else finding.masked)
    text = f"{finding.rule}{key}: {value}"
    properties: dict[str, Any] = {"confidence": finding.confidence, "score": finding.score}
    if explain:
        properties["reasons"] = [escaped(reason) for reason in finding.reasons]
    if finding.decoded_by:
        properties["decodedBy"] = [escaped(one) for one in finding.decoded_by]
    if finding.origin is not None:
        properties |= {"commit": finding.origin.commit, "atHead": finding.origin.at_head}
    related = _related(finding, show_secrets=show_secrets)
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": _literal(text)},
        "locations": [{"physicalLocation": _location(finding)}],
        **({"relatedLocations": related} if related else {}),
        "partialFingerprints": {"unleak/v1": finding.fingerprint},
        "properties": {**properties, "severity": finding.severity},
    }


def _related(finding: Finding, *, show_secrets: bool) -> list[dict[str, Any]]:
    """Where its parts stand, numbered as 3.28.2 asks."""
    shown = parts_shown(finding, show_secrets=show_secrets)
    return [
        {
            "id": number,
            "message": {"text": _literal(escaped(text))},
            "physicalLocation": _location(part),
        }
        for number, (part, text) in enumerate(zip(finding.parts, shown, strict=True), 1)
    ]


def _literal(text: str) -> str:
    """A message without placeholders (3.11.5) and without links (3.11.6), whatever a key holds."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "]\\x28")


def _location(finding: Finding) -> dict[str, Any]:
    return {
        "artifactLocation": _file(finding.path),
        "region": {
            "startLine": finding.line,
            "startColumn": finding.column,
            "endLine": finding.end_line,
            "endColumn": finding.end_column,
            "byteOffset": finding.start,
            "byteLength": finding.end - finding.start,
        },
    }


def _file(path: str) -> dict[str, Any]:
    raw = path.encode("utf-8", "surrogateescape")
    return {"uri": quote(raw), "uriBaseId": "ROOT"}


def _invocation(summary: Summary) -> dict[str, Any]:
    found: dict[str, Any] = {"executionSuccessful": summary.complete}
    if summary.skipped:
        found["toolExecutionNotifications"] = [
            {
                "level": "error",
                "message": {"text": _literal(f"not scanned: {escaped(one.reason)}")},
                "locations": [{"physicalLocation": {"artifactLocation": _file(one.place.path)}}],
            }
            for one in summary.skipped
        ]
    return found
