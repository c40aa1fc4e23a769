"""Where in history blobs were: who brought them in, which commits and refs hold them, and when.

One log pass says which commits add or remove a wanted (blob, path) pair. Then every commit gets the
set of pairs it holds as one big integer: that of its first parent, less what it removes, plus what
it adds, so that a merge of two sets is one operation and a commit that changes nothing shares its
parent's integer. Pairs are worked on some thousands at a time, which bounds the memory.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, islice
from operator import attrgetter

from scanner.git.bits import bits, length, spans
from scanner.git.log import Log, Pages, log_of, read_pages
from scanner.git.refs import is_shallow, peeled, refs, tree_entries
from scanner.record import record

MOST_REFS = 100  # names kept for one blob and path
_SLICE = 2048  # pairs worked on at a time
_BRANCHES = ("refs/heads/", "refs/remotes/")


@record
class Commit:
    """A commit. id, parents: hex. author: `name <mail>`. time, committed: author's and committer's
    seconds since 1970 (may be negative or far off; 0 where unreadable). order: parents have a
    lower one than their children."""

    id: str
    author: str
    time: int
    committed: int
    parents: tuple[str, ...]
    order: int = 0


@record
class Whereabouts:
    """Where one blob was under one path.

    brought_in: the commit that holds it while no ancestor does; the earliest by committer's time,
    then by id, if there are several. merged_by: the merge that brought it (or a removed earlier
    stay of it) into the history of HEAD's first-parent chain, or, where HEAD never had it, into
    that of the first ref that did (branches, remote branches, others); "" if it was committed
    there directly or by the merge itself, or never merged. first: the same as brought_in. last: the
    commit that holds it while no descendant does; the latest if there are several. commits: how
    many hold it. refs: full names of the refs whose commit holds it, sorted, MOST_REFS at most;
    refs_total counts all. at_head: HEAD's commit holds it. in_branch: a local or remote branch's
    does.
    """

    blob_id: str
    path: str
    brought_in: str
    merged_by: str
    first: str
    last: str
    commits: int
    refs: tuple[str, ...]
    refs_total: int
    at_head: bool
    in_branch: bool


@record
class Origins:
    """places: blob id -> whereabouts sorted by path; a blob that no commit holds is not there.
    commits: every commit named in them. total: how many commits were looked at. shallow: history is
    cut off (a shallow clone, missing commits): `brought_in` may mean "at or before the cut"."""

    places: Mapping[str, tuple[Whereabouts, ...]]
    commits: Mapping[str, Commit]
    total: int
    shallow: bool


@record
class _Seen:
    """What every slice needs: the log, (ref name, commit number) sorted by name, the ids by number,
    the pairs by number, HEAD's number or -1, and HEAD's pairs where HEAD is not in the log."""

    log: Log
    tips: tuple[tuple[str, int], ...]
    ids: tuple[str, ...]
    pairs: tuple[tuple[bytes, bytes], ...]
    head: int
    head_pairs: frozenset[tuple[bytes, bytes]]


def origins(
    top: str,
    blob_ids: Collection[str],
    tips: Sequence[str] = (),
    extra: Sequence[str] = (),
    *,
    reflogs: bool = False,
    pages: Pages | None = None,
    also: Collection[str] = (),
) -> Origins:
    """The whereabouts of blobs (ids in hex) in the repository at `top`, in one log pass.

    tips: revisions whose history is looked at; () means every ref and every work tree's HEAD, with
    `reflogs` what they name too. extra: ids of further commits (unreachable ones). Only refs among
    the commits looked at count. pages: the log, if it was read before.
    also: ids of commits to tell of in any case. GitError when git cannot
    read a history that was asked for.
    """
    if pages is None:
        pages = read_pages(top, tips, extra, reflogs=reflogs)
    log = log_of(pages, blob_ids)
    seen = _seen(top, log)
    places: dict[str, list[Whereabouts]] = {}
    named: set[int] = set()
    for number, events in enumerate(_slices(log)):
        _place(seen, number * _SLICE, events, places, named)
    known = (log.numbers.get(one.encode("ascii"), -1) for one in also)
    named.update(number for number in known if number >= 0)
    return Origins(
        {one: tuple(sorted(places[one], key=attrgetter("path"))) for one in sorted(places)},
        {seen.ids[number]: _commit(seen, number) for number in sorted(named)},
        len(log.numbers),
        log.cut or is_shallow(top),
    )


def _seen(top: str, log: Log) -> _Seen:
    """Which commit each ref and HEAD stand for; git is asked for what is no commit of the log."""
    named = refs(top)
    unknown = sorted({object_id for _, object_id in named if object_id not in log.numbers})
    head, *opened = peeled(top, [b"HEAD", *unknown])
    commits = dict(zip(unknown, opened, strict=True))
    tips = [(name, log.numbers.get(commits.get(one, one), -1)) for name, one in named]
    number = log.numbers.get(head, -1)
    head_pairs: frozenset[tuple[bytes, bytes]] = frozenset()
    if head and number < 0 and log.pairs:
        head_pairs = frozenset(log.pairs.keys() & set(tree_entries(top, head.decode("ascii"))))
    return _Seen(
        log,
        tuple(tip for tip in tips if tip[1] >= 0),
        tuple(one.decode("ascii") for one in log.numbers),
        tuple(log.pairs),
        number,
        head_pairs,
    )


def _slices(log: Log) -> list[dict[int, tuple[int, int]]]:
    """For each slice of pairs: commit number -> (pairs it removes, pairs it adds), as bits."""
    slices: list[dict[int, tuple[int, int]]] = [{} for _ in range(0, len(log.pairs), _SLICE)]
    for number, both in log.changes.items():
        for adds, pairs in enumerate(both):
            for pair in pairs:
                events = slices[pair // _SLICE]
                removed, added = events.get(number, (0, 0))
                bit = 1 << pair % _SLICE
                events[number] = (removed, added | bit) if adds else (removed | bit, added)
    return slices


def _place(
    seen: _Seen,
    base: int,
    events: Mapping[int, tuple[int, int]],
    places: dict[str, list[Whereabouts]],
    named: set[int],
) -> None:
    """Add the whereabouts of one slice of pairs, and the numbers of the commits they name."""
    log = seen.log
    holds, ever, entries = _held(log, events)
    brought = _foremost(sorted(entries, key=lambda one: _age(seen, one[0])))
    exits = _exits(log, holds, min(events))
    last = _foremost(sorted(exits, key=lambda one: _age(seen, one[0]), reverse=True))
    merged = _merges(seen, ever)
    held = spans(holds)
    at_refs = spans(holds[number] for _, number in seen.tips)
    branches = 0
    for name, number in seen.tips:
        if name.startswith(_BRANCHES):
            branches |= holds[number]
    for bit, number in sorted(brought.items()):
        blob_id, path = pair = seen.pairs[base + bit]
        through = merged.get(bit, -1)
        held_by = at_refs.get(bit, [])
        tips = chain.from_iterable(range(start, end) for start, end in held_by)
        where = Whereabouts(
            blob_id=blob_id.decode("ascii"),
            path=os.fsdecode(path),
            brought_in=seen.ids[number],
            merged_by=seen.ids[through] if through >= 0 else "",
            first=seen.ids[number],
            last=seen.ids[last[bit]],
            commits=length(held[bit]),
            refs=tuple(seen.tips[tip][0] for tip in islice(tips, MOST_REFS)),
            refs_total=length(held_by),
            at_head=bool(holds[seen.head] >> bit & 1) or pair in seen.head_pairs,
            in_branch=bool(branches >> bit & 1),
        )
        places.setdefault(where.blob_id, []).append(where)
        named.update({number, last[bit], through} - {-1})


def _held(
    log: Log, events: Mapping[int, tuple[int, int]]
) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """By commit number: the pairs it holds, the pairs it or an ancestor holds; and (commit, pairs)
    where pairs appear that no ancestor holds. The lists' last item stands for "no such parent"."""
    total = len(log.numbers)
    holds = [0] * (total + 1)
    ever = [0] * (total + 1)
    entries = []
    first, others = log.first, log.others
    for number in range(min(events), total):
        parent = first[number]
        held = holds[parent]
        before = ever[parent]
        for other in others.get(number, ()):
            before |= ever[other]
        if number in events:
            removed, added = events[number]
            held = held & ~removed | added
            if fresh := held & ~before:
                entries.append((number, fresh))
                before |= fresh
        holds[number] = held
        ever[number] = before
    return holds, ever, entries


