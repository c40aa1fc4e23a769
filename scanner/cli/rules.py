"""`unleak rules`: which rules there are, what one looks for, and whether its examples hold."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from scanner.cli import output
from scanner.errors import EXIT_CLEAN, EXIT_FINDINGS, UsageError
from scanner.rules import Rule, load_rules, rule_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action, the rule and further files."""
    parser.add_argument(
        "action", choices=("list", "show", "test"), help="list, show ID, or test [FILE ...]"
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
        help="add rules from a TOML file; may be repeated",
    )
    parser.add_argument("--provider", metavar="NAME", default="", help="list: only this provider's")


def run(arguments: argparse.Namespace) -> int:
    """Do the action; `test` gives 1 when an example does not hold."""
    if arguments.action == "test":
        files = arguments.names or rule_files(arguments.rules)
        return _test(load_rules(files))
    rules = load_rules(rule_files(arguments.rules))
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
        "entropy", "checksum", "paths", "rotate", "references", "match", "no_match",
    )  # fmt: skip
    for field in fields:
        value = getattr(rule, field)
        if isinstance(value, tuple):
            for item in value:
                output.out(f"{field}: {output.escape(item)}\n")
        elif value:
            output.out(f"{field}: {output.escape(str(value))}\n")
    return EXIT_CLEAN


def _test(rules: Sequence[Rule]) -> int:
    """Each example is made from its template and matched by its rule alone."""
    from scanner.engine.rule_test import failures

    count = sum(len(rule.match) + len(rule.no_match) for rule in rules)
    failed = failures(rules)
    for rule, template, why in failed:
        output.out(output.escape(f"{rule}: {why}: {template}") + "\n")
    output.out(f"{count} examples of {len(rules)} rules, {len(failed)} do not hold\n")
    return EXIT_FINDINGS if failed else EXIT_CLEAN
