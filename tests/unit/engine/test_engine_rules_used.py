"""Which rules a scan uses, and what their files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.engine import database
from scanner.engine.rules_used import RulesUsed, active_ids
from scanner.errors import UsageError
from scanner.model import Finding, Place, Secret

CONFIG = """
[[rules]]
id = "acme"
regex = "acme_[a-z]{8}"
[[rules.allowlists]]
commits = ["abc1"]
[[rules]]
id = "bad"
regex = "(?=x)"
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.setattr(database, "rule_files", tuple)
    monkeypatch.setenv("UNLEAK_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "gitleaks.toml"
    path.write_text(CONFIG)
    return (str(path),)


def finding(commit: str | None) -> Finding:
    return Finding(
        "acme", Secret(b"x"), "", (Place("a", commit),), 0, 1, 1, 1, 1, 2, "", "high", "high", 1.0, ""
    )  # fmt: skip


def test_notes_and_commits(files: tuple[str, ...]) -> None:
    database.load_database("medium", files)
    used = RulesUsed("medium", files)
    assert len(used.notes) == 1
    assert "rule bad" in used.notes[0]
    ((name, covers),) = used.filters
    assert name == "rule file"
    assert [covers(finding(one)) for one in ("abc1", "abc2", None)] == [True, False, False]


def test_active_rules(files: tuple[str, ...]) -> None:
    none: frozenset[str] = frozenset()
    assert active_ids(none, none, files, None) == {"acme"}
    with pytest.raises(UsageError, match="nobody"):
        active_ids(frozenset(("nobody",)), none, files, None)
