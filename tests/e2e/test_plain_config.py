"""Secrets in plain configuration files are found at medium, as people choose them and at random."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures"))
from plain_config import KINDS, texts, write

UNLEAK = str(Path(sys.executable).parent / "unleak")

# A slow hash of a password is low by default.
LOW = ("etc/shadow",)


def cases() -> list[object]:
    return [
        pytest.param(path, kind, id=f"{path}-{kind}")
        for path in texts()
        for kind in KINDS
        if path not in LOW
    ]


Place = tuple[int, int, str]
Scanned = tuple[dict[str, list[Place]], dict[str, list[tuple[int, int]]]]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scanned]:
    """Of each kind of password: what was written, and [start, end) of what the command found."""
    results: dict[str, Scanned] = {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp(kind)
        written = write(folder, kind, "plain")
        done = subprocess.run(
            [UNLEAK, "scan", "--format", "json", "."], cwd=folder, capture_output=True, check=False
        )
        assert done.returncode == 1, done.stderr
        found: dict[str, list[tuple[int, int]]] = {}
        for one in json.loads(done.stdout)["findings"]:
            for part in (one, *one.get("parts", ())):
                found.setdefault(one["path"], []).append((part["start"], part["end"]))
        results[kind] = written, found
    return results


@pytest.mark.parametrize(("path", "kind"), cases())
def test_every_secret_of_a_file_is_found(path: str, kind: str, scanned: dict[str, Scanned]) -> None:
    written, found = scanned[kind]
    spans = found.get(path, [])
    missed = [
        written[path].index(place)
        for place in written[path]
        if not any(start < place[1] and place[0] < end for start, end in spans)
    ]
    assert written[path]
    assert missed == []
