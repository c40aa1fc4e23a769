"""`unleak rules`: which there are, what one looks for, whether its examples hold, compile them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scanner.cli import output
from scanner.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, UnleakError, UsageError
from scanner.model import Confidence
from scanner.rules import Rule, foreign_files, load_rules, rule_files

if TYPE_CHECKING:
    from scanner.engine.rule_test import Tested

_LEVELS: tuple[Confidence, ...] = ("medium", "low")  # each has a database of its own


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action, the rule and further files."""
    parser.add_argument(
        "action",
        choices=("list", "show", "test", "compile"),
        help="list, show ID, test [FILE ...], or compile for later runs",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="ID",
        help="show: a rule's id; test: rule files (default: the shipped ones)",
    )
    parser.add_argument(
        "--rules",
        action="append",
        metavar="FILE",
        default=[],
        help="add rules from a TOML file, also of gitleaks; may be repeated",
    )
    parser.add_argument("--provider", metavar="NAME", default="", help="list: only this provider's")
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        default="",
        help="compile: where to (default: the user's cache, or UNLEAK_CACHE_DIR)",
    )
    parser.add_argument(
        "--check", action="store_true", help="compile: only say whether they are, by exit 0 or 1"
    )


def run(arguments: argparse.Namespace) -> int:
    """Do the action; `test` gives 1 when an example does not hold, 2 when a rule is refused."""
    if arguments.action == "compile":
        if arguments.names:
            raise UsageError("rules compile takes no names", "--rules FILE adds a file")
        return _compile(arguments)
    if arguments.action == "test":
        if not arguments.names:
            return _test_shipped(load_rules(rule_files(arguments.rules)))
        return max([_test_file(path) for path in (*arguments.names, *arguments.rules)])
    rules = load_rules(rule_files(arguments.rules))
    _say_what_is_not_done(arguments.rules)
    if arguments.action == "list":
        return _list(rules, arguments.provider.lower())
    if len(arguments.names) != 1:
        raise UsageError("rules show needs one rule id", "'unleak rules list' names them all")
    return _show(rules, arguments.names[0])


def _list(rules: Sequence[Rule], provider: str) -> int:
    chosen = [rule for rule in rules if not provider or rule.provider.lower() == provider]
    width = max((len(rule.id) for rule in chosen), default=0)
    for rule in sorted(chosen, key=lambda one: one.id):
        text = f"{rule.id:{width}}  {rule.severity:8}  {rule.confidence:6}  {rule.name}"
        output.out(output.escape(text) + "\n")
    providers = len({rule.provider for rule in chosen})
    output.out(f"{len(chosen)} rules of {providers} providers\n")
    return EXIT_CLEAN


def _show(rules: Sequence[Rule], name: str) -> int:
    rule = next((one for one in rules if one.id == name), None)
    if rule is None:
        raise UsageError(f"no rule is called {name}", "'unleak rules list' names them all")
    fields = (
        "id", "name", "provider", "description", "kind", "severity", "confidence", "pattern", "prefix",
        "entropy", "checksum", "keywords", "near", "paths", "rotate", "references", "match", "no_match",
    )  # fmt: skip
    for field in fields:
        value = getattr(rule, field)
        if isinstance(value, tuple):
            for item in value:
                output.out(f"{field}: {output.escape(item)}\n")
        elif value:
            output.out(f"{field}: {output.escape(str(value))}\n")
    for conditions in rule.allow:
        said = " and ".join(f"{kind} {pattern}" for kind, pattern in conditions)
        output.out(f"allow: {output.escape(said)}\n")
    return EXIT_CLEAN


def _say_what_is_not_done(files: Sequence[str]) -> None:
    from scanner.foreign.notes import notes_of

    for found in foreign_files(files):
        for note in notes_of(found):
            output.note(f"unleak: {output.escape(note)}")


