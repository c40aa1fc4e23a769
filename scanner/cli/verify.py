"""`unleak verify`: every reference resolves, no entry dangles, none is unused."""

from __future__ import annotations

import argparse
import os

from scanner.cli import output
from scanner.cli.undo import text_files
from scanner.errors import EXIT_CLEAN, EXIT_FINDINGS
from scanner.migrate.verify import Checked, check, references_in
from scanner.model import Reference, Secret
from scanner.references.environment import allowed_addresses
from scanner.references.syntax import check_inside
from scanner.registry import VAULTS, load
from scanner.sources.files import root_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the tree."""
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="the tree (default: .)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Check; 1 when something is wrong, 3 when a vault refuses."""
    root = root_of((arguments.path,))
    checked = _checked(root)
    for path, line, what in checked.wrong:
        output.out(output.escape(f"{path}:{line}: {what}") + "\n")
    for name in checked.unused:
        output.out(f"{name}: is in the vault, but nothing refers to it\n")
    output.out(
        f"{checked.references} references, {len(checked.wrong)} wrong, {len(checked.unused)} unused entries\n"
    )
    return EXIT_FINDINGS if checked.wrong or checked.unused else EXIT_CLEAN


def _checked(root: str) -> Checked:
    allowed = allowed_addresses(os.environ)
    own = load(VAULTS, "sops")(root, allowed=allowed)
    vaults = {"sops": own}

    def read(references: list[Reference]) -> dict[Reference, Secret]:
        values: dict[Reference, Secret] = {}
        for kind in {reference.vault for reference in references} & VAULTS.keys():
            vault = vaults.setdefault(kind, own)
            values.update(vault.read([r for r in references if r.vault == kind]))
        return values

    texts = references_in(text_files(root, besides=()))
    return check(texts, read, own.names(), own.reference, lambda r: check_inside(r, root, allowed))
