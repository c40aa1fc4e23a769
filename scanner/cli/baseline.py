"""`unleak baseline`: record what is known, so that only new findings fail."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence

from scanner.cli import output
from scanner.cli.scan import add_selection, request_of
from scanner.errors import EXIT_CLEAN, EXIT_INCOMPLETE, ConfigError, UsageError
from scanner.filters.baseline import (
    DEFAULT_PATH,
    Baseline,
    Known,
    dead_entries,
    known,
    load_baseline,
    render_baseline,
)
from scanner.fingerprint import SALT_PATH, make_salt
from scanner.model import Finding
from scanner.record import replace
from scanner.sources.files import root_of

_ACTIONS = {
    "create": "record every finding in a new baseline",
    "update": "drop entries that nothing has any more",
    "show": "list the entries",
}
_OPTIONS = {
    "create": ("--force", "overwrite an existing baseline"),
    "update": ("--add", "record new findings too"),
    "show": ("--unused", "only entries that nothing has any more"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions, each with the file and what counts."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="create|update|show")
    for name, text in _ACTIONS.items():
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("paths", nargs="*", metavar="PATH", help="what to scan (default: .)")
        action.add_argument(
            "--file", metavar="FILE", default="", help=f"the baseline (default: {DEFAULT_PATH})"
        )
        option, does = _OPTIONS[name]
        action.add_argument(option, action="store_true", help=does)
        add_selection(action)


def run(arguments: argparse.Namespace) -> int:
    """Do the action; 3 when not everything could be read, since a gap must not be recorded."""
    root = root_of(arguments.paths or (".",))
    path = _path_of(arguments.file, root)
    if arguments.action == "show":
        return _show(arguments, root, load_baseline(path))
    if arguments.action == "update":
        return _update(arguments, root, path)
    return _create(arguments, root, path)


def _create(arguments: argparse.Namespace, root: str, path: str) -> int:
    if os.path.lexists(path) and not arguments.force:
        raise UsageError(f"{path} is there already", "'unleak baseline update', or --force")
    salted = os.path.lexists(os.path.join(root, SALT_PATH))
    make_salt(root)
    if not salted:
        _say_what_changed(arguments, root)
    findings = _findings(arguments)
    if findings is None:
        return EXIT_INCOMPLETE
    entries = {known(finding) for finding in findings}
    _write(path, entries)
    output.out(f"{_counted(len(entries))} in {output.escape(path)}\n")
    _say_how_to_use(arguments, root, path)
    return EXIT_CLEAN


def _update(arguments: argparse.Namespace, root: str, path: str) -> int:
    """Drop what is gone; what was not looked at (other paths, other rules) stays."""
    before = load_baseline(path)
    findings = _findings(arguments)
    if findings is None:
        return EXIT_INCOMPLETE
    dead = set(dead_entries(_looked_at(arguments, root, before), findings))
    new = {known(finding) for finding in findings if not before.knows(finding)}
    kept = (before.entries - dead) | (new if arguments.add else set())
    _write(path, kept)
    added = len(new) if arguments.add else 0
    output.out(f"{_counted(len(kept))} in {output.escape(path)}")
    output.out(f" ({added} added, {len(dead)} dropped, {len(new) - added} not recorded)\n")
    return EXIT_CLEAN


def _show(arguments: argparse.Namespace, root: str, baseline: Baseline) -> int:
    entries = sorted(baseline.entries)
    if arguments.unused:
        findings = _findings(arguments)
        if findings is None:
            return EXIT_INCOMPLETE
        entries = dead_entries(_looked_at(arguments, root, baseline), findings)
    rows = [tuple(map(output.escape, _row(one))) for one in entries]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        output.out(line.rstrip() + "\n")
    output.out(_counted(len(entries), "unused entry" if arguments.unused else "entry") + "\n")
    return EXIT_CLEAN


def _row(one: Known) -> tuple[str, ...]:
    return (one.path, one.rule, one.key or "-", one.fingerprint)


def _counted(count: int, noun: str = "known finding") -> str:
    several = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{count} {noun if count == 1 else several}"


def _path_of(given: str, root: str) -> str:
    """The baseline's path; the default one never stands behind a link, which leads elsewhere."""
    if given:
        return given
    path = os.path.join(root, DEFAULT_PATH)
    if os.path.islink(os.path.dirname(path)) or os.path.islink(path):
        raise ConfigError(f"{DEFAULT_PATH}: stands behind a symbolic link", "name it with --file")
    return path


def _findings(arguments: argparse.Namespace) -> tuple[Finding, ...] | None:
    """Everything that counts, known or not; None, and said so, when something was not read."""
    from scanner.survey import survey

    done = survey(replace(request_of(arguments), baseline="", fingerprints=True))
    for line in done.notes:
        output.note(f"unleak: {output.escape(line)}")
    for one in done.summary.skipped:
        where, why = output.escape(one.place.path), output.escape(one.reason)
        output.note(f"unleak: not scanned: {where}: {why}")
    if done.summary.complete:
        return done.findings
    output.note("unleak: incomplete: the baseline was left as it was")
    return None


def _looked_at(arguments: argparse.Namespace, root: str, baseline: Baseline) -> Baseline:
    """The entries that the scan would have found again if they were still there."""
    named = _relative(arguments.paths or (".",), root)
    return Baseline(
        frozenset(
            one
            for one in baseline.entries
            if (not named or any(one.path == n or one.path.startswith(n + "/") for n in named))
            and (not arguments.rule or one.rule in arguments.rule)
            and one.rule not in arguments.exclude_rule
        )
    )


def _relative(paths: Iterable[str], root: str) -> list[str]:
    """The named paths relative to the root; none when one of them is the root itself."""
    relative = [os.path.relpath(os.path.abspath(path), root) for path in paths]
    return [] if "." in relative else [path.replace(os.sep, "/") for path in relative]


def _write(path: str, entries: Iterable[Known]) -> None:
    folder = os.path.dirname(path) or "."
    try:
        output.write_atomic(path, render_baseline(entries), mode=0o644)
    except OSError as problem:
        why = (problem.strerror or type(problem).__name__).lower()
        raise UsageError(f"{path}: cannot be written: {why}", f"look at {folder}") from None


def _say_what_changed(arguments: argparse.Namespace, root: str) -> None:
    """Digests that were written down before the repository had a salt of its own fit no more."""
    from scanner import config
    from scanner.filters.paths import load_ignore_file

    allow = config.load(root, explicit=arguments.config).needs_fingerprints
    if allow or load_ignore_file(root).fingerprints:
        where = f"{SALT_PATH} is new: fingerprints in .unleakignore and values under [allow]"
        output.note(f"unleak: {where} have to be written again")


def _say_how_to_use(arguments: argparse.Namespace, root: str, path: str) -> None:
    """A scan reads only a baseline that it is told of."""
    from scanner import config

    configured: Sequence[str] = (config.load(root, explicit=arguments.config).baseline,)
    if os.path.abspath(path) not in configured:
        shown = os.path.relpath(os.path.abspath(path), root).replace(os.sep, "/")
        output.note(f'next: put baseline = "{output.escape(shown)}" into .unleak.toml and commit')
