"""Objects that something came of, and where they were -> findings, one for each secret and key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scanner.engine.candidates import Candidate
from scanner.engine.database import CachedRules
from scanner.engine.find import chosen
from scanner.engine.grammars import grammar_of
from scanner.engine.judgement import Judged
from scanner.engine.pairs import Spot, layer, pairs
from scanner.engine.reveal import is_echo, named
from scanner.engine.syntax import counts
from scanner.filters.inline import inline_allowed
from scanner.history.code import Code, Contents, Doubt, code_in, doubt, may_be_parsed, spot
from scanner.history.shards import Item
from scanner.history.versions import Position
from scanner.model import CONFIDENCES, Confidence, Place, Skipped
from scanner.record import record, replace
from scanner.rules import Rule

Rules = tuple[Rule, ...] | CachedRules
# (rule id, value, key, chain): what makes places the same finding
Identity = tuple[str, bytes, str, tuple[str, ...]]
# the verdict, what was judged, its cluster's place, the marker that allows it, where it stands
Fact = tuple[Judged, Candidate, int, str, Position]


@record
class Occurrence:
    """One finding in one object under one path. start, end: bytes in the object, half-open.

    parts: the other halves of the same credential that were found near it.
    """

    item: Item
    place: Place
    start: int
    end: int
    position: Position
    judged: Judged
    chain: tuple[str, ...]
    parts: tuple[Occurrence, ...] = ()


@record
class Gathered:
    """occurrences: by identity, in no order. skipped: what stood in objects and was not opened."""

    occurrences: Mapping[Identity, list[Occurrence]]
    skipped: tuple[Skipped, ...]
    suppressed: Counter[str]


class Gatherer:
    """Judges candidates where they stand; the same lines in the same kind of file once."""

    def __init__(
        self,
        rules: Rules,
        minimum: Confidence,
        *,
        inline: bool,
        wanted: Callable[[str], bool],
        contents: Contents | None = None,
    ) -> None:
        """contents: gives objects again, by their ids; without it nothing is asked of syntax."""
        self._rules = rules
        self._minimum = CONFIDENCES.index(minimum)
        self._inline = inline
        self._wanted = wanted
        self._contents = contents
        self._code: Code = set()
        self._known: dict[tuple[Any, ...], tuple[Judged | None, str]] = {}

    def gather(self, items: Sequence[Item], places: Mapping[str, Sequence[Place]]) -> Gathered:
        """places: object id -> where it was; an object that is in no commit has a place without a
        path of its own."""
        found: dict[Identity, list[Occurrence]] = {}
        skipped: list[Skipped] = []
        suppressed: Counter[str] = Counter()
        if self._contents:
            self._code = code_in(self._doubts(items, places), self._contents)
        for item in items:
            for place in places[item.id]:
                if not self._wanted(place.path):
                    suppressed["excluded path"] += 1
                    continue
                for one in self._joined(list(self._in(item, place, suppressed))):
                    judged = one.judged
                    identity = (judged.rule.id, judged.value, judged.key, named(one.chain))
                    found.setdefault(identity, []).append(one)
                skipped += _refused(item, place)
        return Gathered(found, tuple(skipped), suppressed)

    def _doubts(
        self, items: Sequence[Item], places: Mapping[str, Sequence[Place]]
    ) -> Iterator[Doubt]:
        """What counts but may be code where it stands: see scanner/engine/syntax.py."""
        for item in items:
            for place in places[item.id] if may_be_parsed(item) else ():
                if grammar_of(place.path) is None or not self._wanted(place.path):
                    continue
                for at, cluster in item.found:
                    for candidate in cluster.candidates:
                        judged, _ = self._judged(candidate, place.path, binary=item.binary)
                        if judged and counts(judged, self._minimum):
                            yield from doubt(item, place.path, at, candidate, judged)

    def _joined(self, found: list[Occurrence]) -> list[Occurrence]:
        """Without echoes and copies, halves of a credential joined, what is enough by itself."""
        plain = [(one.start, one.end) for one in found if not one.chain and self._is_enough(one)]
        seen: dict[tuple[Any, ...], Occurrence] = {}
        for number, one in enumerate(without_echoes(found, plain)):
            judged = one.judged
            copy = (judged.rule.id, judged.value, named(one.chain), one.start)
            seen.setdefault(copy if one.chain else (number,), one)
        once = list(seen.values())
        joined = pairs([_spot(one) for one in once]) if any(map(_is_part, once)) else {}
        gone = {part for many in joined.values() for part in many}
        kept = []
        for number, one in enumerate(once):
            if number in joined:
                kept.append(replace(one, parts=tuple(once[part] for part in joined[number])))
            elif number not in gone and self._is_enough(one):
                kept.append(one)
        return kept

    def _is_enough(self, one: Occurrence) -> bool:
        return CONFIDENCES.index(one.judged.confidence) >= self._minimum

    def _in(self, item: Item, place: Place, suppressed: Counter[str]) -> Iterator[Occurrence]:
        """What counts of one object under one path: none overlaps another in the same layer."""
        layers: dict[tuple[Any, ...], list[Fact]] = {}
        positions = iter(item.positions)
        for at, cluster in item.found:
            for candidate in cluster.candidates:
                position = next(positions)
                judged, marker = self._judged(candidate, place.path, binary=item.binary)
                if judged is not None and not self._is_code(item, place, at, candidate, judged):
                    chain = candidate.chain
                    layer = (chain, at, candidate.layer) if chain else ()
                    moved = judged if chain else _moved(judged, at)
                    layers.setdefault(layer, []).append((moved, candidate, at, marker, position))
        for layer_found in layers.values():
            facts = {id(one[0]): one for one in layer_found}
            for judged in chosen([one[0] for one in layer_found], self._minimum):
                _, candidate, at, marker, position = facts[id(judged)]
                start, end = judged.start, judged.end
                if candidate.chain:
                    span = candidate.span
                    start, end = (span[0] + at, span[1] + at) if span else (0, 0)
                if marker and self._inline:
                    if CONFIDENCES.index(judged.confidence) >= self._minimum:
                        suppressed[f"inline {marker}"] += 1
                else:
                    yield Occurrence(item, place, start, end, position, judged, candidate.chain)

    def _is_code(
        self, item: Item, place: Place, at: int, candidate: Candidate, judged: Judged
    ) -> bool:
        if not self._code or judged.rule.kind == "format":
            return False
        return spot(item, place.path, at, candidate, judged) in self._code

    def _judged(
        self, candidate: Candidate, path: str, *, binary: bool
    ) -> tuple[Judged | None, str]:
        rule = self._rules[candidate.rule]
        known = (candidate, path, binary)
        answer = self._known.get(known)
        if answer is None:
            judged = candidate.judge(rule, path, binary=binary)
            low = judged and CONFIDENCES.index(judged.confidence) < self._minimum
            if low and not rule.part_of:
                judged = None
            marker = ""
            if judged:
                snippet = candidate.snippet
                marker = inline_allowed(snippet, candidate.start, candidate.end, rule.id)
            answer = self._known[known] = (judged, marker)
        return answer


def without_echoes(found: list[Occurrence], plain: list[tuple[int, int]]) -> list[Occurrence]:
    """Without guesses in decoded text over whose encoded text a finding stands plain."""
    return [
        one
        for one in found
        if not one.chain or not is_echo(one.judged.rule, one.start, one.end, plain)
    ]


def _spot(one: Occurrence) -> Spot:
    judged = one.judged
    where = layer(one.chain, one.start, one.end)
    return Spot(judged.rule, judged.key, one.position[0], one.start, where)


def _is_part(one: Occurrence) -> bool:
    return bool(one.judged.rule.part_of)


def _moved(judged: Judged, by: int) -> Judged:
    return Judged(
        judged.rule, judged.start + by, judged.end + by, judged.key, judged.value, judged.score,
        judged.confidence, judged.reasons,
    )  # fmt: skip


def _refused(item: Item, place: Place) -> Iterator[Skipped]:
    for _, cluster in item.found:
        for one in cluster.refused:
            path = "!".join((place.path, *one.chain))
            yield Skipped(Place(path), one.reason)
