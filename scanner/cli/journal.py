"""`unleak journal`: which migrations there were on this tree, and what each did."""

from __future__ import annotations

import argparse

from scanner.cli import output
from scanner.errors import EXIT_CLEAN, UsageError
from scanner.migrate.journal import Journal, state_of
from scanner.sources.files import root_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action and the run."""
    parser.add_argument("action", choices=("list", "show"), help="list, or show RUN")
    parser.add_argument("run", nargs="?", metavar="RUN", default="", help="a run's id")


def run(arguments: argparse.Namespace) -> int:
    """Print the runs, or one run's entries."""
    journal = Journal(root_of((".",)))
    if arguments.action == "show":
        return _show(journal, arguments.run)
    for name in journal.runs():
        entries = journal.read(name)
        files = {entry.facts["path"] for entry in entries if entry.phase == "edit"}
        output.out(f"{name}  {state_of(entries)}  {len(files)} files\n")
    return EXIT_CLEAN


def _show(journal: Journal, name: str) -> int:
    if not name:
        raise UsageError("journal show needs a run", "'unleak journal list' shows them")
    for entry in journal.read(name):
        facts = entry.facts
        words = [entry.phase, facts.get("path", ""), facts.get("why", "")]
        words += facts.get("references", [])
        text = "  ".join(word for word in words if word)
        output.out(output.escape(text) + "\n")
    return EXIT_CLEAN
