"""A gate: every range that is meant is scanned by the rules of its base, and what counts is put
together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from scanner.history.merging import Part, merged
from scanner.history.ranges import Limits, opened
from scanner.history.request import RangeRequest
from scanner.history.verdicts import Counted
from scanner.model import Finding, Summary
from scanner.record import record, replace
from scanner.scan import Options

Ready = Callable[[str], tuple[Options, Limits]]
Kept = tuple[Sequence[Finding], Counter[str], Sequence[str]]
Keep = Callable[[str, Sequence[Finding]], Kept]


@record
class Gated:
    """One finding for each secret and key; notes: what a person should know in any case."""

    findings: tuple[Finding, ...]
    summary: Summary
    notes: tuple[str, ...]


def gate(
    top: str, asked: RangeRequest, ready: Ready, keep: Keep, explicit: str | None = None
) -> Gated:
    """Scan what the ranges bring in.

    ready: how to scan by the configuration in a folder. keep: (findings that count by it, how many
    are suppressed by what, notes); it returns them in the order given. explicit: see `opened`.
    """
    parts: list[Part] = []
    summaries: list[Summary] = []
    notes: dict[str, None] = {}
    with opened(top, asked, explicit) as scans:
        for scan in scans:
            counted, summary, said = scan.scan(*ready(scan.folder))
            kept, suppressed, more = keep(scan.folder, [one.finding for one in counted])
            parts.append(scan.part(_left(counted, kept)))
            summaries.append(_with(summary, suppressed))
            notes.update(dict.fromkeys((*said, *more)))
        findings = merged(parts)
    summary = _sum(summaries)
    loud = tuple(notes)
    quiet = (note for note in summary.notes if note not in notes)
    used = {finding.rule for finding in findings}
    rules = {name: info for name, info in summary.rules.items() if name in used}
    return Gated(findings, replace(summary, notes=(*loud, *quiet), rules=rules), loud)


def _left(counted: Sequence[Counted], kept: Sequence[Finding]) -> list[Counted]:
    """The counted findings that the filters kept, with what they added to them."""
    by_name = {_name(finding): finding for finding in kept}
    left = (one for one in counted if _name(one.finding) in by_name)
    return [replace(one, finding=by_name[_name(one.finding)]) for one in left]


def _name(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.secret, finding.key, finding.path


def _with(summary: Summary, suppressed: Counter[str]) -> Summary:
    return replace(summary, suppressed=Counter(summary.suppressed) + suppressed)


def _sum(parts: Sequence[Summary]) -> Summary:
    suppressed: Counter[str] = Counter()
    counts: Counter[str] = Counter(commits=0, tags=0, blobs=0, inflated_bytes=0)
    for part in parts:
        suppressed.update(part.suppressed)
        counts.update(part.counts)
    return Summary(
        sum(part.files for part in parts),
        sum(part.bytes for part in parts),
        sum(part.seconds for part in parts),
        tuple(dict.fromkeys(one for part in parts for one in part.skipped)),
        dict(sorted(suppressed.items())),
        {name: info for part in parts for name, info in part.rules.items()},
        tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        dict(counts),
    )
