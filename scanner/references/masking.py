"""Take values out of a stream of output, whatever pieces it comes in."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import quote

MASK = b"***"
SHORTEST = 4  # a shorter value would hide ordinary words and tell its length by doing so
_SHORTEST_FORM = 8


class Masker:
    """Replaces every occurrence of the values by ***; one object for one stream.

    Also their base64, percent-encoded and JSON-escaped spellings, and each line of a value with
    several. Only bytes that may still become a value are held back, so a prompt comes through.
    """

    def __init__(self, values: Iterable[bytes]) -> None:
        forms = sorted({form for value in values for form in spellings(value)})
        self._forms = forms
        self._longest = max(map(len, forms), default=0)
        self._by_start: dict[bytes, list[bytes]] = defaultdict(list)
        for form in sorted(forms, key=len, reverse=True):
            self._by_start[form[:3]].append(form)
        self._starts = _any_of_three(self._by_start)
        self._buffer = b""
        self._covered = 0  # so many bytes at the start of the buffer are behind a *** already

    def feed(self, data: bytes) -> bytes:
        """What can be shown after these further bytes."""
        self._buffer += data
        return self._shown(self._undecided())

    def finish(self) -> bytes:
        """What was still held back at the end of the stream."""
        return self._shown(len(self._buffer))

    def _shown(self, limit: int) -> bytes:
        shown: list[bytes] = []
        position = self._covered
        for start, end in self._hits():
            if start >= limit:
                break
            if end <= position:
                continue
            if start >= position:
                shown += [self._buffer[position:start], MASK]
            position = end  # a value that overlaps the last one is behind the same ***
        if position < limit:
            shown.append(self._buffer[position:limit])
            position = limit
        self._buffer = self._buffer[limit:]
        self._covered = position - limit
        return b"".join(shown)

    def _hits(self) -> Iterator[tuple[int, int]]:
        """Where values stand, the longest at each place, overlapping ones too."""
        buffer, at = self._buffer, 0
        while self._longest and (match := self._starts.search(buffer, at)):
            at = match.start()
            for form in self._by_start[match[0]]:
                if buffer.startswith(form, at):
                    yield at, at + len(form)
                    break
            at += 1

    def _undecided(self) -> int:
        """Where the shortest tail starts that holds every unfinished value."""
        size = len(self._buffer)
        for start in range(max(0, size - self._longest + 1), size):
            tail = self._buffer[start:]
            at = bisect_left(self._forms, tail)
            # A form equal to the tail may be the start of a longer one just behind it.
            if at < len(self._forms) and self._forms[at] == tail:
                at += 1
            if at < len(self._forms) and self._forms[at].startswith(tail):
                return start
        return size


def _any_of_three(starts: Iterable[bytes]) -> re.Pattern[bytes]:
    """A pattern for any of these three bytes, as a tree: a flat list would be tried one by one."""
    tree: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for first, second, third in starts:
        tree[first][second].add(third)

    def one(byte: int) -> bytes:
        return b"\\x%02x" % byte

    branches = [
        one(first)
        + b"(?:"
        + b"|".join(one(b) + b"[" + b"".join(map(one, sorted(c))) + b"]" for b, c in rest.items())
        + b")"
        for first, rest in tree.items()
    ]
    return re.compile(b"|".join(branches))


def spellings(value: bytes) -> Iterator[bytes]:
    """The ways a program may print a value; nothing for a value too short to hide."""
    bare = value.strip()
    if len(bare) < SHORTEST:
        return
    yield bare
    for line in bare.splitlines():
        if len(line.strip()) >= _SHORTEST_FORM:
            yield line.strip()
    yield quote(bare, safe="").encode()
    yield quote(bare, safe="/").encode()
    text = bare.decode("utf-8", "replace")
    yield json.dumps(text)[1:-1].encode()
    yield json.dumps(text, ensure_ascii=False)[1:-1].encode()
    for raw in {bare, value}:
        for shift in range(3):
            # Only the characters that do not depend on what stands around the value.
            first = (0, 2, 3)[shift]
            core = b64encode(b"\0" * shift + raw)[first : (shift + len(raw)) * 8 // 6]
            if len(core) >= _SHORTEST_FORM:
                yield core
                yield core.translate(bytes.maketrans(b"+/", b"-_"))
