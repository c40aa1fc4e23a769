"""What git is asked about a history: its log, which objects are meant, and what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from scanner.errors import GitError, UsageError
from scanner.git.log import Pages, changed, log_of, read_pages, stream
from scanner.git.repository import Repository
from scanner.history.request import HistoryRequest
from scanner.record import record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@record
class Listing:
    """The log as it came, or why there is none."""

    pages: Pages | None
    problem: str = ""


@record
class Ask:
    """A log to read: of all refs, of further commits, and of reflogs."""

    top: str
    commits: tuple[str, ...]
    reflogs: bool


def full_log(ask: Ask) -> Listing:
    """The log, or why git cannot give it."""
    try:
        return Listing(read_pages(ask.top, (), ask.commits, reflogs=ask.reflogs))
    except GitError as problem:
        return Listing(None, problem.message)


def meant(repository: Repository, request: HistoryRequest) -> frozenset[str] | None:
    """Ids of the objects that a request means, None for all there are. GitError, UsageError."""
    if not request.narrowed:
        return _reachable(repository.top) if request.reachable else None
    limits, without = [], []
    if request.max_commits:
        if request.max_commits < 0:
            raise UsageError("--max-commits must be 1 or more")
        limits.append(f"--max-count={request.max_commits}")
    if request.since and _is_commit(repository.top, request.since):
        without.append(f"^{request.since}")
    elif request.since:
        limits.append(f"--since={request.since}")
    for name in request.branches:
        if not _is_commit(repository.top, name):
            hint = "'git branch -a' lists them"
            raise UsageError(f"no branch or revision is called {name!r}", hint)
    everything = not request.reachable and not request.branches
    pages = read_pages(
        repository.top, (*request.branches, *without), reflogs=everything, limits=tuple(limits)
    )
    commits = [one.decode("ascii") for one in log_of(pages, ()).numbers]
    return frozenset((*commits, *(new.decode("ascii") for new, _ in changed(pages))))


def _is_commit(top: str, name: str) -> bool:
    if name.startswith("-") or not name:
        return False
    arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"]
    try:
        return bool(b"".join(stream(top, arguments)))
    except GitError:
        return False


def _reachable(top: str) -> frozenset[str]:
    """Everything that refs reach, tags and what they name included."""
    arguments = ["rev-list", "--objects", "--no-object-names", "--all"]
    return frozenset(b"".join(stream(top, arguments)).decode("ascii").split())


def missing(
    pages: Pages, there: Callable[[NDArray[np.bytes_]], NDArray[np.bool_]], hash_size: int
) -> list[str]:
    """Ids of blobs that commits name and that no store holds, sorted."""
    import numpy as np

    named = sorted({new for new, _ in changed(pages)})
    if not named:
        return []
    ids = np.array([bytes.fromhex(one.decode("ascii")) for one in named], f"S{hash_size}")
    gone = ~there(ids)
    return [one.decode("ascii") for one, lost in zip(named, gone.tolist(), strict=True) if lost]


def paths_of(pages: Pages) -> dict[bytes, bytes]:
    """Every path that history ever had -> a blob (id in hex) that stood there."""
    return {path: new for new, path in changed(pages)}
