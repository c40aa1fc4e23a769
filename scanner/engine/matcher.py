"""Hits -> windows -> confirmed matches, over content of any size.

The fast stage yields (rule, end offset). Per rule the offsets become windows [end - reach, end +
reach], merged where they touch; only there the pattern runs. Windows depend on the hits alone, not
on how the content was read, so block by block gives what one piece gives.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from scanner.engine import confirming
from scanner.engine.database import MARGIN, Database
from scanner.rules import Rule

# rule, secret start and end, key start and end (-1 when the rule names none)
Match = tuple[Rule, int, int, int, int]
Read = Callable[[int, int], bytes]

BLOCK = 8 << 20
SHORT_LINE = 400  # bytes: such lines are remembered with what was found in them
_MOST_SEEN = 1 << 16
LARGEST_WINDOW = 16 << 20
MOST_HITS = 100_000  # of one content: more would take minutes to judge
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
        self._kept = confirming.read(database.patterns)
        self._seen: dict[Any, list[tuple[int, int, int, int]]] = {}
        self.slow: list[str] = []  # rules that ran out of time; whoever looks clears it
        self._cut: list[str] = []
        self._hits: list[tuple[int, int]] = []
        append = self._hits.append

        def on_hit(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append((number, end))

        self._on_hit = on_hit

    def matches(self, data: bytes) -> list[Match]:
        """Confirmed matches in content held in memory, sorted by start."""
        hits = self._raw_hits(data)
        if not hits:
            return []
        found: list[Match] = []
        size = len(data)
        for rule, ends in self._by_rule(self._few_enough(hits, size)):
            for low, high, inside in windows(ends, rule.reach):
                if rule.id not in self.slow:
                    found += self._confirm(rule, data, 0, low, min(high, size), inside)
        found.sort(key=_place)
        return found

    def cuts(self) -> list[str]:
        """Why content that was matched since the last call was not judged to its end."""
        said, self._cut = self._cut, []
        return said

    def _few_enough(
        self, hits: Collection[tuple[int, int]], size: int
    ) -> Collection[tuple[int, int]]:
        if len(hits) <= MOST_HITS:
            return hits
        cut = cut_of([(self._owner[number], end) for number, end in hits])
        if cut is None:
            return hits
        self._cut.append(cut_short(cut, size))
        return [one for one in hits if one[1] <= cut]

    def hits(self, data: bytes) -> list[tuple[int, int]]:
        """(number of the rule, end) of everything the fast stage reports, in no order."""
        owner = self._owner
        return [(owner[number], end) for number, end in self._raw_hits(data)]

    def is_active(self, number: int) -> bool:
        """Whether the rule of that number is in use."""
        return self._active is None or self._rules[number].id in self._active

    def confirmed(
        self, number: int, data: bytes, low: int, high: int, inside: list[int]
    ) -> list[tuple[int, Match]]:
        """(number of the rule, match) of one window [low, high) around its hits."""
        rule = self._rules[number]
        if rule.id in self.slow:
            return []
        found = self._confirm(rule, data, 0, low, min(high, len(data)), inside)
        return [(number, match) for match in found]

    def _raw_hits(self, data: bytes) -> list[tuple[int, int]]:
        self._hits.clear()
        if data:
            self._scan(data, match_event_handler=self._on_hit)
        return self._hits

    def matches_in(self, read: Read, size: int, block: int = BLOCK) -> list[Match]:
        """The same for content of any size, read block by block: offsets are absolute."""
        found: list[Match] = []
        for rule, ends in self._by_rule(self._few_enough(self._all_hits(read, size, block), size)):
            for low, high, inside in windows(ends, rule.reach):
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
        parts = _lines(data, base, low, high, ends) if rule.lines else [(low, high, ends)]
        for start, stop, inside in parts:
            for first, end, key, key_end in self._part(rule, data, start - base, stop - base,
                                                       [one - base for one in inside]):  # fmt: skip
                offset = base if key >= 0 else 0
                yield rule, first + base, end + base, key + offset, key_end + offset

    def _part(
        self, rule: Rule, data: bytes, start: int, stop: int, ends: list[int]
    ) -> Sequence[tuple[int, int, int, int]]:
        """(secret start, end, key start, end) of each match in [start, stop).

        A short line that was seen before, in another version or another file, is remembered.
        """
        known: Any = None
        if rule.lines and stop - start <= SHORT_LINE:
            head = start == 0 or data[start - 1] == 10
            known = (rule.id, head, data[start:stop], tuple([end - start for end in ends]))
            again = self._seen.get(known)
            if again is not None:
                return [_shifted(one, start) for one in again]
        pattern = self._patterns.get(rule.id) or self._compile(rule)
        has_key = "key" in pattern.groupindex
        found = []
        try:
            for match in _matches(pattern, rule.lead, data, (start, stop), ends):
                first, end = match.span("secret")
                if rule.foreign:
                    first, end = _first_group(match)
                    if rule.near and not _has_keyword(rule, data, match):
                        continue
                if first >= 0:
                    found.append((first, end, *(match.span("key") if has_key else (-1, -1))))
        except TimeoutError:
            self.slow.append(rule.id)
            return found
        if known is not None and known[1]:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            self._seen[known] = [_shifted(one, -start) for one in found]
        return found

    def _compile(self, rule: Rule) -> Any:  # noqa: ANN401 -- the library ships no types
        pattern = self._patterns[rule.id] = confirming.of(rule, self._kept)
        return pattern


def cut_of(hits: Iterable[tuple[int, int]]) -> int | None:
    """Where to stop judging: the end of the last of MOST_HITS; None if there are fewer."""
    ends = sorted(end for _, end in set(hits))
    return ends[MOST_HITS - 1] if len(ends) > MOST_HITS else None


def cut_short(cut: int, size: int) -> str:
    """Why content counts as not scanned, and how far it was."""
    return (
        f"over {MOST_HITS:,} possible secrets: those up to byte {cut:,} of {size:,} were judged, "
        "the rest was not"
    )


def _place(match: Match) -> tuple[int, int, str]:
    return match[1], match[2], match[0].id


def windows(ends: list[int], reach: int) -> Iterator[tuple[int, int, list[int]]]:
    """(low, high, hits inside) around hits in order; windows that touch are one."""
    low, inside = max(0, ends[0] - reach), [ends[0]]
    for end in ends[1:]:
        if end - reach <= inside[-1] + reach and end + reach - low <= LARGEST_WINDOW:
            inside.append(end)
        else:
            yield low, inside[-1] + reach, inside
            low, inside = max(0, end - reach), [end]
    yield low, inside[-1] + reach, inside


def _shifted(spans: tuple[int, int, int, int], by: int) -> tuple[int, int, int, int]:
    """Offsets moved; -1 for no name stays."""
    start, end, key, key_end = spans
    return (start + by, end + by, key, key_end) if key < 0 else (
        start + by, end + by, key + by, key_end + by)  # fmt: skip


def _matches(
    pattern: Any,  # noqa: ANN401
    lead: int,
    data: bytes,
    span: tuple[int, int],
    ends: list[int],
) -> Iterator[Any]:
    """The pattern's matches in `span` that start no later than the last hit.

    lead: when given, the pattern looks for its start that many bytes ahead and no further, so that
    only the surroundings of hits are tried: every match has a hit that soon after its start.
    """
    start, stop = span
    if not lead:
        for match in pattern.finditer(data, start, stop, timeout=TIMEOUT):
            if match.start() > ends[-1]:
                return
            yield match
            if match.end() > ends[-1]:
                return
        return
    for end in ends:
        while end > start:
            match = pattern.match(data, max(start, end - lead), stop, timeout=TIMEOUT)
            if match is None or match.start() > ends[-1]:
                break
            yield match
            start = max(match.end(), start + 1)


def _first_group(match: Any) -> tuple[int, int]:  # noqa: ANN401
    """The first of several groups that holds anything is the secret."""
    spans: list[tuple[int, int]] = match.spans("secret")
    return min((one for one in spans if one[0] < one[1]), default=(-1, -1))


def _has_keyword(rule: Rule, data: bytes, match: Any) -> bool:  # noqa: ANN401
    """Whether a keyword stands near; the rule's reach is larger than where this looks."""
    around = data[max(0, match.start() - rule.near) : match.end() + rule.near].lower()
    return any(word.encode("utf-8", "surrogateescape") in around for word in rule.keywords)


def _lines(
    data: bytes, base: int, low: int, high: int, ends: list[int]
) -> Iterator[tuple[int, int, list[int]]]:
    """(start, stop, hits) of each line of the window that has hits."""
    at = 0
    while at < len(ends):
        start = data.rfind(b"\n", low - base, ends[at] - base) + 1 + base
        start = start if start > base else low
        stop = data.find(b"\n", ends[at] - base, high - base) + base
        stop = stop if stop >= base else high
        last = at
        while last + 1 < len(ends) and ends[last + 1] <= stop:
            last += 1
        yield start, stop, ends[at : last + 1]
        at = last + 1
