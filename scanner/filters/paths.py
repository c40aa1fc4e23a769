"""Which paths are scanned: `--exclude` and `exclude` patterns, and `.unleakignore`.

`.unleakignore` holds gitignore patterns, one a line, and fingerprints of single findings as
`unleak:v1:HEX  # reason`. Everything else is an error with its line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.errors import ConfigError
from scanner.record import record

FILE = ".unleakignore"
_FINGERPRINT = r"unleak:v1:([0-9a-f]{32})(?:\s+#.*)?"


@record
class IgnoreFile:
    """What `.unleakignore` says: path patterns, and fingerprints (hex) of single findings.

    lines: where each pattern stands, from 1.
    """

    patterns: tuple[str, ...] = ()
    fingerprints: frozenset[str] = frozenset()
    lines: tuple[int, ...] = ()


def load_ignore_file(root: str) -> IgnoreFile:
    """Read the root's `.unleakignore`; empty when there is none."""
    path = os.path.join(root, FILE)
    try:
        with open(path, encoding="utf-8") as stream:
            lines = stream.read().splitlines()
    except FileNotFoundError:
        return IgnoreFile()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{FILE}: cannot be read: {problem}") from problem
    return parse_ignore_file(lines)


def parse_ignore_file(lines: Sequence[str]) -> IgnoreFile:
    """The meaning of the lines of an ignore file."""
    patterns: dict[int, str] = {}
    fingerprints: set[str] = set()
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text.startswith("unleak:"):
            match = re.fullmatch(_FINGERPRINT, text)
            if match is None:
                hint = (
                    "write unleak:v1: and the 32 characters that the json report calls fingerprint"
                )
                raise ConfigError(f"{FILE}:{number}: no fingerprint", hint)
            fingerprints.add(match[1])
        elif text and not text.startswith("#"):
            patterns[number] = line
    return IgnoreFile(tuple(patterns.values()), frozenset(fingerprints), tuple(patterns))


class PathFilter:
    """Says of a relative path whether it is scanned; costs nothing when nothing is excluded."""

    def __init__(self, exclude: Sequence[str], ignores: IgnoreFile) -> None:
        patterns = (*exclude, *ignores.patterns)
        lines = dict(zip(ignores.patterns, ignores.lines, strict=False))
        self._spec: Any = _compile(patterns, lines) if patterns else None

    def allows(self, path: str) -> bool:
        """Whether `path` (relative to the root, `/` separators) is scanned."""
        return self._spec is None or not self._spec.match_file(matchable(path))


def matchable(path: str) -> str:
    """The path with a ? for each byte that is no text: pathspec takes only what UTF-8 can spell."""
    return path if path.isascii() else path.encode("utf-8", "replace").decode()


def _wrong(pattern: str) -> str:
    """What is wrong with a gitignore pattern, "" if nothing."""
    import pathspec

    try:
        pathspec.GitIgnoreSpec.from_lines((pattern,))
    except (ValueError, re.error, RecursionError) as problem:
        return f"{pattern!r}: bad pattern: {problem}"
    return ""


def _compile(patterns: Sequence[str], lines: Mapping[str, int]) -> Any:  # noqa: ANN401 -- the class is an import we avoid
    import pathspec

    try:
        return pathspec.GitIgnoreSpec.from_lines(patterns)
    except (ValueError, re.error, RecursionError) as problem:
        for pattern in patterns:
            wrong = _wrong(pattern)
            if wrong:
                where = f"{FILE}:{lines[pattern]}" if pattern in lines else "exclude"
                hint = "gitignore syntax is expected"
                raise ConfigError(f"{where}: {wrong}", hint) from problem
        raise ConfigError(f"exclude: bad pattern: {problem}") from problem
