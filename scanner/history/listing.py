"""What git is asked about a history: its log, which objects are meant, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.errors import GitError, UsageError
from scanner.git.log import Pages, changed, holes, log_of, read_pages, stream
from scanner.git.repository import Repository
from scanner.history.request import HistoryRequest
from scanner.record import record


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
    """Ids of the objects that a request means, None for all there are.

    GitError when git cannot tell; UsageError.
    """
    if not request.narrowed:
        return _reachable(repository.top) if request.reachable else None
    limits, without = [], []
    if request.max_commits:
        if request.max_commits < 0:
            raise UsageError("--max-commits must be 1 or more")
        limits.append(f"--max-count={request.max_commits}")
    if request.since and is_commit(repository.top, request.since):
        without.append(f"^{request.since}")
    elif request.since:
        limits.append(f"--since={request.since}")
    for name in request.branches:
        if not is_commit(repository.top, name):
            hint = "'git branch -a' lists them"
            raise UsageError(f"no branch or revision is called {name!r}", hint)
    everything = not request.reachable and not request.branches
    pages = read_pages(
        repository.top, (*request.branches, *without), reflogs=everything, limits=tuple(limits)
    )
    commits = [one.decode("ascii") for one in log_of(pages, ()).numbers]
    return frozenset((*commits, *(new.decode("ascii") for new, _ in changed(pages))))


def is_commit(top: str, name: str) -> bool:
    """Whether a name stands for a commit there."""
    if name.startswith("-") or not name:
        return False
    arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"]
    try:
        return bool(b"".join(stream(top, arguments)))
    except GitError:
        return False


def _reachable(top: str) -> frozenset[str]:
    """Everything that refs reach, tags and what they name included, also what is missing of it."""
    arguments = ["rev-list", "--objects", "--no-object-names", "--missing=print", "--all"]
    names = b"".join(stream(top, arguments)).decode("ascii").split()
    return frozenset(name.removeprefix("?") for name in names)


def missing_trees(repository: Repository, commits: Sequence[str]) -> list[str]:
    """Ids of folders that refs, reflogs and these commits hold and no store has, as far as they can
    be told: what such a folder holds cannot. GitError when a commit is missing, too."""
    arguments = ["rev-list", "--objects", "--no-object-names", "--missing=print"]
    arguments += ["--filter=blob:none", "--all", "--reflog", "--stdin"]
    request = "".join(f"{one}\n" for one in commits).encode("ascii")
    names = b"".join(stream(repository.top, arguments, request)).decode("ascii").split()
    return sorted({name[1:] for name in names if name.startswith("?")})


def lost_commits(repository: Repository, pages: Pages) -> list[str]:
    """Ids of commits that commits of refs and reflogs name as parents and that are not there.

    What only unreachable commits name may be gone: git prunes one after the other.
    """
    if not pages.cut:
        return []
    arguments = ["rev-list", "--quiet", "--all", "--reflog"]
    try:
        b"".join(stream(repository.top, arguments))
    except GitError:
        gone = {parent for parents in holes(repository.top).values() for parent in parents}
        return sorted(one.decode("ascii") for one in gone)
    return []


def paths_of(pages: Pages) -> dict[bytes, bytes]:
    """Every path that history ever had -> a blob (id in hex) that stood there."""
    return {path: new for new, path in changed(pages)}
