"""Checksums: known vectors, real keys made on the spot, and no crash on anything."""

from __future__ import annotations

import hashlib
import zlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from scanner.engine.checksums import BASE58, DIGITS_UPPER_LOWER, TABLE, to_base
from scanner.engine.examples import expand

BODIES = {
    "crc32-base62": "npm_{alnum:30}",
    "crc32-base62-prefixed": "apify_api_{alnum:30}",
    "crc32-base62-joined": "syt_{alnum:8}_{letters:20}",
    "crc32-base62-reversed": "mat_{alnum:30}",
    "crc32-base36": "glpat-{base64url:36}.01.0w",
    "crc32-hex": "cnvca{base64url:43}",
    "crc32-hex-upper": "ATATT3{base64url:160}=",
    "crc32-hex-body": "cfut_{alnum:40}",
    "crc32-hex-joined": "zpka_{lowernum:32}",
    "crc32-hex-little": "glsa_{alnum:32}",
    "github-fine-grained": "github_pat_11{alnum:20}_{alnum:51}",
    "review-board": "rbp_{alnum:245}",
    "bech32": "nsec1{bech32:52}",
    "bitcoin-wif": "{alnum:8}",
    "bitcoin-xprv": "{alnum:8}",
    "nats-nkey": "{alnum:8}",
    "stellar-seed": "{alnum:8}",
    "azure-storage": "{base64:76}+ASt{base64:5}A==",
    "azure-batch": "{base64:76}+ABa{base64:5}A==",
    "azure-cosmos": "{base64:76}ACDb{base64:5}A==",
    "azure-apim": "{base64:76}APIM{base64:5}A==",
    "azure-redis": "+{base64:32}AzCaA{base64:5}=",
    "azure-iot": "+{base64:32}AIoTA{base64:5}=",
    "azure-bus": "{base64:33}+ASbA{base64:5}=",
    "azure-search": "{alnum:42}AzSeA{alnum:5}",
    "azure-functions": "_{base64url:43}AzFu{base64url:5}A==",
    "azure-event-grid": "{base64:33}AZEG{base64:6}=",
    "azure-container-registry": "{base64:42}+ACRA{base64:5}",
    "azure-ml-classic": "{base64:76}+AMC{base64:5}A==",
    "azure-cask": "{alnum:52}JQQJ99{alnum:14}AAABACOG",
    "entra-secret": "{alnum:3}8Q~{alnum:31}",
    "bitcoin-bip38": "{alnum:8}",
}
NUMERIC = sorted(BODIES)


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_completed_body_verifies(name: str, seed: str) -> None:
    token = expand(f"{{sum:{name}:{BODIES[name]}}}", seed)
    assert TABLE[name].verify(token)


