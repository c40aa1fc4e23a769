"""The database is compiled once, kept whole, and made anew when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.engine import database as module
from scanner.engine.database import load_database, prepare
from scanner.engine.matcher import Matcher
from scanner.errors import RuleError
from scanner.rules import Rule

RULES = """
provider = "Acme"
[[rule]]
id = "acme-token"
name = "Acme token"
pattern = '(?P<secret>acme_[a-z]{8})'
severity = "high"
confidence = "high"
"""


@pytest.fixture(autouse=True)
def few_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the rules of the test: compiling all of them takes a second or two."""
    monkeypatch.setattr(module, "rule_files", tuple)


def extra(folder: Path, text: str = RULES) -> tuple[str, ...]:
    path = folder / "acme.toml"
    path.write_text(text)
    return (str(path),)


def found(database: module.Database) -> list[str]:
    return [m[0].id for m in Matcher(database).matches(b"x acme_" + b"abcdefgh y")]


def test_a_second_load_comes_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, cache = extra(tmp_path), str(tmp_path / "cache")
    assert "acme-token" in found(load_database(extra=files, cache=cache))
    monkeypatch.setattr(module, "_compile", None)
    assert "acme-token" in found(load_database(extra=files, cache=cache))


@pytest.mark.parametrize("damage", [b"", b"unleak-rules-5\n", b"\0" * 5000])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    files, cache = extra(tmp_path), tmp_path / "cache"
    load_database(extra=files, cache=str(cache))
    (path,) = cache.glob("rules-*")
    path.write_bytes(damage)
    assert "acme-token" in found(load_database(extra=files, cache=str(cache)))
    assert path.read_bytes() not in (b"", damage)


def test_a_truncated_cache_is_made_anew(tmp_path: Path) -> None:
    files, cache = extra(tmp_path), tmp_path / "cache"
    load_database(extra=files, cache=str(cache))
    (path,) = cache.glob("rules-*")
    path.write_bytes(path.read_bytes()[:-100])
    assert "acme-token" in found(load_database(extra=files, cache=str(cache)))


def test_changed_rules_have_another_cache(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load_database(extra=extra(tmp_path), cache=str(cache))
    load_database(extra=extra(tmp_path, RULES.replace("acme_", "acmex_")), cache=str(cache))
    assert len(list(cache.glob("rules-*"))) == 2


def test_old_caches_are_dropped(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for number in range(12):
        changed = RULES.replace("acme_", f"acme{number}_")
        load_database(extra=extra(tmp_path, changed), cache=str(cache))
    assert len(list(cache.glob("rules-*"))) <= 8


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "acme-token" in found(load_database(extra=extra(tmp_path), cache=str(blocked / "cache")))


def test_low_confidence_rules_join_only_when_asked_for(tmp_path: Path) -> None:
    files = extra(tmp_path, RULES.replace('confidence = "high"', 'confidence = "low"'))
    with pytest.raises(RuleError, match="no rules"):
        load_database("medium", files, cache=str(tmp_path))
    assert "acme-token" in found(load_database("low", files, cache=str(tmp_path)))


def rule(**facts: object) -> Rule:
    base = {"id": "x", "name": "x", "provider": "x", "severity": "low", "confidence": "low"}
    return Rule(**{**base, **facts})  # type: ignore[arg-type]


def test_reach_and_anchors_are_filled_in() -> None:
    ready = prepare(rule(pattern="abc[0-9]{4}"))
    assert ready.reach == 7 + module.MARGIN
    assert len(ready.anchors) == 1


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"pattern": "abc.*"}, "pattern: has no longest match"),
        ({"pattern": "abc", "checksum": "nobody"}, "checksum: unknown"),
        ({"pattern": "abc", "reach": 1 << 30}, "reach"),
        ({"pattern": "a(b"}, "does not compile"),
    ],
)
def test_wrong_rules_are_named(facts: dict[str, object], said: str) -> None:
    with pytest.raises(RuleError, match="rule x") as caught:
        prepare(rule(**facts))
    assert said in caught.value.message


def test_an_anchor_that_does_not_compile_names_its_rule(tmp_path: Path) -> None:
    bad = RULES + "anchors = ['(?<=x)acme_']\nreach = 100\n"
    with pytest.raises(RuleError, match="rule acme-token: anchors"):
        load_database(extra=extra(tmp_path, bad), cache=str(tmp_path))
