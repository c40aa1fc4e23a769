"""Valid private keys from a seed, for the examples beside rules: nobody ever used them.

The same body always gives the same key, on every machine; none of this runs in a scan.
"""

from __future__ import annotations

import base64
import hashlib
import math
from functools import lru_cache
from typing import Any

_OPENSSH = b"openssh-key-v1\0"
_SMALL = [n for n in range(3, 2000, 2) if all(n % m for m in range(3, int(n**0.5) + 1, 2))]


def private_key(label: bytes, seed: bytes) -> bytes:
    """DER of a key as its PEM label says ("RSA PRIVATE KEY" ...), or OpenSSH's own format."""
    from cryptography.hazmat.primitives import serialization as form

    if label.startswith(b"OPENSSH"):
        return openssh(seed)
    key: Any = _rsa(seed) if label.startswith((b"RSA", b"PRIVATE")) else _elliptic(seed)
    kind = form.PrivateFormat.PKCS8 if label.startswith(b"PRIVATE") else None
    kind = kind or form.PrivateFormat.TraditionalOpenSSL
    der: bytes = key.private_bytes(form.Encoding.DER, kind, form.NoEncryption())
    return der


def _rsa(seed: bytes) -> Any:  # noqa: ANN401 -- cryptography is imported when it is needed
    from cryptography.hazmat.primitives.asymmetric import rsa

    p, q = _prime(seed + b"p"), _prime(seed + b"q")
    n, d = p * q, pow(65537, -1, math.lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(65537, n)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key()


def _elliptic(seed: bytes) -> Any:  # noqa: ANN401
    from cryptography.hazmat.primitives.asymmetric import ec

    scalar = int.from_bytes(hashlib.sha256(seed).digest(), "big") >> 1 | 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


@lru_cache(maxsize=256)
def _prime(seed: bytes) -> int:
    """A prime of 512 bits with its two highest bits set."""
    number = int.from_bytes(hashlib.shake_256(seed).digest(64), "big") | 3 << 510 | 1
    while not _is_prime(number):
        number += 2
    return number


def _is_prime(number: int) -> bool:
    """Miller-Rabin with a few fixed bases: more than enough for an example."""
    if any(number % small == 0 for small in _SMALL) or (number - 1) % 65537 == 0:
        return False
    odd, twos = number - 1, 0
    while not odd & 1:
        odd, twos = odd >> 1, twos + 1
    for base in (2, 3, 5, 7, 11, 13):
        value = pow(base, odd, number)
        if value in (1, number - 1):
            continue
        if not any((value := value * value % number) == number - 1 for _ in range(twos - 1)):
            return False
    return True


def openssh(seed: bytes) -> bytes:
    """An Ed25519 key as ssh-keygen writes it, without a passphrase.

    https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    secret = hashlib.sha256(seed).digest()
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    kind = _text(b"ssh-ed25519")
    check = hashlib.sha256(b"check" + seed).digest()[:4] * 2
    inner = check + kind + _text(public) + _text(secret + public) + _text(b"example")
    inner += bytes(range(1, 1 + -len(inner) % 8))
    head = _OPENSSH + _text(b"none") + _text(b"none") + _text(b"") + (1).to_bytes(4, "big")
    return head + _text(kind + _text(public)) + _text(inner)


def _text(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def armor(label: bytes, data: bytes, tail: bytes = b"", width: int = 64) -> bytes:
    """PEM, RFC 7468; tail: a last line before the end."""
    text = base64.b64encode(data)
    lines = [text[i : i + width] for i in range(0, len(text), width)]
    frame = b"-----%s " + label + b"-----"
    return b"\n".join([frame % b"BEGIN", *lines, *([tail] if tail else []), frame % b"END"])
