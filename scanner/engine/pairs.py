"""Halves of one credential found near each other: the key id beside its secret, SID and token.

A rule says with `part_of` whose part its values are. Within its window of lines a part is merged
into the nearest secret that has none of that rule yet, and the pair is one finding; alone it is
reported by itself, if it is worth it. All this is decided after findings were placed and judged,
by what stands in one file, so a tree, a staged version and an object of history agree.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scanner.model import CONFIDENCES, Confidence, Finding
from scanner.record import record, replace
from scanner.rules import Rule

WITHIN = 8  # lines
ANY = "*"  # in part_of: any secret whose name has the same stem
_MOST = 32  # secrets on either side that are looked at: a line may hold a million
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_HALVES = frozenset(
    (
        "id", "key", "secret", "token", "sid", "password", "passwd", "pwd", "pass", "access",
        "auth", "account", "value", "identifier", "user", "username", "login",
    )
)  # fmt: skip


@record
class Spot:
    """What pairing looks at. layer: equal for what stands in the same text; plain is ()."""

    rule: Rule
    key: str
    line: int
    start: int
    layer: tuple[object, ...] = ()


def pairs(spots: Sequence[Spot]) -> dict[int, list[int]]:
    """Index of a secret -> indexes of its parts, each in order of their places."""
    parts = [number for number, one in enumerate(spots) if one.rule.part_of]
    if not parts:
        return {}
    layers: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, one in enumerate(spots):
        if not one.rule.part_of:
            layers[one.layer].append(number)
    for many in layers.values():
        many.sort(key=lambda number: (spots[number].line, spots[number].start))
    wishes = [
        wish for part in parts for wish in _wishes(spots, part, layers.get(spots[part].layer, []))
    ]
    return _granted(spots, sorted(wishes))


# (lines between, bytes between, start of the part, start of the secret, part, secret)
_Wish = tuple[int, int, int, int, int, int]


def _wishes(spots: Sequence[Spot], number: int, mains: Sequence[int]) -> Iterator[_Wish]:
    """Every secret that a part may belong to."""
    part = spots[number]
    within = part.rule.within or WITHIN
    at = bisect_left([spots[m].line for m in mains], part.line) if mains else 0
    for main in mains[max(0, at - _MOST) : at + _MOST]:
        one = spots[main]
        apart = abs(one.line - part.line)
        if apart <= within and _fit(part, one):
            yield apart, abs(one.start - part.start), part.start, one.start, number, main


def _fit(part: Spot, main: Spot) -> bool:
    named = main.rule.id in part.rule.part_of
    if named and main.rule.kind != "generic":
        return True
    if not named and ANY not in part.rule.part_of:
        return False
    return bool(part.key) and stem(part.key) == stem(main.key)


def stem(key: str) -> tuple[str, ...]:
    """The words of a name without those that tell the halves apart: `GITHUB_CLIENT_ID` and
    `githubClientSecret` are both ("github", "client")."""
    words = [word.lower() for word in _WORDS.findall(key)]
    while words and words[-1] in _HALVES:
        words.pop()
    return tuple(words)


def _granted(spots: Sequence[Spot], wishes: Iterable[_Wish]) -> dict[int, list[int]]:
    """The nearest first; a secret takes one part of each rule, a part belongs to one secret."""
    found: dict[int, list[int]] = defaultdict(list)
    taken: set[int] = set()
    full: set[tuple[int, str]] = set()
    for _, _, _, _, part, main in wishes:
        rule = spots[part].rule.id
        if part not in taken and (main, rule) not in full:
            taken.add(part)
            full.add((main, rule))
            found[main].append(part)
    for many in found.values():
        many.sort(key=lambda number: (spots[number].line, spots[number].start))
    return dict(found)


def paired(
    findings: Sequence[Finding], rules: Mapping[str, Rule], minimum: Confidence
) -> list[Finding]:
    """The findings of one file with parts merged; what is below the minimum and no part is left
    out. rules: by id, of all the findings."""
    least = CONFIDENCES.index(minimum)
    spots = [
        Spot(
            rules[one.rule], one.key, one.line, one.start, layer(one.decoded_by, one.start, one.end)
        )
        for one in findings
    ]
    found = pairs(spots)
    gone = {part for many in found.values() for part in many}
    kept = []
    for number, one in enumerate(findings):
        if number in found:
            kept.append(replace(one, parts=tuple(findings[part] for part in found[number])))
        elif number not in gone and CONFIDENCES.index(one.confidence) >= least:
            kept.append(one)
    return kept


def layer(chain: Sequence[str], start: int, end: int) -> tuple[object, ...]:
    """Which text a finding stands in: the file's own, one encoded text in it, one member.

    chain: how it was encoded or packed; start, end: its place in the file.
    """
    names = tuple(name for name in chain if not name.startswith("("))
    if not names or (len(names) == 1 and names[0].startswith("utf-")):
        return ()
    return (*names, start, end)
