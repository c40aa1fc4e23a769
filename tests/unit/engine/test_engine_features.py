"""Features: as many as have names, for any candidate, and only from the candidate."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.engine.features import (
    NUMBERS,
    Candidate,
    name_parts,
    numbers,
    path_words,
    place_words,
    words,
)
from scanner.engine.weights import model

NUMBER = {name: i for i, name in enumerate(NUMBERS)}
BYTES = st.binary(max_size=80)


@given(BYTES, st.binary(min_size=1, max_size=200), BYTES, BYTES, BYTES, BYTES)
def test_every_candidate_has_all_numbers(
    name: bytes, value: bytes, before: bytes, after: bytes, above: bytes, below: bytes
) -> None:
    one = Candidate("generic-x", name, value, b"", "code", (), before, after, above, below)
    row = numbers(one, model().language, model().rules)
    assert len(row) == len(NUMBERS)
    assert all(isinstance(number, int | float) for number in row)
    assert words(one) >= {"r:x"}


def of(value: bytes, **more: object) -> dict[str, float]:
    facts: dict[str, object] = {"before": b"password = '", "after": b"'", **more}
    one = Candidate("generic-x", b"password", value, b"'", "code", **facts)  # type: ignore[arg-type]
    row = numbers(one, model().language, model().rules)
    return {name: row[i] for name, i in NUMBER.items()}


def test_what_numbers_say() -> None:
    row = of(b"Summer2024!")
    assert row["length"] == 11
    assert row["word and tail"] == 1
    assert row["word cover"] == 1.0
    assert row["quote"] == 2
    assert row["separator"] == 5
    assert row["closes"] == 1
    assert of(b"my_password_field")["shares word"] == 1
    assert of(b"deadbeef" * 4)["hexadecimal"] == 1
    assert of(b"deadbeef" * 4)["hash length"] == 1
    assert of(b"x", before=b"# password = '")["comment"] == 1
    assert of(b"x", above=b"  user = 'me'")["above login"] == 1


def test_a_value_without_a_name_is_told_by_the_word_before_it() -> None:
    digest = Candidate("generic-x", b"", b"ab12" * 10, b'"', "code", before=b'"sha": "')
    other = Candidate("generic-x", b"", b"ab12" * 10, b'"', "code", before=b'"pin": "')
    language, rules = model().language, model().rules
    at = NUMBER["name digest"]
    assert numbers(digest, language, rules)[at]
    assert not numbers(other, language, rules)[at]
    assert "l:sha" in words(digest)


def test_parts_of_names() -> None:
    assert name_parts(b"dbPassword_2.x") == [b"db", b"password", b"2", b"x"]
    assert name_parts(b"dbpasswd") == [b"db", b"passwd"]
    assert name_parts(b"userpassword") == [b"user", b"password"]
    assert name_parts(b"compass") == [b"com", b"pass"]
    assert name_parts("пароль".encode()) == ["пароль".encode()]


def test_what_paths_say() -> None:
    assert path_words("src/Tests/a.min.js", "test") == ("e:js", "p:src", "p:tests", "s:test")
    assert path_words("Makefile", "") == ("e:", "s:none")
    one = Candidate("generic-x", b"n", b"v", b"", "config", ("e:env",))
    assert place_words(one) == ("e:env", "q:config:bare", "k:config:x")
