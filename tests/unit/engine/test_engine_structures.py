"""Structures: each made-up value is accepted by its own check, and every check is in the table."""

from __future__ import annotations

import pytest

from scanner.engine.checksums import TABLE
from scanner.engine.structures import CHECKS

BODIES = {
    "pem": b"EC PRIVATE KEY seed",
    "pem-encrypted": b"ENCRYPTED PRIVATE KEY seed",
    "pem-base64": b"OPENSSH PRIVATE KEY seed",
    "user-password": b"me:long-enough",
    "aws-secret": b"Ab3/" * 10,
    "pypi": b"pypi.org seed",
    "pem-scrambled": b"RSA PRIVATE KEY seed",
    "uuid": b"6f1ed002-ab59-4c2f-9d31-0c2a7e1b5d84",
    "password-hash": b"$apr1$abcdefgh$" + b"0123456789abcdefghijkl",
    "discord": b"123456789012345678.abcdef." + b"x" * 38,
}


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_what_is_made_is_accepted(name: str) -> None:
    verify, complete, _ = CHECKS[name]
    assert verify(complete(BODIES.get(name, b"seed-of-it")))


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_empty_and_plain_words_are_refused(name: str) -> None:
    verify, _, _ = CHECKS[name]
    assert not verify(b"")
    assert name == "password-hash" or not verify(b"this is no secret at all")


def test_table_has_every_structure() -> None:
    assert CHECKS.keys() <= TABLE.keys()


def test_pem_headers_and_quotes_do_not_matter() -> None:
    verify, complete, _ = CHECKS["pgp"]
    block = complete(b"seed")
    with_header = block.replace(b"-----\n\n", b"-----\nVersion: x 1.2\nComment: y\n\n", 1)
    assert verify(with_header)
    assert verify(with_header.replace(b"\n", b"\n    "))


def test_encrypted_cosign_key_is_json_inside() -> None:
    import base64

    text = base64.b64encode(b'{"kdf":{"name":"scrypt"}}' + b" " * 80)
    frame = b"-----%s ENCRYPTED SIGSTORE PRIVATE KEY-----"
    block = b"\n".join([frame % b"BEGIN", text, frame % b"END"])
    assert CHECKS["pem-encrypted"][0](block)
    assert not CHECKS["pem"][0](block)
