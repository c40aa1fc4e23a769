"""The documentation says what the program does: verbs, options, links, fields, examples."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from scanner import config, errors
from scanner.cli.main import VERBS
from scanner.cli.scan import FORMATS
from scanner.engine.rule_test import failures
from scanner.model import Finding, Place, Secret
from scanner.reports.fields import finding_fields
from scanner.rules import Rule, load_rules

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
FOREIGN = re.compile(r"(?:\$ )?(?:python|pip|pipx|pre-commit|git|sops|vals|make) ")
ELSEWHERE = {"--all-files"}  # pre-commit's
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def parser_of(verb: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=verb)
    import_module(VERBS[verb][0]).add_arguments(parser)
    return parser


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """The long options of a verb and of its own verbs."""
    found: set[str] = set()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= {o for one in action.choices.values() for o in options_of(one)}
        elif not isinstance(action, argparse._HelpAction):
            found |= {one for one in action.option_strings if one.startswith("--")}
    return found


def words_of(parser: argparse.ArgumentParser) -> set[str]:
    """The actions of a verb, such as `list` and `show`."""
    found: set[str] = set()
    for action in parser._actions:
        if action.choices and not action.option_strings:
            found |= set(map(str, action.choices))
            if isinstance(action, argparse._SubParsersAction):
                found |= {w for one in action.choices.values() for w in words_of(one)}
    return found


OPTIONS = {verb: options_of(parser_of(verb)) for verb in VERBS}


def codes(text: str) -> Iterator[str]:
    """Every line of a code block and every piece of code inside a line."""
    inside = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            inside = not inside
        elif inside:
            yield line
        else:
            yield from re.findall(r"`([^`]+)`", line)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_a_page_that_names_its_options(verb: str) -> None:
    page = DOCS / f"{verb}.md"
    text = page.read_text()
    assert text.startswith(f"# unleak {verb}\n") or verb == "config"
    assert sorted(OPTIONS[verb] - set(OPTION.findall(text))) == []
    missing = [w for w in words_of(parser_of(verb)) if not re.search(rf"\b{w}\b", text)]
    assert missing == []


@each_page
def test_options_that_are_named_exist(page: Path) -> None:
    """Behind `unleak VERB` an option is that verb's; elsewhere it is some verb's."""
    there = set().union(*OPTIONS.values())
    every = there | {"--help", "--version"} | ELSEWHERE
    wrong = []
    for code in codes(page.read_text()):
        if FOREIGN.match(code):
            continue
        named = re.search(r"\bunleak (\w+)", code)
        known = OPTIONS.get(named[1], every) | {"--help"} | ELSEWHERE if named else every
        own = code[named.start() :].partition(" -- ")[0] if named else code
        wrong += [f"{code}: {one}" for one in OPTION.findall(own) if one not in known]
    assert wrong == []


@each_page
def test_verbs_that_are_named_exist(page: Path) -> None:
    commands = [c for c in codes(page.read_text()) if re.match(r"(?:\$ )?unleak [a-z]", c)]
    named = {re.sub(r"^\$ ", "", command).split()[1] for command in commands}
    assert named - set(VERBS) == set()


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path) if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_is_linked_from_another() -> None:
    linked = set()
    for page in PAGES:
        targets = [t.partition("#")[0] for t in LINK.findall(page.read_text())]
        linked |= {(page.parent / t).resolve() for t in targets if t and ":" not in t}
    verbs = {DOCS / f"{verb}.md" for verb in VERBS}
    tops = {DOCS / "security.md", DOCS / "configuration.md", DOCS / "performance.md"}
    alone = [p.name for p in DOCS.glob("*.md") if p not in linked | verbs | tops]
    assert alone == []


def test_every_format_is_described() -> None:
    for page in (DOCS / "reports.md", DOCS / "scan.md"):
        text = page.read_text()
        assert [name for name in FORMATS if f"`{name}`" not in text] == []


def test_every_field_is_described_and_no_other() -> None:
    text = (DOCS / "reports.md").read_text()
    table = text.partition("| field | meaning |")[2].partition("\n\n")[0]
    described = set(re.findall(r"`(\w+)`", "\n".join(r.split("|")[1] for r in rows(table))))
    made = finding_fields(a_finding(), show_secrets=True, explain=True)
    assert described == {*made, "decoded_by", "commit"}


def rows(table: str) -> list[str]:
    return [line for line in table.splitlines() if line.startswith("| `")]


def a_finding() -> Finding:
    numbers = {"start": 0, "end": 1, "line": 1, "column": 1, "end_line": 1, "end_column": 2}
    return Finding(
        rule="r", secret=Secret(b"x"), blob_id="", places=(Place("a"),), key="", severity="low",
        confidence="low", score=0.3, masked="***", **numbers,
    )  # fmt: skip


def test_every_exit_code_is_described() -> None:
    text = (DOCS / "exit-codes.md").read_text()
    known = {v for k, v in vars(errors).items() if k.startswith("EXIT_")}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == known


def test_every_configuration_key_is_described() -> None:
    text = (DOCS / "config.md").read_text()
    keys = set(config._KINDS) - {"allow", "vault", "rewrite"}
    assert [key for key in sorted(keys) if f"| `{key}` |" not in text] == []


@pytest.mark.parametrize("page", ["config.md", "configuration.md"])
def test_configuration_examples_are_valid(page: str, tmp_path: Path) -> None:
    examples = blocks(DOCS / page, "toml")
    assert examples
    for number, example in enumerate(examples):
        path = tmp_path / f"{number}.toml"
        path.write_text(example)
        (tmp_path / "tools").mkdir(exist_ok=True)
        assert config.load(str(tmp_path), explicit=str(path)).allow


def test_the_example_of_a_rule_holds(tmp_path: Path) -> None:
    (example,) = blocks(DOCS / "rules.md", "toml")
    path = tmp_path / "own.toml"
    path.write_text(example)
    rules = load_rules([str(path)])
    assert [rule.id for rule in rules] == ["example-token"]
    assert rules[0].match
    assert list(failures(rules)) == []


def test_every_field_of_a_rule_is_described() -> None:
    text = (DOCS / "rules.md").read_text()
    example = tomllib.loads(blocks(DOCS / "rules.md", "toml")[0])
    named = {*example, *example["rule"][0], *re.findall(r"`(\w+)`", text)}
    assert set(Rule.__match_args__) - named == set()


@each_page
def test_pages_hold_no_place_of_one_machine(page: Path) -> None:
    assert re.findall(r"(?:/home/\w|/root/|/work/|/tmp/|C:\\)\S*", page.read_text()) == []
