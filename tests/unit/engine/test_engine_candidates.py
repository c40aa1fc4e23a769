"""A candidate holds as much of its surroundings as judging it anywhere takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.engine.candidates import AROUND, Candidates, lines_around
from scanner.engine.database import load_database
from scanner.engine.decoding import Revealed
from scanner.engine.judgement import Judgement
from scanner.engine.matcher import Match, Matcher

PATHS = ("settings.py", "deploy.yaml", ".env", "docs/guide.md", "tests/data.json", "a.min.js",
         "locale/de.po", "Makefile", "conf/app.properties", "notes.txt")  # fmt: skip


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(load_database("low"))


def numbered(matches: list[Match]) -> list[tuple[int, Match]]:
    rules = {rule.id: number for number, rule in enumerate(load_database("low").rules)}
    return [(rules[match[0].id], match) for match in matches]


def test_judged_later_is_judged_at_once(matcher: Matcher, made: Callable[..., str]) -> None:
    word = made("a", 22)
    lines = [
        f'password = "{word}"  # note',
        f"db_password: {word} # more",
        f"secret_key={word};",
        f"url = postgres://app:{word}@db.example.org/x",
        "token = read_token(path)",
        'passwd: "changeme"',
        f"  - name: API_KEY\n    value: {word}",
        "the passwords: delete the old one first",
        f"auth_token = '{word}' if x else None",
    ]
    data = ("\n".join(["first", *lines, "last"]) + "\n").encode()
    matches = matcher.matches(data)
    assert len(matches) >= 6
    found, _, _ = Candidates("low").of(data, numbered(matches), 100)
    kept = 0
    for path in PATHS:
        judgement = Judgement(path, lambda at, n: data[at : at + n], binary=False)
        wanted = {
            (one.rule.id, one.start, one.end, one.key, one.value, one.score, one.confidence)
            for one in map(judgement.of, matches)
            if one
        }
        judged = (
            one.judge(load_database("low").rules[one.rule], path, binary=False) for one in found
        )
        got = {
            (one.rule.id, one.start + 100, one.end + 100, one.key, one.value, one.score,
             one.confidence)
            for one in judged if one
        }  # fmt: skip
        assert got == wanted
        kept += len(got)
    assert kept > 20


def test_what_no_place_makes_a_finding_is_no_candidate(matcher: Matcher) -> None:
    data = b'password = "changeme"\ntoken: ${TOKEN}\n'
    found, _, _ = Candidates("medium").of(data, numbered(matcher.matches(data)), 0)
    assert found == ()


@pytest.mark.parametrize(
    ("data", "span", "around"),
    [
        (b"one\ntwo\nthree\nfour\n", (8, 13), (4, 19, 3, 19)),
        (b"one\ntwo", (4, 7), (0, 7, -1, 7 + AROUND + 1)),
        (b"one", (0, 3), (0, 3, -1, 3 + AROUND + 1)),
        (b"x" * 9000 + b"\ntwo\n", (9001, 9004), (9001, 9005, 9001 - AROUND, 9004 + AROUND + 1)),
        (
            b"x" * 20000,
            (10000, 10010),
            (10000 - AROUND, 10010 + AROUND, 10000 - AROUND, 10011 + AROUND),
        ),
    ],
)
def test_lines_around(
    data: bytes, span: tuple[int, int], around: tuple[int, int, int, int]
) -> None:
    assert lines_around(data, *span) == around


def test_decoded_content_keeps_its_chain(matcher: Matcher, made: Callable[..., str]) -> None:
    content = f'password = "{made("b", 20)}"'.encode()
    (match,) = matcher.matches(content)
    one = Revealed(match, content, 50, 90, ("base64",))
    candidate = Candidates("medium").revealed(numbered([match])[0][0], one, 60)
    assert candidate is not None
    assert (candidate.chain, candidate.span, candidate.first) == (("base64",), (-10, 30), -10)
