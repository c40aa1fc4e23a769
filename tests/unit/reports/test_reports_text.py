"""What a person reads: where, what, why, how many, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from scanner.model import Finding, Place, Skipped, Summary
from scanner.record import replace
from scanner.reports import text


def render(findings: list[Finding], summary: Summary, **options: bool) -> str:
    asked = {"show_secrets": False, "explain": False, **options}
    return "".join(text.render(findings, summary, **asked))


def test_findings_by_file(finding: Callable[..., Finding], summary: Summary) -> None:
    other = finding(places=(Place("b.env"),), line=1, column=2, severity="critical", key="")
    assert render([finding(), other], summary) == (
        "app/settings.py\n"
        "  app/settings.py:3:7  high     DB_PASSWORD = *** (8-15 characters)\n"
        "      Value of a secret-like name [generic-secret-assignment], medium confidence\n"
        "      the name says so; in tests; a\n"
        "\n"
        "b.env\n"
        "  b.env:1:2  critical *** (8-15 characters)\n"
        "      Value of a secret-like name [generic-secret-assignment], medium confidence\n"
        "      the name says so; in tests; a\n"
        "\n"
        "2 findings (1 critical, 1 high); 3 files, 4.2 kB scanned\n"
        "next: 'unleak migrate .' shows how they would move into a vault\n"
    )


def test_explain_gives_every_reason_with_its_weight(
    finding: Callable[..., Finding], summary: Summary
) -> None:
    said = render([finding()], summary, explain=True)
    assert "+0.35 the name says so; -0.05 in tests; +0.30 a; +0.10 b" in said
    assert "medium confidence (0.65)" in said
    assert f"unleak:v1:{'0' * 32}" in said


def test_one_is_singular(finding: Callable[..., Finding], summary: Summary) -> None:
    said = render([finding()], replace(summary, files=1))
    assert "\n1 finding (1 high); 1 file, 4.2 kB scanned\n" in said


def test_clean(summary: Summary) -> None:
    assert render([], summary) == "no secrets found; 3 files, 4.2 kB scanned\n"


def test_the_numbers_of_a_history(summary: Summary) -> None:
    counts = {"commits": 1, "blobs": 1200, "inflated_bytes": 3_600_000_000}
    head = "no secrets found; 1 commit, 1200 blobs, 3.6 GB"
    assert render([], replace(summary, counts=counts)) == f"{head} scanned\n"
    counts |= {"packed_bytes": 77_000_000, "unique": 2000, "known_clean": 799, "decoded_members": 2}
    assert render([], replace(summary, counts=counts)) == (
        f"{head} (77.0 MB packed) scanned, 799 of 2000 unique objects known to be clean, "
        "2 members of archives and documents\n"
    )
    lost = (Skipped(Place("object 1"), "is missing"), Skipped(Place("object 2"), "is missing"))
    said = render([], replace(summary, counts=counts, skipped=lost))
    assert said.endswith("2 members of archives and documents, 2 skipped\n")


def test_what_was_not_read_is_named_and_clean_is_not_said(skipped_summary: Summary) -> None:
    assert render([], skipped_summary) == (
        "not scanned:\n"
        "  data/locked.bin: permission denied\n"
        "no secrets found in what could be read; 3 files, 4.2 kB scanned\n"
    )


def test_suppressed_are_counted_and_named_when_verbose(summary: Summary) -> None:
    more = replace(summary, suppressed={"baseline": 2, "inline unleak:allow": 1}, notes=("a note",))
    assert "; 3 suppressed\n" in render([], more)
    said = render([], more, verbose=True)
    assert "  suppressed by baseline: 2\n" in said
    assert "  a note\n" in said
    assert "  0.25 s\n" in said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (2_500_000, "2.5 MB"),
        (10**10, "10.0 GB"),
    ],
)
def test_sizes(count: int, said: str, summary: Summary) -> None:
    assert f"3 files, {said} scanned" in render([], replace(summary, bytes=count))


def test_colour_changes_nothing_else(finding: Callable[..., Finding], summary: Summary) -> None:
    coloured = render([finding()], summary, color=True)
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render([finding()], summary)


def test_a_planted_escape_does_not_end_a_colour(hostile: tuple[list[Finding], Summary]) -> None:
    coloured = render(*hostile, color=True, explain=True)
    assert set(re.findall(r"\x1b.{0,5}?m", coloured)) <= {
        "\x1b[1m", "\x1b[1;31m", "\x1b[31m", "\x1b[2m", "\x1b[0m",
    }  # fmt: skip
    assert coloured.count("\x1b") == len(re.findall(r"\x1b\[[\d;]*m", coloured))
