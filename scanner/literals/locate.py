"""Which literal of a file holds a span: the table from a file's name to its locator.

A kind of file that is not in the tables is not rewritten; that is an error with a reason, never
a guess from the content (but for the `#!` line of scripts without a suffix).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from types import ModuleType
from typing import cast

from scanner.errors import LiteralError
from scanner.model import Literal

_SUFFIXES = {
    "bash": "shell",
    "cfg": "ini",
    "cjs": "javascript",
    "cnf": "ini",
    "conf": "ini",
    "cts": "javascript",
    "env": "dotenv",
    "ini": "ini",
    "js": "javascript",
    "json": "json",
    "json5": "json",
    "jsonc": "json",
    "jsonl": "json",
    "jsx": "javascript",
    "ksh": "shell",
    "mjs": "javascript",
    "mts": "javascript",
    "ndjson": "json",
    "properties": "properties",
    "py": "python",
    "pyi": "python",
    "pyw": "python",
    "sh": "shell",
    "toml": "toml",
    "ts": "javascript",
    "tsx": "javascript",
    "webmanifest": "json",
    "yaml": "yaml",
    "yml": "yaml",
    "zsh": "shell",
}
_NAMES = {
    ".babelrc": "json",
    ".bash_aliases": "shell",
    ".bash_login": "shell",
    ".bash_logout": "shell",
    ".bash_profile": "shell",
    ".bashrc": "shell",
    ".boto": "ini",
    ".condarc": "yaml",
    ".coveragerc": "ini",
    ".env": "dotenv",
    ".envrc": "shell",
    ".flake8": "ini",
    ".flaskenv": "dotenv",
    ".kshrc": "shell",
    ".my.cnf": "ini",
    ".npmrc": "npmrc",
    ".profile": "shell",
    ".pylintrc": "ini",
    ".pypirc": "ini",
    ".s3cfg": "ini",
    ".swcrc": "json",
    ".yamllint": "yaml",
    ".zlogin": "shell",
    ".zprofile": "shell",
    ".zshenv": "shell",
    ".zshrc": "shell",
    "npmrc": "npmrc",
    "pipfile": "toml",
}
_ENDINGS = ((".aws/credentials", "ini"), (".aws/config", "ini"))
_SCRIPTS = (
    (re.compile(rb"#![^\n]*\b(?:ba|da|k|z)?sh\b"), "shell"),
    (re.compile(rb"#![^\n]*\bpython[\d.]*\b"), "python"),
    (re.compile(rb"#![^\n]*\bnode\b"), "javascript"),
)
_COMPOSE = re.compile(r"(?:docker-)?compose(?:[.-][^/]*)?\.ya?ml")
_COMMENTS = {"json": ("//", "/*", "*"), "javascript": ("//", "/*", "*"), "ini": ("#", ";")}
_COMMENTS |= {"npmrc": ("#", ";"), "properties": ("#", "!")}
_HINT = "move the value by hand, or leave it and record why"


def language_of(path: str, data: bytes) -> str:
    """The name of the locator (registry.LOCATORS) for a file; LiteralError if there is none."""
    name = path.rpartition("/")[2].lower()
    if name in _NAMES:
        return _NAMES[name]
    for ending, language in _ENDINGS:
        if path.endswith(ending):
            return language
    stem, _, suffix = name.rpartition(".")
    if stem and suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if name.startswith(".env."):
        return "dotenv"
    if not stem or not suffix:
        for pattern, language in _SCRIPTS:
            if pattern.match(data):
                return language
    raise LiteralError("no rewriting for this kind of file yet", _HINT)


def is_compose(path: str) -> bool:
    """Whether docker compose reads the file (and puts variables in the place of `${NAME}`)."""
    return bool(_COMPOSE.fullmatch(path.rpartition("/")[2].lower()))


def literals(path: str, data: bytes) -> list[Literal]:
    """Every value of the file in order of `start`, keys left out; LiteralError as in `locate`."""
    return [literal for literal in _all(path, data) if "key" not in literal.context]


def locate(path: str, data: bytes, start: int, end: int) -> Literal:
    """The innermost literal that holds the bytes [start, end).

    LiteralError if the file does not parse (with the line), if the span is in a key, in a comment
    or in no value, or if it is part of more than one.
    """
    found: Literal | None = None
    for literal in _all(path, data):
        inside = literal.start <= start and end <= literal.end
        if inside and (found is None or literal.end - literal.start < found.end - found.start):
            found = literal
    if found is None:
        raise LiteralError(_nowhere(path, data, start), _HINT)
    if "key" in found.context:
        raise LiteralError("a key cannot hold a reference", _HINT)
    return found


def spell(value: bytes, literal: Literal) -> bytes:
    """The bytes for `value` in the literal's place, by the literal's own language."""
    return cast("bytes", _locator(literal.language).spell(value, literal))


def _locator(language: str) -> ModuleType:
    """The module of a language; protocols.Locator says what is in it."""
    from scanner import registry

    return cast("ModuleType", registry.load(registry.LOCATORS, language))


@lru_cache(maxsize=8)
def _all(path: str, data: bytes) -> tuple[Literal, ...]:
    """Every key and value of the file; several findings of a file are asked for in a row."""
    language = language_of(path, data)
    found: Iterator[Literal] = _locator(language).literals(data)
    return tuple(_in_compose(data, found) if is_compose(path) else found)


def _in_compose(data: bytes, found: Iterator[Literal]) -> Iterator[Literal]:
    """Literals as docker compose sees them: `NAME=value` items are taken apart (context "item"
    where that cannot be), `$$` is `$`.

    https://docs.docker.com/reference/compose-file/interpolation/
    """
    from scanner.literals.yaml import part

    for whole in found:
        if "key" in whole.context:
            yield whole
            continue
        literal = whole
        *_, above, last = ("", "", *whole.key_path)
        if above in ("environment", "args") and last.isdecimal():
            literal = part(data, whole) or replace(whole, context=(*whole.context, "item"))
        rest = literal.value.replace(b"$$", b"")
        words = ("interpolated",) if b"$" in rest else ("compose",)
        value = literal.value if b"$" in rest else literal.value.replace(b"$$", b"$")
        yield replace(literal, value=value, context=(*literal.context, *words))


def _nowhere(path: str, data: bytes, start: int) -> str:
    """Why no literal holds the span: a comment if its line says so."""
    before = data[data.rfind(b"\n", 0, start) + 1 : start].decode("utf-8", "replace")
    for mark in _COMMENTS.get(language_of(path, data), ("#",)):
        if before.lstrip().startswith(mark) or f" {mark}" in before:
            return "in a comment"
    return "in no value of the file"
