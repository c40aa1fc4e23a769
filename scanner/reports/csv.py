"""CSV (RFC 4180) with a header, for spreadsheets: nothing in it can start a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from scanner.model import Finding, Summary
from scanner.reports.fields import finding_fields, parts_shown
from scanner.reports.safe import escaped

# https://owasp.org/www-community/attacks/CSV_Injection; the last four are their full-width twins
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def render(
    findings: Sequence[Finding], summary: Summary, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    """One line a finding, in the JSON report's fields; then one for each that was not read."""
    names = ["rule", "path", "line", "column", "end_line", "end_column", "start", "end", "key"]
    names += ["severity", "confidence", "score", "fingerprint", "masked"]
    names += ["secret"] if show_secrets else []
    names += ["reasons"] if explain else []
    names += ["parts"]
    yield _line(names)
    for finding in findings:
        fields = finding_fields(finding, show_secrets=show_secrets, explain=explain)
        if explain:
            fields["reasons"] = "; ".join(fields["reasons"])
        fields["parts"] = "; ".join(parts_shown(finding, show_secrets=show_secrets))
        yield _line([_cell(fields[name]) for name in names])
    for one in summary.skipped:
        cells = {"rule": "skipped", "path": one.place.path, "masked": one.reason}
        yield _line([_cell(cells.get(name, "")) for name in names])


def _cell(value: object) -> str:
    text = escaped(str(value))
    return "'" + text if text.startswith(_FORMULA) else text


def _line(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerow(cells)
    return stream.getvalue()
