"""The embedded vault: one SOPS file in the repository, encrypted to age recipients.

Stock sops, Flux, helm-secrets and vals read it; docs/decisions/0002-embedded-vault.md says why.
Values are UTF-8 text; names are ENV_STYLE. Nothing is cached on disk, and no plaintext is written.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from scanner.errors import VaultConflictError, VaultError
from scanner.model import Reference, Secret
from scanner.references.names import is_env_name
from scanner.references.syntax import check_inside, format_reference
from scanner.vaults import age_identity, guarded_file, sops_cipher, sops_document, sops_format
from scanner.vaults.sops_cipher import Plain
from scanner.vaults.sops_document import Opened
from scanner.vaults.sops_format import Document

VAULT_PATH = ".unleak/vault.sops.yaml"


class SopsVault:
    """protocols.Vault on `.unleak/vault.sops.yaml` under `root`.

    References to other flat SOPS files inside `root`, or in `allowed`, can be read, never written.
    `notes` collects what a person should be told, such as where a new identity was made.
    """

    def __init__(
        self,
        root: str,
        *,
        allowed: frozenset[str] = frozenset(),
        environ: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.root = root
        self.notes: list[str] = []
        self._allowed = allowed
        self._environ = os.environ if environ is None else environ
        self._now = now
        self._folder, self._file = os.path.join(root, ".unleak"), "vault.sops.yaml"
        self._found = age_identity.Identities((), ())
        self._cache: tuple[bytes, Opened] | None = None

    def preflight(self, *, write: bool) -> None:
        """Raise VaultError, before anything is written, if reading (or writing) cannot work."""
        if self._load() is None and write and not self._identities().keys:
            age_identity.check_can_make(self.root, self._environ)
        folder = self._folder if os.path.isdir(self._folder) else self.root
        if write and not os.access(folder, os.W_OK | os.X_OK):
            raise VaultError(f"cannot write {VAULT_PATH}: its folder is read-only")

    def reference(self, name: str) -> Reference:
        """The reference of the entry called `name` (it need not exist)."""
        _check_name(name)
        return Reference("sops", VAULT_PATH, name)

    def read(self, references: Sequence[Reference]) -> dict[Reference, Secret]:
        """The values; entries that do not exist are left out."""
        found: dict[Reference, Secret] = {}
        files: dict[str, Mapping[str, Plain]] = {}
        for reference in references:
            if reference.name not in files:
                opened = self._load() if reference.name == VAULT_PATH else self._other(reference)
                files[reference.name] = opened.values if opened else {}
            value = files[reference.name].get(reference.key)
            if value is not None and value.kind != "null":
                found[reference] = Secret(value.text)
        return found

    def create(self, entries: Sequence[tuple[Reference, Secret]]) -> None:
        """Store all or none in one write; another value there is a VaultConflictError."""
        wanted: dict[str, bytes] = {}
        for reference, secret in entries:
            name, raw = self._own(reference), _checked_value(reference, secret)
            if not hmac.compare_digest(wanted.setdefault(name, raw), raw):
                raise VaultConflictError(f"two values were given for the vault's entry {name}")
        with guarded_file.locked(self.root, self._environ):
            opened = self._load()
            held = opened.values if opened else {}
            present = {n: held[n] for n in wanted if n in held and held[n].kind != "null"}
            conflicts = sorted(n for n, value in present.items() if value.text != wanted[n])
            if conflicts:
                raise VaultConflictError(
                    f"the vault holds another value under {', '.join(conflicts)}",
                    "choose another name, or replace it with 'unleak vault set NAME --replace'",
                )
            new = {name: raw for name, raw in wanted.items() if name not in present}
            if new:
                self._save(sops_document.with_values(opened or self._new(), new))

    def replace(self, reference: Reference, secret: Secret) -> None:
        """Store a new value under an existing or new name; only when a user asked for it."""
        name, raw = self._own(reference), _checked_value(reference, secret)
        with guarded_file.locked(self.root, self._environ):
            opened = self._load() or self._new()
            if name not in opened.values or opened.values[name] != Plain("str", raw):
                self._save(sops_document.with_values(opened, {name: raw}))

    def delete(self, references: Sequence[Reference]) -> None:
        """Remove entries; entries that do not exist are no error. An empty file stays."""
        names = {self._own(reference) for reference in references}
        with guarded_file.locked(self.root, self._environ):
            opened = self._load()
            if opened is None or not names & opened.values.keys():
                return
            self._save(sops_document.without(opened, names))

    def names(self) -> tuple[str, ...]:
        """Every entry's name, sorted."""
        opened = self._load()
        values = opened.values if opened else {}
        return tuple(sorted(name for name, value in values.items() if value.kind != "null"))

    def discard_if_empty(self) -> bool:
        """Remove the file (and the folder, if empty then) when it holds no entry; for undo."""
        with guarded_file.locked(self.root, self._environ):
            opened = self._load()
            if opened is not None and opened.values:
                return False
            guarded_file.remove_file(self._folder, self._file)
            return opened is not None

    def sweep(self) -> None:
        """Remove what a killed run left beside the file; for undo."""
        with guarded_file.locked(self.root, self._environ):
            guarded_file.sweep_folder(self._folder, self._file)

    def document(self) -> Document | None:
        """The file's text and metadata without opening any value; None when there is no file."""
        data = guarded_file.read_file(self._folder, self._file)
        return None if data is None else sops_format.parse(data)

    def recipients(self) -> tuple[str, ...]:
        """Who can open the file: public keys in the file's order."""
        document = self.document()
        return tuple(recipient for recipient, _ in document.wrapped) if document else ()

    def add_recipient(self, recipient: str) -> bool:
        """Let one more public key open the file; False when it already can. Values stay as is."""
        recipient = recipient.strip()
        sops_cipher.parse_recipient(recipient)
        with guarded_file.locked(self.root, self._environ):
            opened = self._load() or self._new()
            wrapped = opened.document.wrapped
            if recipient in (known for known, _ in wrapped):
                return False
            added = (*wrapped, (recipient, sops_cipher.wrap(opened.key, recipient)))
            document = sops_format.with_recipients(opened.document, added)
            self._write(replace(opened, document=document))
            return True

    def remove_recipient(self, recipient: str) -> None:
        """Encrypt everything again, under a new data key, for the others only."""
        with guarded_file.locked(self.root, self._environ):
            opened = self._load()
            known = [name for name, _ in opened.document.wrapped] if opened else []
            if opened is None or recipient.strip() not in known:
                raise VaultError(
                    "the vault has no such recipient", "see 'unleak vault recipients list'"
                )
            left = [name for name in known if name != recipient.strip()]
            if not left:
                raise VaultError("the last recipient cannot be removed", "add another one first")
            if not set(left) & set(self._identities().recipients):
                raise VaultError(
                    "removing this recipient would lock you out of the vault",
                    "let one of the other recipients do it",
                )
            if opened.document.other_keys:
                kinds = ", ".join(opened.document.other_keys)
                raise VaultError(
                    f"the vault is also encrypted to other keys ({kinds})",
                    "remove the recipient with sops, then run 'sops rotate -i' on the file",
                )
            self._save(sops_document.rekeyed(opened, left))

    def _identities(self) -> age_identity.Identities:
        """Found once: the user's key command is not run again and again."""
        if not self._found.keys:
            self._found = age_identity.find_identities(self._environ)
        return self._found

    def _load(self) -> Opened | None:
        data = guarded_file.read_file(self._folder, self._file)
        if data is None:
            return None
        if self._cache is None or self._cache[0] != data:
            self._cache = data, self._decrypted(data)
        return self._cache[1]

    def _other(self, reference: Reference) -> Opened | None:
        """Another SOPS file than the embedded one, inside the root or allowed by the user."""
        check_inside(reference, self.root, self._allowed)
        path = os.path.join(self.root, reference.name)
        data = guarded_file.read_file(os.path.dirname(path), os.path.basename(path))
        return None if data is None else self._decrypted(data)

    def _decrypted(self, data: bytes) -> Opened:
        identities = self._identities()
        if not identities.keys:
            sops_format.parse(data)  # what is wrong with the file itself is said first
            raise VaultError(
                f"no age identity was found to open {VAULT_PATH}",
                f"put yours into {age_identity.keys_path(self._environ)} or set SOPS_AGE_KEY",
            )
        return sops_document.opened(data, identities.keys)

    def _new(self) -> Opened:
        """An empty vault for the user's identities; makes one if there is none."""
        identities = self._identities()
        if not identities.keys:
            self.notes.append(age_identity.make_identity(self.root, self._environ))
            identities = self._identities()
        return sops_document.stamped(sops_document.empty(identities.recipients), self._now())

    def _save(self, opened: Opened) -> None:
        self._write(sops_document.stamped(opened, self._now()))

    def _write(self, opened: Opened) -> None:
        def check(data: bytes) -> None:
            if self._decrypted(data).values != opened.values:
                raise VaultError("the vault did not read back as written; it was left as it was")

        data = sops_format.render(opened.document)
        guarded_file.write_file(self._folder, self._file, data, check)

    def _own(self, reference: Reference) -> str:
        if (reference.vault, reference.name) != ("sops", VAULT_PATH):
            raise VaultError(f"{format_reference(reference)} is not in the embedded vault")
        return _check_name(reference.key)


def _check_name(name: str) -> str:
    if not is_env_name(name):
        raise VaultError(
            f"'{name}' is not a name for the embedded vault",
            "use capital letters, digits and underscores, such as DB_PASSWORD",
        )
    return name


def _checked_value(reference: Reference, secret: Secret) -> bytes:
    raw = secret.reveal()
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raise VaultError(
            f"the value for {reference.key} is not UTF-8 text, which a SOPS map cannot hold",
            "store it encoded, for example as base64",
        ) from None
    return raw
