"""Which paths are scanned: `--exclude` and `exclude` patterns, and `.unleakignore`.

`.unleakignore` holds gitignore patterns, one a line, and fingerprints of single findings as
`unleak:v1:HEX  # reason`. Everything else is an error with its line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.config_file import read_text, wrong_glob
from scanner.errors import ConfigError
from scanner.record import record

FILE = ".unleakignore"
_FEW_PATTERNS = 32  # above that one automaton for all is faster than one after the other
_FEW_WILDCARDS = 2
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
    text = read_text(os.path.join(root, FILE), FILE, root)
    return IgnoreFile() if text is None else parse_ignore_file(text.split("\n"))


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
            patterns[number] = line.removesuffix("\r")
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


def gitignore_spec(patterns: Sequence[str]) -> Any:  # noqa: ANN401 -- the class is an import we avoid
    """Something with `match_file(path)`, in time that grows with the path, whatever the patterns.

    Backtracking takes time to the power of the wildcards (five of them: a minute for one name), so
    only patterns with few are left to it. ValueError for patterns that are wrong or too large.
    """
    import pathspec

    few = len(patterns) <= _FEW_PATTERNS
    if few and all(len(re.findall(r"\*+", one)) <= _FEW_WILDCARDS for one in patterns):
        return pathspec.GitIgnoreSpec.from_lines(patterns, backend="simple")
    import hyperscan

    try:
        return pathspec.GitIgnoreSpec.from_lines(patterns, backend="hyperscan")
    except hyperscan.error as problem:
        raise ValueError(str(problem).rstrip(".").lower()) from None


def _compile(patterns: Sequence[str], lines: Mapping[str, int]) -> Any:  # noqa: ANN401
    try:
        return gitignore_spec(patterns)
    except (ValueError, re.error, RecursionError) as problem:
        hint = "gitignore syntax is expected"
        for pattern in patterns:
            where = f"{FILE}:{lines[pattern]}" if pattern in lines else "exclude"
            wrong = wrong_glob(pattern)
            if wrong:
                raise ConfigError(f"{where}: {wrong}", hint) from None
        raise ConfigError(f"exclude: bad patterns: {problem}", hint) from None
