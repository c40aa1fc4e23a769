"""Hits -> windows -> confirmed matches, over content of any size.

The fast stage yields (rule, end offset). Per rule the offsets become windows [end - reach, end +
reach], merged where they touch; only there the pattern runs. Windows depend on the hits alone, not
on how the content was read, so block by block gives what one piece gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from scanner.engine.database import MARGIN, Database
from scanner.rules import Rule

# rule, secret start and end, key start and end (-1 when the rule names none)
Match = tuple[Rule, int, int, int, int]
Read = Callable[[int, int], bytes]

BLOCK = 8 << 20
LARGEST_WINDOW = 16 << 20
TIMEOUT = 3.0  # seconds for one pattern in one window: rules may come from a hostile repository


class Matcher:
    """One database and the patterns compiled so far. Not safe for two threads at once."""

    def __init__(self, database: Database, active: frozenset[str] | None = None) -> None:
        self._rules = database.rules
        self._owner = database.owner
        self._overlap = database.reach
        self._scan = database.compiled.scan
        self._active = active
        self._patterns: dict[str, Any] = {}
        self.slow: list[str] = []  # rules that ran out of time; whoever looks clears it
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
        size = len(data)
        for rule, ends in self._by_rule(hits):
            for low, high, inside in _windows(ends, rule.reach):
                if rule.id not in self.slow:
                    found += self._confirm(rule, data, 0, low, min(high, size), inside)
        found.sort(key=_place)
        return found

    def matches_in(self, read: Read, size: int, block: int = BLOCK) -> list[Match]:
        """The same for content of any size, read block by block: offsets are absolute."""
        found: list[Match] = []
        for rule, ends in self._by_rule(self._all_hits(read, size, block)):
            for low, high, inside in _windows(ends, rule.reach):
                if rule.id in self.slow:
                    break
                base = max(0, low - MARGIN)
                part = read(base, min(high, size) + MARGIN - base)
                found += self._confirm(rule, part, base, low, min(high, size), inside)
        found.sort(key=_place)
        return found

    def _all_hits(self, read: Read, size: int, block: int) -> set[tuple[int, int]]:
        every: set[tuple[int, int]] = set()
        for start in range(0, size, block):
            base = max(0, start - self._overlap)
            self._hits.clear()
            part = read(base, start + block - base)
            if part:
                self._scan(part, match_event_handler=self._on_hit)
            every.update((number, end + base) for number, end in self._hits)
        return every

    def _by_rule(self, hits: Iterable[tuple[int, int]]) -> Iterator[tuple[Rule, list[int]]]:
        """(rule, ends of its hits in order) for each active rule with hits."""
        ends: dict[int, set[int]] = {}
        for number, end in hits:
            ends.setdefault(self._owner[number], set()).add(end)
        for index in sorted(ends):
            rule = self._rules[index]
            if self._active is None or rule.id in self._active:
                yield rule, sorted(ends[index])

    def _confirm(
        self, rule: Rule, data: bytes, base: int, low: int, high: int, ends: list[int]
    ) -> Iterator[Match]:
        """Matches that start no later than the last hit: what starts later was cut, not seen."""
        pattern = self._patterns.get(rule.id) or self._compile(rule)
        has_key = "key" in pattern.groupindex
        parts = _lines(data, base, low, high, ends) if rule.lines else [(low, high, ends[-1])]
        for start, stop, last in parts:
            try:
                for match in pattern.finditer(data, start - base, stop - base, timeout=TIMEOUT):
                    if match.start() + base > last:
                        break
                    first, end = match.span("secret")
                    key = match.span("key") if has_key else (-1, -1)
                    if first >= 0:
                        offset = base if key[0] >= 0 else 0
                        yield rule, first + base, end + base, key[0] + offset, key[1] + offset
            except TimeoutError:
                self.slow.append(rule.id)
                return

    def _compile(self, rule: Rule) -> Any:  # noqa: ANN401 -- the library ships no types
        import regex

        pattern = self._patterns[rule.id] = regex.compile(rule.pattern.encode(), regex.VERSION0)
        return pattern


def _place(match: Match) -> tuple[int, int, str]:
    return match[1], match[2], match[0].id


def _windows(ends: list[int], reach: int) -> Iterator[tuple[int, int, list[int]]]:
    """(low, high, hits inside) around the hits; windows that touch are one."""
    low, inside = max(0, ends[0] - reach), [ends[0]]
    for end in ends[1:]:
        if end - reach <= inside[-1] + reach and end + reach - low <= LARGEST_WINDOW:
            inside.append(end)
        else:
            yield low, inside[-1] + reach, inside
            low, inside = max(0, end - reach), [end]
    yield low, inside[-1] + reach, inside


def _lines(
    data: bytes, base: int, low: int, high: int, ends: list[int]
) -> Iterator[tuple[int, int, int]]:
    """(start, stop, last hit) of each line of the window that has hits."""
    at = 0
    while at < len(ends):
        start = data.rfind(b"\n", low - base, ends[at] - base) + 1 + base
        start = start if start > base else low
        stop = data.find(b"\n", ends[at] - base, high - base) + base
        stop = stop if stop >= base else high
        last = at
        while last + 1 < len(ends) and ends[last + 1] <= stop:
            last += 1
        yield start, stop, ends[last]
        at = last + 1
