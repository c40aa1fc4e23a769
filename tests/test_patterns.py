"""Every example beside every rule, through the rule's own pattern and through the whole engine."""

from __future__ import annotations

import os
from collections import Counter
from functools import cache

import pytest
import regex

from scanner.engine.checksums import TABLE
from scanner.engine.database import Database, load_database, prepare
from scanner.engine.entropy import shannon
from scanner.engine.examples import expand
from scanner.engine.matcher import Matcher
from scanner.rules import Rule, load_rules, read_rule_file, rule_files

RULES = tuple(rule for rule in load_rules() if rule.kind != "generic")
MATCHES = [pytest.param(r, t, id=f"{r.id}-{i}") for r in RULES for i, t in enumerate(r.match)]
NO_MATCHES = [pytest.param(r, t, id=f"{r.id}-{i}") for r in RULES for i, t in enumerate(r.no_match)]
PROVIDER_FILES = [path for path in rule_files() if os.path.basename(path) != "generic.toml"]


@cache
def compiled(rule: Rule) -> regex.Pattern[bytes]:
    return regex.compile(rule.pattern.encode(), regex.VERSION0)


def good(rule: Rule, value: bytes) -> bool:
    """Whether the value holds up to what the rule asks beyond its pattern."""
    if rule.checksum:
        return TABLE[rule.checksum].verify(value)
    return shannon(value) >= rule.entropy


def secrets_of(rule: Rule, data: bytes) -> list[bytes]:
    values = (match["secret"] for match in compiled(rule).finditer(data))
    return [value for value in values if good(rule, value)]


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    database: Database = load_database("low", cache=str(tmp_path_factory.mktemp("cache")))
    return Matcher(database)


@pytest.mark.parametrize(("rule", "template"), MATCHES)
def test_example_holds_one_secret(rule: Rule, template: str) -> None:
    assert len(secrets_of(rule, expand(template, rule.id))) == 1


@pytest.mark.parametrize("before", [b"", b"# line\n" * 300], ids=["alone", "deep in a file"])
@pytest.mark.parametrize(("rule", "template"), MATCHES)
def test_engine_finds_the_example(
    rule: Rule, template: str, before: bytes, matcher: Matcher
) -> None:
    """Also far from the start: the fast stage has missed alternatives of unequal width there."""
    example = expand(template, rule.id)
    if before and rule.pattern.startswith(r"\A"):
        pytest.skip("the rule is about a whole file")
    data = before + example + (b"\nend\n" if before else b"")
    found = [data[start:end] for r, start, end, _, _ in matcher.matches(data) if r.id == rule.id]
    assert [value for value in found if good(rule, value)] == secrets_of(rule, example)


@pytest.mark.parametrize(("rule", "template"), NO_MATCHES)
def test_counter_example_holds_none(rule: Rule, template: str) -> None:
    assert not secrets_of(rule, expand(template, rule.id))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_is_whole(rule: Rule) -> None:
    """Each rule says what it opens and how to rotate it, and proves itself by examples."""
    assert rule.match
    assert rule.no_match
    assert rule.description.endswith(".")
    assert rule.rotate
    assert rule.references
    assert rule.entropy or rule.checksum, "a format without a checksum has an entropy floor"
    assert not rule.checksum or rule.checksum in TABLE
    assert "secret" in compiled(rule).groupindex
    assert prepare(rule).reach > 0


@pytest.mark.parametrize("rule", [r for r in RULES if r.checksum], ids=lambda rule: rule.id)
def test_checksum_is_honoured(rule: Rule) -> None:
    """With one character changed at the end the example is no secret any more, or still decodes."""
    data = expand(rule.match[0], rule.id)
    (secret,) = secrets_of(rule, data)
    structural = {"pem-encrypted", "aws-secret", "base64-64-bytes", "uuid", "password-hash"}
    structural |= {"pypi", "discord", "user-password", "base64-text", "wireguard"}
    structural |= {"github-fine-grained"}
    if rule.checksum in structural or TABLE[rule.checksum].grade:
        pytest.skip("the check is of structure, not of every character")
    at = len(secret) // 2
    for other in secret[-40:]:
        if other != secret[at]:
            broken = secret[:at] + bytes([other]) + secret[at + 1 :]
            assert not TABLE[rule.checksum].verify(broken)


@pytest.mark.parametrize("rule", [r for r in RULES if r.prefix], ids=lambda rule: rule.id)
def test_public_prefix_is_one(rule: Rule) -> None:
    """What a mask may show starts every example's secret and leaves most of it hidden."""
    for template in rule.match:
        for secret in secrets_of(rule, expand(template, rule.id)):
            assert secret.startswith(rule.prefix.encode())
            assert len(secret) - len(rule.prefix) >= 8


def test_ids_are_unique_and_start_with_their_file() -> None:
    counts = Counter(rule.id for rule in load_rules())
    assert [name for name, count in counts.items() if count > 1] == []
    for path in PROVIDER_FILES:
        slug = os.path.basename(path).removesuffix(".toml")
        for rule in read_rule_file(path):
            assert rule.id.startswith(slug + "-"), f"{path}: {rule.id}"


def test_enough_providers() -> None:
    assert len({rule.provider for rule in RULES}) >= 150


def test_one_file_is_one_provider() -> None:
    providers = Counter(next(iter(read_rule_file(path))).provider for path in PROVIDER_FILES)
    assert [name for name, count in providers.items() if count > 1] == []


def test_siblings_are_counter_examples() -> None:
    """Where a provider has several formats, each rule that can names one of the others."""
    for path in PROVIDER_FILES:
        rules = read_rule_file(path)
        named = [rule for rule in rules if rule.no_match]
        assert len(rules) < 2 or named, f"{path}: no rule has a counter-example"


def test_no_pattern_is_unbounded() -> None:
    """A repetition without an upper bound would outgrow the windows that the engine looks at."""
    for rule in RULES:
        plain = regex.sub(r"\\.|\[(?:\\.|[^\]\\])+\]", "", rule.pattern)
        assert not regex.search(r"\{\d*,\}|(?<!\()[*+](?!\})", plain), rule.id
