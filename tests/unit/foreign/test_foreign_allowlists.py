"""Allowlists become lists of conditions."""

from __future__ import annotations

from scanner.foreign.allowlists import read_allowlists


def test_conditions_are_alternatives_unless_joined() -> None:
    one = {"paths": ["^tests/"], "regexes": ["x"], "regexTarget": "line", "stopwords": ["a.b"]}
    apart = read_allowlists({"allowlists": [one]})
    assert [[kind for kind, _ in conditions] for conditions, _ in apart.lists] == [
        ["line"], ["secret"], ["path"],
    ]  # fmt: skip
    joined = read_allowlists({"allowlist": {**one, "condition": "AND", "targetRules": ["r"]}})
    ((conditions, targets),) = joined.lists
    assert len(conditions) == 3
    assert targets == ("r",)


def test_commits_and_what_is_not_supported() -> None:
    done = read_allowlists(
        {"allowlists": [{"commits": ["ABC1"]}, {"resources": ["x"], "regexes": [r"\pL"]}]}
    )
    assert done.lists == (((("commit", "abc1"),), ()),)
    assert "allowlist: resources" in done.unknown
    assert any("Unicode" in part for part in done.unknown)
    mixed = {"commits": ["a"], "paths": ["b"], "condition": "and"}
    assert "AND" in " ".join(read_allowlists({"allowlist": mixed}).unknown)
