"""Which findings of a range count: what it brings in, less what stood there before and what inline
markers allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scanner.model import Finding, Place, Secret
from scanner.record import record, replace

Identity = tuple[str, Secret, str]  # rule, value, key


@record
class Sighting:
    """One version, message or name with a finding. numbers: of the commits that bring it in, the
    earliest first; none for a pushed ref or tag. path: of a file, as git spells it; "" for what is
    no file. marker: what allows it inline, "" if nothing."""

    finding: Finding
    numbers: tuple[int, ...]
    path: str
    marker: str


@record
class Counted:
    """A finding that counts under one path, with its sightings there, the earliest first."""

    finding: Finding
    sightings: tuple[Sighting, ...]


def identity(finding: Finding) -> Identity:
    """What makes two findings the same one."""
    return finding.rule, finding.secret, finding.key


class Verdicts:
    """Collects both sides of a range, then decides."""

    def __init__(self, *, inline: bool, new_ignores: bool) -> None:
        """inline: markers count; new_ignores: also those that the range adds."""
        self.sightings: list[Sighting] = []
        self._inline = inline
        self._new_ignores = new_ignores
        self._stood: set[Identity] = set()
        self._stood_allowed: set[Identity] = set()

    def add(
        self, finding: Finding, numbers: tuple[int, ...], path: str = "", data: bytes = b""
    ) -> None:
        """Something that the range brings in; data: the content that it stands in.

        A part that is marked is taken by itself; where the secret is marked, all its parts are.
        """
        marker = self._marker(finding, data)
        marked = [(part, self._marker(part, data)) for part in finding.parts]
        alone = marked if marker else [(part, why) for part, why in marked if why]
        if alone:
            parts = () if marker else tuple(part for part, why in marked if not why)
            finding = replace(finding, parts=parts)
        for one, why in [(finding, marker), *alone]:
            self.sightings.append(Sighting(one, numbers, path, why))

    def know(self, finding: Finding, data: bytes) -> None:
        """Something that stood there before."""
        for one in finding.halves:
            known = self._stood_allowed if self._marker(one, data) else self._stood
            known.add(identity(one))

    def values(self) -> frozenset[bytes] | None:
        """What was found, in plaintext; None if some of it was encoded."""
        if any(one.finding.decoded_by for one in self.sightings):
            return None
        halves = (half for one in self.sightings for half in one.finding.halves)
        return frozenset(half.secret.reveal() for half in halves)

    def decide(self) -> tuple[list[Counted], Counter[str], list[str]]:
        """(what counts, sorted by path and place; markers that suppressed, counted; notes that list
        the markers which the range adds)."""
        suppressed: Counter[str] = Counter()
        notes: dict[str, None] = {}
        counted: dict[tuple[Identity, str], list[Sighting]] = {}
        for one in sorted(self.sightings, key=_order):
            name = identity(one.finding)
            added = bool(one.marker) and name not in self._stood_allowed
            if added:
                notes[_added(one.finding)] = None
            if one.marker and (self._new_ignores or not added):
                suppressed[f"inline {one.marker}"] += 1
            elif name not in self._stood and name not in self._stood_allowed:
                counted.setdefault((name, one.finding.path), []).append(one)
        found = [Counted(_joined(many), tuple(many)) for many in counted.values()]
        found.sort(key=lambda c: (c.finding.path, c.finding.start, c.finding.end, c.finding.rule))
        return found, suppressed, list(notes)

    def _marker(self, finding: Finding, data: bytes) -> str:
        if not self._inline or not data:
            return ""
        from scanner.filters.inline import inline_allowed  # only when there is a finding

        return inline_allowed(data, finding.start, finding.end, finding.rule)


def _order(one: Sighting) -> tuple[int, str, int, int]:
    first = one.numbers[0] if one.numbers else -1
    return first, one.finding.path, one.finding.start, one.finding.end


def _joined(many: Sequence[Sighting]) -> Finding:
    """The earliest finding under a path; of a message each commit is a place of its own."""
    first = many[0]
    if first.path:
        return first.finding
    places: dict[Place, None] = {}
    for one in many:
        places.update(dict.fromkeys(one.finding.places))
    return replace(first.finding, places=tuple(places))


def _added(finding: Finding) -> str:
    commit = (finding.places[0].commit or "")[:12]
    where = f"{finding.path}:{finding.line}"
    return " ".join(filter(None, ("inline ignore added:", where, commit, finding.rule)))
