"""Keys with a Marvin32 checksum: what is completed fits, what is changed does not."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.engine import azure_keys


def test_an_identifiable_key_depends_on_its_seed() -> None:
    verify, complete = azure_keys.identifiable(b"Default0")
    other, _ = azure_keys.identifiable(b"AbAcct00")
    key = complete(base64.b64encode(bytes(range(64))))
    assert verify(key)
    assert not other(key)


def test_doubt_has_a_reason() -> None:
    assert azure_keys.doubted(lambda _: True)(b"x") is None
    assert (azure_keys.doubted(lambda _: False)(b"x") or ("", ""))[0] == "medium"


def test_a_cask_key_is_known_by_its_mark_and_checksum() -> None:
    body = b"a" * 52 + b"JQQJ99" + b"b" * 14 + b"AAABACOG"
    key = azure_keys.cask_complete(body)
    assert azure_keys.is_cask(key)
    assert azure_keys.cask_fits(key)
    assert not azure_keys.cask_fits(b"b" + key[1:])
    assert not azure_keys.is_cask(key[:-1])


def test_an_entra_secret_of_the_older_kind_has_no_checksum() -> None:
    assert azure_keys.entra_fits(b"abc7Q~" + b"x" * 31)
    assert azure_keys.entra_complete(b"abc7Q~" + b"x" * 31) == b"abc7Q~" + b"x" * 31
    assert azure_keys.entra_fits(azure_keys.entra_complete(b"abc8Q~" + b"x" * 31))


@pytest.mark.parametrize("make", [azure_keys.is_cask, azure_keys.cask_fits, azure_keys.entra_fits])
@given(data=st.binary(max_size=120))
def test_hostile_bytes_never_raise(make: azure_keys.Verify, data: bytes) -> None:
    for value in (data, data.ljust(84, b"A"), b"abc8Q~" + data, b"A" * 52 + b"JQQJ" + data):
        assert make(value) in (True, False)
