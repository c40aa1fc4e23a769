"""Content and hits of the triggers -> the stretches that stand encoded in it, decoded.

`encoded(data, hits)` asks only what stands near the hits. Each result depends on the bytes
[start - GUARD, end + GUARD) and on the hits among them alone, so it can be carried over from one
version of a file to the next. Encodings inside encodings are found by asking again with the decoded
bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.decode import escapes, runs
from scanner.decode.spans import Encoded
from scanner.decode.triggers import TRIGGERS, Trigger

__all__ = ["GUARD", "TRIGGERS", "WIDTH", "Encoded", "Trigger", "encoded"]

WIDTH = max(trigger.width for trigger in TRIGGERS)
# A window reaches REACH bytes beyond a hit, and another one could touch it from as far away; a
# wrapped run asks two lines further.
GUARD = 2 * escapes.REACH + 4 * runs.LINE


def encoded(data: bytes, hits: Sequence[tuple[int, int]]) -> list[Encoded]:
    """What stands encoded around the hits, sorted by start, end and kind.

    hits: (index in TRIGGERS, end offset) of every match in `data`, in any order, repeated or not.
    Time is linear in `data` and hits.
    """
    by_kind: dict[str, set[tuple[int, int]]] = {}
    for number, end in hits:
        trigger = TRIGGERS[number]
        by_kind.setdefault(trigger.kind, set()).add((end, trigger.grouped))
    found: list[Encoded] = []
    for kind, places in by_kind.items():
        if kind in runs.KINDS:
            found += runs.runs(kind, data, list(places))
        else:
            found += escapes.views(kind, data, sorted(end for end, _ in places))
    found.sort(key=_order)
    return found


def _order(one: Encoded) -> tuple[int, int, str]:
    return one.start, one.end, one.kind
