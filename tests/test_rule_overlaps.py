"""Where several rules match the same value, which one is reported is the rules' own decision."""

from __future__ import annotations

import pytest

from scanner.engine.database import load_database
from scanner.engine.examples import expand
from scanner.engine.find import Finder, without_overlaps
from scanner.engine.judgement import Judged
from scanner.model import Blob, Finding, Place
from scanner.record import replace
from scanner.rules import Rule, load_rules

EVERY = {rule.id: rule for rule in load_rules()}
# A guess, or a half of whatever stands beside it, gives way to everything else.
GENERAL = {rule.id for rule in EVERY.values() if rule.kind == "generic" or "*" in rule.part_of}
FORMATS = [rule for rule in EVERY.values() if rule.id not in GENERAL]


def path_for(rule: Rule) -> str:
    """A file in which the rule counts."""
    return rule.paths[-1].strip("/").replace("*", "x") if rule.paths else "settings.conf"


def findings(finder: Finder, rule: Rule, template: str) -> list[Finding]:
    data = expand(template, rule.id)
    place = Place(path=path_for(rule), commit="")
    return finder.find(Blob(id="x", size=len(data), places=(place,), data=data))


def problems(finder: Finder, rule: Rule) -> list[str]:
    """Examples whose one secret is reported neither by the rule nor by one that is over it."""
    found = []
    for template in rule.match:
        ids = [one.rule for one in findings(finder, rule, template)]
        if not any(name == rule.id or rule.id in EVERY[name].over for name in ids):
            found.append(f"{rule.id}: {', '.join(ids) or 'nothing'} in {template}")
    return found


def test_overlaps_are_declared(tmp_path_factory: pytest.TempPathFactory) -> None:
    database = load_database("low", cache=str(tmp_path_factory.mktemp("cache")))
    finder = Finder(database, minimum="low")
    assert [line for rule in FORMATS for line in problems(finder, rule)] == []


def judged(
    name: str, start: int, end: int, score: float = 0.5, over: tuple[str, ...] = ()
) -> Judged:
    rule = replace(FORMATS[0], id=name, over=over)
    return Judged(rule, start, end, "", b"", score, "high", ())


def names(*every: Judged) -> list[str]:
    return [one.rule.id for one in without_overlaps(every)]


def test_without_a_declaration_the_surer_wins_then_the_longer() -> None:
    assert names(judged("a", 0, 9), judged("b", 0, 9, 0.6)) == ["b"]
    assert names(judged("a", 0, 9), judged("b", 0, 10)) == ["b"]


def test_what_is_over_another_wins_against_a_surer_one() -> None:
    assert names(judged("a", 0, 9, 0.9), judged("b", 2, 5, 0.1, ("a",))) == ["b"]
    assert names(judged("a", 0, 9, 0.9), judged("b", 9, 12, 0.1, ("a",))) == ["a", "b"]


def test_what_is_beaten_beats_none() -> None:
    """a is over b and b over c; a and c do not touch."""
    every = [
        judged("c", 8, 20, 0.9),
        judged("b", 4, 9, 0.5, ("c",)),
        judged("a", 0, 5, 0.1, ("b",)),
    ]
    assert names(*every) == names(*every[::-1]) == ["a", "c"]


def test_others_keep_their_order() -> None:
    every = [judged("a", 0, 9, 0.9), judged("b", 0, 9, 0.8, ("c",)), judged("c", 0, 9, 0.95)]
    assert names(*every) == ["b"]
    assert names(judged("d", 3, 4, 0.99), *every) == ["d"]
