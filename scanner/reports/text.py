"""What a developer reads in a terminal: findings by file, why each is one, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from scanner.model import SEVERITIES, Finding, Summary
from scanner.reports.fields import encodings_of, members_of, parts_shown, reasons_shown
from scanner.reports.origin import origin_lines
from scanner.reports.safe import loggable, value_text

_COLOURS = {"critical": "1;31", "high": "31", "medium": "33", "low": "36", "info": "2"}

Paint = Callable[[str, str], str]


def render(
    findings: Sequence[Finding],
    summary: Summary,
    *,
    show_secrets: bool,
    explain: bool,
    color: bool = False,
    verbose: bool = False,
) -> Iterator[str]:
    """Lines of the report. color: ANSI colours; verbose: also time and what was suppressed."""
    paint = _paint if color else _plain
    for path, group in groupby(findings, lambda finding: finding.path):
        yield paint(loggable(path), "1") + "\n"
        for finding in group:
            yield from _finding(finding, summary, paint, show_secrets=show_secrets, explain=explain)
        yield "\n"
    yield from _skipped(summary, paint)
    yield _totals(findings, summary, paint)
    if verbose:
        yield from _details(summary)
    if findings and summary.counts:
        yield "next: rotate each of these values: every clone of the repository holds them\n"
    elif findings:
        yield "next: 'unleak migrate .' shows how they would move into a vault\n"


def _finding(
    finding: Finding, summary: Summary, paint: Paint, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    info = summary.rules.get(finding.rule)
    name = loggable(info.name if info else finding.rule)
    value = loggable(value_text(finding) if show_secrets else finding.masked)
    key = f"{loggable(finding.key)} = " if finding.key else ""
    inside = loggable(members_of(finding))
    where = f"{loggable(finding.path)}{inside}:{finding.line}:{finding.column}"
    severity = paint(f"{finding.severity:8}", _COLOURS[finding.severity])
    yield f"  {where}  {severity} {key}{paint(value, '1')}\n"
    reasons = reasons_shown(finding, explain=explain)
    said = "; ".join(loggable(reason) for reason in reasons)
    for part in parts_shown(finding, show_secrets=show_secrets):
        yield f"      {loggable(part)}\n"
    yield f"      {name} [{finding.rule}], {finding.confidence} confidence"
    yield f" ({finding.score:.2f})\n" if explain else "\n"
    if said:
        yield paint(f"      {said}", "2") + "\n"
    if encodings_of(finding):
        yield paint(f"      decoded from {', '.join(encodings_of(finding))}", "2") + "\n"
    for line in origin_lines(finding):
        yield paint(f"      {line}", "2") + "\n"
    if explain and finding.fingerprint:
        yield paint(f"      unleak:v1:{finding.fingerprint}", "2") + "\n"


def _skipped(summary: Summary, paint: Paint) -> Iterator[str]:
    if summary.skipped:
        yield paint("not scanned:", "1;31") + "\n"
    for one in summary.skipped:
        yield f"  {loggable(one.place.path)}: {loggable(one.reason)}\n"


def _totals(findings: Sequence[Finding], summary: Summary, paint: Paint) -> str:
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[name]} {name}" for name in reversed(SEVERITIES) if counts[name]]
    scanned = _scanned(summary)
    suppressed = sum(summary.suppressed.values())
    more = f"; {suppressed} suppressed" if suppressed else ""
    if findings:
        head = f"{_counted(len(findings), 'finding')} ({', '.join(parts)})"
    elif summary.complete:
        head = "no secrets found"
    else:
        head = "no secrets found in what could be read"
    return f"{paint(head, '1')}; {scanned}{more}\n"


def _scanned(summary: Summary) -> str:
    if not summary.counts:
        return f"{_counted(summary.files, 'file')}, {_size(summary.bytes)} scanned"
    counts = summary.counts
    parts = [_counted(counts["commits"], "commit"), _counted(counts["blobs"], "blob")]
    if "inflated_bytes" in counts:
        packed = counts.get("packed_bytes")
        stored = f" ({_size(packed)} packed)" if packed else ""
        parts.append(f"{_size(counts['inflated_bytes'])}{stored} scanned")
    if counts.get("known_clean"):
        unique = _counted(counts["unique"], "unique object")
        parts.append(f"{counts['known_clean']} of {unique} known to be clean")
    if counts.get("decoded_members"):
        parts.append(f"{_counted(counts['decoded_members'], 'member')} of archives and documents")
    if summary.skipped:
        parts.append(f"{len(summary.skipped)} skipped")
    return ", ".join(parts)


def _details(summary: Summary) -> Iterator[str]:
    for reason, count in summary.suppressed.items():
        yield f"  suppressed by {loggable(reason)}: {count}\n"
    for note in summary.notes:
        yield f"  {loggable(note)}\n"
    yield f"  {summary.seconds:.2f} s\n"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _size(count: int) -> str:
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} bytes"


def _paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _plain(text: str, code: str) -> str:
    del code
    return text
