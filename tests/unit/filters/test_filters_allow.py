"""`[allow]`: any condition of the table, all conditions of an entry; a slow pattern gives up."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from scanner.config import Allow
from scanner.filters.allow import TIMEOUT, AllowFilter
from scanner.model import Finding, Place, Secret

FINDING = Finding(
    rule="acme-token",
    secret=Secret(b"value-of-the-test"),
    blob_id="",
    places=(Place("docs/guide/a.md"),),
    start=0,
    end=17,
    line=1,
    column=1,
    end_line=1,
    end_column=18,
    key="DB_PASSWORD",
    severity="high",
    confidence="high",
    score=0.9,
    masked="***",
)

COVERING = [
    Allow(paths=("docs/",)),
    Allow(paths=("*.md",)),
    Allow(rules=("acme-token",)),
    Allow(keys=("DB_PASSWORD",)),
    Allow(values=("0123456789abcdef",)),
    Allow(regexes=("of-the",)),
    Allow(regexes=("^value-.*test$",)),
    Allow(regexes=("nothing", "(?i)VALUE")),
]
OTHER = [
    Allow(paths=("/guide/",)),
    Allow(rules=("acme",)),
    Allow(keys=("DB",)),
    Allow(values=("0123456789abcde",)),
    Allow(regexes=("^of-the",)),
    Allow(reason="nothing in particular"),
    Allow(all_of=True),
    Allow(),
]


def digest(_: Finding) -> str:
    return "0123456789abcdef"


def allows(*entries: Allow, finding: Finding = FINDING) -> bool:
    return AllowFilter(entries, digest).allows(finding)


@pytest.mark.parametrize("entry", COVERING)
def test_each_condition_alone_covers(entry: Allow) -> None:
    assert allows(entry)
    assert allows(replace(entry, all_of=True))


@pytest.mark.parametrize("entry", OTHER)
def test_what_does_not_fit_does_not_cover(entry: Allow) -> None:
    assert not allows(entry)
    assert not allows(replace(entry, all_of=True))


def test_no_entries_allow_nothing() -> None:
    assert not allows()


def test_one_fitting_condition_of_a_table_is_enough() -> None:
    assert allows(Allow(paths=("src/",), rules=("acme-token",)))


def test_every_condition_of_an_entry_must_hold() -> None:
    assert allows(Allow(paths=("docs/",), rules=("acme-token",), all_of=True))
    assert not allows(Allow(paths=("src/",), rules=("acme-token",), all_of=True))
    assert not allows(Allow(paths=("docs/",), rules=("acme-token",), keys=("X",), all_of=True))


def test_one_fitting_entry_of_many_is_enough() -> None:
    assert allows(*OTHER, COVERING[0])


def test_values_that_are_no_text_are_searched_as_bytes() -> None:
    raw = replace(FINDING, secret=Secret(bytes((255, 0)) + "café".encode()))  # unleak:allow
    assert allows(Allow(regexes=("café",)), finding=raw)


def test_names_that_are_not_utf8_can_be_allowed() -> None:
    odd = replace(FINDING, places=(Place(os.fsdecode(b"docs/caf\xe9.md")),))
    assert allows(Allow(paths=("docs/caf?.md",)), finding=odd)
    assert not allows(Allow(paths=("src/",)), finding=odd)


def test_a_digest_is_asked_for_only_when_an_entry_has_values() -> None:
    def never(_: Finding) -> str:
        raise AssertionError("computed for nothing")

    assert not AllowFilter([Allow(keys=("X",), regexes=("y",))], never).allows(FINDING)


def test_a_slow_pattern_does_not_count_and_is_said_once() -> None:
    """The pattern is the scanned repository's: it may be made to be slow."""
    hostile = Allow(regexes=(r"^(?:a|aa|a?)+$", "last"))
    slow = replace(FINDING, secret=Secret(b"a" * 60 + b"!"))
    one = AllowFilter([hostile], digest)
    assert not one.allows(slow)
    if not one.notes:
        pytest.fail("the pattern was meant to be slow")
    assert not one.allows(replace(slow, secret=Secret(b"a" * 61 + b"!")))
    assert one.allows(replace(FINDING, secret=Secret(b"the last")))
    assert len(one.notes) == 1
    assert str(TIMEOUT) in one.notes[0]
    assert "aaaa" not in one.notes[0]


def test_patterns_have_a_budget_together() -> None:
    entry = Allow(regexes=("of-the", "value"))
    spent = AllowFilter([entry], digest, budget=0.0)
    assert not spent.allows(FINDING)
    assert not spent.allows(FINDING)
    assert len(spent.notes) == 1
    assert "no longer count" in spent.notes[0]


def test_path_patterns_with_many_wildcards_do_not_take_for_ever() -> None:
    long = replace(FINDING, places=(Place("a" * 250),))
    assert not allows(Allow(paths=("*a" * 30 + "b",)), finding=long)
    assert allows(Allow(paths=("*a" * 30 + "*",)), finding=long)
