"""From a file's name to its locator, and from a span to its literal."""

import pytest

from scanner.errors import LiteralError
from scanner.literals import locate


@pytest.mark.parametrize(
    ("path", "language"),
    [
        (".env", "dotenv"),
        ("a/.env.production", "dotenv"),
        ("prod.env", "dotenv"),
        (".env.ts", "javascript"),
        (".bashrc", "shell"),
        ("run.sh", "shell"),
        ("values.YAML", "yaml"),
        ("a/tsconfig.json", "json"),
        ("Pipfile", "toml"),
        (".aws/credentials", "ini"),
        ("home/.pypirc", "ini"),
        ("setup.cfg", "ini"),
        ("gradle.properties", "properties"),
        (".npmrc", "npmrc"),
        ("a.py", "python"),
        ("a.tsx", "javascript"),
    ],
)
def test_languages_by_name(path: str, language: str) -> None:
    assert locate.language_of(path, b"") == language


@pytest.mark.parametrize(
    ("first", "language"),
    [
        (b"#!/bin/sh\n", "shell"),
        (b"#!/usr/bin/env bash\n", "shell"),
        (b"#!/usr/bin/env python3.12\n", "python"),
        (b"#!/usr/bin/node\n", "javascript"),
    ],
)
def test_languages_by_first_line(first: bytes, language: str) -> None:
    assert locate.language_of("bin/tool", first) == language


@pytest.mark.parametrize(
    ("path", "data"), [("a.xml", b""), ("Dockerfile", b""), ("a.rb", b"#!/bin/sh"), ("tool", b"x")]
)
def test_other_kinds_of_files_are_refused(path: str, data: bytes) -> None:
    with pytest.raises(LiteralError, match="no rewriting for this kind of file yet"):
        locate.language_of(path, data)


def test_the_literal_that_holds_a_span() -> None:
    data = b"# a\nk: one\nl: 'two'\n"
    start = data.index(b"wo")
    literal = locate.locate("a.yaml", data, start, start + 2)
    assert (literal.key_path, literal.value) == (("l",), b"two")
    assert [one.value for one in locate.literals("a.yaml", data)] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("path", "data", "needle", "reason"),
    [
        ("a.yaml", b"# word\nk: v\n", b"word", "in a comment"),
        ("a.yaml", b"k: v # word\n", b"word", "in a comment"),
        ("a.json", b"{} // word\n", b"word", "in a comment"),
        ("a.ini", b"[a]\n; word\n", b"word", "in a comment"),
        ("a.yaml", b"word: v\n", b"word", "a key cannot hold a reference"),
        ("a.yaml", b"k: one\nl: two\n", b"one\nl: two", "in no value of the file"),
        (".env", b"word\n", b"word", "in no value of the file"),
        ("a.yaml", b"k: v\nl: [word\n", b"word", "does not parse as YAML at line"),
    ],
)
def test_spans_in_no_value(path: str, data: bytes, needle: bytes, reason: str) -> None:
    start = data.index(needle)
    with pytest.raises(LiteralError, match=reason):
        locate.locate(path, data, start, start + len(needle))


@pytest.mark.parametrize(
    ("path", "yes"),
    [
        ("docker-compose.yml", True),
        ("a/docker-compose.prod.yaml", True),
        ("compose.yaml", True),
        ("compose.override.yml", True),
        ("compose-dev.yml", True),
        ("composer.yml", False),
        ("my-compose.yml", False),
    ],
)
def test_compose_files(path: str, yes: bool) -> None:
    assert locate.is_compose(path) is yes


COMPOSE = b"""services:
  db:
    environment:
      A: x$$y
      B: x${C}y
    command: ["tool", "D=v"]
  web:
    environment:
      - E=v$$w
      - "F=it"
      - G
"""


def test_compose_files_are_read_as_compose_reads_them() -> None:
    found = {one.key_path[-1]: one for one in locate.literals("compose.yaml", COMPOSE)}
    assert found["A"].value == b"x$y"
    assert locate.spell(b"p$q", found["A"]) == b"p$$q"
    assert "interpolated" in found["B"].context
    assert locate.spell(found["B"].value, found["B"]) == b"x${C}y"
    assert found["E"].value == b"v$w"
    assert COMPOSE[found["E"].start : found["E"].end] == b"v$$w"
    assert (found["F"].value, found["F"].key_path) == (
        b"it",
        ("services", "web", "environment", "F"),
    )
    assert found["1"].value == b"D=v"
    assert found["2"].value == b"G"
