"""Fetch what commits or refs name and no store holds, before it is scanned, where that is asked."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.errors import GitError
from scanner.git.fetch import fetch, promisor_remotes
from scanner.git.stores import open_store
from scanner.history import listing
from scanner.history.clean_objects import load_clean
from scanner.history.holes import absent, missing
from scanner.history.run import Run
from scanner.history.select import select
from scanner.model import Place, Skipped
from scanner.record import record, replace

_ROUNDS = 8  # folders come first, then what stands in them; what is lost of a commit, before both


@record
class Filled:
    """A run whose store was opened again, how many objects were fetched, and what went wrong."""

    run: Run
    fetched: int
    skipped: tuple[Skipped, ...]


def filled(run: Run) -> Filled:
    """Fetch from each remote that promises something, all at once; what comes is in the store.

    What is missing nevertheless is not named here. UsageError when the request makes no sense.
    """
    asked: set[str] = set()
    problems: dict[str, str] = {}
    for _ in range(_ROUNDS):
        needed = sorted(_needed(run) - asked)
        if not needed:
            break
        asked.update(needed)
        run, more = _fetched(run, needed)
        problems |= more
    left = absent(run, sorted(asked))
    skipped = [Skipped(Place(name), why) for name, why in sorted(problems.items()) if left]
    return Filled(run, len(asked) - len(left), tuple(skipped))


def _needed(run: Run) -> set[str]:
    """Ids of what is missing, as far as it can be told: without folders only those."""
    request, top = run.request, run.repository.top
    everything = select(run.store, None, load_clean("", b""), 1)
    commits = () if request.reachable else everything.commits
    log = listing.full_log(listing.Ask(top, commits, not request.reachable))
    try:
        if log.pages is None:
            return set(listing.missing_trees(run.repository, commits))
        only = listing.meant(run.repository, request)
        return {one for one, _ in missing(run, log.pages, only)}
    except GitError:
        return set()  # the scan meets the same error, and says so


def _fetched(run: Run, ids: Sequence[str]) -> tuple[Run, dict[str, str]]:
    problems: dict[str, str] = {}
    try:
        remotes = promisor_remotes(run.repository.top)
        if not remotes:
            why = "no remote promises what is missing: this is no partial clone"
            problems["(missing objects)"] = why
        for remote in remotes:
            why = fetch(run.repository, remote, ids)
            if why:
                problems[f"(remote {remote.name})"] = why
            store = open_store(run.repository.objects, run.repository.hash_size)
            run = replace(run, store=store)
            ids = absent(run, ids)
            if not ids:
                break
    except (GitError, OSError) as problem:
        problems["(missing objects)"] = str(getattr(problem, "message", problem))
    return run, problems
