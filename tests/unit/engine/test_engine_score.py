"""The score: between 0 and 1, with reasons, and in the order that a person would give."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from scanner.engine.features import Candidate
from scanner.engine.score import HIGH, LOW, MEDIUM, best, confidence_of, judge, settled

Made = Callable[..., str]


def candidate(text: str, **changes: object) -> Candidate:
    name = str(changes.pop("name", "DB_PASSWORD"))
    facts: dict[str, object] = {
        "rule": "generic-secret-assignment",
        "name": name.encode(),
        "value": text.encode(),
        "quote": b'"',
        "role": "code",
        "path": ("e:py", "s:none"),
        "before": f'{name} = "'.encode(),
        "after": b'"',
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


def test_a_random_value_under_a_password_name_is_sure(made: Made) -> None:
    score, reasons = judge(candidate(made("v")))
    assert score >= HIGH
    assert any(reason.endswith("the name says secret") for reason in reasons)


def test_reasons_for_come_first_the_strongest_first(made: Made) -> None:
    _, reasons = judge(candidate(made("v"), path=("e:md", "s:documentation"), role="text"))
    weights = [float(reason.partition(" ")[0]) for reason in reasons]
    good = [weight for weight in weights if weight > 0]
    bad = [weight for weight in weights if weight < 0]
    assert weights == good + bad
    assert good == sorted(good, reverse=True)
    assert bad == sorted(bad)
    assert 0 < len(good) <= 3
    assert len(bad) <= 3


@pytest.mark.parametrize("name", ["password_label", "token_url", "forgot_password_text"])
def test_a_name_about_a_secret_holds_words(name: str) -> None:
    assert points("Enter " + "the old one", name=name) < LOW


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("${DB_PASSWORD}", "reference"),
        ("vault:secret/data/x#y", "reference"),
        ("changeme", "well-known default"),
        ("postgres", "well-known default"),
        ("your-api-key", "placeholder"),
        ("xxxxxxxx", "placeholder"),
        ("<password>", "reference"),
        ("1.2.3", "version or date"),
        ("0.25", "a number"),
        ("#ff00aa", "colour"),
        ("0xc70f6907UL", "number"),
    ],
)
def test_what_a_value_says_of_itself_settles_it(value: str, why: str) -> None:
    known = settled(candidate(value))
    assert known is not None
    assert known[1] == why
    assert judge(candidate(value)) == (known[0], (why,))
    assert known[0] < MEDIUM


def test_a_well_known_default_is_low_and_says_so() -> None:
    score, reasons = judge(candidate("postgres", role="config", quote=b""))
    assert confidence_of(score) == "low"
    assert reasons == ("well-known default",)


def test_a_word_of_a_translation_is_none() -> None:
    one = candidate("contraseña", path=("e:po", "s:a translation"))
    assert settled(one) == (0.05, "a word of another language")


@pytest.mark.parametrize("seed", range(40))
def test_no_place_says_more_than_the_best_one(seed: int, made: Made) -> None:
    """What `best` rejects must be rejected everywhere: history scans drop it before its path."""
    source = random.Random(seed)
    value = source.choice([made("v", 12), "Summer" + str(seed), "the name", "user_name", "a-b-c"])
    name = source.choice(["password", "token", "key", "label", "PASSWORD_FIELD", "auth"])
    role = source.choice(["code", "config", "text", "generated"])
    aside = source.choice(["none", "test", "documentation", "a translation"])
    ends = source.choice(["py", "env", "yml", "md", "json", "lock"])
    where = candidate(
        value, name=name, role=role, path=(f"e:{ends}", f"s:{aside}", "p:src", "p:config"),
        quote=source.choice([b"", b'"']),
    )  # fmt: skip
    anywhere = candidate(value, name=name, role="config", path=(), quote=where.quote)
    here, most = judge(where)[0], best(anywhere)[0]
    assert here <= most or (here < LOW and most < LOW)


@pytest.mark.parametrize(
    "value", [b"\xff\xfe\x80" * 4, b"\0" * 9, b"\xe2\x80\x8b\xe2\x80\xaeabc", b"a", b"ab", b"abc"]
)
def test_any_bytes_have_a_score(value: bytes) -> None:
    one = candidate("x", value=value, before=b"\xff = '", name="пароль")
    assert 0 <= judge(one)[0] <= 1
