"""What names a finding over time and in committed files: rule, key and a digest of the value.

The digest is scrypt over the value with the repository's salt, so that a committed baseline or plan
lets nobody guess a weak password quickly (docs/decisions/0003-fingerprints.md). Path and line take
no part: a moved line keeps its fingerprint, a changed value gets another one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from scanner.errors import ConfigError
from scanner.model import Finding, Secret

SALT_PATH = ".unleak/salt"
_DEFAULT_SALT = bytes(16)
_COST = {"n": 1 << 12, "r": 8, "p": 1}  # about 5 ms and 4 MiB a guess
_THREADS_FROM = 8


def load_salt(root: str) -> bytes:
    """The repository's salt, 16 bytes; a fixed public one until `make_salt` made one."""
    try:
        with open(os.path.join(root, SALT_PATH), encoding="ascii") as stream:
            salt = bytes.fromhex(stream.read().strip())
    except (FileNotFoundError, NotADirectoryError):
        return _DEFAULT_SALT
    except (OSError, ValueError) as problem:
        hint = "it holds 32 hexadecimal digits; bring it back from git"
        raise ConfigError(f"{SALT_PATH}: cannot be read: {type(problem).__name__}", hint) from None
    if len(salt) != 16:
        raise ConfigError(f"{SALT_PATH}: not 32 hexadecimal digits", "bring it back from git")
    return salt


def make_salt(root: str) -> bytes:
    """The repository's salt, made now if there is none; it belongs into the repository."""
    folder = os.path.join(root, ".unleak")
    if os.path.islink(folder):
        raise ConfigError(".unleak: stands behind a symbolic link", "make it a real folder")
    path = os.path.join(root, SALT_PATH)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        os.makedirs(folder, exist_ok=True)
        handle = os.open(path, flags, 0o644)
    except FileExistsError:
        return load_salt(root)
    except OSError as problem:
        why = (problem.strerror or "").lower()
        raise ConfigError(f"{SALT_PATH}: cannot be written: {why}") from None
    salt = os.urandom(16)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(salt.hex() + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return salt


def fingerprint(finding: Finding, salt: bytes) -> str:
    """32 hexadecimal characters from rule id, key and value."""
    import hashlib

    key = finding.key.strip(" \t\"'`")
    parts = (b"unleak:v1", finding.rule.encode(), key.encode("utf-8", "surrogateescape"))
    hard = _hard(finding.secret.reveal(), salt)
    return hashlib.sha256(b"\0".join((*parts, hard))).hexdigest()[:32]


def value_digest(secret: Secret, salt: bytes) -> str:
    """16 hexadecimal characters from the value alone: what `[allow] values` holds."""
    import hashlib

    hard = _hard(secret.reveal(), salt)
    return hashlib.sha256(b"unleak:value:v1\0" + hard).hexdigest()[:16]


def with_fingerprints(findings: Sequence[Finding], salt: bytes) -> list[Finding]:
    """The findings with their fingerprints; each distinct value is hashed once, in threads."""
    values = list({finding.secret.reveal() for finding in findings})
    if len(values) > _THREADS_FROM:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda value: _hard(value, salt), values))
    return [replace(one, fingerprint=fingerprint(one, salt)) for one in findings]


@lru_cache(maxsize=1 << 16)
def _hard(value: bytes, salt: bytes) -> bytes:
    import hashlib

    return hashlib.scrypt(value, salt=salt, dklen=32, **_COST)
