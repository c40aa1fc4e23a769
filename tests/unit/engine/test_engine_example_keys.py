"""Keys for examples: valid, and the same on every machine."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from scanner.engine.example_keys import armor, openssh, private_key


@pytest.mark.parametrize("label", [b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"PRIVATE KEY"])
def test_keys_are_valid_and_repeat(label: bytes) -> None:
    der = private_key(label, b"seed")
    key = serialization.load_der_private_key(der, None)
    assert der == private_key(label, b"seed")
    assert der != private_key(label, b"other")
    if isinstance(key, RSAPrivateKey):
        numbers = key.private_numbers()
        assert numbers.p * numbers.q == numbers.public_numbers.n


def test_openssh_keys_are_valid() -> None:
    block = armor(b"OPENSSH PRIVATE KEY", openssh(b"seed"), width=70)
    key = serialization.load_ssh_private_key(block, None)
    raw = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    assert hashlib.sha256(b"seed").digest() in raw
