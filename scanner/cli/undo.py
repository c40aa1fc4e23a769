"""`unleak undo`: take a migration back, byte for byte."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator

from scanner.cli import output
from scanner.errors import EXIT_CLEAN, EXIT_INCOMPLETE, ReferenceSyntaxError
from scanner.migrate.journal import Journal
from scanner.migrate.undo import last_run, undo
from scanner.migrate.verify import references_in
from scanner.model import Blob, Reference
from scanner.references.environment import ENV_PATH, allowed_addresses
from scanner.references.syntax import parse_reference
from scanner.registry import VAULTS, load
from scanner.sources.files import Tree, list_files, read_all, root_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the run."""
    parser.add_argument(
        "run", nargs="?", metavar="RUN", default="", help="which migration (default: the last one)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Undo; 3 when a file was changed since and had to be left alone."""
    root = root_of((".",))
    journal = Journal(root)
    with journal.locked():
        chosen = arguments.run or last_run(journal)
        begin = journal.read(chosen)[0].facts
        vault = load(VAULTS, begin["vault"])(root, allowed=allowed_addresses(os.environ))
        result = undo(root, journal, chosen, vault, lambda: references_of_tree(root))
    for path in result.restored:
        output.out(f"{output.escape(path)}: as before\n")
    for path, why in result.conflicts:
        output.note(f"unleak: conflict: {output.escape(path)}: {output.escape(why)}")
    output.out(
        f"{len(result.restored)} files back, {len(result.removed)} entries removed from the vault\n"
    )
    if result.kept:
        output.note(f"unleak: still used, so kept in the vault: {', '.join(result.kept)}")
    return EXIT_INCOMPLETE if result.conflicts else EXIT_CLEAN


def references_of_tree(root: str) -> Iterator[Reference]:
    """Every reference that parses in the tree's files; env.yaml, which maps all, does not count."""
    for _, _, text in references_in(text_files(root)):
        try:
            yield parse_reference(text)
        except ReferenceSyntaxError:
            continue


def text_files(root: str, *, besides: Iterable[str] = (ENV_PATH,)) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of every file of the tree that is not huge."""
    left_out = set(besides)
    files, _ = list_files(Tree(root, (root,), wanted=lambda path: path not in left_out))
    for blob in read_all(files):
        if isinstance(blob, Blob) and blob.data is not None:
            yield blob.places[0].path, blob.data
