"""From references to values: one read per vault, and all or nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from scanner.errors import VaultError, VaultMissingError
from scanner.model import Reference, Secret
from scanner.references.syntax import format_reference


class Readable(Protocol):
    """The half of a vault that resolving needs."""

    def read(self, references: Sequence[Reference]) -> dict[Reference, Secret]:
        """The values; entries that do not exist are left out."""


def resolve(
    references: Iterable[Reference], open_vault: Callable[[str], Readable]
) -> dict[Reference, Secret]:
    """The value of every reference.

    open_vault gives the vault of a kind ("sops", "vault" ...), or raises KeyError. Raises
    VaultError when a vault refuses or a kind is not available, VaultMissingError that names every
    reference without an entry. Never a partial answer, never an empty value for a missing one.
    """
    by_kind: dict[str, list[Reference]] = defaultdict(list)
    for reference in dict.fromkeys(references):
        by_kind[reference.vault].append(reference)
    values: dict[Reference, Secret] = {}
    for kind, wanted in sorted(by_kind.items()):
        try:
            vault = open_vault(kind)
        except KeyError:
            raise VaultError(
                f"no vault of the kind '{kind}' is available for {format_reference(wanted[0])}",
                "use a reference to the embedded vault, or configure that vault",
            ) from None
        values.update(vault.read(wanted))
    missing = [format_reference(r) for group in by_kind.values() for r in group if r not in values]
    if missing:
        raise VaultMissingError(
            f"no entry for {', '.join(sorted(missing))}",
            "store it with 'unleak vault set NAME', or remove the reference",
        )
    return values
