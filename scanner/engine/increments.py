"""Matches of a version from the matches of the version that it was made from.

A delta says which ranges of an object are its base's. Hits, and all that was decided about them,
are carried over where everything that they depend on lies in such a range; the rest is matched
anew: the inserted bytes and as much around them as a fast expression can reach. The result is that
of matching the whole version (a property test keeps it).

Hits of a rule whose windows touch are one cluster, hits around one encoded stretch another. A
cluster keeps no place of its own, so that versions share it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter

from scanner.decode.encodings import GUARD, encoded
from scanner.decode.limits import Refused
from scanner.decode.spans import Encoded
from scanner.engine.candidates import Candidate, Candidates
from scanner.engine.database import MARGIN, Database
from scanner.engine.decoding import Decoder
from scanner.engine.matcher import MOST_HITS, Matcher, cut_of, cut_short, windows
from scanner.engine.triggers import WIDTH
from scanner.record import record, replace

_NOWHERE = 1 << 60
WORTH = 0.6  # of the content to be matched: above that, matching it whole costs less

Kept = Sequence[tuple[int, int, int]]
Hit = tuple[int, int]  # (number of the rule, or -1 - index of the trigger; end)


@record
class Cluster:
    """Hits that belong together and what came of them; offsets are relative to the first end.

    hits: in order. low, high: the bytes that all this depends on, half-open. candidates: matches
    that may be findings, wherever the file stands. refused: (chain, reason) of what stands encoded
    here and could not be opened.
    """

    hits: tuple[Hit, ...]
    low: int
    high: int
    candidates: tuple[Candidate, ...]
    refused: tuple[Refused, ...] = ()


Placed = tuple[int, Cluster]  # (the first hit's end in the content, cluster)
_place = itemgetter(0)
_end = itemgetter(1, 0)


@record
class Marks:
    """All clusters of one version, by place. widest: bytes from a cluster's first hit to its last,
    at most. size: of the version. decoded: encoded text was looked into. partial: there was too
    much to judge all of it, so that it is no base for others."""

    placed: tuple[Placed, ...]
    widest: int
    size: int
    decoded: bool
    partial: bool = False

    @property
    def found(self) -> list[Placed]:
        """The clusters that something came of."""
        return [one for one in self.placed if one[1].candidates or one[1].refused]


class Increments:
    """Matches versions of content one after another. Not safe for two threads at once."""

    def __init__(
        self,
        database: Database,
        matcher: Matcher,
        candidates: Candidates,
        decoder: Decoder | None = None,
        *,
        worth: float = WORTH,
    ) -> None:
        self._matcher = matcher
        self._candidates = candidates
        self._decoder = decoder
        self._worth = worth
        self._reach = [rule.reach for rule in database.rules]
        self._numbers = {rule.id: number for number, rule in enumerate(database.rules)}
        self._width = None if database.width is None else max(database.width, WIDTH)

    def whole(self, data: bytes, *, decode: bool = True) -> Marks:
        """Match content that nothing is known of. decode: look into encoded text, too."""
        hits = self.hits(data, decode=decode)
        cut = cut_of(hit for hit in hits if hit[0] >= 0) if len(hits) > MOST_HITS else None
        if cut is None:
            return self._marks(data, (), hits, decode=decode)
        hits = [hit for hit in hits if hit[0] < 0 or hit[1] <= cut]
        marks = self._marks(data, (), hits, decode=decode)
        said = Refused((), cut_short(cut, len(data)))
        end = (cut, Cluster(((-1, 0),), 0, 0, (), (said,)))
        return replace(marks, placed=(*marks.placed, end), partial=True)

    def version(self, data: bytes, base: Marks, kept: Kept, *, decode: bool = True) -> Marks:
        """Match content whose ranges `kept` (start here, start in the base, length) are a base's.

        Ranges are in order and do not overlap in `data`.
        """
        if self._width is None or base.decoded != decode or base.partial:
            return self.whole(data, decode=decode)
        gaps = _gaps(kept, base.size, len(data))
        if not gaps:
            return base
        regions = _regions(gaps, self._width, len(data))
        if sum(high - low for low, high, _, _ in regions) > len(data) * self._worth:
            return self.whole(data, decode=decode)
        whole, loose = self._carried(base, kept, len(data))
        loose += self._fresh(data, regions, decode=decode)
        if len(loose) + sum([len(cluster.hits) for _, cluster in whole]) > MOST_HITS:
            return self.whole(data, decode=decode)
        return self._marks(data, whole, loose, decode=decode)

    def hits(self, data: bytes, *, decode: bool = True) -> list[Hit]:
        """What the fast stage reports of rules and triggers, in no order."""
        hits = self._matcher.hits(data)
        if decode and self._decoder is not None:
            hits += [(-1 - number, end) for number, end in self._decoder.hits(data)]
        return hits

    def _fresh(
        self, data: bytes, regions: list[tuple[int, int, int, int]], *, decode: bool
    ) -> list[Hit]:
        """Hits in the regions, which are matched as one piece."""
        if len(regions) == 1:
            low, high, first, last = regions[0]
            hits = self.hits(data[low:high], decode=decode)
            return [(rule, end + low) for rule, end in hits if first <= end + low <= last]
        hits = self.hits(b"".join([data[low:high] for low, high, _, _ in regions]), decode=decode)
        if not hits:
            return []
        begins, total = [], 0
        for low, high, _, _ in regions:
            begins.append(total)
            total += high - low
        found = []
        for rule, end in hits:
            # A hit at a seam belongs to the piece that it ends in; none that crosses is accepted.
            number = bisect_left(begins, end) - 1 if end else 0
            low, _, first, last = regions[number]
            place = end - begins[number] + low
            if first <= place <= last:
                found.append((rule, place))
        return found

    def _carried(self, base: Marks, kept: Kept, size: int) -> tuple[list[Placed], list[Hit]]:
        """What is the base's: whole clusters, and single hits of clusters that were cut."""
        placed, width = base.placed, self._width or 0
        whole: list[Placed] = []
        loose: list[Hit] = []
        if not placed:
            return whole, loose
        places = [place for place, _ in placed]
        for here, there, length in kept:
            low = there if there or here else -_NOWHERE
            high = there + length
            first = bisect_left(places, there - base.widest)
            last = bisect_right(places, high)
            if first == last:
                continue
            if high == base.size and here + length == size:
                high = _NOWHERE
            shift = here - there
            for place, cluster in placed[first:last]:
                if low <= place + cluster.low and place + cluster.high <= high:
                    whole.append((place + shift, cluster))
                    continue
                for rule, end in cluster.hits:
                    if low + width < place + end < high:
                        loose.append((rule, place + end + shift))
        return whole, loose

    def _marks(
        self, data: bytes, whole: Iterable[Placed], loose: Iterable[Hit], *, decode: bool
    ) -> Marks:
        """Clusters from single hits, joined with the carried ones of the same rule."""
        by_rule: dict[int, set[int]] = {}
        triggers: set[Hit] = set()
        for one in loose:
            if one[0] < 0:
                triggers.add(one)
            else:
                by_rule.setdefault(one[0], set()).add(one[1])
        placed: list[Placed] = []
        runs: list[Placed] = []
        known: dict[tuple[int, tuple[Hit, ...]], Cluster] = {}
        for here in whole:
            place, cluster = here
            rule = cluster.hits[0][0]
            ends = by_rule.get(rule)
            if rule < 0:
                runs.append(here)
            elif ends is None:
                placed.append(here)
            else:
                ends.update([place + end for _, end in cluster.hits])
                known[place, cluster.hits] = cluster
        for rule in sorted(by_rule):
            if self._matcher.is_active(rule):
                placed += self._clusters(data, rule, sorted(by_rule[rule]), known)
        if triggers:
            runs = self._stretches(data, runs, triggers)
        placed += runs
        placed.sort(key=_place)
        widest = max([cluster.hits[-1][1] for _, cluster in placed], default=0)
        return Marks(tuple(placed), widest, len(data), decode)

    def _clusters(
        self,
        data: bytes,
        rule: int,
        ends: list[int],
        known: dict[tuple[int, tuple[Hit, ...]], Cluster],
    ) -> Iterable[Placed]:
        reach = self._reach[rule]
        for low, high, inside in windows(ends, reach):
            place = inside[0]
            hits = tuple([(rule, end - place) for end in inside])
            cluster = known.get((place, hits))
            if cluster is None:
                matches = self._matcher.confirmed(rule, data, low, high, inside)
                found, first, last = self._candidates.of(data, matches, place)
                # The window's own ends, not cut off where the content begins or ends: there it
                # depends on that, too.
                first = min(first, place - reach - MARGIN)
                last = max(last, inside[-1] + reach + MARGIN)
                cluster = Cluster(hits, first - place, last - place, found)
            yield place, cluster

    def _stretches(self, data: bytes, carried: list[Placed], loose: set[Hit]) -> list[Placed]:
        """Clusters of triggers: what they found encoded; those of one stretch are together."""
        near = sorted(end for _, end in loose)
        for place, cluster in carried:  # neighbours may be asked for, too
            at = bisect_left(near, place - 2 * GUARD)
            if at < len(near) and near[at] <= place + cluster.hits[-1][1] + 2 * GUARD:
                loose.update((rule, place + end) for rule, end in cluster.hits)
        ordered = sorted(loose, key=_end)
        ends = [end for _, end in ordered]
        owner = {hit: here for here in carried for hit in _absolute(here)}
        left_out: set[int] = set()
        found: list[Placed] = []
        seen: set[Hit] = set()
        for one in encoded(data, [(-1 - rule, end) for rule, end in loose]):
            inside = ordered[bisect_left(ends, one.start) : bisect_right(ends, one.end)]
            before = owner.get(inside[0]) if inside else None
            if before is not None and _absolute(before) == inside:
                continue  # as it was
            left_out.update(id(owner[hit]) for hit in inside if hit in owner)
            seen.update(inside)
            found.append(self._stretch(one, inside))
        found += [  # nothing stands encoded there
            (hit[1], Cluster(((hit[0], 0),), -GUARD, GUARD, ()))
            for hit in sorted(loose)
            if hit not in seen and hit not in owner
        ]
        return [here for here in carried if id(here) not in left_out] + found

    def _stretch(self, one: Encoded, inside: list[Hit]) -> Placed:
        place = inside[0][1] if inside else one.end
        hits = tuple([(rule, end - place) for rule, end in inside]) or ((-1, 0),)
        candidates: list[Candidate] = []
        refused: list[Refused] = []
        for part in self._decoder.run(one) if self._decoder else ():
            if isinstance(part, Refused):
                refused.append(part)
                continue
            number = self._numbers[part.match[0].id]
            candidate = self._candidates.revealed(number, part, place)
            if candidate is not None:
                candidates.append(candidate)
        refused += [Refused((), why) for why in self._matcher.cuts()]
        low, high = one.start - GUARD - place, one.end + GUARD - place
        return place, Cluster(hits, low, high, tuple(candidates), tuple(refused))


def _absolute(here: Placed) -> list[Hit]:
    place, cluster = here
    return [(rule, place + end) for rule, end in cluster.hits]


def _gaps(kept: Kept, base_size: int, size: int) -> list[tuple[int, int]]:
    """What is not the base's: (start, end), empty where two ranges of it meet."""
    found: list[tuple[int, int]] = []
    at, there_end, first = 0, 0, True
    for here, there, length in kept:
        if not (first and here == 0 and there == 0):
            found.append((at, here))
        at, there_end, first = here + length, there + length, False
    if first or at != size or there_end != base_size:
        found.append((at, size))
    return found


def _regions(gaps: list[tuple[int, int]], width: int, size: int) -> list[tuple[int, int, int, int]]:
    """(start, end, first and last end of a hit that counts) around the gaps; none touch."""
    found: list[tuple[int, int, int, int]] = []
    around = width + 1
    start, end = gaps[0]
    for low, high in gaps:
        if low - end <= 2 * around:
            end = high
        else:
            found.append((max(0, start - around), min(size, end + around), start, end + width))
            start, end = low, high
    found.append((max(0, start - around), min(size, end + around), start, min(size, end + width)))
    return found
