"""JSON Web Tokens told apart by what they say, without a key and without a real clock."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.engine import jwt

CLAIMS: jwt.Claims = {"sub": "user-4711", "iss": "https://login.internal"}


def token(claims: jwt.Claims, name: str = "RS256") -> bytes:
    return jwt.make(claims, b"seed", name)


def part(text: bytes) -> bytes:
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def test_a_token_that_still_holds_is_not_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwt, "now", lambda: 1000.0)
    assert jwt.grade(token(CLAIMS)) is None
    assert jwt.grade(token({**CLAIMS, "exp": 1001})) is None


def test_an_expired_one_is_low_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwt, "now", lambda: 1000.0)
    assert jwt.grade(token({**CLAIMS, "exp": 999})) == ("low", "a JWT that has expired")
    assert jwt.grade(token({**CLAIMS, "exp": 999.5})) == ("low", "a JWT that has expired")


@pytest.mark.parametrize("until", [True, "soon", None, [], -1, 0])
def test_what_is_no_time_does_not_expire(until: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwt, "now", lambda: 1000.0)
    assert jwt.grade(token({**CLAIMS, "exp": until})) is None


def test_without_a_signature_it_is_low() -> None:
    bare = token(CLAIMS, "none")
    assert bare.endswith(b".")
    assert jwt.is_jwt(bare)
    assert jwt.grade(bare) == ("low", "a JWT without a signature (alg none)")
    assert not jwt.is_jwt(token(CLAIMS).rpartition(b".")[0] + b".")


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "1234567890", "name": "Somebody", "iat": 1},
        {"sub": "x", "name": "John " + "Doe"},
        {"loggedInAs": "admin", "iat": 1516239022},
        {"iss": "joe", "http://example.com/is_root": True},
        {"iss": "https://auth.example.com/", "sub": "user-4711"},
        {"some": "payload"},
        {"a": 1, "b": 2, "c": 3},
        {},
    ],
)
def test_tokens_of_documentation_are_low(claims: jwt.Claims) -> None:
    assert jwt.grade(token(claims)) == ("low", "a JWT from documentation")


def test_a_header_that_does_not_decode_is_still_reported() -> None:
    for made in (
        jwt.make_scrambled(b"seed"),
        b".".join([part(b'{"alg":"zA931"}'), part(b'{"sub":"x"}'), b"s" * 43]),
        b".".join([part(b'{"typ":"JWT"}'), part(b'{"sub":"x"}'), b"s" * 43]),
    ):
        assert jwt.is_jwt(made)
        level, why = jwt.grade(made) or ("", "")
        assert level == "medium"
        assert why.startswith("looks like a JWT; its header")


def test_a_payload_that_does_not_decode_is_still_reported() -> None:
    made = b".".join([part(b'{"alg":"HS256"}'), b"eyJ" + b"x" * 30, b"s" * 43])
    assert jwt.grade(made) == ("medium", "looks like a JWT; its payload does not decode")


def test_only_administrators_are_service_roles() -> None:
    assert jwt.is_service_role(jwt.make_service_role(b"seed"))
    assert not jwt.is_service_role(jwt.make_jwt(b"seed"))


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_hostile_bytes_never_raise(data: bytes) -> None:
    for value in (data, b"eyJ" + data, b".".join((part(data), part(data), data)), b"..", data * 3):
        assert jwt.is_jwt(value) in (True, False)
        assert jwt.is_decoded_jwt(value) in (True, False)
        assert jwt.is_service_role(value) in (True, False)
        jwt.grade(value)


@pytest.mark.parametrize("payload", [b"[" * 100_000, b'{"a":' * 50_000, b"9" * 6000, b"\xff{}"])
def test_hostile_json_never_raises(payload: bytes) -> None:
    made = b".".join([part(b'{"alg":"HS256"}'), part(payload), b"s" * 43])
    assert (jwt.grade(made) or ("", ""))[0] == "medium"
