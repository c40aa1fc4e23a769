"""Keys of Azure services that carry a Marvin32 checksum of their own.

https://github.com/microsoft/security-utilities has the algorithm and the seeds. Where samples
were at hand to try it on, a wrong checksum means that the value is no such key; where not, it only
takes a step of confidence away.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from scanner.engine.marvin import marvin32
from scanner.model import Confidence

_URLSAFE = bytes.maketrans(b"-_", b"+/")
_TO_URLSAFE = bytes.maketrans(b"+/", b"-_")
_ENTRA = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~"
_BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Verify = Callable[[bytes], bool]
Complete = Callable[[bytes], bytes]
Doubt = tuple[Confidence, str]


def seed_of(name: bytes) -> int:
    """Eight characters as a number."""
    return int.from_bytes(name, "big")


_CASK, _ENTRA_SEED = seed_of(b"Default0"), seed_of(b"AadPwd00")


def identifiable(*seeds: bytes) -> tuple[Verify, Complete]:
    """The last four bytes of the decoded key are a hash of those before, by a service's seed."""
    numbers = tuple(map(seed_of, seeds))

    def sums(data: bytes) -> list[bytes]:
        return [marvin32(data, seed).to_bytes(4, "little") for seed in numbers]

    def verify(token: bytes) -> bool:
        decoded = _decoded(token)
        return decoded is not None and decoded[-4:] in sums(decoded[:-4])

    def complete(body: bytes) -> bytes:
        """body: the key with any valid characters where the checksum goes."""
        plain = body.isalnum()
        urlsafe = b"-" in body or b"_" in body
        decoded = base64.b64decode(body.translate(_URLSAFE) + b"=" * (-len(body) % 4))[:-4]
        while True:
            key = base64.b64encode(decoded + sums(decoded)[0])[: len(body)]
            if not plain or key.isalnum():
                return key.translate(_TO_URLSAFE) if urlsafe else key
            decoded = bytes([(decoded[0] + 4) & 0xFF]) + decoded[1:]

    return verify, complete


def doubted(verify: Verify) -> Callable[[bytes], Doubt | None]:
    """A grade for keys whose checksum nobody has recomputed on a real one."""

    def grade(token: bytes) -> Doubt | None:
        return None if verify(token) else ("medium", "the format fits, its checksum does not")

    return grade


def signed(signature: bytes, size: int) -> Verify:
    """Whether a key of `size` bytes carries its service's signature; the checksum only lowers."""

    def verify(token: bytes) -> bool:
        decoded = _decoded(token)
        return decoded is not None and len(decoded) == size and signature in token

    return verify


def _decoded(token: bytes) -> bytes | None:
    """Base64 in either alphabet of more than four bytes."""
    text = token.translate(_URLSAFE)
    try:
        decoded = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if len(decoded) > 4 else None


def _digits(number: int, alphabet: bytes) -> bytes:
    digits = bytearray()
    while number:
        number, digit = divmod(number, len(alphabet))
        digits.append(alphabet[digit])
    return bytes(reversed(digits))


def is_cask(key: bytes) -> bool:
    """The mark and the length of a common annotated key."""
    return len(key) in (84, 88) and key[52:56] == b"JQQJ" and _decoded(key) is not None


def cask_fits(key: bytes) -> bool:
    """A common annotated key of 84 characters (88 in the long form): the checksum of the first 60
    bytes is its end, as base64 or in base 62, cut off."""
    decoded = _decoded(key)
    if decoded is None or len(decoded) not in (63, 64):
        return False
    return key[80:84] in _cask_ends(decoded[:60])


def _cask_ends(data: bytes) -> list[bytes]:
    check = marvin32(data, _CASK)
    raw = check.to_bytes(4, "little")
    numbers = (check, int.from_bytes(raw, "big"))
    ends = [base64.b64encode(raw)[:4]]
    return ends + [_digits(number, _BASE62)[:4].ljust(4, b"0") for number in numbers]


def cask_complete(body: bytes) -> bytes:
    """body: 80 characters of base 62; the checksum is put behind them in base 62."""
    return body[:80] + _cask_ends(base64.b64decode(body[:80]))[1]


def is_entra(secret: bytes) -> bool:
    """The mark of an application's secret, and a length that one has."""
    return secret[3:6] in (b"7Q~", b"8Q~") and 37 <= len(secret) <= 40


def entra_fits(secret: bytes) -> bool:
    """`8Q~` secrets end in the first three characters of their checksum; `7Q~` ones have none."""
    if secret[3:6] != b"8Q~" or len(secret) != 40:
        return secret[3:6] == b"7Q~"
    return _entra_end(secret[:-3]) == secret[-3:]


def _entra_end(body: bytes) -> bytes:
    return _digits(marvin32(body, _ENTRA_SEED), _ENTRA)[:3]


def entra_complete(body: bytes) -> bytes:
    """body: the first 37 characters of an `8Q~` secret, or a whole `7Q~` one."""
    return body if body[3:6] == b"7Q~" else body[:37] + _entra_end(body[:37])
