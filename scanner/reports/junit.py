"""JUnit XML: each finding is a failed test, what was not read is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from scanner.model import Finding, Summary
from scanner.reports.fields import parts_shown
from scanner.reports.safe import escaped, value_text

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(
    findings: Sequence[Finding], summary: Summary, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    """One test suite; a clean run has one passed test, so that readers see that it ran."""
    count = max(1, len(findings) + len(summary.skipped))
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites><testsuite name="unleak" tests="{count}" failures="{len(findings)}" '
    yield f'errors="{len(summary.skipped)}">\n'
    for finding in findings:
        yield from _case(finding, summary, show_secrets=show_secrets, explain=explain)
    for one in summary.skipped:
        name = _attribute(f"{one.place.path} was not scanned")
        yield f'<testcase classname="unleak" name={name}>'
        yield f"<error message={_attribute(one.reason)}/></testcase>\n"
    if not findings and not summary.skipped:
        yield '<testcase classname="unleak" name="no secrets found"/>\n'
    yield "</testsuite></testsuites>\n"


def _case(
    finding: Finding, summary: Summary, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    info = summary.rules.get(finding.rule)
    where = f"{finding.path}:{finding.line}:{finding.column}"
    value = value_text(finding) if show_secrets else finding.masked
    said = f"{finding.key} = {value}" if finding.key else value
    lines = [f"{where}: {said}", f"{finding.severity}, {finding.confidence} confidence"]
    lines += [f"- {part}" for part in parts_shown(finding, show_secrets=show_secrets)]
    # The dash keeps a reason from starting a line, where a log may hold commands.
    lines += [f"- {reason}" for reason in finding.reasons] if explain else []
    body = "\n".join(escape(_legal(line)) for line in lines)
    yield f"<testcase classname={_attribute(finding.rule)} name={_attribute(where)}>"
    message = _attribute(info.name if info else finding.rule)
    yield f"<failure type={_attribute(finding.severity)} message={message}>{body}"
    yield "</failure></testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(_legal(text))


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", escaped(text))