@pytest.mark.parametrize("name", NUMERIC)
def test_changed_token_fails(name: str) -> None:
    """A change of any character in the first part of the token is noticed."""
    if TABLE[name].grade:
        pytest.skip("the checksum only lowers")
    token = expand(f"{{sum:{name}:{BODIES[name]}}}", "seed")
    for at in range(len(token) // 4, len(token) // 2):
        changed = b"A" if token[at : at + 1] != b"A" else b"Q"
        assert not TABLE[name].verify(token[:at] + changed + token[at + 1 :])


@pytest.mark.parametrize("name", sorted(TABLE))
@given(token=st.binary(max_size=200) | st.text(max_size=120).map(str.encode))
def test_anything_is_answered(name: str, token: bytes) -> None:
    assert TABLE[name].verify(token) in (True, False)
    grade = TABLE[name].grade
    assert grade is None or grade(token) is None or len(grade(token) or ()) == 2


@pytest.mark.parametrize("name", sorted(TABLE))
def test_random_text_is_refused(name: str) -> None:
    lengths = (40, 52, 88, 93, 120)
    if name in ("base64-text", "password-hash"):  # what is drawn is text, too, or a digest
        assert not TABLE[name].verify(b"ab")
        return
    refused = [
        TABLE[name].verify(hashlib.sha512(bytes([n])).hexdigest()[:n].encode()) for n in lengths
    ]
    assert not any(refused)


def test_base62_of_github_is_crc32_of_the_body() -> None:
    """The tail that GitHub describes: CRC-32 of the 30 random characters, base 62, six wide."""
    body = expand("{alnum:30}", "body")
    token = TABLE["crc32-base62"].complete(b"ghp" + b"_" + body)
    number = 0
    for letter in token[-6:]:
        number = number * 62 + DIGITS_UPPER_LOWER.index(letter)
    assert number == zlib.crc32(body)
    assert len(token) == 40


def test_to_base_pads_and_counts() -> None:
    assert to_base(0, BASE58, 3) == b"111"
    assert to_base(61, DIGITS_UPPER_LOWER, 1) == b"z"
    assert to_base(62, DIGITS_UPPER_LOWER, 4) == b"0010"


def test_bech32_accepts_the_published_vectors_in_either_case() -> None:
    """BIP-173: `A12UEL5L` and `a12uel5l` are valid, a mixed one with another tail is not."""
    verify = TABLE["bech32"].verify
    assert verify(b"A12UEL5L")
    assert verify(b"a12uel5l")
    assert not verify(b"a12uel5x")


def test_age_identity_verifies() -> None:
    import pyrage

    identity = str(pyrage.x25519.Identity.generate())
    assert TABLE["bech32"].verify(identity.encode())


def _keys() -> list[tuple[str, object]]:
    return [
        ("rsa", rsa.generate_private_key(65537, 2048)),
        ("p256", ec.generate_private_key(ec.SECP256R1())),
        ("p521", ec.generate_private_key(ec.SECP521R1())),
        ("dsa", dsa.generate_private_key(1024)),
        ("ed25519", ed25519.Ed25519PrivateKey.generate()),
    ]


FORMATS = [
    serialization.PrivateFormat.PKCS8,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.PrivateFormat.OpenSSH,
]


@pytest.mark.parametrize("private_format", FORMATS, ids=["pkcs8", "traditional", "openssh"])
@pytest.mark.parametrize(("kind", "key"), _keys(), ids=["rsa", "p256", "p521", "dsa", "ed25519"])
def test_real_private_keys_are_told_apart(kind: str, key, private_format) -> None:  # type: ignore[no-untyped-def]
    """Open keys are `pem`, keys under a passphrase are `pem-encrypted`, in every spelling."""
    if kind == "ed25519" and private_format is FORMATS[1]:
        pytest.skip("there is no such encoding")
    if kind == "dsa" and private_format is FORMATS[2]:
        pytest.skip("there is no such encoding any more")
    encoding = serialization.Encoding.PEM
    plain = key.private_bytes(encoding, private_format, serialization.NoEncryption()).strip()
    lines = plain.split(b"\n")
    spellings = [
        plain,
        plain.replace(b"\n", b"\r\n"),
        plain.replace(b"\n", b"\\n"),
        plain.replace(b"\n", b"\n    "),
        b'\\n" +\n    "'.join(lines),
        b"\\n'\n + '".join(lines),
        b'\\n"\n "'.join(lines),
    ]
    for spelling in spellings:
        assert TABLE["pem"].verify(spelling)
        assert not TABLE["pem-encrypted"].verify(spelling) or private_format is not FORMATS[2]
    if private_format is FORMATS[2]:
        return  # encrypting this form needs a package that nothing else here needs
    lock = serialization.BestAvailableEncryption(b"x" * 9)
    locked = key.private_bytes(encoding, private_format, lock).strip()
    assert TABLE["pem-encrypted"].verify(locked)
    assert not TABLE["pem"].verify(locked)


def test_truncated_and_invented_keys_are_lowered_or_refused() -> None:
    pem = TABLE["pem"]
    assert pem.grade
    block = pem.complete(b"RSA PRIVATE KEY seed")
    lines = block.split(b"\n")
    assert pem.grade(block) is None
    short = b"\n".join([*lines[:5], lines[-1]])
    assert pem.verify(short)
    assert pem.grade(short) == ("medium", "looks like a private key; its body does not parse")
    assert not pem.verify(b"\n".join([lines[0], b"...", lines[-1]]))
    assert not pem.verify(b"\n".join([lines[0], b"x" * 64, b"y" * 64, lines[-1]]))


def test_pgp_checks_its_crc() -> None:
    pgp = TABLE["pgp"]
    assert pgp.grade
    block = pgp.complete(b"seed")
    assert pgp.verify(block)
    assert pgp.grade(block) is None
    lines = block.split(b"\n")
    changed = lines[3][:10] + (b"A" if lines[3][10:11] != b"A" else b"B") + lines[3][11:]
    other = b"\n".join([*lines[:3], changed, *lines[4:]])
    assert pgp.verify(other)
    assert (pgp.grade(other) or ("", ""))[0] == "medium"


def test_user_password_needs_both_and_no_reference() -> None:
    table = TABLE["user-password"]
    assert table.verify(table.complete(b"me:" + b"pass-phrase"))
    for text in (b"me:", b"me", b":secret", b"me:${TOKEN}", b"me:<password>", b"\x00\x01:abcd"):
        assert not table.verify(table.complete(text))


def test_jwt_needs_an_algorithm() -> None:
    import base64

    def part(text: bytes) -> bytes:
        return base64.urlsafe_b64encode(text).rstrip(b"=")

    tail = [part(b'{"sub":"somebody"}'), part(b"s" * 32)]
    good = b".".join([part(b'{"alg":"RS256"}'), *tail])
    assert TABLE["jwt-decoded"].verify(good)
    for header in (b'{"alg":"none"}', b'{"typ":"JWT"}', b"[]", b"nothing"):
        assert not TABLE["jwt-decoded"].verify(b".".join([part(header), *tail]))
    assert not TABLE["jwt-service-role"].verify(good)


def test_an_official_example_of_an_entra_secret_fits() -> None:
    """https://github.com/microsoft/security-utilities has it as the test of its pattern."""
    from scanner.engine.azure_keys import entra_fits

    assert entra_fits(b"zzz8Q~" + b"z" * 31 + b"blP")
    assert not entra_fits(b"zzz8Q~" + b"z" * 31 + b"blQ")


@pytest.mark.parametrize("name", ["azure-cask", "entra-secret", "azure-container-registry"])
def test_a_checksum_that_nobody_recomputed_only_lowers(name: str) -> None:
    table = TABLE[name]
    assert table.grade
    token = expand(f"{{sum:{name}:{BODIES[name]}}}", "seed")
    changed = token[:8] + (b"A" if token[8:9] != b"A" else b"B") + token[9:]
    assert table.grade(token) is None
    assert table.verify(changed)
    assert table.grade(changed) == ("medium", "the format fits, its checksum does not")


def test_a_grade_is_never_above_its_rule() -> None:
    from scanner.engine.checksums import graded
    from scanner.rules import Rule

    rule = Rule("r", "R", "P", "x", "low", "low", checksum="pem")
    block = TABLE["pem-scrambled"].complete(b"RSA PRIVATE KEY seed")
    assert graded(rule, block) == ("low", "looks like a private key; its body does not parse")


def test_aws_secret_is_no_hash() -> None:
    assert TABLE["aws-secret"].verify(expand("{base64:40}", "seed"))
    assert not TABLE["aws-secret"].verify(hashlib.sha1(b"x").hexdigest().encode())
    assert not TABLE["aws-secret"].verify(b"/" * 40)


def test_wireguard_public_looking_key_is_refused() -> None:
    import base64

    assert TABLE["wireguard"].verify(TABLE["wireguard"].complete(b"seed"))
    assert not TABLE["wireguard"].verify(base64.b64encode(b"\xff" * 32))
