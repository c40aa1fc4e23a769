"""A SOPS file opened: every value decrypted, the authentication code checked; and the same file
with other values, other recipients or another data key. Pure, apart from randomness.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from scanner.errors import VaultError
from scanner.vaults import sops_cipher, sops_format
from scanner.vaults.sops_cipher import Plain
from scanner.vaults.sops_format import Document, Line

_DAMAGED = "restore the file from git, and change it with 'unleak vault set' or sops only"


@dataclass(frozen=True, slots=True)
class Opened:
    """A decrypted file: its text, its data key, and the value of every line by name."""

    document: Document
    key: bytes
    values: Mapping[str, Plain]

    def __repr__(self) -> str:
        return f"Opened({len(self.values)} entries)"


def opened(data: bytes, identities: Sequence[Any]) -> Opened:
    """Decrypt a file with age identities (objects of pyrage); VaultError when any part of it does
    not fit: the key, a value, the place of a value, or the whole."""
    document = sops_format.parse(data)
    key = sops_cipher.unwrap([enc for _, enc in document.wrapped], identities)
    values = {line.name: _value(document, line, key) for line in document.lines}
    found = Opened(document, key, values)
    stamp = _canonical_time(str(document.metadata["lastmodified"]))
    code = sops_cipher.decrypt(key, str(document.metadata["mac"]), stamp, "authentication code")
    if not hmac.compare_digest(code.raw, _code(found).encode()):
        raise VaultError(
            "the vault file was edited by hand: its entries do not fit its authentication code",
            _DAMAGED,
        )
    return found


def empty(recipients: Sequence[str]) -> Opened:
    """A new file without entries for these public keys; it has still to be stamped."""
    key = os.urandom(32)
    wrapped = [(name, sops_cipher.wrap(key, name)) for name in recipients]
    return Opened(sops_format.new_document(wrapped), key, {})


def with_values(opened: Opened, new: Mapping[str, bytes]) -> Opened:
    """The file with these values put in; every other entry keeps its ciphertext. New entries go
    where sorting wants them if the file is sorted, else to the end."""
    document, lines = opened.document, list(opened.document.lines)
    ordered = [line.name for line in lines] == sorted(line.name for line in lines)
    places = {line.name: number for number, line in enumerate(lines)}
    for name, raw in new.items():
        if not document.covers(name):
            raise VaultError(f"the vault's own rule would store {name} in plain text", _DAMAGED)
        token = sops_cipher.encrypt(opened.key, raw, f"{name}:")
        if name in places:
            number = places[name]
            lines[number] = sops_format.entry_line(name, token, lines[number].lead)
        else:
            lines.append(sops_format.entry_line(name, token))
    if ordered:
        lines.sort(key=lambda line: line.name)
    values = {**opened.values, **{name: Plain("str", raw) for name, raw in new.items()}}
    return Opened(replace(document, lines=tuple(lines)), opened.key, values)


def without(opened: Opened, names: Collection[str]) -> Opened:
    """The file without these entries."""
    lines = tuple(line for line in opened.document.lines if line.name not in names)
    values = {name: value for name, value in opened.values.items() if name not in names}
    return Opened(replace(opened.document, lines=lines), opened.key, values)


def _value(document: Document, line: Line, key: bytes) -> Plain:
    if document.covers(line.name):
        if line.token:
            return sops_cipher.decrypt(key, line.token, f"{line.name}:", f"entry {line.name}")
        if line.plain and line.plain.raw:
            raise VaultError(
                f"the vault's entry {line.name} stands there in plain text",
                f"remove that line, then store it with 'unleak vault set {line.name}'",
            )
    return line.plain or Plain("str", line.token.encode())


def _code(opened: Opened) -> str:
    document = opened.document
    pairs = ((opened.values[x.name], document.covers(x.name)) for x in document.lines)
    only = document.metadata.get("mac_only_encrypted") == "true"
    return sops_cipher.authentication_code(pairs, only_encrypted=only)


def stamped(opened: Opened, now: datetime) -> Opened:
    """The file with its time and authentication code brought up to date."""
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    mac = sops_cipher.encrypt(opened.key, _code(opened).encode(), stamp)
    return replace(opened, document=sops_format.with_stamp(opened.document, stamp, mac))


def _canonical_time(stamp: str) -> str:
    """The time as sops prints it again before it authenticates it."""
    return stamp.removesuffix("+00:00") + "Z" if stamp.endswith("+00:00") else stamp


def rekeyed(opened: Opened, recipients: Sequence[str]) -> Opened:
    """The file with every value encrypted again, under a new data key, for these recipients."""
    key = os.urandom(32)
    lines = []
    for line in opened.document.lines:
        lead = sops_cipher.reencrypt_comments(line.lead, opened.key, key)
        value = opened.values[line.name]
        if line.token and opened.document.covers(line.name):
            token = sops_cipher.encrypt(key, value.raw, f"{line.name}:", value.kind)
            lines.append(sops_format.entry_line(line.name, token, lead))
        else:
            lines.append(replace(line, lead=lead))
    wrapped = [(name, sops_cipher.wrap(key, name)) for name in recipients]
    lead = sops_cipher.reencrypt_comments(opened.document.lead, opened.key, key)
    document = replace(opened.document, lines=tuple(lines), lead=lead)
    return Opened(sops_format.with_recipients(document, wrapped), key, opened.values)
