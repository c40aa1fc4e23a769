"""Each report of a fixed set of findings, byte for byte, and against the schemas of their readers.

After a change that is meant, write them anew and read the diff:

    UNLEAK_GOLDEN=write python -m pytest tests/golden -q
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scanner.model import Finding, Place, RuleInfo, Secret, Skipped, Summary, mask
from scanner.registry import REPORTERS, load
from scanner.reports import gitlab, tool

HERE = Path(__file__).parent
WRITE = os.environ.get("UNLEAK_GOLDEN") == "write"  # tests see no UNLEAK_* any more
FILES = {
    "text": "report.txt",
    "json": "report.json",
    "jsonl": "report.jsonl",
    "sarif": "report.sarif",
    "gitlab": "report.gitlab.json",
    "github": "report.github.txt",
    "junit": "report.junit.xml",
    "csv": "report.csv",
    "html": "report.html",
}


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gitlab, "now", lambda: "2000-01-02T03:04:05")
    monkeypatch.setattr(tool, "version", lambda: "1.2.3")


def rules() -> dict[str, RuleInfo]:
    assignment = RuleInfo(
        id="generic-secret-assignment",
        name="Value of a secret-like name",
        provider="Generic",
        severity="high",
        confidence="high",
        description="A literal is assigned to a name that says password.",
        rotate="the service that this value opens",
    )
    token = RuleInfo(
        id="example-token",
        name="Example token",
        provider="Example",
        severity="critical",
        confidence="high",
        description="Acts as its owner.",
        rotate="Settings > Tokens: delete it & make a new one",
        references=("https://example.com/docs/tokens",),
    )
    return {info.id: info for info in (assignment, token)}


def findings() -> list[Finding]:
    password, token, key = b"p" * 12, b"ex_" + b"t" * 32, b"l1\nl2\n" * 6
    common: dict[str, Any] = {"blob_id": "", "rule": "generic-secret-assignment"}
    return [
        Finding(
            **common, secret=Secret(password), places=(Place("app/config.yaml"),), start=64, end=76,
            line=5, column=13, end_line=5, end_column=25, key="db.password", severity="high",
            confidence="high", score=0.85, masked=mask(password), fingerprint="0a" * 16,
            reasons=("+0.42 looks random", "+0.35 the name says so", "+0.10 in configuration"),
        ),
        Finding(
            blob_id="", rule="example-token", secret=Secret(token),
            places=(Place("ci/déploy,\n::error::'<b>\".sh", commit="c0" * 20),), start=0, end=35,
            line=1, column=1, end_line=1, end_column=36, key="", severity="critical",
            confidence="high", score=0.99, masked=mask(token, "ex_"), fingerprint="1b" * 16,
            reasons=("Example token: format and checksum fit",),
        ),
        Finding(
            **common, secret=Secret(key), places=(Place("notes.txt"),), start=10, end=46, line=2,
            column=3, end_line=8, end_column=1, key="=SECRET", severity="low", confidence="medium",
            score=0.5, masked=mask(key), fingerprint="2c" * 16, decoded_by=("utf-16-le",),
            reasons=("+0.35 the name says so", "-0.05 in prose"),
        ),
    ]  # fmt: skip


def summary() -> Summary:
    return Summary(
        files=12,
        bytes=34567,
        seconds=0.5,
        skipped=(Skipped(Place("data/locked.bin"), "permission denied"),),
        suppressed={"baseline": 2, "inline unleak:allow": 1},
        rules=rules(),
        notes=("1 larger than 1000 bytes left out",),
    )


def rendered(name: str, *, clean: bool = False, explain: bool = False) -> bytes:
    found, told = findings(), summary()
    if clean:
        found, told = [], Summary(files=12, bytes=34567)
    pieces = load(REPORTERS, name).render(found, told, show_secrets=False, explain=explain)
    return "".join(pieces).encode()


def compare(path: Path, made: bytes) -> None:
    if WRITE:
        path.write_bytes(made)
    assert made == path.read_bytes(), "meant? UNLEAK_GOLDEN=write python -m pytest tests/golden -q"


@pytest.mark.parametrize("name", REPORTERS)
def test_report(name: str) -> None:
    compare(HERE / FILES[name], rendered(name))


@pytest.mark.parametrize("name", REPORTERS)
def test_clean_report(name: str) -> None:
    compare(HERE / f"clean-{FILES[name]}", rendered(name, clean=True))


def test_explained_report() -> None:
    compare(HERE / "explained-report.txt", rendered("text", explain=True))


def test_every_golden_file_is_used() -> None:
    known = {*FILES.values(), *(f"clean-{name}" for name in FILES.values()), "explained-report.txt"}
    there = {path.name for path in HERE.iterdir() if path.is_file() and path.suffix != ".py"}
    assert there == known


def problems(schema: str, document: Any) -> list[str]:
    rules = json.loads((HERE / "schemas" / schema).read_text())
    validator = jsonschema.validators.validator_for(rules)
    validator.check_schema(rules)
    checker = validator(rules, format_checker=validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(document)]


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("clean", [False, True])
def test_sarif_fits_the_official_schema(clean: bool, explain: bool) -> None:
    document = json.loads(rendered("sarif", clean=clean, explain=explain))
    assert problems("sarif-2.1.0.json", document) == []


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("clean", [False, True])
def test_gitlab_fits_its_schema(clean: bool, explain: bool) -> None:
    document = json.loads(rendered("gitlab", clean=clean, explain=explain))
    assert problems("gitlab-secret-detection-15.1.4-subset.json", document) == []


@pytest.mark.parametrize(
    ("schema", "name", "broken"),
    [
        ("sarif-2.1.0.json", "sarif", {"runs": [{"results": []}]}),
        ("gitlab-secret-detection-15.1.4-subset.json", "gitlab", {"scan": {}}),
    ],
)
def test_the_schemas_refuse_what_is_wrong(schema: str, name: str, broken: dict[str, Any]) -> None:
    assert problems(schema, {**json.loads(rendered(name)), **broken})
