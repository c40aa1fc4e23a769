"""Law: what any place makes a finding is a candidate before its place is known.

A history scan keeps of a match only what may be a finding somewhere; what it drops there is lost.
"""

from __future__ import annotations

from functools import cache

from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.engine.candidates import Candidates
from scanner.engine.database import load_database
from scanner.engine.judgement import Judgement
from scanner.engine.matcher import Match, Matcher
from scanner.model import CONFIDENCES

PATHS = (
    "a.js", "src/a.py", "a.yml", ".env", "settings.toml", "docs/a.md", "app/a.min.js", "Makefile",
    "locale/de/a.po", "tests/a_test.go", "a.properties", "deploy.sh", "a.json", "x/a.conf",
)  # fmt: skip
FORMS = (
    "password = `{}`", 'password = "{}"', "password = '{}'", "password: {}", "PASSWORD={}",
    '"token": "{}",', "<password>{}</password>", "--password {}", "postgres://app:{}@db/x",
    "export API_KEY={} # mine", "max_tokens: {}", "secret: {}, other: 1", "set_key('api_key', '{}')",
    "IDENTIFIED BY {}", "Authorization: Basic {}", "password: |\n  {}", "$password = `{}`;",
)  # fmt: skip
VALUES = (
    st.text("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=6, max_size=32)
    | st.from_regex(r"[0-9]{1,6}(\.[0-9]{0,4})?[,;}\]]?[a-zA-Z0-9]{0,12}", fullmatch=True)
    | st.sampled_from(
        ["Summer" + "2024!", "the old one", "contraseña", "a b c", "0x1f", "user.name"]
    )
)


@cache
def matcher() -> Matcher:
    return Matcher(load_database("low"))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORMS), VALUES, st.sampled_from(CONFIDENCES))
@example("password = `{}`", "kJ8mP2vLqX9z" + "Tb4w", "medium")
@example("password: {}", "0.25,kJ8mP2v" + "LqX9z", "medium")
@example("PASSWORD={}", "7.5,kJ8mP2vLq" + "X9zTb", "low")
def test_what_a_place_finds_is_a_candidate(form: str, value: str, least: str) -> None:
    data = f"one\n{form.format(value)}\ntwo\n".encode()
    matches = matcher().matches(data)
    numbers = {
        rule.id: number for number, rule in enumerate({m[0].id: m[0] for m in matches}.values())
    }
    asked: list[tuple[int, Match]] = [(numbers[match[0].id], match) for match in matches]
    found, _, _ = Candidates(least).of(data, asked, 0)  # type: ignore[arg-type]  # one of them
    kept = {(one.rule, one.offset + one.start) for one in found}
    for path in PATHS:
        judgement = Judgement(path, lambda at, size: data[at : at + size], binary=False)
        for number, match in asked:
            judged = judgement.of(match)
            if judged and CONFIDENCES.index(judged.confidence) >= CONFIDENCES.index(least):
                assert (number, match[1]) in kept, f"{path}: {match[0].id}"
