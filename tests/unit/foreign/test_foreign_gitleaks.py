"""A gitleaks configuration becomes rules; whatever does not is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.errors import RuleError
from scanner.foreign.gitleaks import files_of, is_foreign, read

CONFIG = """
title = "Acme"
minVersion = "v8.25.0"
[[rules]]
id = "Acme_Token"
description = "Acme token, of the service."
regex = '''(?i)\\b(acme_[a-z0-9]{20})(?:['"\\s]|$)'''
secretGroup = 1
entropy = 2.5
keywords = ["ACME_"]
tags = ["a", "b"]
path = '''\\.env$'''
[[rules.allowlists]]
stopwords = ["example"]
[[rules]]
id = "near"
regex = '''\\b[0-9a-f]{40}\\b'''
keywords = ["acme"]
[[rules]]
id = "file"
path = '''\\.pem$'''
[[rules]]
id = "bad"
regex = '''(?=a)b'''
[[rules]]
id = "part"
regex = "ab"
skipReport = true
[[rules]]
id = "pair"
regex = "pair[0-9]{9}"
validate = "x"
odd = 1
[[rules.required]]
id = "near"
[allowlist]
paths = ['''vendor/''']
"""


def write(folder: Path, text: str, name: str = "gitleaks.toml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_a_configuration(tmp_path: Path) -> None:
    found = read(write(tmp_path, CONFIG))
    rules = {rule["id"]: rule for rule in found.rules}
    assert list(rules) == ["acme-token", "near", "pair"]
    acme = rules["acme-token"]
    assert acme["provider"] == "Acme"
    assert acme["near"] == 0  # every match holds its keyword
    assert rules["near"]["near"] > 0
    assert {kind for conditions in acme["allow"] for kind, _ in conditions} == {
        "secret", "path", "!path",
    }  # fmt: skip
    assert "tags: a, b" in acme["description"]
    assert rules["pair"]["confidence"] == "low"
    assert [name for name, _ in found.left_out] == ["file", "bad", "part"]
    parts = " ".join(part for name, part in found.partly if name == "pair")
    assert all(word in parts for word in ("validate", "odd", "components"))


def test_extended_files_add_and_give_way(tmp_path: Path) -> None:
    base = """
[[rules]]
id = "one"
regex = "one[0-9]{5}"
keywords = ["one"]
entropy = 1.0
[[rules]]
id = "two"
regex = "two[0-9]{5}"
"""
    write(tmp_path, base, "base.toml")
    own = """
[extend]
path = "base.toml"
disabledRules = ["two"]
[[rules]]
id = "one"
description = "mine"
entropy = 2.0
"""
    path = write(tmp_path, own)
    (rule,) = read(path).rules
    assert rule["name"] == "mine"
    assert 2.0 < rule["entropy"] < 2.1
    assert [Path(one).name for one in files_of(path)] == ["gitleaks.toml", "base.toml"]


def test_extending_the_default_rules(tmp_path: Path) -> None:
    text = """
[extend]
useDefault = true
disabledRules = ["jwt"]
[allowlist]
regexes = ["x"]
[[rules]]
id = "jwt"
entropy = 9.0
"""
    found = read(write(tmp_path, text))
    assert found.everywhere == ((("secret", "(?:x)"),),)
    assert found.left_out == (("jwt", "no regex of its own: it changes a rule that is not here"),)
    assert "disabledRules" in found.partly[0][1]


def test_what_is_no_such_file(tmp_path: Path) -> None:
    assert not is_foreign({"provider": "x", "rule": []})
    with pytest.raises(RuleError, match="not valid TOML"):
        read(write(tmp_path, "[[rules"))
    with pytest.raises(RuleError, match="cannot be read"):
        read(str(tmp_path / "none.toml"))
