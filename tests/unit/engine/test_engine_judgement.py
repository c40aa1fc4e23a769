"""One match -> a finding or none: checksum, entropy floor, references, expressions, paths."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.engine.examples import expand
from scanner.engine.judgement import Judged, Judgement
from scanner.rules import Rule

Made = Callable[..., str]


def rule(**facts: object) -> Rule:
    common = {"id": "own", "name": "Own token", "provider": "Test", "pattern": "x"}
    given = {"severity": "high", "confidence": "high", **common, **facts}
    return Rule(**given)  # type: ignore[arg-type]


GENERIC = {"id": "generic-secret-assignment", "kind": "generic"}


def judge(
    before: str,
    value: str,
    after: str = "\n",
    *,
    key: str = "",
    path: str = "a.env",
    **facts: object,
) -> Judged | None:
    """The judgement of `value` standing between two texts; `key` must end `before`, but for `=`."""
    data = (before + value + after).encode()
    start = len(before.encode())
    key_start = before.rindex(key) if key else -1
    key_end = key_start + len(key) if key else -1
    judgement = Judgement(path, lambda offset, n: data[offset : offset + n], binary=False)
    return judgement.of((rule(**facts), start, start + len(value.encode()), key_start, key_end))


@pytest.mark.parametrize(("confidence", "score"), [("high", 0.95), ("medium", 0.65), ("low", 0.35)])
def test_a_format_scores_as_its_rule_says(confidence: str, score: float, made: Made) -> None:
    one = judge("x ", made("v"), confidence=confidence)
    assert one
    assert (one.confidence, one.score) == (confidence, score)
    assert one.reasons == ("Own token: the format fits",)


def test_a_checksum_decides(made: Made) -> None:
    good = expand("{sum:crc32-base62:ghp_{alnum:30}}", "seed").decode()
    one = judge("x ", good, checksum="crc32-base62")
    assert one
    assert one.reasons == ("Own token: format and checksum fit",)
    last = "a" if good[-1] != "a" else "b"
    assert judge("x ", good[:-1] + last, checksum="crc32-base62") is None


def test_an_entropy_floor_decides(made: Made) -> None:
    assert judge("x ", "ab" * 12, entropy=3.0) is None
    assert judge("x ", made("v"), entropy=3.0)


@pytest.mark.parametrize("value", ["${TOKEN}", "{{ token }}", "<your-token>", "%TOKEN%"])
def test_a_reference_or_placeholder_is_none(value: str) -> None:
    assert judge("x ", value) is None


def test_paths_limit_a_rule(made: Made) -> None:
    assert judge("x ", made("v"), path="sub/.npmrc", paths=(".npmrc",))
    assert judge("x ", made("v"), path="sub/npm.txt", paths=(".npmrc",)) is None
    assert judge("x ", made("v"), path="\udcff/.npmrc", paths=(".npmrc",))


def test_a_generic_value_is_judged_with_its_key(made: Made) -> None:
    one = judge("DB_PASSWORD=", made("v"), key="DB_PASSWORD", **GENERIC)
    assert one
    assert one.key == "DB_PASSWORD"
    assert one.confidence == "high"
    assert any("the name says secret" in reason for reason in one.reasons)


def test_a_rule_is_the_ceiling_of_what_a_score_gives(made: Made) -> None:
    one = judge("DB_PASSWORD=", made("v"), key="DB_PASSWORD", **{**GENERIC, "confidence": "low"})
    assert one
    assert one.confidence == "low"


@pytest.mark.parametrize("after", ["(x)", "[0]", "{}"])
def test_what_is_called_or_indexed_is_code(after: str, made: Made) -> None:
    value = made("v")
    assert judge("password = ", value, after, key="password", path="a.py", **GENERIC) is None
    quoted = judge('password = "', value, f'"{after}', key="password", path="a.py", **GENERIC)
    assert quoted


def test_an_expansion_with_a_message_holds_no_value(made: Made) -> None:
    data = f"${{PASSWORD:?{made('v')}}}"
    before, value = data[:11], data[11:-1]
    assert judge(before, value, "}", key="PASSWORD", **GENERIC) is None


@pytest.mark.parametrize("comment", [" # a note", "\t# a note", " ; a note"])
def test_a_bare_value_ends_at_its_comment(comment: str, made: Made) -> None:
    value = made("v")
    whole = f"{value} tail"
    one = judge("PASSWORD=", value, f" tail{comment}\n", key="PASSWORD", **GENERIC)
    assert one
    assert one.value == whole.encode()
    assert one.end - one.start == len(whole)


def test_a_bare_value_of_source_code_is_not_prolonged(made: Made) -> None:
    value = made("v")
    one = judge("x = {password: ", value, " tail\n", key="password", path="a.txt", **GENERIC)
    assert one is None or one.value == value.encode()


def test_binary_content_holds_formats_only(made: Made) -> None:
    value = made("v").encode()
    data = b"PASSWORD=" + value
    judgement = Judgement("a.bin", lambda offset, n: data[offset : offset + n], binary=True)
    span = (9, len(data), 0, 8)
    assert judgement.of((rule(**GENERIC), *span)) is None
    assert judgement.of((rule(), *span))
