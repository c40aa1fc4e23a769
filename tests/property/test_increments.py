"""Matching what a delta inserted gives what matching the whole version gives."""

from __future__ import annotations

import base64
import random
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.engine.candidates import Candidates
from scanner.engine.database import _compile, load_database, prepare
from scanner.engine.decoding import Decoder
from scanner.engine.increments import Increments, Marks
from scanner.engine.matcher import Matcher
from scanner.engine.triggers import load_triggers
from scanner.rules import Rule


def rule(name: str, pattern: str, **more: object) -> Rule:
    facts = {"provider": "Test", "severity": "high", "confidence": "high", **more}
    return prepare(Rule(id=name, name=name, pattern=pattern, **facts))  # type: ignore[arg-type]


SMALL = (
    rule("tok", r"(?<![A-Za-z0-9])(?P<secret>tok_[a-z0-9]{4,12})(?![A-Za-z0-9])"),
    rule("pair", r"(?P<key>key[\w]{0,6})=(?P<secret>[a-f]{3,20})\b", lines=True),
    rule("block", r"BEGIN\n(?P<secret>[a-z\n]{5,60})\nEND", anchors=(r"BEGIN\n",), reach=80),
    rule("led", r"(?<!\w)(?P<key>\w{0,5}?pin)(?P<secret>:[0-9]{2,9})", lead=20, lines=True),
)
PIECES = (
    "tok_", "tok_abcd1234", "key", "key1=", "keyring=abcdef", "=", "abcdef", "BEGIN\n", "\nEND",
    "xyz\n", "\n", " ", "A", "pin:", "mypin:123456", "99", "line of text\n", "\0", "z" * 40,
)  # fmt: skip


@lru_cache
def small() -> Increments:
    database = _compile(SMALL)[0]
    return Increments(database, Matcher(database), Candidates("medium"), worth=9)


@lru_cache
def real() -> Increments:
    database = load_database("medium")
    matcher = Matcher(database)
    return Increments(
        database, matcher, Candidates("medium"), Decoder(matcher, load_triggers()), worth=9
    )


def facts(marks: Marks) -> list[tuple[object, ...]]:
    """All of it that does not depend on which hits are kept together."""
    found: set[tuple[object, ...]] = set()
    for place, cluster in marks.placed:
        for one in cluster.candidates:
            span = None if one.span is None else (place + one.span[0], place + one.span[1])
            at = one.offset if one.chain else place + one.offset
            found.add(
                (one.rule, at, one.start, one.end, one.key_start, one.snippet, one.chain, span)
            )
    return sorted(found, key=repr)


def clusters(marks: Marks) -> list[tuple[object, ...]]:
    """Hits as they are kept together, of rules."""
    return sorted((place, one.hits) for place, one in marks.placed if one.hits[0][0] >= 0)


def edited(
    base: bytes, cuts: list[tuple[int, int, bytes]]
) -> tuple[bytes, list[tuple[int, int, int]]]:
    """Pieces of the base (start, length) each followed by inserted bytes, as a delta would do it."""
    out, kept = b"", []
    for start, length, text in cuts:
        piece = base[start : start + length]
        if piece:
            if (
                kept
                and kept[-1][0] + kept[-1][2] == len(out)
                and kept[-1][1] + kept[-1][2] == start
            ):
                kept[-1] = (kept[-1][0], kept[-1][1], kept[-1][2] + len(piece))
            else:
                kept.append((len(out), start, len(piece)))
        out += piece + text
    return out, kept


TEXT = st.lists(st.sampled_from(PIECES), max_size=40).map(lambda parts: "".join(parts).encode())
CUTS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), TEXT), max_size=4)


@settings(max_examples=600, deadline=None)
@given(TEXT, st.lists(CUTS, min_size=1, max_size=3))
def test_small_rules_and_any_edits(base: bytes, edits: list[list[tuple[int, int, bytes]]]) -> None:
    marks = small().whole(base)
    for cuts in edits:
        base, kept = edited(base, cuts)
        marks = small().version(base, marks, kept)
        whole = small().whole(base)
        assert facts(marks) == facts(whole)
        assert clusters(marks) == clusters(whole)


def secretish(chance: random.Random) -> bytes:
    """A line in which the real rules find something, or nearly so."""
    word = "".join(chance.choice("abcdefghkmnpqrstuvwxyzABCDEFGH23456789") for _ in range(24))
    lines = (
        f'password = "{word}"\n',
        f"db_password: {word}\n",
        f"url = postgres://app:{word}@db.example.org/x\n",
        f"export API_KEY='{word}'\n",
        "passwd: " + base64.b64encode(f"token={word}".encode()).decode() + "\n",
        base64.b64encode(f'{{"secret": "{word}"}}'.encode()).decode() + "\n",
        f"url=https%3A%2F%2Fuser%3A{word}%40example.org\n",
        "".join(f"\\x{ord(c):02x}" for c in f'password="{word}"') + "\n",
        f'x = "pass" +\n    "word={word}"\n',
        "-----BEGIN RSA " + "PRIVATE KEY-----\n" + (word + word + "\n") * 30 + "-----END RSA "
        "PRIVATE KEY-----\n",
        "def password(self, token=None):\n    return self.token\n",
        "x" * chance.randrange(1, 3000) + "\n",
        "some words about nothing at all\n" * chance.randrange(1, 60),
    )  # fmt: skip
    return chance.choice(lines).encode()


@pytest.mark.parametrize("seed", range(25))
def test_real_rules_and_version_after_version(seed: int) -> None:
    chance = random.Random(seed)
    base = b"".join(secretish(chance) for _ in range(60))
    engine = real()
    marks = engine.whole(base)
    found = 0
    for _ in range(12):
        cuts, at = [], 0
        for _ in range(chance.randrange(1, 6)):
            end = min(len(base), at + chance.randrange(1, max(2, len(base) // 2)))
            cuts.append((at, end - at, secretish(chance) if chance.random() < 0.6 else b""))
            at = max(0, end + chance.choice((0, 0, 1, 7, 200, -300)))
        base, kept = edited(base, cuts)
        marks = engine.version(base, marks, kept)
        whole = engine.whole(base)
        assert facts(marks) == facts(whole)
        assert clusters(marks) == clusters(whole)
        found += len(facts(marks))
    assert found > 20


def test_nothing_changed_is_the_same_marks() -> None:
    marks = small().whole(b"key1=abc tok_abcd1234")
    assert small().version(b"key1=abc tok_abcd1234", marks, [(0, 0, 21)]) is marks
