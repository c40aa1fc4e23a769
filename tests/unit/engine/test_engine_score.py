"""The score: between 0 and 1, with reasons, and in the order that a person would give."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.engine.score import (
    HIGH,
    LOW,
    MEDIUM,
    Candidate,
    confidence_of,
    judge,
    random_letters,
    word_share,
)

Made = Callable[..., str]


def candidate(value: str, **changes: object) -> Candidate:
    facts: dict[str, object] = {
        "rule": "generic-secret-assignment",
        "name": b"DB_PASSWORD",
        "value": value.encode(),
        "quote": b'"',
        "role": "code",
        "aside": "",
    }
    return Candidate(**{**facts, **changes})  # type: ignore[arg-type]


def points(value: str, **changes: object) -> float:
    return judge(candidate(value, **changes))[0]


@pytest.mark.parametrize(
    ("score", "confidence"),
    [
        (1.0, "high"),
        (HIGH, "high"),
        (HIGH - 0.001, "medium"),
        (MEDIUM, "medium"),
        (MEDIUM - 0.001, "low"),
        (LOW, "low"),
        (LOW - 0.001, None),
        (0.0, None),
    ],
)
def test_confidence_of_a_score(score: float, confidence: str | None) -> None:
    assert confidence_of(score) == confidence


def test_a_random_value_under_a_password_name_is_sure_in_configuration(made: Made) -> None:
    score, reasons = judge(candidate(made("v"), quote=b"", role="config"))
    assert score >= HIGH
    assert reasons[0].startswith("+0.45 looks random (")
    assert set(reasons[1:]) == {"+0.35 the name says secret", "+0.10 in configuration"}


def test_reasons_add_up_to_the_score_and_the_strongest_comes_first(made: Made) -> None:
    score, reasons = judge(candidate(made("v"), aside="test"))
    weights = [float(reason.partition(" ")[0]) for reason in reasons]
    assert score == pytest.approx(sum(weights))
    assert weights == sorted(weights, key=abs, reverse=True)


@pytest.mark.parametrize(
    "name", [b"password_field", b"token_url", b"forgot_password", b"secretName"]
)
def test_a_name_about_a_secret_is_none(name: bytes, made: Made) -> None:
    assert points(made("v"), name=name) < MEDIUM


@pytest.mark.parametrize(
    "value",
    [
        "${DB_PASSWORD}",
        "{{ password }}",
        "<password>",
        "your-password-here",
        "please enter the password",
        "DATABASE_PASSWORD",
        "password",
        "https://example.com/reset",
        "[a-z]+\\d{3,}",
        "........",
        "$2b$12$" + "x" * 22,
    ],
)
def test_what_is_no_secret_stays_under_medium(value: str) -> None:
    assert points(value) < MEDIUM


@pytest.mark.parametrize("value", ["a" * 4, "\x01" * 20, "", "\U0001f511" * 5, "%" * 500])
def test_every_score_is_between_0_and_1(value: str) -> None:
    for role in ("code", "config", "text", "binary", "generated"):
        score, reasons = judge(candidate(value, role=role))
        assert 0.0 <= score <= 1.0
        assert reasons


def test_bare_words_of_source_code_are_names(made: Made) -> None:
    assert points(made("v"), quote=b"") < points(made("v")) - 0.5


@pytest.mark.parametrize(
    ("surer", "less"),
    [
        ({"role": "config"}, {"role": "text"}),
        ({"role": "code"}, {"role": "generated"}),
        ({"aside": ""}, {"aside": "test"}),
        ({"aside": "test"}, {"aside": "a translation"}),
        ({"name": b"DB_PASSWORD"}, {"name": b"value"}),
    ],
)
def test_where_it_stands_counts(
    surer: dict[str, object], less: dict[str, object], made: Made
) -> None:
    assert points(made("v"), **surer) > points(made("v"), **less)


def test_hexadecimal_of_a_keys_length_counts_when_it_is_not_a_run(made: Made) -> None:
    varied = made("v", 32, "0123456789abcdef")
    assert points(varied, name=b"api_key") >= MEDIUM
    assert points("ab" * 16, name=b"api_key") < points(varied, name=b"api_key")


def test_digits_count_only_as_a_password() -> None:
    number = str(7**12)[:9]
    assert points(number) > points(number, name=b"api_token")


def test_escaped_text_is_read_as_text() -> None:
    score, reasons = judge(candidate("\\u043f\\u0430\\u0440\\u043e\\u043b\\u044c"))
    assert score < MEDIUM
    assert not any("random" in reason for reason in reasons)


def test_a_lookup_key_is_no_key(made: Made) -> None:
    keys = {"rule": "generic-key-assignment"}
    assert points(made("v"), name=b"cache_key", **keys) < points(made("v"), name=b"KEY2", **keys)


def test_word_share(made: Made) -> None:
    assert word_share(b"correcthorse") > 0.8
    assert word_share(made("v").encode()) < 0.4
    assert word_share(b"") == 0.0


def test_random_letters(made: Made) -> None:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    drawn = [random_letters(made(str(n), 20, letters).encode()) for n in range(40)]
    assert sum(drawn) >= 36
    spelled = (b"configuration", b"getUserPassword", b"authentication", b"abc", b"")
    assert not any(random_letters(word) for word in spelled)
