"""The list of what only history holds: one line each, added and taken out, never a value."""

from __future__ import annotations

import json

from scanner.migrate.history_list import facts_of, with_steps, without
from scanner.model import Place
from scanner.record import replace


def steps_of(tree, *findings):
    return tree.plan(past=findings).steps


def test_a_line_says_where_it_was(tree):
    [step] = steps_of(tree, tree.past("old.env", "one", "1", "7"))
    text = with_steps(b"", [step])
    assert text.endswith(b"}\n")
    assert (
        json.loads(text)
        == facts_of(step)
        == {
            "name": "DB_PASSWORD",
            "reference": "ref+sops://.unleak/vault.sops.yaml#/DB_PASSWORD",
            "rule": "generic-secret",
            "key": "DB_PASSWORD",
            "brought_in_by": "1" * 40,
            "first": "1" * 40,
            "last": "7" * 40,
            "commits": 2,
            "places": [
                {"commit": "1" * 40, "path": "old.env"},
                {"commit": "7" * 40, "path": "old.env"},
            ],
            "refs": ["refs/heads/release", "refs/tags/v1"],
            "refs_total": 2,
        }
    )
    assert not [value for value in tree.secrets if value in text]


def test_names_that_are_no_text(tree):
    finding = tree.past("a\udcff\n\x1b\u20ac.env", "one", "1")
    text = with_steps(b"", steps_of(tree, finding))
    assert text.count(b"\n") == 1
    assert text.isascii()
    assert json.loads(text)["places"][0]["path"] == finding.path


def test_the_same_again_is_no_change(tree):
    finding = tree.past("old.env", "one", "1")
    text = with_steps(b"", steps_of(tree, finding))
    moved = replace(finding, origin=replace(finding.origin, refs=("refs/heads/x",), refs_total=1))
    for one in (finding, moved):
        assert with_steps(text, steps_of(tree, one)) == text


def test_further_places_are_a_further_line(tree):
    finding = tree.past("old.env", "one", "1")
    text = with_steps(b"", steps_of(tree, finding))
    more = replace(finding, places=(*finding.places, Place("b.env", "2" * 40)))
    grown = with_steps(text, steps_of(tree, more))
    assert grown.startswith(text)
    assert grown.count(b"\n") == 2


def test_what_somebody_wrote_stays(tree):
    steps = steps_of(tree, tree.past("old.env", "one", "1"))
    for before in (b"not json\n", b"[1]\n\n", b"7"):
        after = with_steps(before, steps)
        assert after.startswith(before.rstrip(b"\n") + b"\n")
        assert with_steps(after, steps) == after


def test_lines_are_taken_out(tree):
    one, two = (with_steps(b"", steps_of(tree, tree.past("a", seed, seed))) for seed in "12")
    assert without(one + two, [one.rstrip()]) == two
    assert without(one + b"x\r\n", [one.rstrip(), b"y"]) == b"x\r\n"
    assert without(one, [one.rstrip()]) == b""
    assert without(b"", [one.rstrip()]) == b""