def _test_shipped(rules: Sequence[Rule]) -> int:
    """Of many rules only what does not hold is shown."""
    from scanner.engine.rule_test import failures

    count = sum(len(rule.match) + len(rule.no_match) for rule in rules if not rule.foreign)
    own = [rule for rule in rules if not rule.foreign]
    failed = failures(own)
    for rule, template, why in failed:
        output.out(output.escape(f"{rule}: {why}: {template}") + "\n")
    output.out(f"{count} examples of {len(own)} rules, {len(failed)} do not hold\n")
    return EXIT_FINDINGS if failed else EXIT_CLEAN


def _test_file(path: str) -> int:
    """Each rule of a file with each of its examples, and whether it holds."""
    from scanner.engine.rule_test import tested

    output.out(f"{output.escape(path)}\n")
    done = [tested(rule) for rule in load_rules([path])]
    for one in done:
        _show_tested(one)
    left_out = 0
    for found in foreign_files([path]):
        left_out += len(found.left_out)
        _show_foreign(found.left_out, "left out")
        _show_foreign(found.partly, "not supported")
    count = sum(len(one.examples) for one in done)
    bad = sum(not one.holds for one in done)
    output.out(
        f"{count} examples of {len(done)} rules: {bad or 'no'} rule{'s' * (bad != 1)} fail\n"
    )
    if any(one.refused for one in done):
        return EXIT_USAGE
    return EXIT_FINDINGS if bad or left_out else EXIT_CLEAN


def _show_tested(one: Tested) -> None:
    lines = [f"  {one.rule}: {'holds' if one.holds else 'fails'}"]
    if one.refused:
        lines.append(f"    refused: {one.refused}")
    lines += [f"    fault: {fault}" for fault in one.faults]
    for example in one.examples:
        kind = "match" if example.wanted else "no_match"
        why = f": {example.why}" if example.why else ""
        lines.append(f"    {'FAIL' if example.why else 'pass'}  {kind}: {example.template}{why}")
    for line in lines:
        output.out(output.escape(line) + "\n")


def _show_foreign(pairs: Sequence[tuple[str, str]], said: str) -> None:
    for name, why in pairs:
        output.out(output.escape(f"  {said}: {name + ': ' if name else ''}{why}") + "\n")


def _compile(arguments: argparse.Namespace) -> int:
    """Compile for later runs, or say whether that was done."""
    from scanner.engine.cache import cache_folder
    from scanner.engine.database import is_current
    from scanner.engine.triggers import load_triggers

    folder = arguments.output or cache_folder()
    if not folder:
        raise UsageError("there is no folder for compiled rules", "give --output FOLDER")
    folder, extra = os.path.abspath(folder), arguments.rules
    if arguments.check:
        missing = [one for one in _LEVELS if not is_current(one, extra, cache=folder)]
        said = "not compiled, or for other rules" if missing else "current"
        output.out(f"{output.escape(folder)}: {said}\n")
        return EXIT_FINDINGS if missing else EXIT_CLEAN
    for level in _LEVELS:
        _compile_level(level, extra, folder)
    load_triggers(folder)
    if arguments.output:
        output.out(f"use them with UNLEAK_CACHE_DIR={output.escape(folder)}\n")
    return EXIT_CLEAN


def _compile_level(level: Confidence, extra: Sequence[str], folder: str) -> None:
    import time

    from scanner.engine.database import is_current, load_database

    done = is_current(level, extra, cache=folder)
    started = time.perf_counter()
    database = load_database(level, extra, cache=folder)
    seconds = time.perf_counter() - started
    if not is_current(level, extra, cache=folder):
        hint = "give another --output FOLDER"
        raise UnleakError(f"{folder}: compiled rules cannot be kept there", hint)
    took = "current" if done else f"compiled in {seconds:.1f} s"
    output.out(f"{output.escape(folder)}: {len(database.rules):,} rules, {level}: {took}\n")
    if level == _LEVELS[-1]:
        for note in database.notes:
            output.note(f"unleak: {output.escape(note)}")
