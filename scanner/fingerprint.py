"""What names a finding over time and in committed files: rule, key and a digest of the value.

The digest is scrypt over the value with the repository's salt, so that a committed baseline or plan
lets nobody guess a weak password quickly (docs/decisions/0003-fingerprints.md). Path and line take
no part: a moved line keeps its fingerprint, a changed value gets another one.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from functools import lru_cache

from scanner.errors import ConfigError
from scanner.model import Finding, Secret
from scanner.record import replace

SALT_PATH = ".unleak/salt"
_DEFAULT_SALT = bytes(16)
_COST = {"n": 1 << 12, "r": 8, "p": 1}  # about 5 ms and 4 MiB a guess
_THREADS_FROM = 8
_HINT = "bring it back from git; another salt means other fingerprints"


def load_salt(root: str) -> bytes:
    """The repository's salt, 16 bytes; a fixed public one until `make_salt` made one."""
    try:
        text = _read_small(os.path.join(root, SALT_PATH))
    except (FileNotFoundError, NotADirectoryError):
        return _DEFAULT_SALT
    except OSError as problem:
        why = (problem.strerror or type(problem).__name__).lower()
        raise ConfigError(f"{SALT_PATH}: cannot be read: {why}", _HINT) from None
    digits = text.removesuffix(b"\n").removesuffix(b"\r")
    if len(digits) != 32 or not all(digit in b"0123456789abcdef" for digit in digits):
        raise ConfigError(f"{SALT_PATH}:1: not 32 hexadecimal digits", _HINT)
    return bytes.fromhex(digits.decode())


def make_salt(root: str) -> bytes:
    """The repository's salt, made now if there is none; it belongs into the repository.

    The file appears whole or not at all, and the first of two makers wins.
    """
    folder = os.path.join(root, os.path.dirname(SALT_PATH))
    path = os.path.join(root, SALT_PATH)
    if os.path.islink(folder):
        raise ConfigError(".unleak: stands behind a symbolic link", "make it a real folder")
    if os.path.lexists(path):
        return load_salt(root)
    salt = os.urandom(16)
    try:
        os.makedirs(folder, exist_ok=True)
        _write_new(folder, path, salt.hex().encode() + b"\n")
    except OSError as problem:
        if os.path.lexists(path):
            return load_salt(root)
        why = (problem.strerror or type(problem).__name__).lower()
        raise ConfigError(f"{SALT_PATH}: cannot be written: {why}") from None
    return salt


def _read_small(path: str) -> bytes:
    """The start of a regular file that is no link; never waits for the other end of a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return os.read(handle, 64)
    finally:
        os.close(handle)


def _write_new(folder: str, path: str, content: bytes) -> None:
    """Write a file that was not there: a whole temporary one gets its name by a hard link."""
    import tempfile

    handle, temporary = tempfile.mkstemp(prefix=".unleak-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            os.rename(temporary, path)
            return
    except BaseException:
        os.unlink(temporary)
        raise
    os.unlink(temporary)


def fingerprint(finding: Finding, salt: bytes) -> str:
    """32 hexadecimal characters from rule id, key (without quotes around it) and value."""
    import hashlib

    key = finding.key.strip(" \t\"'`")
    parts = (b"unleak:v1", finding.rule.encode(), key.encode("utf-8", "surrogatepass"))
    hard = _hard(finding.secret.reveal(), salt)
    return hashlib.sha256(b"\0".join((*parts, hard))).hexdigest()[:32]


def value_digest(secret: Secret, salt: bytes) -> str:
    """16 hexadecimal characters from the value alone: what `[allow] values` holds."""
    import hashlib

    hard = _hard(secret.reveal(), salt)
    return hashlib.sha256(b"unleak:value:v1\0" + hard).hexdigest()[:16]


def with_fingerprints(findings: Sequence[Finding], salt: bytes) -> list[Finding]:
    """The findings with their fingerprints; each distinct value is hashed once, in threads."""
    values = list({half.secret.reveal() for finding in findings for half in finding.halves})
    if len(values) > _THREADS_FROM:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda value: _hard(value, salt), values))
    return [_with_fingerprint(one, salt) for one in findings]


def _with_fingerprint(one: Finding, salt: bytes) -> Finding:
    """A part has its own: the same as where it stands alone."""
    parts = tuple(replace(part, fingerprint=fingerprint(part, salt)) for part in one.parts)
    return replace(one, fingerprint=fingerprint(one, salt), parts=parts)


@lru_cache(maxsize=1 << 16)
def _hard(value: bytes, salt: bytes) -> bytes:
    """The slow, memory-hard part; remembered in this process only."""
    import hashlib

    return hashlib.scrypt(value, salt=salt, dklen=32, **_COST)
