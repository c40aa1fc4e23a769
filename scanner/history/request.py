"""What is asked of a history scan, and of a scan of what a range of commits brings in."""

from __future__ import annotations

from scanner.record import record


@record
class HistoryRequest:
    """Which objects to scan. The default is everything that the object store holds.

    reachable: only what refs reach. since: a revision (what it holds is left out) or a date that
    git understands. branches: only these. max_commits: the newest, 0 for all. every_place: each
    place is a finding of its own. cache: a folder, None for the user's own, "" for none.
    fetch_missing: objects that a partial clone lacks may be fetched. submodules: their stores too.
    """

    reachable: bool = False
    since: str = ""
    branches: tuple[str, ...] = ()
    max_commits: int = 0
    every_place: bool = False
    cache: str | None = None
    fetch_missing: bool = False
    submodules: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether only some commits are meant."""
        return bool(self.since or self.branches or self.max_commits)


@record
class RangeRequest:
    """What a range brings in. spec: `A..B`, `A...B`, or `-` for a hook's standard input.

    config_from: the revision whose configuration, ignore files and baseline count, "" for the
    range's base. new_ignores: inline ignores that the range itself adds are obeyed.
    """

    spec: str
    config_from: str = ""
    new_ignores: bool = True
