"""Digests of passwords: real ones pass, written ones and those of nothing do not."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.engine.password_hashes import is_empty, is_hash

DIGEST = hashlib.sha1(b"seed").digest()


def test_unix_hashes_pass_by_their_digest() -> None:
    drawn = base64.b64encode(DIGEST)[:22].replace(b"+", b".")
    assert is_hash(b"$apr1$abcdefgh$" + drawn)
    assert not is_hash(b"$apr1$abcdefgh$" + b"x" * 22)


def test_hexadecimal_ones_do() -> None:
    assert is_hash(hashlib.md5(b"seed").hexdigest().encode())
    assert not is_hash(b"0" * 32)


@pytest.mark.parametrize(
    "value",
    [
        hashlib.md5(b"").hexdigest(),
        hashlib.sha1(b"").hexdigest(),
        "md5" + hashlib.md5(b"").hexdigest(),
        "31d6cfe0d16ae931" + "b73c59d7e0c089c0",
        "aad3b435b51404ee" * 2,
        ("aad3b435b51404ee" * 2).upper(),
    ],
)
def test_an_empty_password_has_no_secret(value: str) -> None:
    assert is_empty(value.encode())
    assert not is_hash(value.encode())


def test_ldap_ones_have_the_length_of_their_digest() -> None:
    text = base64.b64encode(DIGEST)
    salted = base64.b64encode(DIGEST + b"salt")
    assert is_hash(b"{SHA}" + text)
    assert not is_hash(b"{SHA}" + salted)
    assert is_hash(b"{SSHA}" + salted)
    assert not is_hash(b"{SSHA}" + text)


@given(st.binary(max_size=80))
def test_hostile_bytes_never_raise(data: bytes) -> None:
    for value in (data, b"{SSHA}" + data, b"$1$" + data, data.hex().encode()):
        assert is_hash(value) in (True, False)
