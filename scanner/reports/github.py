"""Workflow commands that GitHub shows as annotations.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.model import Finding, Summary
from scanner.reports.fields import parts_shown
from scanner.reports.safe import escaped, value_text

_ERRORS = ("critical", "high")


def render(
    findings: Sequence[Finding], summary: Summary, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    """One command a line: error for high and critical findings, warning for others."""
    for finding in findings:
        info = summary.rules.get(finding.rule)
        kind = "error" if finding.severity in _ERRORS else "warning"
        value = value_text(finding) if show_secrets else finding.masked
        said = f"{finding.key} = {value}" if finding.key else value
        said += "".join(f"; {part}" for part in parts_shown(finding, show_secrets=show_secrets))
        if explain:
            said += " (" + "; ".join(finding.reasons) + ")"
        title = f"{info.name if info else finding.rule} [{finding.rule}]"
        properties = {"file": finding.path, **_span(finding), "title": title}
        yield _command(kind, properties, said)
    for one in summary.skipped:
        yield _command("error", {"file": one.place.path}, f"not scanned: {one.reason}")


def _span(finding: Finding) -> dict[str, str]:
    """Lines, and columns only within one line: the runner drops others with a warning."""
    lines = {"line": str(finding.line), "endLine": str(finding.end_line)}
    if finding.line != finding.end_line:
        return lines
    return {**lines, "col": str(finding.column), "endColumn": str(finding.end_column)}


def _command(kind: str, properties: dict[str, str], message: str) -> str:
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} {listed}::{_data(message)}\n"


def _data(text: str) -> str:
    return escaped(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
