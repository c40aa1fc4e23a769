"""A rule file that is wrong is named with file, rule and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.errors import RuleError
from scanner.rules import load_rules, read_rule_file, rule_files

GOOD = """
provider = "Acme"
[[rule]]
id = "acme-token"
name = "Acme token"
pattern = '(?P<secret>acme_[a-z]{8})'
severity = "high"
confidence = "high"
match = ['acme_{lower:8}']
"""


def write(folder: Path, text: str, name: str = "acme.toml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_reads_a_rule(tmp_path: Path) -> None:
    (rule,) = read_rule_file(write(tmp_path, GOOD))
    assert (rule.id, rule.provider, rule.kind, rule.lines) == (
        "acme-token",
        "Acme",
        "format",
        False,
    )
    assert rule.info.name == "Acme token"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('provider = "Acme"', ""), "provider"),
        (('severity = "high"', ""), "rule acme-token: severity: is missing"),
        (('severity = "high"', 'severity = "huge"'), "rule acme-token: severity: must be one of"),
        (('severity = "high"', "severity = 3"), "rule acme-token: severity: wrong type"),
        (("confidence", "confidance"), "rule acme-token: unknown field 'confidance'"),
        (("acme-token", "Acme Token"), "id: only"),
        (("match = ['acme_{lower:8}']", "match = [1]"), "match: must be a list of texts"),
        (("[[rule]]", "[[rules]]"), "unknown key 'rules'"),
        (("match = [", "paths = ['*a*b*c*d*e']\nmatch = ["), "paths: more than three wildcards"),
        (("name =", "name ="), None),
    ],
)
def test_errors_name_file_rule_and_field(
    tmp_path: Path, change: tuple[str, str], said: str | None
) -> None:
    path = write(tmp_path, GOOD.replace(*change))
    if said is None:
        assert read_rule_file(path)
        return
    with pytest.raises(RuleError) as caught:
        read_rule_file(path)
    assert path in caught.value.message
    assert said in caught.value.message


def test_broken_toml_is_an_error_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="line 1"):
        read_rule_file(write(tmp_path, "provider = = 3"))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="cannot be read"):
        read_rule_file(str(tmp_path / "none.toml"))


def test_ids_are_unique_over_files(tmp_path: Path) -> None:
    files = [write(tmp_path, GOOD), write(tmp_path, GOOD, "again.toml")]
    with pytest.raises(RuleError, match="taken by another rule"):
        load_rules(files)


def over(text: str, *ids: str) -> str:
    return text.replace("match = [", f"over = {list(ids)}\nmatch = [")


def test_what_gives_way_may_be_of_another_file_or_shipped(tmp_path: Path) -> None:
    other = GOOD.replace("acme-token", "acme-other")
    files = [write(tmp_path, over(GOOD, "acme-other", "github-client-secret"))]
    files.append(write(tmp_path, other, "other.toml"))
    first, second = load_rules(files)
    assert first.over == ("acme-other", "github-client-secret")
    assert second.over == ()


def test_what_gives_way_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="rule acme-token: over: no rule 'acme-tokn'"):
        load_rules([write(tmp_path, over(GOOD, "acme-tokn"))])


@pytest.mark.parametrize("ids", [("acme-token",), ("acme-other",)])
def test_no_rule_gives_way_to_itself(tmp_path: Path, ids: tuple[str, ...]) -> None:
    files = [write(tmp_path, over(GOOD, *ids))]
    other = over(GOOD.replace("acme-token", "acme-other"), "acme-token")
    files.append(write(tmp_path, other, "other.toml"))
    with pytest.raises(RuleError, match="leads back to itself"):
        load_rules(files)


def test_shipped_rules_load() -> None:
    assert len(load_rules()) >= 10
    assert rule_files(("x",))[-1] == "x"
