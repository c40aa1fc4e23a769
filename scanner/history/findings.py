"""Occurrences -> findings: one for each secret and key, with every place beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from scanner.git.origins import MOST_REFS, Commit, Whereabouts
from scanner.history.gather import Gathered, Occurrence
from scanner.model import Finding, Origin, Place, Secret, Skipped, mask
from scanner.record import record, replace

NAMED = ("path", "ref")  # kinds of items whose id is a name, which may hold the secret


@record
class Known:
    """What is known of places. whereabouts: (object id, path) -> where history had it. commits:
    by id."""

    whereabouts: Mapping[tuple[str, str], Whereabouts]
    commits: Mapping[str, Commit]

    def of(self, one: Occurrence) -> Whereabouts | None:
        """Where history had this object under this path."""
        return self.whereabouts.get((one.item.id, one.place.path))


def findings_of(gathered: Gathered, known: Known, *, every_place: bool) -> Iterator[Finding]:
    """A finding for each identity, or for each occurrence."""
    for occurrences in gathered.occurrences.values():
        ordered = sorted(occurrences, key=lambda one: _rank(one, known))
        if every_place:
            for one in ordered:
                yield _finding([one], known)
        else:
            yield _finding(ordered, known)


def _rank(one: Occurrence, known: Known) -> tuple[object, ...]:
    """What is still there comes first, then what is on a branch, then the newest."""
    found = known.of(one)
    commit = known.commits.get(found.last if found else one.place.commit or "")
    order = commit.order if commit else -1
    there = (not found.at_head, not found.in_branch) if found else (True, True)
    place = one.place
    return (not found, *there, -order, place.path, place.commit or "", one.item.id, one.start)


def _finding(occurrences: Sequence[Occurrence], known: Known) -> Finding:
    first = occurrences[0]
    judged, value = first.judged, first.judged.value
    places = tuple(dict.fromkeys(one.place for one in occurrences))
    line, column, end_line, end_column = first.position
    if not first.chain:
        end_line, end_column = _end_of(line, column, value)
    return Finding(
        rule=judged.rule.id,
        secret=Secret(value),
        blob_id=first.item.id if first.item.kind not in NAMED else "",
        places=places,
        start=first.start,
        end=first.end,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        key=judged.key,
        severity=judged.rule.severity,
        confidence=judged.confidence,
        score=judged.score,
        masked=mask(value, judged.rule.prefix),
        reasons=judged.reasons,
        decoded_by=first.chain,
        origin=_origin(occurrences, known),
        parts=_parts(occurrences, known),
    )


def _parts(occurrences: Sequence[Occurrence], known: Known) -> tuple[Finding, ...]:
    """The other halves, each value once, where the first place has them or the next that does."""
    found: dict[tuple[str, bytes, str], Occurrence] = {}
    for one in occurrences:
        for part in one.parts:
            judged = part.judged
            found.setdefault((judged.rule.id, judged.value, judged.key), part)
    return tuple(_finding([part], known) for part in found.values())


def _end_of(line: int, column: int, value: bytes) -> tuple[int, int]:
    text = value.decode("utf-8", "replace")
    below = text.count("\n")
    last = text.rpartition("\n")[2]
    return (line + below, len(last) + 1) if below else (line, column + len(text))


def _origin(occurrences: Iterable[Occurrence], known: Known) -> Origin:
    """All places taken together: the earliest commit that brought it in, the latest that has it."""
    everywhere = [(one, found) for one in occurrences if (found := known.of(one))]
    if not everywhere:
        one = next(iter(occurrences))
        place, commit = one.place, one.place.commit or ""
        return Origin(commit, place.author or "", place.time or 0, first=commit, last=commit)
    wheres = list({(w.blob_id, w.path): w for _, w in everywhere}.values())
    begin = min(wheres, key=lambda w: (_order(known, w.brought_in), w.path))
    end = max(wheres, key=lambda w: (_order(known, w.last), w.path))
    names = sorted({name for w in wheres for name in w.refs})
    author = known.commits[begin.brought_in].author if begin.brought_in in known.commits else ""
    return Origin(
        commit=begin.brought_in,
        author=author,
        time=_authored(known, begin.brought_in),
        merged_by=begin.merged_by,
        first=begin.first,
        last=end.last,
        commits=max(w.commits for w in wheres),
        refs=tuple(names[:MOST_REFS]),
        refs_total=max(len(names), *(w.refs_total for w in wheres)),
        at_head=any(w.at_head for w in wheres),
        in_branch=any(w.in_branch for w in wheres),
    )


def _order(known: Known, commit_id: str) -> int:
    commit = known.commits.get(commit_id)
    return commit.order if commit else 0


def _authored(known: Known, commit_id: str) -> int:
    commit = known.commits.get(commit_id)
    return commit.time if commit else 0


def values_in_names(findings: Sequence[Finding]) -> list[str]:
    """Values that stand in a name or a message, the longest first: they must not be shown."""
    found = {
        one.secret.reveal().decode("utf-8", "surrogateescape")
        for finding in findings
        for one in finding.halves
        if any(place.path.startswith("(") for place in one.places)
    }
    return sorted((one for one in found if len(one) > 3), key=lambda one: (-len(one), one))


def skipped_without_secrets(skipped: Sequence[Skipped], values: Sequence[str]) -> list[Skipped]:
    """The same for what was not read: its path or reason may be such a name."""
    return [
        Skipped(replace(one.place, path=_clean(one.place.path, values)), _clean(one.reason, values))
        for one in skipped
    ]


def _clean(text: str, values: Sequence[str]) -> str:
    for value in values:
        text = text.replace(value, "***")
    return text


def without_secrets(finding: Finding, values: Sequence[str]) -> Finding:
    """The finding with values that stand in names (of files, refs, authors) masked there."""

    def clean(text: str) -> str:
        return _clean(text, values)

    places = tuple(
        Place(clean(one.path), one.commit, clean(one.author) if one.author else None, one.time)
        for one in finding.places
    )
    origin = finding.origin
    if origin is not None:
        refs = tuple(clean(name) for name in origin.refs)
        origin = replace(origin, author=clean(origin.author), refs=refs)
    chain = tuple(clean(name) for name in finding.decoded_by)
    parts = tuple(without_secrets(part, values) for part in finding.parts)
    return replace(finding, places=places, origin=origin, decoded_by=chain, parts=parts)
