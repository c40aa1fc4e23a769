"""Halves of a credential: which belong together, and that nothing else is joined or lost."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.engine.pairs import ANY, WITHIN, Spot, layer, paired, pairs, stem
from scanner.model import Finding, Place, Secret
from scanner.rules import Rule


def rule(
    name: str, *, part_of: tuple[str, ...] = (), within: int = 0, kind: str = "format"
) -> Rule:
    return Rule(name, name, "Test", "x", "high", "high", part_of=part_of, within=within, kind=kind)


ID = rule("id", part_of=("secret",))
SECRET = rule("secret")
OTHER = rule("other")
TOKEN = rule("token", part_of=("secret",), within=2)
CLIENT = rule("client", part_of=(ANY,))
GENERIC = rule("generic", kind="generic")


def spot(one: Rule, line: int, key: str = "", start: int | None = None) -> Spot:
    return Spot(one, key, line, line * 100 if start is None else start)


def test_an_id_joins_the_secret_beside_it() -> None:
    assert pairs([spot(ID, 1), spot(SECRET, 2)]) == {1: [0]}
    assert pairs([spot(SECRET, 1), spot(ID, 2)]) == {0: [1]}
    assert pairs([spot(ID, 1), spot(OTHER, 2)]) == {}
    assert pairs([spot(ID, 1)]) == pairs([spot(SECRET, 1)]) == pairs([]) == {}


def test_the_window_is_in_lines() -> None:
    assert pairs([spot(ID, 1), spot(SECRET, 1 + WITHIN)]) == {1: [0]}
    assert pairs([spot(ID, 1), spot(SECRET, 2 + WITHIN)]) == {}
    assert pairs([spot(TOKEN, 5), spot(SECRET, 3)]) == {1: [0]}
    assert pairs([spot(TOKEN, 5), spot(SECRET, 2)]) == {}


def test_several_profiles_keep_to_their_own() -> None:
    ids_first = [spot(ID, 1), spot(SECRET, 2), spot(ID, 3), spot(SECRET, 4)]
    assert pairs(ids_first) == {1: [0], 3: [2]}
    secrets_first = [spot(SECRET, 1), spot(ID, 2), spot(SECRET, 3), spot(ID, 4)]
    assert pairs(secrets_first) == {0: [1], 2: [3]}


def test_a_secret_takes_one_part_of_each_rule() -> None:
    spots = [spot(ID, 1), spot(SECRET, 2), spot(TOKEN, 3), spot(ID, 4)]
    assert pairs(spots) == {1: [0, 2]}


def test_general_names_need_the_same_stem() -> None:
    client, secret = "GITHUB_CLIENT_ID", "githubClientSecret"
    assert pairs([spot(CLIENT, 1, client), spot(GENERIC, 2, secret)]) == {1: [0]}
    assert pairs([spot(CLIENT, 1, client), spot(OTHER, 2, secret)]) == {1: [0]}
    assert pairs([spot(CLIENT, 1, client), spot(GENERIC, 2, "db_password")]) == {}
    assert pairs([spot(CLIENT, 1, ""), spot(OTHER, 2, "")]) == {}


def test_a_named_rule_that_guesses_needs_the_stem_too() -> None:
    part = rule("part", part_of=("generic",))
    assert pairs([spot(part, 1, "acme_id"), spot(GENERIC, 2, "acme_secret")]) == {1: [0]}
    assert pairs([spot(part, 1, "acme_id"), spot(GENERIC, 2, "other_secret")]) == {}


def test_texts_are_kept_apart() -> None:
    inside = Spot(SECRET, "", 2, 0, ("base64", 0, 90))
    assert pairs([spot(ID, 1), inside]) == {}


@pytest.mark.parametrize(
    ("chain", "same"),
    [((), True), (("utf-16-le",), True), (("base64",), False), (("a.zip", "x.env"), False)],
)
def test_layers(chain: tuple[str, ...], same: bool) -> None:
    assert (layer(chain, 3, 9) == ()) is same
    assert layer((*chain, "(text)"), 3, 9) == layer(chain, 3, 9)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("GITHUB_CLIENT_ID", ("github", "client")),
        ("githubClientSecret", ("github", "client")),
        ("aws.accessKeyId", ("aws",)),
        ("SECRET", ()),
        ("", ()),
    ],
)
def test_stem(name: str, words: tuple[str, ...]) -> None:
    assert stem(name) == words


def test_a_million_on_one_line_is_no_square() -> None:
    spots = [spot(SECRET, 1, start=n) for n in range(20_000)]
    spots += [spot(ID, 1, start=n) for n in range(20_000)]
    assert len(pairs(spots)) <= 64


def finding(one: Rule, line: int, confidence: str = "high") -> Finding:
    value = "".join(random.Random(f"{one.id}{line}").choices(string.ascii_letters, k=20))
    return Finding(
        one.id, Secret(value.encode()), "", (Place("a.env"),), line * 100, line * 100 + 20, line, 1,
        line, 21, "", one.severity, confidence, 0.9, "***",
    )  # fmt: skip


RULES = {one.id: one for one in (ID, SECRET, OTHER, TOKEN, CLIENT)}


def test_the_secret_is_the_finding_and_keeps_its_place() -> None:
    id_, secret, other = finding(ID, 1), finding(SECRET, 2), finding(OTHER, 3)
    joined = paired([id_, secret, other], RULES, "medium")
    assert [one.rule for one in joined] == ["secret", "other"]
    assert joined[0].parts == (id_,)
    assert joined[0].halves == (secret, id_)
    assert joined[1].halves == (other,)


def test_what_is_below_the_minimum_counts_only_as_a_part() -> None:
    low = finding(ID, 1, "low")
    assert paired([low], RULES, "medium") == []
    assert paired([low], RULES, "low") == [low]
    assert paired([low, finding(SECRET, 2)], RULES, "medium")[0].parts == (low,)


SPOTS = st.lists(
    st.tuples(st.sampled_from([ID, SECRET, OTHER, TOKEN, CLIENT]), st.integers(1, 40)), max_size=25
)


@given(SPOTS)
def test_nothing_is_lost_or_counted_twice(drawn: list[tuple[Rule, int]]) -> None:
    findings = [
        Finding(
            one.id,
            Secret(bytes([n])),
            "",
            (Place("a"),),
            line * 100 + n,
            line * 100 + n + 1,
            line,
            1,
            line,
            2,
            "",
            "high",
            "high",
            0.9,
            "***",
        )
        for n, (one, line) in enumerate(drawn)
    ]
    joined = paired(findings, RULES, "medium")
    halves = [half for one in joined for half in one.halves]
    assert sorted(one.start for one in halves) == sorted(one.start for one in findings)
    for one in joined:
        assert all(abs(part.line - one.line) <= WITHIN for part in one.parts)
        assert len({part.rule for part in one.parts}) == len(one.parts)
    again = paired(findings[::-1], RULES, "medium")
    assert {(o.start, o.parts) for o in again} == {(o.start, o.parts) for o in joined}
