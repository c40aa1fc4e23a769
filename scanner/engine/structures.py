"""Formats that are checked by decoding them: user:password in base64, macaroons, key pairs.

`CHECKS` maps a name to (verify, complete, grade), as in checksums.py. A `complete` here makes a
value of the right structure from any body, which is only the seed of the made-up bytes in it. JSON
Web Tokens, PEM and the keys of Azure have modules of their own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable

from scanner.engine import jwt, password_hashes, pem
from scanner.engine.uuids import uuid_kind
from scanner.model import Confidence

_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

Verify = Callable[[bytes], bool]
Complete = Callable[[bytes], bytes]
Grade = Callable[[bytes], tuple[Confidence, str] | None]


def _decode(text: bytes, *, urlsafe: bool = False) -> bytes | None:
    """Base64 with or without its padding; None if it is something else."""
    text = text.rstrip(b"=")
    if len(text) % 4 == 1:
        return None
    alphabet = b"-_" if urlsafe else None
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), alphabet, validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_user_password(text: bytes) -> bool:
    """Base64 of printable user:password, RFC 7617; an empty or templated password is none."""
    data = _decode(text)
    if data is None or not data.isascii() or not data.decode().strip().isprintable():
        return False
    user, colon, password = data.strip().partition(b":")
    return bool(user and colon and len(password) > 2 and password[:1] not in b"${<%*")


def _is_printable(text: bytes) -> bool:
    """Base64 of a printable text: the password that .npmrc keeps in `_password`."""
    data = _decode(text)
    return data is not None and len(data) > 3 and data.isascii() and data.decode().isprintable()


def _is_aws_secret(token: bytes) -> bool:
    """40 characters of base64 that are neither a hash in hexadecimal nor a word or a path."""
    text = token.decode("ascii", "replace")
    kinds = (str.isupper, str.islower, str.isdigit)
    return len(token) == 40 and all(any(map(kind, text)) for kind in kinds)


def _is_pypi(token: bytes) -> bool:
    """A macaroon of version 2: version, location, identifier, caveats; http://macaroons.io."""
    data = _decode(token.removeprefix(b"pypi-"), urlsafe=True)
    if data is None or len(data) < 40 or data[:2] != b"\x02\x01":
        return False
    location, rest = data[3 : 3 + data[2]], data[3 + data[2] :]
    if not location.endswith(b".org") or rest[:1] != b"\x02":
        return False
    return _is_identified(rest)


def _is_identified(rest: bytes) -> bool:
    """An identifier field whose length stays inside of the token."""
    length = shift = 0
    for byte in rest[1:4]:
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return 0 < length < len(rest)
    return False


def _make_pypi(body: bytes) -> bytes:
    location = body.partition(b" ")[0]
    rest = b"\x02\x24" + hashlib.shake_256(body).digest(110)
    data = bytes([2, 1, len(location)]) + location + rest
    return b"pypi-" + base64.urlsafe_b64encode(data).rstrip(b"=")


def _is_discord(token: bytes) -> bool:
    """The first part is the decimal id of the bot."""
    data = _decode(token.partition(b".")[0], urlsafe=True)
    return data is not None and data.isdigit() and 17 <= len(data) <= 20


def _make_discord(body: bytes) -> bytes:
    """body: id, stamp and signature, joined by dots; the id stands in decimal."""
    number, rest = body.split(b".", 1)
    return base64.urlsafe_b64encode(number).rstrip(b"=") + b"." + rest


def _is_wireguard(token: bytes) -> bool:
    """A clamped Curve25519 scalar, https://cr.yp.to/ecdh.html."""
    key = _decode(token)
    return key is not None and len(key) == 32 and not key[0] & 7 and key[31] & 0xC0 == 0x40


def _make_wireguard(body: bytes) -> bytes:
    key = bytearray(hashlib.sha256(body).digest())
    key[0] &= 0xF8
    key[31] = key[31] & 0x3F | 0x40
    return base64.b64encode(key)


def _is_64_bytes(token: bytes) -> bool:
    """An account key: 88 characters that are 64 bytes, none of them repeated over and over."""
    key = _decode(token)
    return key is not None and len(key) == 64 and len(set(key)) > 16


def _make_64_bytes(body: bytes) -> bytes:
    return base64.b64encode(hashlib.shake_256(body).digest(64))


def _is_solana(token: bytes) -> bool:
    """An Ed25519 seed and the public key that follows from it, in base58."""
    if not 80 <= len(token) <= 90 or not set(token) <= set(_BASE58):
        return False
    number = 0
    for letter in token:
        number = number * 58 + _BASE58.index(letter)
    if number.bit_length() > 512:
        return False
    pair = number.to_bytes(64, "big")
    return _ed25519_public(pair[:32]) in (pair[32:], b"")


def _ed25519_public(seed: bytes) -> bytes:
    """b"" where the library is broken: the shape must do."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    except Exception:  # noqa: BLE001 -- a broken installation must not stop a scan
        return b""


def _make_solana(body: bytes) -> bytes:
    seed = hashlib.sha256(body).digest()
    number = int.from_bytes(seed + _ed25519_public(seed), "big")
    digits = bytearray()
    while number:
        number, digit = divmod(number, 58)
        digits.append(_BASE58[digit])
    return bytes(reversed(digits))


def _is_drawn_uuid(token: bytes) -> bool:
    """A UUID that is neither nil nor counted."""
    return uuid_kind(token) not in ("", "nil", "max", "sequential")


def _uuid_grade(token: bytes) -> tuple[Confidence, str] | None:
    if uuid_kind(token) in ("v1", "v2", "v6"):
        return "low", "a UUID made of the time and the host, not drawn"
    if uuid_kind(token) in ("v3", "v5"):
        return "low", "a UUID made of a name, not drawn"
    return None


def _same(body: bytes) -> bytes:
    return body


CHECKS: dict[str, tuple[Verify, Complete, Grade | None]] = {
    "jwt": (jwt.is_jwt, jwt.make_jwt, jwt.grade),
    "jwt-decoded": (jwt.is_decoded_jwt, jwt.make_jwt, jwt.grade),
    "jwt-scrambled": (jwt.is_jwt, jwt.make_scrambled, jwt.grade),
    "jwt-service-role": (jwt.is_service_role, jwt.make_service_role, jwt.grade),
    "pem": (pem.looks_like_key, pem.make, pem.grade),
    "pem-scrambled": (pem.looks_like_key, pem.make_scrambled, pem.grade),
    "pem-encrypted": (pem.is_encrypted_key, pem.make_encrypted, None),
    "pem-base64": (pem.base64_is_key, pem.make_base64, pem.base64_grade),
    "pgp": (pem.looks_like_key, pem.make_pgp, pem.pgp_grade),
    "user-password": (_is_user_password, base64.b64encode, None),
    "base64-text": (_is_printable, base64.b64encode, None),
    "base64-64-bytes": (_is_64_bytes, _make_64_bytes, None),
    "aws-secret": (_is_aws_secret, _same, None),
    "pypi": (_is_pypi, _make_pypi, None),
    "discord": (_is_discord, _make_discord, None),
    "wireguard": (_is_wireguard, _make_wireguard, None),
    "solana": (_is_solana, _make_solana, None),
    "password-hash": (password_hashes.is_hash, _same, None),
    "uuid": (_is_drawn_uuid, _same, _uuid_grade),
}
