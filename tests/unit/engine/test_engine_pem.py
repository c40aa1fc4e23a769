"""Private keys: real ones open, changed ones are lowered, hostile ones raise nothing."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.engine import pem
from scanner.engine.example_keys import armor

LABELS = (b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"PRIVATE KEY", b"OPENSSH PRIVATE KEY")
LOW = ("medium", "looks like a private key; its body does not parse")


@pytest.mark.parametrize("label", LABELS)
def test_what_is_made_opens(label: bytes) -> None:
    block = pem.make(label + b" seed")
    assert pem.looks_like_key(block)
    assert pem.opens(block)
    assert pem.grade(block) is None
    assert pem.make(label + b" seed") == block
    assert pem.base64_is_key(base64.b64encode(block))
    assert pem.base64_grade(base64.b64encode(block)) is None


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))),
        ec.derive_private_key(12345678901234567890, ec.SECP384R1()),
    ],
    ids=["ed25519", "p384"],
)
@pytest.mark.parametrize("kind", ["PKCS8", "OpenSSH"])
def test_real_keys_open(key: ed25519.Ed25519PrivateKey, kind: str) -> None:
    form = getattr(serialization.PrivateFormat, kind)
    plain = serialization.NoEncryption()
    block = key.private_bytes(serialization.Encoding.PEM, form, plain).strip()
    assert pem.looks_like_key(block)
    assert pem.grade(block) is None
    if kind == "OpenSSH":
        return  # locking one needs a further library
    locked = serialization.BestAvailableEncryption(b"pass" + b"phrase")
    hidden = key.private_bytes(serialization.Encoding.PEM, form, locked).strip()
    assert not pem.looks_like_key(hidden)
    assert pem.is_encrypted_key(hidden)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert not pem.looks_like_key(public.strip())


def test_the_way_it_is_written_down_does_not_matter() -> None:
    block = pem.make(b"RSA PRIVATE KEY seed")
    lines = block.split(b"\n")
    for spelled in (
        b"\\n".join(lines),
        b"\r\n".join(lines),
        b"\n".join(b"    " + line for line in lines),
        b'\\n" +\n  "'.join(lines),
        b"\n".join(b"# " + line for line in lines),
    ):
        assert pem.opens(spelled), spelled[:60]


def test_a_body_like_a_keys_that_does_not_parse_is_lowered() -> None:
    block = pem.make_scrambled(b"RSA PRIVATE KEY seed")
    assert pem.looks_like_key(block)
    assert pem.grade(block) == LOW
    cut = b"\n".join(
        [*pem.make(b"PRIVATE KEY seed").split(b"\n")[:6], b"-----END PRIVATE KEY-----"]
    )
    assert pem.looks_like_key(cut)
    assert pem.grade(cut) == LOW


@pytest.mark.parametrize(
    "body", [b"...", b"A" * 300, b"MIIEpAIBAAKCAQEA... and so on, until it ends somewhere", b""]
)
def test_what_is_no_body_is_none(body: bytes) -> None:
    frame = b"-----%s RSA PRIVATE KEY-----"
    assert not pem.looks_like_key(b"\n".join([frame % b"BEGIN", body, frame % b"END"]))


def test_certificates_and_public_keys_are_none() -> None:
    data = pem.decode(base64.b64encode(bytes(range(256)) * 3))
    assert data
    for label in (b"CERTIFICATE", b"PUBLIC KEY", b"RSA PUBLIC KEY", b"PGP PUBLIC KEY BLOCK"):
        assert not pem.looks_like_key(armor(label, data))


def test_a_locked_openssh_key_is_no_open_one() -> None:
    block = pem.make_encrypted(b"OPENSSH PRIVATE KEY seed")
    assert pem.is_encrypted(block)
    assert pem.is_encrypted_key(block)
    assert not pem.looks_like_key(block)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(LABELS), st.integers(0, 40))
def test_hostile_bytes_never_raise(data: bytes, label: bytes, at: int) -> None:
    real = pem.make(label + b" seed")
    inside = pem.decode(pem.body(real)[1]) or b""
    for block in (
        armor(label, data),
        armor(label, inside[:at] + data + inside[at:]),
        armor(label, inside[: len(data) + 40]),
        real.replace(b"M", data[:2] or b"x"),
        data,
        b"-----BEGIN " + data,
    ):
        assert pem.looks_like_key(block) in (True, False)
        assert pem.is_encrypted_key(block) in (True, False)
        assert pem.base64_is_key(block) in (True, False)
        pem.grade(block)
        pem.pgp_grade(block)
        pem.base64_grade(block)
