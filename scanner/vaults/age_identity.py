"""Age identities: found where sops finds them, made where sops will find them.

Places and their meaning: https://getsops.io/docs/#encrypting-using-age. An identity is a secret
key: it is never printed, never in an exception, and never inside the repository.
"""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from scanner.errors import VaultError

_PREFIX = "AGE-SECRET-KEY-1"
_ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----"


@dataclass(frozen=True, slots=True)
class Identities:
    """What was found. keys: objects of pyrage; sources: where, for people."""

    keys: tuple[Any, ...]
    sources: tuple[str, ...]

    @property
    def recipients(self) -> tuple[str, ...]:
        """The public key of each."""
        return tuple(dict.fromkeys(str(key.to_public()) for key in self.keys))


def keys_path(environ: Mapping[str, str] | None = None) -> str:
    """The key file that sops reads: SOPS_AGE_KEY_FILE, else sops/age/keys.txt in the user's
    configuration folder (XDG_CONFIG_HOME also on macOS, as sops does it)."""
    environ = os.environ if environ is None else environ
    if chosen := environ.get("SOPS_AGE_KEY_FILE"):
        return chosen
    return os.path.join(_config_folder(environ), "sops", "age", "keys.txt")


def find_identities(environ: Mapping[str, str] | None = None) -> Identities:
    """Every identity of SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, sops' keys.txt and SOPS_AGE_KEY_CMD."""
    environ = os.environ if environ is None else environ
    keys: list[Any] = []
    sources: list[str] = []
    for source, text in _texts(environ):
        keys.extend(_parsed(text, source))
        sources.append(source)
    return Identities(tuple(keys), tuple(sources))


def make_identity(root: str, environ: Mapping[str, str] | None = None) -> str:
    """Make a new identity in sops' key file (0600, its folder 0700) and say where in a sentence.

    Raises VaultError when the file is there already, or would be inside the repository `root`.
    """
    import pyrage

    environ = os.environ if environ is None else environ
    check_can_make(root, environ)
    path = keys_path(environ)
    identity = pyrage.x25519.Identity.generate()
    text = f"# public key: {identity.to_public()}\n{identity}\n"
    try:
        _make_folder(os.path.dirname(os.path.abspath(path)))
        _write_new(path, text)
    except OSError as problem:
        raise VaultError(
            f"no age identity could be made at {path}: {(problem.strerror or '').lower()}",
            "set SOPS_AGE_KEY_FILE to a file in a folder of yours, or SOPS_AGE_KEY",
        ) from None
    return (
        f"made an age identity in {path}: keep a copy of that file in a safe place outside the "
        "repository, because without it nobody can open the vault"
    )


def check_can_make(root: str, environ: Mapping[str, str]) -> None:
    """Raise VaultError where make_identity would refuse."""
    path = keys_path(environ)
    refuse_inside(path, root)
    if os.path.lexists(path):
        raise VaultError(
            f"the age key file {path} holds no identity that can be used",
            "put an identity into it with age-keygen, or move it away",
        )


def refuse_inside(path: str, root: str) -> None:
    """Raise VaultError when an identity at `path` would stand inside the repository `root`."""
    top = os.path.realpath(root)
    target = os.path.realpath(path)
    if target == top or target.startswith(top.rstrip(os.sep) + os.sep):
        raise VaultError(
            f"the age key file {path} would be inside the repository",
            "set SOPS_AGE_KEY_FILE to a file outside of it",
        )


def _config_folder(environ: Mapping[str, str]) -> str:
    if folder := environ.get("XDG_CONFIG_HOME"):
        return folder
    if os.name == "nt" and (folder := environ.get("APPDATA")):
        return folder
    home = environ.get("HOME") or os.path.expanduser("~")
    if not os.path.isabs(home):
        raise VaultError(
            "there is no home folder to look for an age identity in",
            "set SOPS_AGE_KEY_FILE or SOPS_AGE_KEY",
        )
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Application Support")
    return os.path.join(home, ".config")


def _texts(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if text := environ.get("SOPS_AGE_KEY"):
        yield "SOPS_AGE_KEY", text
    if path := environ.get("SOPS_AGE_KEY_FILE"):
        yield path, _file_text(path, needed=True)
    with suppress(VaultError):
        path = os.path.join(_config_folder(environ), "sops", "age", "keys.txt")
        if path != environ.get("SOPS_AGE_KEY_FILE") and os.path.exists(path):
            yield path, _file_text(path, needed=False)
    if command := environ.get("SOPS_AGE_KEY_CMD"):
        yield "SOPS_AGE_KEY_CMD", _command_text(command, environ)


def _file_text(path: str, *, needed: bool) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError as problem:
        if not needed:
            return ""
        raise VaultError(
            f"cannot read the age key file {path}: {(problem.strerror or '').lower()}",
            "SOPS_AGE_KEY_FILE names it: correct or unset that variable",
        ) from None


def _command_text(command: str, environ: Mapping[str, str]) -> str:
    """What the user's own command prints. It runs without a shell, as sops runs it."""
    hint = "SOPS_AGE_KEY_CMD names it: correct or unset that variable"
    try:
        words = shlex.split(command)
        done = subprocess.run(words, env=dict(environ), stdout=subprocess.PIPE, check=False)
    except (OSError, ValueError, IndexError):
        raise VaultError("the age key command could not be started", hint) from None
    if done.returncode:
        raise VaultError(f"the age key command failed with exit code {done.returncode}", hint)
    return done.stdout.decode("utf-8", "replace")


def _parsed(text: str, source: str) -> Iterator[Any]:
    import pyrage

    if _ARMOR in text:
        raise VaultError(
            f"the age key of {source} is protected by a passphrase, which is not supported",
            "set SOPS_AGE_KEY_CMD to a command that prints it decrypted",
        )
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip()
        if not word.startswith(_PREFIX):
            continue  # comments, and identities of plugins that only other programs can use
        try:
            yield pyrage.x25519.Identity.from_str(word)
        except pyrage.IdentityError:
            raise VaultError(
                f"line {number} of {source} is not a whole age identity",
                "copy it again from where it was made",
            ) from None


def _write_new(path: str, text: str) -> None:
    """Write a file that must not exist yet, whole or not at all."""
    temporary = f"{path}.{secrets.token_hex(6)}.tmp"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(temporary, path)
    finally:
        os.unlink(temporary)


def _make_folder(folder: str) -> None:
    """Make a folder and those above it; new ones are 0700."""
    if os.path.isdir(folder):
        return
    _make_folder(os.path.dirname(folder))
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)
