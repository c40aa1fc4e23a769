"""Files of the scanned repository that say how to scan it: read with care, each key with its line.

The repository may be hostile, so only regular files of a sensible size inside the root are read:
never a pipe, a device, or what a link that leads out of the repository points to. Patterns are held
to sizes that compile.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.errors import ConfigError

LARGEST = 4 << 20  # bytes; a configuration is written by hand
LONGEST_GLOB = 1000  # characters
_MOST_REPEATS = 250_000  # about 70 MB

Key = str | int
Lines = dict[tuple[Key, ...], int]

# Compiled when there is something to look at: a start without configuration is the common one.
_PROJECT = (
    rb"""(?m)^[ \t]*(?:\[{1,2}[ \t]*)?(?:["']?tool["']?[ \t]*\.[ \t]*)?"""
    rb"""["']?unleak["']?[ \t]*[].=]"""
)
_TOKEN = (
    r'(?s)"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}"  # texts of several lines
    r'|"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'"
    r"|\#[^\n]*|[\[\]{}=,.\n]|[^\s\[\]{}=,.\#\"']+"
)


def read_text(path: str, shown: str, root: str = "", most: int = LARGEST) -> str | None:
    """The text of a file, None if there is none; ConfigError if it should not or cannot be read.

    shown: what messages call it. root: the folder that a link must not lead out of, "" for any.
    most: bytes.
    """
    try:
        if root and os.path.islink(path) and leads_out(path, root):
            raise ConfigError(f"{shown}: the link leads out of the repository", "make it a file")
        raw = read_regular(path, most + 1)
    except (FileNotFoundError, NotADirectoryError):
        if not os.path.islink(path):
            return None
        raise ConfigError(f"{shown}: the link leads nowhere", "make it a file") from None
    except OSError as problem:
        why = (problem.strerror or type(problem).__name__).lower()
        raise ConfigError(f"{shown}: cannot be read: {why}") from None
    if len(raw) > most:
        raise ConfigError(f"{shown}: larger than {most >> 20} MiB", "it is meant to be short")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise ConfigError(f"{shown}:{line}: not UTF-8 text", "save it as UTF-8") from None


def read_regular(path: str, most: int) -> bytes:
    """At most `most` bytes of a regular file; OSError for anything else, which is not opened."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):  # it was exchanged meanwhile
            raise OSError(errno.EINVAL, "not a regular file")
        return stream.read(most)


def leads_out(path: str, root: str) -> bool:
    """Whether the path, with every link followed, stands outside the root."""
    real, top = os.path.realpath(path), os.path.realpath(root)
    return real != top and not real.startswith(top.rstrip(os.sep) + os.sep)


def speaks_of_us(project: str) -> bool:
    """Whether a pyproject.toml may hold `[tool.unleak]`; quick, and sure only when it says no."""
    try:
        return re.search(_PROJECT, read_regular(project, LARGEST)) is not None
    except OSError:
        return False


def wrong_glob(pattern: str) -> str:
    """What is wrong with a gitignore pattern, "" if nothing."""
    import pathspec

    if len(pattern) > LONGEST_GLOB:
        return f"bad pattern: longer than {LONGEST_GLOB} characters"
    try:
        pathspec.GitIgnoreSpec.from_lines((pattern,), backend="simple")
    except (ValueError, re.error, RecursionError) as problem:
        return f"{pattern!r}: bad pattern: {problem}"
    return ""


def wrong_regex(pattern: str) -> str:
    """What is wrong with a regular expression over values, "" if nothing.

    Repeats are unrolled when a pattern compiles, so their product is what memory it takes.
    """
    import math

    import regex

    repeats = regex.findall(r"\{(\d+)|\{,(\d+)|\{\d+,(\d+)", pattern, overlapped=True)
    if math.prod(max(1, int("".join(found)[:9])) for found in repeats) > _MOST_REPEATS:
        return "repeats too often; write + instead of large counts"
    try:
        regex.compile(pattern.encode())
    except (regex.error, RecursionError, MemoryError) as problem:
        return f"does not compile: {problem}"
    return ""


class Document:
    """One TOML file that configures a folder: its table, and where each key of it stands."""

    def __init__(self, path: str, root: str, folder: str, *, trusted: bool = False) -> None:
        """Read it; trusted: named by the user, so that it may stand anywhere."""
        self.root, self.folder = root, folder
        inside = path.startswith(root.rstrip(os.sep) + os.sep)
        self.shown = os.path.relpath(path, root).replace(os.sep, "/") if inside else path
        text = read_text(path, self.shown, "" if trusted else root)
        if text is None:
            raise ConfigError(f"{self.shown}: cannot be read: no such file")
        self._text = text
        self._lines: Lines | None = None
        table: object = _parsed(text, self.shown)
        self._above: tuple[str, ...] = ()
        if os.path.basename(path) == "pyproject.toml":
            self._above = ("tool", "unleak")
            for name in self._above:
                table = table.get(name, {}) if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            raise self.error((), "unleak: must be a table", "write [tool.unleak]")
        self.table: dict[str, Any] = table

    def line_of(self, *keys: Key) -> int:
        """The line of a key, or of a list's item (from 0); of what holds it if it is not found."""
        if self._lines is None:
            self._lines = key_lines(self._text)
        whole = (*self._above, *keys)
        for count in range(len(whole), 0, -1):
            if whole[:count] in self._lines:
                return self._lines[whole[:count]]
        return 1

    def error(self, keys: Sequence[Key], said: str, hint: str = "") -> ConfigError:
        """An error at a key's line."""
        return ConfigError(f"{self.shown}:{self.line_of(*keys)}: {said}", hint)


def _parsed(text: str, shown: str) -> Mapping[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        said = str(problem)
        place = re.search(r" \(at line (\d+), column \d+\)$", said)
        line = int(place[1]) if place else text.count("\n") + 1
        what = said[: place.start()] if place else said.removesuffix(" (at end of document)")
        raise ConfigError(f"{shown}:{line}: not valid TOML: {what[:1].lower()}{what[1:]}") from None
    except RecursionError:
        raise ConfigError(f"{shown}: not valid TOML: nested too deeply") from None
    except ValueError:  # the interpreter's limit for the digits of a number
        raise ConfigError(f"{shown}: not valid TOML: a number is too long") from None


def key_lines(text: str) -> Lines:
    """The line, from 1, of each key and each list's item of a valid TOML text."""
    return _Walk(text).lines


class _Walk:
    """Goes once through the tokens of a valid TOML text and notes where each key stands."""

    def __init__(self, text: str) -> None:
        self.lines: Lines = {}
        self._tables: dict[tuple[Key, ...], int] = {}  # [[array]] -> number of its last table
        self._tokens = _tokens(text)
        self._at = 0
        table: tuple[Key, ...] = ()
        while (sign := self._peek()[0]) != "":
            if sign == "[":
                table = self._header()
            elif sign == "\n":
                self._at += 1
            else:
                self._pair(table)

    def _peek(self) -> tuple[str, int]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", 0)

    def _names(self, end: str) -> list[str]:
        names = []
        while (sign := self._peek()[0]) not in (end, ""):
            if sign != ".":
                names.append(sign[1:-1] if sign[0] in "\"'" else sign)
            self._at += 1
        self._at += 1
        return names

    def _header(self) -> tuple[Key, ...]:
        line = self._peek()[1]
        self._at += 1
        array = self._peek()[0] == "["
        self._at += array
        names = self._names("]")
        self._at += array
        path: tuple[Key, ...] = ()
        for number, name in enumerate(names, 1):
            path = (*path, name)
            self.lines.setdefault(path, line)
            last = array and number == len(names)
            if last:
                self._tables[path] = self._tables.get(path, -1) + 1
            if path in self._tables:
                path = (*path, self._tables[path])
                self.lines.setdefault(path, line)
        return path

    def _pair(self, table: tuple[Key, ...]) -> None:
        line = self._peek()[1]
        path = table
        for name in self._names("="):
            path = (*path, name)
            self.lines.setdefault(path, line)
        self._value(path)

    def _value(self, path: tuple[Key, ...]) -> None:
        opened = self._peek()[0]
        if opened not in ("[", "{"):
            while self._peek()[0] not in (",", "]", "}", "\n", ""):
                self._at += 1
            return
        self._at += 1
        item = 0
        while (sign := self._peek()[0]) not in ("]", "}", ""):
            if sign in (",", "\n"):
                self._at += 1
            elif opened == "{":
                self._pair(path)
            else:
                self.lines[*path, item] = self._peek()[1]
                self._value((*path, item))
                item += 1
        self._at += 1


def _tokens(text: str) -> list[tuple[str, int]]:
    """Names, texts, signs and line ends, each with its line; no comments, no blanks."""
    found = []
    line = 1
    for match in re.finditer(_TOKEN, text):
        sign = match[0]
        if not sign.startswith("#"):
            found.append((sign, line))
        line += sign.count("\n")
    return found
