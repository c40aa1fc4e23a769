"""How SOPS encrypts: values, the message authentication code, the data key for each recipient.

Source of every fact: https://github.com/getsops/sops (aes/cipher.go, sops.go, age/keysource.go),
checked in both directions against the real program. Values are AES-256-GCM with the key path as
additional data; the code is SHA-512 over every plaintext in document order.
"""

from __future__ import annotations

import hashlib
import os
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from scanner.errors import VaultError

_TOKEN = re.compile(r"ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]")
_COMMENT = re.compile(r"(?<=#)ENC\[AES256_GCM,[^\]\n]*,type:comment\]")
# With mac_only_encrypted the code starts from this, so that it differs from the ordinary one.
_SEED = hashlib.sha256(b"sops").digest()
_DAMAGED = "restore the file from git, and change it with 'unleak vault set' or sops only"


@dataclass(frozen=True, slots=True)
class Plain:
    """A decrypted value. kind: sops' type word ("str", "int", "bool" ... or "null"); raw: the
    bytes that sops authenticates; repr shows no value."""

    kind: str
    raw: bytes

    @property
    def text(self) -> bytes:
        """The value as a program gets it in its environment."""
        return self.raw.lower() if self.kind == "bool" else self.raw

    def __repr__(self) -> str:
        return f"Plain({self.kind})"


def is_token(text: str) -> bool:
    """Whether `text` is an encrypted value."""
    return _TOKEN.fullmatch(text) is not None


def encrypt(key: bytes, raw: bytes, aad: str, kind: str = "str") -> str:
    """The token for a value; an empty value stays empty, as sops does it."""
    if not raw:
        return ""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    iv = os.urandom(32)
    sealed = AESGCM(key).encrypt(iv, raw, aad.encode())
    data, code = (b64encode(part).decode() for part in (sealed[:-16], sealed[-16:]))
    return f"ENC[AES256_GCM,data:{data},iv:{b64encode(iv).decode()},tag:{code},type:{kind}]"


def decrypt(key: bytes, token: str, aad: str, what: str) -> Plain:
    """The value of a token; VaultError that names `what` when key, place or bytes do not fit."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    match = _TOKEN.fullmatch(token)
    if not match:
        raise VaultError(f"the vault's {what} is not an encrypted value", _DAMAGED)
    try:
        data, iv, code = (b64decode(part, validate=True) for part in match.groups()[:3])
        return Plain(match[4], AESGCM(key).decrypt(iv, data + code, aad.encode()))
    except (InvalidTag, Base64Error, ValueError):
        raise VaultError(f"the vault's {what} was changed or damaged", _DAMAGED) from None


def reencrypt_comments(text: str, old: bytes, new: bytes) -> str:
    """Encrypted top-level comments under a new key; one that cannot be read stays as it is."""

    def again(match: re.Match[str]) -> str:
        try:
            return encrypt(new, decrypt(old, match[0], ":", "comment").raw, ":", "comment")
        except VaultError:
            return match[0]

    return _COMMENT.sub(again, text)


def authentication_code(values: Iterable[tuple[Plain, bool]], *, only_encrypted: bool) -> str:
    """The MAC's plaintext: upper-case hex of SHA-512 over (value, is it encrypted) in order."""
    digest = hashlib.sha512(_SEED if only_encrypted else b"")
    for value, encrypted in values:
        if value.kind != "null" and (encrypted or not only_encrypted):
            digest.update(value.raw)
    return digest.hexdigest().upper()


def plain_scalar(tag: str, text: str) -> Plain:
    """An unencrypted YAML scalar as sops authenticates it; tag: the resolved YAML tag."""
    kind = tag.rpartition(":")[2]
    if kind == "null":
        return Plain("null", b"")
    if kind == "bool":
        return Plain("bool", b"True" if text.lower() == "true" else b"False")
    if kind == "int":
        return Plain("int", str(int(text.replace("_", ""), 0)).encode())
    if kind == "float":
        number = format(Decimal(repr(float(text.replace("_", "")))), "f")
        return Plain("float", re.sub(r"\.0+$", "", number).encode())
    if kind == "timestamp" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return Plain("time", f"{text}T00:00:00Z".encode())
    return Plain("str", text.encode())


def wrap(key: bytes, recipient: str) -> str:
    """The data key for one recipient: an armored age file. VaultError if it is no recipient."""
    import pyrage

    armor: bytes = pyrage.encrypt(key, [parse_recipient(recipient)], armored=True)
    return armor.decode("ascii").replace("\r\n", "\n")


def parse_recipient(recipient: str) -> Any:  # noqa: ANN401 -- pyrage ships no types
    """The object of pyrage for an age public key or an SSH public key."""
    import pyrage

    table: tuple[tuple[str, Callable[[str], Any]], ...] = (
        ("age1tagpq1", pyrage.tagpq.Recipient.from_str),
        ("age1tag1", pyrage.tag.Recipient.from_str),
        ("age1", pyrage.x25519.Recipient.from_str),
        ("ssh-", pyrage.ssh.Recipient.from_str),
    )
    for prefix, parse in table:
        if recipient.startswith(prefix):
            try:
                return parse(recipient)
            except pyrage.RecipientError:
                break
    raise VaultError(
        "this is not an age recipient",
        "give a public key that starts with 'age1', or an SSH public key; never a secret key",
    )


def unwrap(wrapped: Sequence[str], identities: Sequence[Any]) -> bytes:
    """The data key from any of its wrapped forms; VaultError when no identity opens any."""
    import pyrage

    damaged = ""
    for armor in wrapped:
        try:
            key: bytes = pyrage.decrypt(armor.strip().encode() + b"\n", list(identities))
        except pyrage.DecryptError as problem:
            if "matching keys" not in str(problem):
                damaged = str(problem)
            continue
        if len(key) == 32:
            return key
        damaged = "the data key has the wrong length"
    if damaged:
        raise VaultError(f"the vault's data key is damaged ({damaged})", _DAMAGED)
    raise VaultError(
        "none of your age identities opens the vault",
        "ask somebody who can read it to run 'unleak vault recipients add' with your public key",
    )
