"""Templates: deterministic, of the asked alphabet, and clear about mistakes."""

from __future__ import annotations

import base64
import json
import re

import pytest

from scanner.engine.checksums import TABLE
from scanner.engine.entropy import shannon
from scanner.engine.examples import ALPHABETS, TemplateError, expand


def test_same_template_and_seed_give_the_same() -> None:
    assert expand("x {alnum:40}", "rule") == expand("x {alnum:40}", "rule")
    assert expand("x {alnum:40}", "rule") != expand("x {alnum:40}", "other")


def test_known_value_does_not_drift() -> None:
    """The examples of every rule hang on this: another Python must expand them alike."""
    assert expand("{hex:12}|{digits:4}|{uuid}", "drift") == expand(
        "{hex:12}|{digits:4}|{uuid}", "drift"
    )
    assert len(expand("{hex:12}|{digits:4}|{uuid}", "drift")) == 12 + 1 + 4 + 1 + 36


@pytest.mark.parametrize("name", sorted(ALPHABETS))
def test_alphabet_and_length(name: str) -> None:
    value = expand(f"{{{name}:64}}", "seed").decode()
    assert len(value) == 64
    assert set(value) <= set(ALPHABETS[name])


def test_long_values_have_each_kind_and_much_entropy() -> None:
    for seed in "abcdefgh":
        value = expand("{alnum:20}", seed)
        assert re.search(rb"[a-z]", value)
        assert re.search(rb"[A-Z]", value)
        assert re.search(rb"[0-9]", value)
        assert shannon(value) > 3.3


def test_pick_takes_the_given_characters() -> None:
    assert set(expand("{pick:xy:30}", "seed")) == set(b"xy")
    assert expand("{pick:{:2}", "seed") == b"{{"


def test_doubled_braces_are_braces() -> None:
    assert expand("${{A}} {{}}", "seed") == b"${A} {}"


def test_uuid_is_version_four() -> None:
    pattern = rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(pattern, expand("{uuid}", "seed"))


def test_sum_completes_what_is_inside() -> None:
    token = expand("t={sum:crc32-base62:abc_{alnum:30}};", "seed")
    assert token.startswith(b"t=abc_")
    assert token.endswith(b";")
    assert TABLE["crc32-base62"].verify(token[2:-1])


def test_b64_and_json_wrap() -> None:
    assert base64.b64decode(expand("{b64:me:{digits:4}}", "seed")).startswith(b"me:")
    text = expand('"{json:{sum:pem:RSA PRIVATE KEY {alnum:4}}}"', "seed")
    assert b"\n" not in text
    assert TABLE["pem"].verify(json.loads(text).encode())


def test_text_beyond_ascii_stands_as_utf8() -> None:
    assert expand("ключ={digits:2}", "seed").startswith("ключ=".encode())


@pytest.mark.parametrize(
    "template",
    [
        "{alnum}",
        "{alnum:x}",
        "{nothing:3}",
        "{alnum:3",
        "}",
        "{sum:none:x}",
        "{sum:jwt:x",
        "{pick::3}",
        "{b64:x",
    ],
)
def test_mistakes_are_named(template: str) -> None:
    with pytest.raises(TemplateError):
        expand(template, "seed")
