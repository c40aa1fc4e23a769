"""Findings for the reporters: a plain one, and one in which every text is hostile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.model import Finding, Place, RuleInfo, Secret, Skipped, Summary, mask

# Line ends, a terminal's escapes in both spellings, a bidirectional override, a separator, a byte
# that was no UTF-8, a plane-14 tag, commands of build systems, markup, quotes.
HOSTILE = (
    "::error file=x::planted\r\n::warning::planted\n##[error]planted ##vso[task.complete]x\t"
    "\x1b[31mred\x1b]0;title\x07\x9b2J\x00\x7f\u202eevil\u2066\u2028\udcff\U000e0041"
    "</script><script>alert(1)</script><b onclick='x'>\"'&]]>--> ,;%0A::error::"
)


@pytest.fixture
def hostile_text() -> str:
    return HOSTILE


@pytest.fixture
def finding() -> Callable[..., Finding]:
    def make(**changes: object) -> Finding:
        facts: dict[str, object] = {
            "rule": "generic-secret-assignment",
            "secret": Secret(b"x" * 12),
            "blob_id": "",
            "places": (Place("app/settings.py"),),
            "start": 40,
            "end": 52,
            "line": 3,
            "column": 7,
            "end_line": 3,
            "end_column": 19,
            "key": "DB_PASSWORD",
            "severity": "high",
            "confidence": "medium",
            "score": 0.65,
            "masked": "*** (8-15 characters)",
            "reasons": ("+0.35 the name says so", "-0.05 in tests", "+0.30 a", "+0.10 b"),
            "fingerprint": "0" * 32,
        }
        return Finding(**{**facts, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def info() -> RuleInfo:
    return RuleInfo(
        id="generic-secret-assignment",
        name="Value of a secret-like name",
        provider="Generic",
        severity="high",
        confidence="high",
        description="A literal is assigned to a name that says password.",
        rotate="change it at the service",
        references=("https://example.com/about",),
    )


@pytest.fixture
def summary(info: RuleInfo) -> Summary:
    return Summary(files=3, bytes=4200, seconds=0.25, rules={info.id: info})


@pytest.fixture
def skipped_summary(info: RuleInfo) -> Summary:
    skipped = (Skipped(Place("data/locked.bin"), "permission denied"),)
    return Summary(files=3, bytes=4200, skipped=skipped, rules={info.id: info})


@pytest.fixture
def planted(made: Callable[..., str]) -> str:
    """A value of letters and digits, so that no format has to escape it."""
    return made("planted in a report", 40)


@pytest.fixture
def hostile(finding: Callable[..., Finding], planted: str) -> tuple[list[Finding], Summary]:
    """Findings whose every text is hostile, the value included, and a summary of the same kind."""
    secret = planted.encode()
    rule = RuleInfo("own-rule", HOSTILE, HOSTILE, "low", "low", HOSTILE, HOSTILE, ("https://x/",))
    one = finding(
        rule=rule.id,
        secret=Secret(secret),
        places=(Place(HOSTILE),),
        key=HOSTILE,
        reasons=(HOSTILE, f"+0.10 {HOSTILE}"),
        masked=mask(secret, ""),
    )
    prefix = "\x1b[31m\n::error::"  # a rule file of the repository may hold this
    other = finding(
        rule=rule.id,
        secret=Secret(prefix.encode() + secret),
        places=(Place("=cmd|' /C calc'!A0"),),
        key="=1+1",
        masked=mask(prefix.encode() + secret, prefix),
        fingerprint="1" * 32,
    )
    summary = Summary(
        files=2,
        bytes=10,
        skipped=(Skipped(Place(HOSTILE), HOSTILE),),
        suppressed={HOSTILE: 2},
        rules={rule.id: rule},
        notes=(HOSTILE,),
    )
    return [one, other], summary