def _exits(log: Log, holds: Sequence[int], lowest: int) -> list[tuple[int, int]]:
    """(commit, pairs it holds while no descendant does), for commits from number `lowest` on."""
    later = [0] * len(holds)
    found = []
    first, others = log.first, log.others
    for number in range(len(holds) - 2, lowest - 1, -1):
        known = later[number]
        if rest := holds[number] & ~known:
            found.append((number, rest))
            known |= rest
        if known:
            later[first[number]] |= known
            for other in others.get(number, ()):
                later[other] |= known
    return found


def _foremost(candidates: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Pair -> the first commit of (commit, pairs) that has it."""
    found: dict[int, int] = {}
    taken = 0
    for number, pairs in candidates:
        if fresh := pairs & ~taken:
            taken |= fresh
            found.update(dict.fromkeys(bits(fresh), number))
    return found


def _merges(seen: _Seen, ever: Sequence[int]) -> dict[int, int]:
    """Pair -> the merge through which the main line first got it; see Whereabouts.merged_by."""
    found: dict[int, int] = {}
    first, others = seen.log.first, seen.log.others
    ranked = sorted(seen.tips, key=lambda tip: _rank(tip[0]))
    done = 0
    for tip in (seen.head, *(number for _, number in ranked)):
        sought = ever[tip] & ~done
        done |= sought
        number = tip
        while sought:
            fresh = sought & ~ever[first[number]]
            if fresh and number in others:
                sides = 0
                for other in others[number]:
                    sides |= ever[other]
                found.update(dict.fromkeys(bits(fresh & sides), number))
            sought &= ~fresh
            number = first[number]
    return found


def _rank(name: str) -> int:
    for place, prefix in enumerate(_BRANCHES):
        if name.startswith(prefix):
            return place
    return len(_BRANCHES)


def _age(seen: _Seen, number: int) -> tuple[int, str]:
    return seen.log.committed[number], seen.ids[number]


def _commit(seen: _Seen, number: int) -> Commit:
    log = seen.log
    known = (log.first[number], *log.others.get(number, ()))
    strangers = tuple(one.decode("ascii") for one in log.strangers.get(number, ()))
    return Commit(
        seen.ids[number],
        log.authors[number].decode("utf-8", "replace"),
        log.authored[number],
        log.committed[number],
        strangers or tuple(seen.ids[one] for one in known if one >= 0),
        number,
    )
