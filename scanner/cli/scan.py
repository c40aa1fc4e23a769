"""`unleak scan`: find, report, and say by the exit code whether it is clean."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scanner.cli import output
from scanner.cli.progress import Bar, compiling
from scanner.errors import (
    EXIT_CLEAN,
    EXIT_FINDINGS,
    EXIT_INCOMPLETE,
    UsageError,
)
from scanner.model import CONFIDENCES, SEVERITIES, Summary
from scanner.record import replace
from scanner.survey import Request, Survey, survey

if TYPE_CHECKING:
    from scanner.history.request import HistoryRequest, RangeRequest

FORMATS = ("text", "json", "jsonl", "sarif", "gitlab", "github", "junit", "csv", "html")
_COLOR = ("auto", "always", "never")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to scan, what counts, and how to report."""
    what = parser.add_argument_group("what to scan")
    what.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files and folders; - is standard input (default: .)",
    )
    what.add_argument(
        "--staged", action="store_true", help="the index's content instead of the work tree's"
    )
    what.add_argument(
        "--given",
        action="store_true",
        help="with --staged: a PATH that is not staged is scanned as it is",
    )
    what.add_argument(
        "--stdin-name", metavar="PATH", default="", help="the path that standard input stands for"
    )
    what.add_argument("--no-gitignore", action="store_true", help="ignored files too")
    what.add_argument(
        "--exclude",
        action="append",
        metavar="PATTERN",
        default=[],
        help="leave out paths (gitignore syntax); may be repeated",
    )
    what.add_argument(
        "--max-file-size", metavar="SIZE", default="", help="leave out larger files, such as 10MB"
    )
    what.add_argument(
        "--no-decode",
        action="store_true",
        help="do not look into encoded text, archives and documents",
    )
    _add_history(parser)
    add_selection(parser)
    report = parser.add_argument_group("how to report")
    report.add_argument(
        "--format",
        action="append",
        choices=FORMATS,
        default=[],
        help="text, json, jsonl, sarif, gitlab, github, junit, csv or html; may be repeated, each with its --output",
    )
    report.add_argument(
        "--output",
        action="append",
        metavar="FILE",
        default=[],
        help="write the report there, whole or not at all; - is standard output",
    )
    report.add_argument("--show-secrets", action="store_true", help="do not mask values")
    report.add_argument("--explain", action="store_true", help="every reason of each score")
    report.add_argument(
        "--exit-zero", action="store_true", help="exit 0 even if there are findings"
    )
    report.add_argument(
        "--quiet", action="store_true", help="print nothing but errors when it is clean"
    )
    report.add_argument(
        "--verbose", action="store_true", help="also say what was left out, and the time taken"
    )
    report.add_argument("--color", choices=_COLOR, default="auto", help="auto, always or never")
    parser.add_argument(
        "--jobs", type=int, default=0, metavar="N", help="processes (default: one a core)"
    )


