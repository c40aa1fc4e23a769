"""Hits -> windows -> confirmed matches, over content of any size.

The fast stage yields (rule, end offset). Per rule the offsets become windows [end - reach, end +
reach], merged where they touch; only there the pattern runs. Windows depend on the hits alone, not
on how the content was read, so block by block gives what one piece gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from scanner.engine.database import MARGIN, Database
from scanner.rules import Rule

# rule, secret start and end, key start and end (-1 when the rule names none)
Match = tuple[Rule, int, int, int, int]
Read = Callable[[int, int], bytes]

BLOCK = 8 << 20
LARGEST_WINDOW = 16 << 20


class Matcher:
    """One database and the patterns compiled so far. Not safe for two threads at once."""

    def __init__(self, database: Database, active: frozenset[str] | None = None) -> None:
        self._rules = database.rules
        self._owner = database.owner
        self._overlap = max((rule.reach for rule in database.rules), default=0)
        self._scan = database.compiled.scan
        self._active = active
        self._patterns: dict[str, Any] = {}
        self._hits: list[tuple[int, int]] = []
        append = self._hits.append

        def on_hit(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append((number, end))

        self._on_hit = on_hit

    def matches(self, data: bytes) -> list[Match]:
        """Confirmed matches in content held in memory, sorted by start."""
        hits = self._hits
        hits.clear()
        if data:
            self._scan(data, match_event_handler=self._on_hit)
        if not hits:
            return []
        found: list[Match] = []
        for rule, windows in self._windows(hits):
            for low, high, last in windows:
                found += self._confirm(rule, data, 0, low, min(high, len(data)), last)
        found.sort(key=lambda match: (match[1], match[2]))
        return found

    def matches_in(self, read: Read, size: int, block: int = BLOCK) -> list[Match]:
        """The same for content of any size, read block by block: offsets are absolute."""
        hits = self._all_hits(read, size, block)
        found: list[Match] = []
        for rule, windows in self._windows(hits):
            for low, high, last in windows:
                base = max(0, low - MARGIN)
                part = read(base, min(high, size) + MARGIN - base)
                found += self._confirm(rule, part, base, low, min(high, size), last)
        found.sort(key=lambda match: (match[1], match[2]))
        return found

    def _all_hits(self, read: Read, size: int, block: int) -> list[tuple[int, int]]:
        every: set[tuple[int, int]] = set()
        for start in range(0, size, block):
            base = max(0, start - self._overlap)
            self._hits.clear()
            part = read(base, start + block - base)
            if part:
                self._scan(part, match_event_handler=self._on_hit)
            every.update((number, end + base) for number, end in self._hits)
        return list(every)

    def _windows(
        self, hits: Sequence[tuple[int, int]]
    ) -> Iterator[tuple[Rule, list[tuple[int, int, int]]]]:
        """(rule, [(low, high, last hit)]) for each active rule with hits."""
        ends: dict[int, list[int]] = {}
        for number, end in hits:
            ends.setdefault(self._owner[number], []).append(end)
        for index in sorted(ends):
            rule = self._rules[index]
            if self._active is None or rule.id in self._active:
                yield rule, list(_merged(sorted(ends[index]), rule.reach))

    def _confirm(
        self, rule: Rule, data: bytes, base: int, low: int, high: int, last: int
    ) -> Iterator[Match]:
        """Matches that start no later than the last hit: what starts later was cut, not seen."""
        pattern = self._patterns.get(rule.id) or self._compile(rule)
        for match in pattern.finditer(data, low - base, high - base):
            if match.start() + base > last:
                return
            start, end = match.span("secret")
            if start < 0:
                continue
            key = match.span("key") if "key" in pattern.groupindex else (-1, -1)
            offset = base if key[0] >= 0 else 0
            yield rule, start + base, end + base, key[0] + offset, key[1] + offset

    def _compile(self, rule: Rule) -> Any:  # noqa: ANN401 -- the library ships no types
        import regex

        pattern = self._patterns[rule.id] = regex.compile(rule.pattern.encode(), regex.VERSION0)
        return pattern


def _merged(ends: list[int], reach: int) -> Iterator[tuple[int, int, int]]:
    low, high, last = max(0, ends[0] - reach), ends[0] + reach, ends[0]
    for end in ends:
        if end - reach <= high and end + reach - low <= LARGEST_WINDOW:
            high, last = end + reach, end
        else:
            yield low, high, last
            low, high, last = max(0, end - reach), end + reach, end
    yield low, high, last
