"""A team that comes from gitleaks keeps its configuration: the real command, in a real folder."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """
title = "Acme security"
[extend]
useDefault = true
[[rules]]
id = "acme-internal-token"
description = "Acme internal token"
regex = '''(?i)\\b(acme_[a-z0-9]{20})(?:['"\\s;]|$)'''
entropy = 2.5
keywords = ["acme_"]
  [[rules.allowlists]]
  paths = ['''^docs/''']
[[rules]]
id = "acme-key-file"
path = '''\\.acmekey$'''
[allowlist]
stopwords = ["zzexamplezz"]
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "gitleaks.toml").write_text(CONFIG)
    return tmp_path


def token(seed: int) -> str:
    letters = random.Random(seed).choices("bcdfghjkmnpqrstvwx0123456789", k=20)
    return "acme" + "_" + "".join(letters)


def unleak(work: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "UNLEAK_CACHE_DIR": str(work.parent / "foreign-cache")}
    command = [sys.executable, "-c", "from scanner.cli.main import entry; entry()", *arguments]
    return subprocess.run(
        command, cwd=work, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_the_configuration_is_read_as_it_is(work: Path) -> None:
    (work / "a.conf").write_text(f"first = {token(1)}\n")
    (work / "b.conf").write_text(f"second = {token(2)[:-11]}zzexamplezz\n")
    (work / "docs" / "c.md").write_text(f"third {token(3)}\n")
    done = unleak(work, "scan", ".", "--rules", "gitleaks.toml", "--format", "json")
    found = [(one["rule"], one["path"]) for one in json.loads(done.stdout)["findings"]]
    assert ("acme-internal-token", "a.conf") in found
    assert not [one for one in found if one[1] != "a.conf"]
    assert done.returncode == 1
    assert "acme-key-file" in done.stderr
    assert "its allowlists hold for ours, too" in done.stderr
    again = unleak(work, "scan", ".", "--rules", "gitleaks.toml", "--format", "json")
    said = [line for line in done.stderr.splitlines() if "compiling" not in line]  # said in CI
    assert again.stderr.splitlines() == said  # from the cache, and nothing is silent


def test_rules_test_names_what_is_left_out(work: Path) -> None:
    done = unleak(work, "rules", "test", "gitleaks.toml")
    assert done.returncode == 1
    assert "acme-internal-token: holds" in done.stdout
    assert "left out: acme-key-file" in done.stdout
