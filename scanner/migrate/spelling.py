"""How an edit is taken back byte for byte although the journal may hold no value.

The old bytes of an edit are the value in some spelling, or hold no secret. The journal notes
- "spell": the old bytes are what the format's own `spell` makes of the value: only the style;
- "seal": any other spelling, or one with a comment in it, encrypted under a key derived from the
  value itself (scrypt), which only the vault gives back;
- "plain": old bytes outside every literal that was migrated, most often none at all.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from typing import Any

from scanner.errors import EditError, RewriteError
from scanner.literals import locate
from scanner.model import Edit, Literal, Secret

_COST = 1 << 14
# Words of a literal's context that carry text of the file itself (a comment behind `|` in YAML).
_QUOTES_FILE = ("header:", "tag:")


def undo_note(data: bytes, edit: Edit, literal: Literal | None, secret: Secret) -> dict[str, Any]:
    """What the journal says so that `old_bytes` can give back what the edit replaces.

    literal: the migrated literal that the edit touches, None if it touches none.
    """
    old = data[edit.start : edit.end]
    if literal is None:
        return {"plain": base64.b64encode(old).decode()}
    whole = (edit.start, edit.end) == (literal.start, literal.end)
    quoted = any(word.startswith(_QUOTES_FILE) for word in literal.context)
    if whole and not quoted and _spelled(literal, secret) == old:
        style = {"language": literal.language, "style": literal.style}
        return {"spell": {**style, "context": list(literal.context)}}
    return {"seal": _sealed(old, secret.reveal())}


def old_bytes(note: Mapping[str, Any], secret: Secret | None) -> bytes:
    """The bytes that the edit replaced; EditError if they cannot be had without the value."""
    if "plain" in note:
        return base64.b64decode(note["plain"])
    if secret is None:
        raise EditError("the vault does not hold the value any more", "restore the vault first")
    if "spell" in note:
        facts = note["spell"]
        context = tuple(facts["context"])
        literal = Literal(facts["language"], 0, 0, b"", (), facts["style"], context)
        return _spell(literal, secret)
    return _opened(note["seal"], secret.reveal())


def _spelled(literal: Literal, secret: Secret) -> bytes | None:
    """The canonical spelling, by what the journal will know: position and path are forgotten."""
    bare = Literal(literal.language, 0, 0, b"", (), literal.style, literal.context)
    try:
        return _spell(bare, secret)
    except RewriteError:
        return None


def _spell(literal: Literal, secret: Secret) -> bytes:
    """The value in the literal's style; "file" is no language: a whole file is its value."""
    if literal.language == "file":
        return secret.reveal()
    return locate.spell(secret.reveal(), literal)


def _key(value: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(value, salt=salt, n=_COST, r=8, p=1, dklen=32)


def _sealed(old: bytes, value: bytes) -> dict[str, str]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(16), os.urandom(12)
    data = AESGCM(_key(value, salt)).encrypt(nonce, old, None)
    parts = {"salt": salt, "nonce": nonce, "data": data}
    return {name: base64.b64encode(part).decode() for name, part in parts.items()}


def _opened(seal: Mapping[str, str], value: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce, data = (base64.b64decode(seal[name]) for name in ("salt", "nonce", "data"))
    try:
        return AESGCM(_key(value, salt)).decrypt(nonce, data, None)
    except InvalidTag:
        hint = "set the old value in the vault, then undo again"
        raise EditError("the vault's value is not the one that was moved there", hint) from None
