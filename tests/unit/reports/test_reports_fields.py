"""The fields of JSON and JSON lines: fixed names, fixed meaning."""

from __future__ import annotations

from collections.abc import Callable

from scanner.model import Finding, Place, Secret, Skipped, Summary
from scanner.reports.fields import VERSION, finding_fields, reasons_shown, summary_fields

ALWAYS = (
    "rule", "path", "line", "column", "end_line", "end_column", "start", "end", "key",
    "severity", "confidence", "score", "fingerprint", "masked",
)  # fmt: skip


def test_names_and_order_are_fixed(finding: Callable[..., Finding]) -> None:
    assert VERSION == 1
    assert tuple(finding_fields(finding(), show_secrets=False, explain=False)) == ALWAYS


def test_values_are_the_findings(finding: Callable[..., Finding]) -> None:
    one = finding(line=3, column=7, end_line=4, end_column=2, start=40, end=52)
    fields = finding_fields(one, show_secrets=False, explain=False)
    places = [fields[name] for name in ("line", "column", "end_line", "end_column")]
    assert places == [3, 7, 4, 2]
    assert (fields["start"], fields["end"]) == (40, 52)
    assert fields["key"] == "DB_PASSWORD"
    assert fields["masked"] == "*** (8-15 characters)"


def test_secret_and_reasons_only_when_asked(finding: Callable[..., Finding]) -> None:
    one = finding(secret=Secret(b"planted"))
    assert finding_fields(one, show_secrets=True, explain=False)["secret"] == "planted"
    explained = finding_fields(one, show_secrets=False, explain=True)
    assert "secret" not in explained
    assert explained["reasons"][0] == "+0.35 the name says so"


def test_a_person_reads_the_strongest_reasons_without_weights(
    finding: Callable[..., Finding],
) -> None:
    one = finding(reasons=("+0.35 a b", "format fits", "-0.05 c", "+0.01 d"))
    assert reasons_shown(one, explain=False) == ("a b", "format fits", "c")
    assert reasons_shown(one, explain=True) == one.reasons


def test_no_text_has_a_lone_surrogate(finding: Callable[..., Finding]) -> None:
    one = finding(key="\udcff", reasons=("\udcff",), masked="\udcff***", rule="\udcff")
    fields = finding_fields(one, show_secrets=False, explain=True)
    assert str(fields).encode()


def test_decoding_and_commit_stand_where_there_are_some(finding: Callable[..., Finding]) -> None:
    one = finding(decoded_by=("utf-16-le",), places=(Place("a", commit="c" * 40),))
    fields = finding_fields(one, show_secrets=False, explain=False)
    assert (fields["decoded_by"], fields["commit"]) == (["utf-16-le"], "c" * 40)


def test_undecodable_bytes_of_a_path_are_escaped(finding: Callable[..., Finding]) -> None:
    one = finding(places=(Place("a\udcffb"),))
    assert finding_fields(one, show_secrets=False, explain=False)["path"] == "a\\udcffb"


def test_summary_has_counts_and_no_times() -> None:
    skipped = (Skipped(Place("x"), "permission denied"),)
    summary = Summary(2, 9, 1.5, skipped, {"inline b": 1, "a": 2}, notes=("one left out",))
    assert summary_fields(3, summary) == {
        "files": 2,
        "bytes": 9,
        "findings": 3,
        "complete": False,
        "skipped": [{"path": "x", "reason": "permission denied"}],
        "suppressed": {"a": 2, "inline b": 1},
        "notes": ["one left out"],
    }
