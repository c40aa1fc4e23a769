"""Does matching what deltas insert give what matching every version whole gives?

    python bench/equal.py REPOSITORY ...

Every blob of every pack is matched both ways; candidates are compared one by one, with their places
and lines. Prints counts and every difference; exits 1 if there is one.
"""

from __future__ import annotations

import sys
import time

from scanner.engine.candidates import Candidates
from scanner.engine.database import load_database
from scanner.engine.decoding import Decoder
from scanner.engine.increments import Increments, Marks
from scanner.engine.matcher import Matcher
from scanner.engine.triggers import load_triggers
from scanner.git.packs import BLOB, forest
from scanner.git.repository import describe
from scanner.git.stores import open_store
from scanner.git.walk import branches, starts, walk


def facts(marks: Marks) -> list[tuple[object, ...]]:
    """Every candidate with its place, in a fixed order."""
    found = set()
    for place, cluster in marks.placed:
        for one in cluster.candidates:
            span = None if one.span is None else (place + one.span[0], place + one.span[1])
            at = one.offset if one.chain else place + one.offset
            found.add(
                (one.rule, at, one.start, one.end, one.key_start, one.snippet, one.chain, span)
            )
    return sorted(found, key=repr)


def hits(marks: Marks) -> list[tuple[object, ...]]:
    """Every cluster of a rule's hits with its place."""
    return sorted((place, one.hits) for place, one in marks.placed if one.hits[0][0] >= 0)


def compare(path: str, engine: Increments) -> int:
    """Differences in one repository."""
    repository = describe(path)
    counts = dict.fromkeys(("blobs", "by delta", "candidates", "differences", "unread"), 0)
    started = time.perf_counter()
    for pack in open_store(repository.objects, repository.hash_size).packs:
        entries = forest(pack)
        found = branches(entries, entries.kind == BLOB)
        begin = [one.node for one in starts(entries, found, 1 << 60)]

        def visit(node, data, base, kept):
            marks = engine.whole(data) if base is None else engine.version(data, base, kept)
            counts["blobs"] += 1
            whole = marks
            if base is not None:
                counts["by delta"] += 1
                whole = engine.whole(data)
            counts["candidates"] += len(facts(whole))
            if facts(marks) != facts(whole) or hits(marks) != hits(whole):
                counts["differences"] += 1
                print("different:", path, "entry", node)
            return marks

        def report(_node, reason):
            counts["unread"] += 1
            print("unread:", path, reason)

        walk(pack, entries, found, begin, frozenset(), visit, report)
    seconds = time.perf_counter() - started
    print(
        path, ", ".join(f"{count:,} {name}" for name, count in counts.items()), f"{seconds:.0f} s"
    )
    return counts["differences"]


if __name__ == "__main__":
    database = load_database("low")
    matcher = Matcher(database)
    engine = Increments(
        database, matcher, Candidates("low"), Decoder(matcher, load_triggers()), worth=0.99
    )
    sys.exit(1 if sum([compare(path, engine) for path in sys.argv[1:]]) else 0)
