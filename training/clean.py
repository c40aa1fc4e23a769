"""Candidates in the code of well-kept packages: almost none of them is a secret."""

from __future__ import annotations

import random
import subprocess
import sys
import zipfile
from pathlib import Path

from scanner.engine.database import load_database
from scanner.engine.features import Candidate
from scanner.engine.judgement import Judgement, Proposal
from scanner.engine.matcher import Matcher, Read
from scanner.engine.roles import aside_of

LIST = Path(__file__).with_name("clean.txt")
MOST = 1500  # candidates a package
LARGEST = 2_000_000  # bytes: larger files are data
_OWN = ("", "a translation")  # not tests, documentation or examples: those hold made-up secrets


def fetch(folder: Path) -> None:
    """Download the packages of clean.txt into a folder; what is there and right is kept."""
    subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
            "--only-binary", ":all:", "--python-version", "3.13",
            "--dest", str(folder), "--requirement", str(LIST),
        ],
        check=True,
    )  # fmt: skip


def candidates(folder: Path, seed: int) -> list[tuple[str, Candidate]]:
    """(package, candidate) of every package, each candidate once, in a fixed order."""
    source = random.Random(seed)
    matcher = Matcher(load_database("low"))
    out: list[tuple[str, Candidate]] = []
    for name in sorted(path.name for path in folder.glob("*.whl")):
        found = _package(matcher, folder / name)
        chosen = source.sample(found, MOST) if len(found) > MOST else found
        out += [(name, one) for one in chosen]
    return out


def _package(matcher: Matcher, path: Path) -> list[Candidate]:
    found: dict[Candidate, None] = {}
    with zipfile.ZipFile(path) as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            if info.is_dir() or info.file_size > LARGEST or aside_of(info.filename) not in _OWN:
                continue
            data = archive.read(info)
            if b"\0" not in data[:4096]:
                found.update(dict.fromkeys(_proposed(matcher, info.filename, data)))
    return list(found)


def _proposed(matcher: Matcher, path: str, data: bytes) -> list[Candidate]:
    judgement = Judgement(path, _slice_of(data), binary=False)
    proposed = map(judgement.proposed, matcher.matches(data))
    return [one.candidate for one in proposed if isinstance(one, Proposal)]


def _slice_of(data: bytes) -> Read:
    return lambda offset, length: data[offset : offset + length]
