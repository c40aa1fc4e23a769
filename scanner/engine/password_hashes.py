"""Stored digests of passwords: a check that keeps format strings and documentation out.

Their `$` would be taken for a variable's anywhere else, so the shape that the rule asks for and
enough different characters in the digest decide.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

_LDAP = re.compile(rb"\{(S?)(SHA|MD5|SHA256|SHA512)\}([A-Za-z0-9+/=]+)\Z")
_SIZES = {b"SHA": 20, b"MD5": 16, b"SHA256": 32, b"SHA512": 64}  # bytes, RFC 2307 and its kin
_HEX = re.compile(rb"[0-9a-fA-F*$]+\Z")
# of an empty password nothing can be learned; known by the SHA-256 of the NT and the LM hash's text
_EMPTY = frozenset(
    (
        "5db21f1ad63d9b33",
        "9febce9f2c53c049",
    )
)


def is_hash(value: bytes) -> bool:
    """Whether a value of the right shape holds a digest that was drawn, not written."""
    if is_empty(value):
        return False
    ldap = _LDAP.match(value)
    if ldap:
        return _ldap_fits(*ldap.groups())
    tail = value[-22:] if not _HEX.match(value[-32:]) else value[-32:]
    return len(set(tail)) >= 8


def is_empty(value: bytes) -> bool:
    """Whether it is the MD5, SHA-1, NT or LM hash of no password at all."""
    text = value.lower().removeprefix(b"md5")
    plain = (hashlib.md5(b""), hashlib.sha1(b""))  # noqa: S324 -- to know them, not to use them
    if text.decode("latin-1") in [one.hexdigest() for one in plain]:
        return True
    return hashlib.sha256(text).hexdigest()[:16] in _EMPTY


def _ldap_fits(salted: bytes, name: bytes, text: bytes) -> bool:
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    size = _SIZES[name]
    return size < len(data) <= size + 64 if salted else len(data) == size


def same(body: bytes) -> bytes:
    """An example is written out as it stands."""
    return body
