"""Findings by path -> one for each secret and key, with all places and where in the range it
was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scanner.git.ranges import Commit, blobs_at
from scanner.history.verdicts import Counted, Identity, Sighting, identity
from scanner.model import Finding, Origin, Place
from scanner.record import record, replace


@record
class Part:
    """What counts of one range. tips: ids of the commits it leads to. refs: names it was pushed
    as."""

    top: str
    commits: Sequence[Commit]
    tips: tuple[str, ...]
    refs: tuple[str, ...]
    counted: Sequence[Counted]


def merged(parts: Iterable[Part]) -> tuple[Finding, ...]:
    """One finding for each secret and key of all ranges, in order of path and place."""
    found: dict[Identity, Finding] = {}
    for part in parts:
        for finding in _of_part(part):
            before = found.get(identity(finding))
            found[identity(finding)] = _both(before, finding) if before else finding
    return tuple(sorted(found.values(), key=lambda f: (f.path, f.start, f.end, f.rule, f.key)))


def _of_part(part: Part) -> list[Finding]:
    groups: dict[Identity, list[Counted]] = {}
    for one in part.counted:
        groups.setdefault(identity(one.finding), []).append(one)
    paths = {s.path for one in part.counted for s in one.sightings if s.path}
    trees = [blobs_at(part.top, tip, sorted(paths)) for tip in part.tips] if paths else []
    return [_merged(part, group, trees) for group in groups.values()]


def _merged(part: Part, group: list[Counted], trees: Sequence[dict[str, str]]) -> Finding:
    group.sort(key=lambda one: (_first(one.sightings), one.finding.path))
    places: dict[Place, None] = {}
    for one in group:
        places.update(dict.fromkeys(one.finding.places))
    sightings = [one for counted in group for one in counted.sightings]
    numbers = sorted({number for one in sightings for number in one.numbers})
    there = any(_is_there(one, trees) for one in sightings)
    origin = Origin(refs=part.refs, refs_total=len(part.refs), at_head=there, in_branch=there)
    if numbers:
        first, last = part.commits[numbers[0]], part.commits[numbers[-1]]
        origin = replace(
            origin, commit=first.id, author=first.author, time=first.time, first=first.id,
            last=last.id, commits=len(numbers),
        )  # fmt: skip
    return replace(group[0].finding, places=tuple(places), origin=origin)


def _first(sightings: Sequence[Sighting]) -> int:
    numbers = sightings[0].numbers
    return numbers[0] if numbers else -1


def _is_there(one: Sighting, trees: Sequence[dict[str, str]]) -> bool:
    """Whether the range's end still holds it; a commit's message stays in any case."""
    if not one.path:
        return bool(one.numbers)
    ids = (tree.get(one.path) for tree in trees)
    return any(i == one.finding.blob_id if one.finding.blob_id else i is not None for i in ids)


def _both(first: Finding, second: Finding) -> Finding:
    """The same secret in two ranges."""
    places = tuple(dict.fromkeys((*first.places, *second.places)))
    if first.origin is None or second.origin is None:
        return replace(first, places=places)
    refs = tuple(dict.fromkeys((*first.origin.refs, *second.origin.refs)))
    there = first.origin.at_head or second.origin.at_head
    origin = replace(
        first.origin, refs=refs, refs_total=len(refs), at_head=there, in_branch=there,
        commits=first.origin.commits + second.origin.commits,
    )  # fmt: skip
    return replace(first, places=places, origin=origin)
