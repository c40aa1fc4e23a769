"""Names as content: of files and folders that history ever had, of branches and tags."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate

from scanner.history.shards import Item
from scanner.history.versions import Versions

_AT_ONCE = 1 << 20  # bytes of names that are matched together


def scan_names(versions: Versions, names: Iterable[bytes], kind: str) -> Iterator[Item]:
    """An item for each name in which something was found; its id is the name.

    Many names are matched as lines of one text; what hits there is matched again by itself, since a
    rule may look beyond a line.
    """
    lines: list[bytes] = []
    size = 0
    for name in names:
        lines.append(name)
        size += len(name) + 1
        if size >= _AT_ONCE:
            yield from _some(versions, lines, kind)
            lines, size = [], 0
    yield from _some(versions, lines, kind)


def _some(versions: Versions, lines: list[bytes], kind: str) -> Iterator[Item]:
    text = b"\n".join(lines)
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    hit = {bisect_left(starts, end) - 1 for end in versions.ends(text)}
    for number in sorted(hit):
        name = lines[number]
        version = versions.text(name)
        if version.found:
            yield Item(
                os.fsdecode(name), kind, len(name), version.binary, version.found, version.positions
            )
