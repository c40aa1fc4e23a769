"""`[allow]` of the configuration: findings meant to be there, by path, rule, value or key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any

from scanner.config import Allow
from scanner.errors import ConfigError
from scanner.filters.paths import gitignore_spec, matchable
from scanner.model import Finding

TIMEOUT = 0.5  # seconds for one pattern of the scanned repository on one value
BUDGET = 10.0  # seconds for all of them on all values


class AllowFilter:
    """Says whether a finding is allowed. notes: patterns that took too long and did not count.

    budget: seconds for all patterns on all values together; afterwards none counts.
    """

    def __init__(
        self,
        entries: Sequence[Allow],
        digest: Callable[[Finding], str],
        budget: float = BUDGET,
    ) -> None:
        self._entries = entries
        self._digest = digest
        self._slow: set[str] = set()
        self._left = budget
        self.notes: list[str] = []

    def allows(self, finding: Finding) -> bool:
        """Whether any entry covers the finding."""
        return any(self._covers(entry, finding) for entry in self._entries)

    def _covers(self, entry: Allow, finding: Finding) -> bool:
        tests = [test for test in self._tests(entry, finding) if test is not None]
        if not tests:
            return False
        return all(test() for test in tests) if entry.all_of else any(test() for test in tests)

    def _tests(self, entry: Allow, finding: Finding) -> list[Callable[[], bool] | None]:
        return [
            (lambda: finding.rule in entry.rules) if entry.rules else None,
            (lambda: finding.key in entry.keys) if entry.keys else None,
            (lambda: _path_matches(entry.paths, finding.path)) if entry.paths else None,
            (lambda: self._digest(finding) in entry.values) if entry.values else None,
            (lambda: self._value_matches(entry.regexes, finding)) if entry.regexes else None,
        ]

    def _value_matches(self, patterns: Sequence[str], finding: Finding) -> bool:
        value = finding.secret.reveal()
        return any(self._found(pattern, value) for pattern in patterns)

    def _found(self, pattern: str, value: bytes) -> bool:
        if pattern in self._slow:
            return False
        if self._left <= 0:
            self._note("[allow] regexes: together they took too long and no longer count")
            return False
        began = perf_counter()
        try:
            return bool(_compiled(pattern).search(value, timeout=TIMEOUT))
        except TimeoutError:
            self._slow.add(pattern)
            late = f"took longer than {TIMEOUT} s and no longer counts"
            self._note(f"[allow] regexes: {pattern!r} {late}")
            return False
        finally:
            self._left -= perf_counter() - began

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:  # noqa: ANN401 -- the library ships no types
    import regex

    return regex.compile(pattern.encode())


@lru_cache(maxsize=4096)
def _path_matches(patterns: tuple[str, ...], path: str) -> bool:
    return bool(_spec(patterns).match_file(matchable(path)))


@lru_cache(maxsize=256)
def _spec(patterns: tuple[str, ...]) -> Any:  # noqa: ANN401 -- the class is an import we avoid
    try:
        return gitignore_spec(patterns)
    except ValueError as problem:
        raise ConfigError(f"[allow] paths: bad patterns: {problem}") from None
