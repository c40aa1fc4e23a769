"""Every seam: what a source, a reporter, a vault, a locator and a rewriter are.

A module or a class satisfies a protocol by its shape; nothing is inherited. registry.py lists
every implementation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from scanner.model import Blob, Finding, Literal, Reference, Rewrite, Secret, Skipped, Summary


class Source(Protocol):
    """Where content comes from. What cannot be read is yielded as Skipped, never dropped."""

    def __iter__(self) -> Iterator[Blob | Skipped]: ...


class Reporter(Protocol):
    """reports/NAME.py: pure, opens no file, prints nothing; yields text pieces of the report."""

    def render(
        self, findings: Sequence[Finding], summary: Summary, *, show_secrets: bool, explain: bool
    ) -> Iterator[str]:
        """Pieces of the report, in order; `explain` adds the reasons of each score."""


class Vault(Protocol):
    """vaults/NAME.py class: create-only storage of secrets. Errors are VaultError and its kinds."""

    def preflight(self, *, write: bool) -> None:
        """Raise VaultError, before anything is written, if reading (or writing) cannot work."""

    def reference(self, name: str) -> Reference:
        """The reference of the entry called `name` (it need not exist)."""

    def read(self, references: Sequence[Reference]) -> dict[Reference, Secret]:
        """The values; entries that do not exist are left out."""

    def create(self, entries: Sequence[tuple[Reference, Secret]]) -> None:
        """Store all or none. The same value again is no change; another value there is a
        VaultConflictError that names the entry."""

    def replace(self, reference: Reference, secret: Secret) -> None:
        """Store a new value under an existing or new name; only when a user asked for it."""

    def delete(self, references: Sequence[Reference]) -> None:
        """Remove entries; entries that do not exist are no error."""

    def names(self) -> tuple[str, ...]:
        """Every entry's name, sorted."""


class Locator(Protocol):
    """literals/LANGUAGE.py: finds every value of a file and spells a value as the format wants."""

    def literals(self, data: bytes) -> Iterator[Literal]:
        """Every value of the file in order of `start`; LiteralError if it does not parse."""

    def spell(self, value: bytes, literal: Literal) -> bytes:
        """The bytes that stand for `value` in the place (style) of `literal`, quotes included;
        RewriteError if this style cannot hold it. spell(literal.value, literal) parses to value."""


class Rewriter(Protocol):
    """rewriters/IDIOM.py: byte edits that make the literal hold a reference or a look-up."""

    def rewrite(
        self, data: bytes, literal: Literal, reference: Reference, variable: str
    ) -> Rewrite:
        """The edits; RewriteError when this literal cannot be rewritten."""
