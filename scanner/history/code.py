"""Which candidates of history are code where they stand: their objects are read once more for it.

A candidate is kept with its lines; whether those are inside of a string or a comment only the whole
file says, and in which language only its path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from scanner.engine.candidates import Candidate
from scanner.engine.grammars import LARGEST
from scanner.engine.judgement import Judged
from scanner.engine.syntax import BEFORE, Span, code_at, is_doubtful
from scanner.engine.text import view
from scanner.history.shards import Item
from scanner.record import record

# (ids) -> each with its content, None for what cannot be read
Contents = Callable[[Sequence[str]], Iterable[tuple[str, bytes | None]]]
Spot = tuple[str, str, str, int, int]  # object id, path, encoding ("" for none), start, end
Code = set[Spot]


@record
class Doubt:
    """A candidate that may be code. encoding: of the object, if it is UTF-16 or UTF-32; then the
    span is that in its view as UTF-8."""

    object_id: str
    path: str
    encoding: str
    span: Span


def may_be_parsed(item: Item) -> bool:
    """Whether an object can be source code that is parsed."""
    return item.kind == "blob" and item.size <= LARGEST


def spot(item: Item, path: str, at: int, candidate: Candidate, judged: Judged) -> Spot:
    """The name of the place of a candidate in an object. at: its cluster's place."""
    encoding = _encoding(candidate)
    moved = 0 if encoding else at
    return item.id, path, encoding or "", judged.start + moved, judged.end + moved


def doubt(item: Item, path: str, at: int, candidate: Candidate, judged: Judged) -> Iterator[Doubt]:
    """The doubt about a candidate, if there is any; what stands encoded in a file is none of its
    code."""
    if _encoding(candidate) is None:
        return
    start = judged.start - candidate.offset
    before = candidate.snippet[max(0, start - BEFORE) : start]
    if is_doubtful(judged, before, path, item.size):
        object_id, path, encoding, *span = spot(item, path, at, candidate, judged)
        yield Doubt(object_id, path, encoding, (span[0], span[1]))


def code_in(doubts: Iterable[Doubt], contents: Contents) -> Code:
    """Those places that are code beyond doubt. An object that cannot be read again has none."""
    asked: dict[str, dict[tuple[str, str], list[Span]]] = {}
    for one in doubts:
        files = asked.setdefault(one.object_id, {})
        files.setdefault((one.path, one.encoding), []).append(one.span)
    found: Code = set()
    for object_id, data in contents(list(asked)) if asked else ():
        if data is not None:
            found.update(_code_of(object_id, data, asked[object_id]))
    return found


def _code_of(
    object_id: str, data: bytes, files: Mapping[tuple[str, str], Sequence[Span]]
) -> Iterator[Spot]:
    for (path, encoding), spans in files.items():
        text = view(data, encoding).data if encoding else data
        for start, end in code_at(path, text, spans):
            yield object_id, path, encoding, start, end


def _encoding(candidate: Candidate) -> str | None:
    """How the object itself is written; None for what is encoded or packed in it."""
    if not candidate.chain:
        return ""
    encoding = candidate.chain[0]
    is_all = len(candidate.chain) == 1 and encoding.startswith(("utf-16", "utf-32"))
    return encoding if is_all else None
