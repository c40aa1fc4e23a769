"""`unleak baseline`: record what is known, so that only new findings fail."""

from __future__ import annotations

import argparse
import os

from scanner.cli import output
from scanner.cli.scan import add_selection, request_of
from scanner.errors import EXIT_CLEAN, EXIT_INCOMPLETE, UsageError
from scanner.filters.baseline import DEFAULT_PATH, Baseline, known, load_baseline, render_baseline
from scanner.fingerprint import make_salt
from scanner.model import Finding
from scanner.sources.files import root_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action, the file and what counts."""
    parser.add_argument(
        "action", choices=("create", "update", "show"), help="create, update or show"
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="what to scan (default: .)")
    parser.add_argument(
        "--file", metavar="FILE", default="", help=f"the baseline (default: {DEFAULT_PATH})"
    )
    parser.add_argument(
        "--force", action="store_true", help="create: overwrite an existing baseline"
    )
    parser.add_argument("--add", action="store_true", help="update: record new findings too")
    parser.add_argument(
        "--unused", action="store_true", help="show: only entries that nothing has any more"
    )
    add_selection(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do the action; 3 when not everything could be read, since a gap must not be recorded."""
    root = root_of(arguments.paths or (".",))
    path = arguments.file or os.path.join(root, DEFAULT_PATH)
    if arguments.action == "show" and not arguments.unused:
        return _show(load_baseline(path))
    if arguments.action == "create" and os.path.lexists(path) and not arguments.force:
        raise UsageError(f"{path} is there already", "'unleak baseline update', or --force")
    before = Baseline() if arguments.action == "create" else load_baseline(path)
    if arguments.action == "create":
        make_salt(root)
    findings, complete = _findings(arguments)
    if not complete:
        output.note("unleak: incomplete: no baseline was written")
        return EXIT_INCOMPLETE
    if arguments.action == "show":
        return _show(Baseline(frozenset(before.dead(findings))))
    return _write(arguments, path, before, findings)


def _findings(arguments: argparse.Namespace) -> tuple[tuple[Finding, ...], bool]:
    from dataclasses import replace

    from scanner.survey import survey

    done = survey(replace(request_of(arguments), baseline="", fingerprints=True))
    for one in done.summary.skipped:
        output.note(f"unleak: not scanned: {output.escape(one.place.path)}: {one.reason}")
    return done.findings, done.summary.complete


def _write(
    arguments: argparse.Namespace, path: str, before: Baseline, findings: tuple[Finding, ...]
) -> int:
    now = {known(finding) for finding in findings}
    kept = now if arguments.action == "create" or arguments.add else before.entries & now
    output.write_atomic(path, render_baseline(kept), mode=0o644)
    dropped = len(before.entries - now)
    added = len(kept - before.entries)
    unknown = len(now - kept)
    output.out(f"{len(kept)} known findings in {output.escape(path)}")
    output.out(f" ({added} added, {dropped} dropped, {unknown} not recorded)\n")
    return EXIT_CLEAN


def _show(baseline: Baseline) -> int:
    for one in sorted(baseline.entries):
        text = f"{one.path}  {one.rule}  {one.key or '-'}  {one.fingerprint}"
        output.out(output.escape(text) + "\n")
    output.out(f"{len(baseline.entries)} entries\n")
    return EXIT_CLEAN