def _add_history(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("history")
    group.add_argument(
        "--history",
        action="store_true",
        help="every object of the repository at PATH: all commits, messages, stashes, lost objects",
    )
    group.add_argument(
        "--range",
        metavar="A..B",
        default="",
        help="what the commits of a range bring in; - reads a hook's standard input",
    )
    group.add_argument(
        "--reachable", action="store_true", help="leave out reflogs and unreachable objects"
    )
    group.add_argument("--since", metavar="REV|DATE", default="", help="only commits after it")
    group.add_argument(
        "--branch",
        action="append",
        metavar="NAME",
        default=[],
        help="only this branch; may be repeated",
    )
    group.add_argument(
        "--max-commits", type=int, default=0, metavar="N", help="only the newest N commits"
    )
    group.add_argument(
        "--every-place", action="store_true", help="list each place of a secret by itself"
    )
    group.add_argument(
        "--config-from",
        metavar="REV",
        default="",
        help="with --range: configuration and ignore files of that revision (default: of A)",
    )
    group.add_argument(
        "--no-new-ignores",
        action="store_true",
        help="with --range: inline ignores that the range adds do not count",
    )
    group.add_argument(
        "--cache", metavar="DIR", default=None, help="where clean objects are remembered"
    )
    group.add_argument("--no-cache", action="store_true", help="scan every object, remember none")
    group.add_argument(
        "--fetch-missing",
        action="store_true",
        help="fetch objects that a partial clone lacks (network)",
    )
    group.add_argument("--submodules", action="store_true", help="the histories of submodules too")


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Declare what counts as a finding; shared by every verb that looks for secrets."""
    group = parser.add_argument_group("what counts")
    group.add_argument(
        "--min-confidence", choices=CONFIDENCES, default=None, help="low, medium (default) or high"
    )
    group.add_argument(
        "--severity", choices=SEVERITIES, default=None, help="leave out what is less severe"
    )
    group.add_argument(
        "--rule", action="append", metavar="ID", default=[], help="only this rule; may be repeated"
    )
    group.add_argument(
        "--exclude-rule",
        action="append",
        metavar="ID",
        default=[],
        help="not this rule; may be repeated",
    )
    group.add_argument(
        "--rules",
        action="append",
        metavar="FILE",
        default=[],
        help="add rules from a TOML file; may be repeated",
    )
    group.add_argument(
        "--baseline", metavar="FILE", default=None, help="findings recorded there do not count"
    )
    group.add_argument("--no-baseline", action="store_true", help="ignore a configured baseline")
    group.add_argument(
        "--no-inline-ignores", action="store_true", help="comments do not suppress findings"
    )
    group.add_argument(
        "--config", metavar="FILE", default=None, help="configuration instead of .unleak.toml"
    )


def request_of(arguments: argparse.Namespace) -> Request:
    """The request that the shared and the own arguments of a verb describe."""
    given = vars(arguments)
    return Request(
        paths=tuple(arguments.paths) or (".",),
        staged=given.get("staged", False),
        given=given.get("given", False),
        stdin_name=given.get("stdin_name", ""),
        gitignore=False if given.get("no_gitignore") else None,
        exclude=tuple(given.get("exclude", ())),
        max_file_size=given.get("max_file_size", ""),
        min_confidence=arguments.min_confidence,
        severity=arguments.severity,
        rules=tuple(arguments.rule),
        exclude_rules=tuple(arguments.exclude_rule),
        rule_files=tuple(arguments.rules),
        baseline="" if arguments.no_baseline else arguments.baseline,
        inline_ignores=False if arguments.no_inline_ignores else None,
        config=arguments.config,
        jobs=given.get("jobs", 0),
        decode=not given.get("no_decode"),
        history=_history_of(given) if given.get("history") else None,
        range=_range_of(given) if given.get("range") else None,
        say=None if given.get("quiet") else compiling,
    )


def _history_of(given: dict[str, Any]) -> HistoryRequest:
    from scanner.history.request import HistoryRequest

    return HistoryRequest(
        reachable=given["reachable"],
        since=given["since"],
        branches=tuple(given["branch"]),
        max_commits=given["max_commits"],
        every_place=given["every_place"],
        cache="" if given["no_cache"] else given["cache"],
        fetch_missing=given["fetch_missing"],
        submodules=given["submodules"],
    )


def _range_of(given: dict[str, Any]) -> RangeRequest:
    from scanner.history.request import RangeRequest

    return RangeRequest(given["range"], given["config_from"], not given["no_new_ignores"])


def run(arguments: argparse.Namespace) -> int:
    """Scan and report. 0 clean, 1 findings, 3 when anything was not read."""
    targets = _targets(arguments.format, arguments.output)
    needs = any(name != "text" for name, _ in targets)
    request = replace(request_of(arguments), fingerprints=needs or arguments.verbose)
    with Bar(quiet=arguments.quiet) as progress:
        done = survey(request, progress)
    for name, path in targets:
        _report(name, path, done, arguments)
    for line in done.notes:
        output.note(f"unleak: {output.escape(line)}")
    if not done.summary.complete:
        _name_skipped(done.summary, targets)
        return EXIT_INCOMPLETE
    return EXIT_FINDINGS if done.findings and not arguments.exit_zero else EXIT_CLEAN


def _targets(formats: Sequence[str], outputs: Sequence[str]) -> list[tuple[str, str]]:
    """(format, file) pairs in order; a missing file is standard output, which takes one report."""
    names = list(formats) or ["text"]
    if len(outputs) > len(names):
        raise UsageError("more --output than --format", "give each --output its --format")
    pairs = [(n, outputs[i] if i < len(outputs) else "-") for i, n in enumerate(names)]
    if sum(path == "-" for _, path in pairs) > 1:
        raise UsageError(
            "two reports for standard output", "give each further --format its --output FILE"
        )
    return pairs


def _report(name: str, path: str, done: Survey, arguments: argparse.Namespace) -> None:
    from scanner.registry import REPORTERS, load

    if name == "text" and path == "-" and arguments.quiet and not done.findings:
        return
    reporter = load(REPORTERS, name)
    options = {"show_secrets": arguments.show_secrets, "explain": arguments.explain}
    if name == "text":
        to_terminal = path == "-"
        options["color"] = to_terminal and output.color_enabled(arguments.color, sys.stdout)
        options["verbose"] = arguments.verbose
    pieces = reporter.render(done.findings, done.summary, **options)
    if path == "-":
        for piece in pieces:
            output.out(piece)
    else:
        output.write_atomic(path, "".join(pieces))


def _name_skipped(summary: Summary, targets: Sequence[tuple[str, str]]) -> None:
    """What was not read is said on standard error unless the text report has said it."""
    if ("text", "-") not in targets:
        for one in summary.skipped:
            output.note(
                f"unleak: not scanned: {output.escape(one.place.path)}: {output.escape(one.reason)}"
            )
    output.note(f"unleak: incomplete: {len(summary.skipped)} could not be read")
