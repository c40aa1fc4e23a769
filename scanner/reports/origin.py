"""Where in history a finding was, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from scanner.model import Finding, Origin
from scanner.reports.safe import loggable

_ID = 12  # characters of a commit's id that are shown
_MOST = 3


def origin_lines(finding: Finding) -> Iterator[str]:
    """Lines for a person: who brought it in and when, where it still is, where else it was."""
    origin = finding.origin
    if origin is None:
        return
    if origin.commit:
        when = f", {_day(origin.time)}" if origin.time else ""
        through = f", merged by {origin.merged_by[:_ID]}" if origin.merged_by else ""
        yield f"brought in by {origin.commit[:_ID]}{when}, {loggable(origin.author)}{through}"
    if origin.commits:
        count = f"{origin.commits} commit{'s' * (origin.commits != 1)}"
        yield f"{_still(origin)}; in {count}, the last is {origin.last[:_ID]}{_refs(origin)}"
    others = [place for place in finding.places[1:] if place != finding.places[0]]
    if others:
        shown = [
            loggable(one.path) + (f" ({one.commit[:_ID]})" if one.commit else "")
            for one in others[:_MOST]
        ]
        more = f" and {len(others) - _MOST} more" if len(others) > _MOST else ""
        yield f"also {', '.join(shown)}{more}"


def _still(origin: Origin) -> str:
    if origin.at_head:
        return "still at HEAD"
    return "gone from HEAD, still on a branch" if origin.in_branch else "gone from every branch"


def _refs(origin: Origin) -> str:
    if not origin.refs:
        return ""
    names = ", ".join(loggable(_short(name)) for name in origin.refs[:_MOST])
    more = origin.refs_total - min(_MOST, len(origin.refs))
    return f"; {names}" + (f" and {more} more refs" if more else "")


def _short(name: str) -> str:
    for prefix in ("refs/heads/", "refs/remotes/", "refs/tags/"):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def _day(seconds: int) -> str:
    """A date in UTC; a commit may name any time, also one that no calendar knows."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        return f"at {seconds}"
