"""`unleak vault`: look into the embedded vault, and change who can read it."""

from __future__ import annotations

import argparse
import os
import sys

from scanner.cli import output
from scanner.errors import EXIT_CLEAN, UsageError, VaultError, VaultMissingError
from scanner.model import Secret
from scanner.references.environment import find_root
from scanner.vaults.age_identity import find_identities, keys_path
from scanner.vaults.sops import VAULT_PATH, SopsVault

_ROTATE = (
    "the removed key still opens every older version of the vault in git's history: "
    "rotate the secrets at their providers"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser(
        "status", help="say what the vault holds, who can open it, and whether you can"
    )
    recipients = actions.add_parser("recipients", help="list, add or remove who can open the vault")
    which = recipients.add_subparsers(dest="change", required=True, metavar="ACTION")
    which.add_parser("list", help="print the public keys, one a line")
    for change, text in (
        ("add", "let one more public key open the vault"),
        ("remove", "encrypt everything again for the others only, under a new data key"),
    ):
        which.add_parser(change, help=text).add_argument("recipient", help="an age public key")
    get = actions.add_parser("get", help="print one value to standard output")
    get.add_argument("name", help="the entry's name, such as DB_PASSWORD")
    store = actions.add_parser("set", help="store one value, read from standard input")
    store.add_argument("name", help="the entry's name, such as DB_PASSWORD")
    store.add_argument("surplus", nargs="*", help=argparse.SUPPRESS)
    store.add_argument("--replace", action="store_true", help="replace another value that is there")
    store.add_argument(
        "--exact",
        action="store_true",
        help="keep a line end at the end of the input (else one goes)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do one action; errors are VaultError and UsageError."""
    vault = SopsVault(find_root(os.getcwd()))
    if arguments.action == "status":
        return _status(vault)
    if arguments.action == "get":
        return _get(vault, arguments.name)
    if arguments.action == "set":
        if arguments.surplus:
            # argparse's own error would repeat what may be a secret.
            raise UsageError(
                "a value is read from standard input, never from an argument",
                f"it is in your shell's history now; use: unleak vault set {arguments.name} < FILE",
            )
        return _set(vault, arguments.name, replace=arguments.replace, exact=arguments.exact)
    return _recipients(vault, arguments)


def _status(vault: SopsVault) -> int:
    document = vault.document()
    if document is None:
        output.out(f"vault: none yet at {output.escape(VAULT_PATH)}\n")
        sources = find_identities().sources
        where = ", ".join(sources) if sources else f"none; one will be made in {keys_path()}"
        output.out(f"your age identities: {output.escape(where)}\n")
        return EXIT_CLEAN
    output.out(f"vault: {VAULT_PATH} in {output.escape(vault.root)}\n")
    output.out(f"written: {output.escape(str(document.metadata['lastmodified']))}\n")
    output.out(f"format: sops {output.escape(str(document.metadata['version']))}\n")
    mine = find_identities()
    for recipient in vault.recipients():
        mark = " (you)" if recipient in mine.recipients else ""
        output.out(f"recipient: {output.escape(recipient)}{mark}\n")
    if document.other_keys:
        output.out(f"other keys: {', '.join(document.other_keys)}\n")
    output.out(f"your age identities: {output.escape(', '.join(mine.sources) or 'none')}\n")
    output.out(f"entries: {len(vault.names())}\n")
    for name in vault.names():
        output.out(f"  {output.escape(name)}\n")
    return EXIT_CLEAN


def _recipients(vault: SopsVault, arguments: argparse.Namespace) -> int:
    if arguments.change == "list":
        output.out("".join(f"{output.escape(recipient)}\n" for recipient in vault.recipients()))
        return EXIT_CLEAN
    recipient = arguments.recipient.strip()
    if recipient.upper().startswith("AGE-SECRET-KEY-"):
        raise UsageError(
            "this is a secret key, and it is now in your shell's history",
            "make a new identity with age-keygen and give its public key, which starts with 'age1'",
        )
    if arguments.change == "add":
        added = vault.add_recipient(recipient)
        _tell(vault)
        output.note("added" if added else "that key can open the vault already")
        return EXIT_CLEAN
    vault.remove_recipient(recipient)
    output.note(f"removed, and everything is encrypted under a new data key; {_ROTATE}")
    return EXIT_CLEAN


def _get(vault: SopsVault, name: str) -> int:
    reference = vault.reference(name)
    value = vault.read([reference]).get(reference)
    if value is None:
        raise VaultMissingError(f"the vault holds no {name}", "see 'unleak vault status'")
    output.out_bytes(value.reveal())
    if sys.stdout.isatty():
        output.out("\n")
    return EXIT_CLEAN


def _set(vault: SopsVault, name: str, *, replace: bool, exact: bool) -> int:
    reference = vault.reference(name)
    raw = _value_from_input(name)
    if not exact:
        raw = raw[:-2] if raw.endswith(b"\r\n") else raw.removesuffix(b"\n")
    if not raw:
        raise VaultError(
            "there is no value on standard input", f"printf %s ... | unleak vault set {name}"
        )
    if replace:
        vault.replace(reference, Secret(raw))
    else:
        vault.create([(reference, Secret(raw))])
    _tell(vault)
    output.note(f"stored {name}")
    return EXIT_CLEAN


def _value_from_input(name: str) -> bytes:
    """Everything on standard input; asked for without echo when that is a terminal."""
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"value of {name}: ").encode("utf-8", "surrogateescape")
    return sys.stdin.buffer.read()


def _tell(vault: SopsVault) -> None:
    for text in vault.notes:
        output.note(output.escape(text))
