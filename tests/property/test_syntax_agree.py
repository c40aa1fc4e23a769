"""What is code and what is text: the same in a tree, in pieces, staged, in a range and in history."""

from __future__ import annotations

import json
import random
from functools import lru_cache
from pathlib import Path

import pytest
from support.histories import Repository, unleak

from scanner.engine.database import Database, load_database
from scanner.engine.find import Finder
from scanner.engine.triggers import load_triggers
from scanner.history.gather import Gatherer
from scanner.history.shards import Item
from scanner.history.versions import Versions
from scanner.model import Blob, Place

# A comment's start and end, and the start and end of a string of several lines.
LANGUAGES = {
    "py": ("# ", "", 'x = """', '"""'),
    "js": ("/* ", " */", "x = `", "`"),
    "tsx": ("// ", "", "x = `", "`"),
    "go": ("// ", "", "var x = `", "`"),
    "java": ("/* ", " */", 'String x = """', '"""'),
    "cs": ("// ", "", 'var x = @"', '"'),
    "cpp": ("// ", "", 'auto x = R"(', ')"'),
    "rb": ("# ", "", "x = <<~END", "END"),
    "php": ("# ", "", "<?php $x = <<<END", "END;"),
    "rs": ("// ", "", 'let x = r#"', '"#;'),
    "kt": ("// ", "", 'val x = """', '"""'),
    "swift": ("// ", "", 'let x = """', '"""'),
    "scala": ("// ", "", 'val x = """', '"""'),
    "sh": ("# ", "", "x='", "'"),
    "env": ("# ", "", "X=1", "Y=2"),
}


@lru_cache
def database() -> Database:
    return load_database("medium")


def text(chance: random.Random, suffix: str, lines: int = 24) -> str:
    """A file of that language, mostly; now and then it does not parse."""
    begin, end, opening, closing = LANGUAGES[suffix]

    def value() -> str:
        return "".join(chance.choices("abcdefghkmnpqrstABCDEFGHKMNPQRST23456789", k=16))

    found = []
    for _ in range(lines):
        bare, quoted = f"password = {value()}", f'secret = "{value()}"'
        many = f"{opening}\n  {bare}\n{closing}"
        cases = (bare, quoted, f"{begin}{bare}{end}", many, "", "}", f"{begin}text{end}", opening)
        found.append(chance.choices(cases, weights=(6, 2, 4, 4, 2, 1, 2, 0.3))[0])
    return "\n".join(found) + "\n"


def in_tree(data: bytes, path: str, block: int, *, large: bool) -> set[tuple[object, ...]]:
    def read(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    finder = Finder(database(), block=block, triggers=load_triggers())
    content = {"read": read} if large else {"data": data}
    found = finder.find(Blob("", len(data), (Place(path),), **content))  # type: ignore[arg-type]
    return {(one.rule, one.start, one.end, one.secret.reveal(), one.line) for one in found}


def in_history(data: bytes, path: str) -> set[tuple[object, ...]]:
    version = Versions(database(), "medium", None, load_triggers()).blob(data)
    item = Item("1" * 40, "blob", len(data), version.binary, version.found, version.positions)
    gatherer = Gatherer(
        database().rules,
        "medium",
        inline=True,
        wanted=lambda _: True,
        contents=lambda ids: [(one, data) for one in ids],
    )
    gathered = gatherer.gather([item], {item.id: [Place(path)]})
    return {
        (one.judged.rule.id, one.start, one.end, one.judged.value, one.position[0])
        for many in gathered.occurrences.values()
        for one in many
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("suffix", sorted(LANGUAGES))
def test_pieces_and_history_agree_with_the_whole(suffix: str, encoding: str) -> None:
    counted = 0
    for seed in range(4):
        data = text(random.Random(f"{seed}{suffix}"), suffix).encode(encoding)
        path = f"folder/app.{suffix}"
        whole = in_tree(data, path, 1 << 20, large=False)
        assert in_tree(data, path, 256, large=True) == whole
        assert in_history(data, path) == whole
        counted += len(whole)
    assert counted > 8


def findings(done: str) -> set[tuple[str, str, int]]:
    document = json.loads(done)
    return {(one["secret"], one["path"], one["line"]) for one in document["findings"]}


@pytest.mark.slow
def test_all_scans_of_a_repository_agree(tmp_path: Path) -> None:
    """Versions of files of every language: what each commit's tree holds is what history knows."""
    chance = random.Random(3)
    repo = Repository(tmp_path / "repo")
    shown = ("--format", "json", "--show-secrets", "--exit-zero")
    base = repo.commit({"README": "hello\n"})
    files = {f"src/app.{suffix}": text(chance, suffix) for suffix in LANGUAGES}
    trees: set[str] = set()
    for number in range(4):
        for path, before in files.items():
            lines = before.splitlines()
            at = chance.randrange(len(lines))
            lines[at:at] = text(chance, path.rpartition(".")[2], 2).splitlines()
            files[path] = "\n".join(lines) + "\n"
        repo.write(dict(files))
        repo.git("add", "-A")
        if number == 3:
            staged = findings(unleak(repo.top, "scan", "--staged", *shown).stdout)
        repo.commit({})
        tree = findings(unleak(repo.top, "scan", ".", *shown).stdout)
        trees |= {secret for secret, _, _ in tree}
    assert staged <= tree
    repo.git("gc", "-q", "--aggressive")
    history = unleak(repo.top, "scan", "--history", "--no-cache", *shown).stdout
    assert {secret for secret, _, _ in findings(history)} == trees
    cache = str(tmp_path / "cache")
    for _ in range(2):  # the second time clean objects are known
        again = unleak(repo.top, "scan", "--history", "--cache", cache, *shown).stdout
        assert findings(again) == findings(history)
    brought = unleak(repo.top, "scan", "--range", f"{base}..HEAD", *shown).stdout
    assert {secret for secret, _, _ in findings(brought)} == trees
    assert len(trees) > 40
