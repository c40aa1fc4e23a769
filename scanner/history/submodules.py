"""The object stores of submodules: where they are, and their results among the others.

Git keeps a submodule's repository in `modules/NAME` of the one that holds it, or, as it did before
1.7.8 and as `git submodule add` of an existing folder still does, in the `.git` of its work tree
(https://git-scm.com/docs/gitsubmodules). Both may nest. Each store is a repository of its own;
its paths begin with the submodule's path in the tree, or with its name where no path is known.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from scanner.errors import UnleakError
from scanner.git.modules import declared, gitlinks
from scanner.git.repository import Repository, describe, is_bare, without_work_tree
from scanner.model import Finding, Place, Skipped, Summary
from scanner.record import record, replace
from scanner.scan import Result

NOT_HERE = "is a submodule that is not checked out: 'git submodule update --init' fetches it"
BROKEN = "is a submodule whose repository is broken: git takes it for none"
_LINK = "is a submodule behind a symbolic link, which is not followed"
_MOST = 10_000
_LONGEST_LINK = 1 << 14  # bytes of a `.git` file


@record
class Submodule:
    """One repository. path: in the outermost tree. folder: where git is started. git_folder: what
    git then has to find. work_tree: "" where it is not checked out."""

    path: str
    folder: str
    git_folder: str
    work_tree: str


def submodules(repository: Repository) -> tuple[list[Submodule], list[Skipped]]:
    """All there are, nested ones too, sorted by path; and those that cannot be scanned."""
    top = repository.top
    work_tree = top if os.path.lexists(os.path.join(top, ".git")) else ""
    outermost = Submodule("", top, repository.git_dir, work_tree)
    found = {os.path.realpath(repository.common): outermost}
    skipped: list[Skipped] = []
    waiting = [(outermost, repository)]
    while waiting and len(found) < _MOST:
        holder, facts = waiting.pop(0)
        for one in _children(holder, facts, skipped):
            try:
                with without_work_tree():
                    inner = describe(one.folder)
            except (UnleakError, OSError) as problem:
                skipped.append(_broken(one.path, problem))
                continue
            if os.path.realpath(inner.git_dir) != os.path.realpath(one.git_folder):
                skipped.append(Skipped(Place(one.path), BROKEN))  # git went on further up
                continue
            real = os.path.realpath(inner.common)
            if real not in found:
                found[real] = one
                waiting.append((one, inner))
    if waiting:
        skipped.append(Skipped(Place("(submodules)"), f"there are more than {_MOST}"))
    ordered = sorted(list(found.values())[1:], key=lambda one: (one.path, one.folder))
    return ordered, skipped


def _children(
    holder: Submodule, repository: Repository, skipped: list[Skipped]
) -> Iterator[Submodule]:
    """Submodules of one repository; what is wrong with others is added to `skipped`."""
    names: dict[str, str] = {}
    links: list[str] = []
    try:
        with without_work_tree():
            names = declared(holder.folder, holder.work_tree)
            links = gitlinks(holder.folder)
    except UnleakError as error:
        skipped.append(_broken(_joined(holder.path, "(submodules)"), error))
    checked_out = dict(_checked_out(holder, [*links, *names.values()], skipped))
    paths = {os.path.realpath(folder): path for path, folder in checked_out.items()}
    covered = set()
    for name, folder, problem in (one for base in _bases(repository) for one in _stores(base)):
        path = paths.pop(os.path.realpath(folder), "") or names.get(name, name)
        covered.add(path)
        where = _joined(holder.path, path)
        if problem:
            skipped.append(Skipped(Place(where), problem))
        else:
            work_tree = os.path.join(holder.work_tree, path) if path in checked_out else ""
            yield Submodule(where, folder, folder, work_tree)
    for path in paths.values():
        work_tree = os.path.join(holder.work_tree, path)
        yield Submodule(_joined(holder.path, path), work_tree, checked_out[path], work_tree)
    named = {one.place.path for one in skipped}
    missing = [path for path in links if path not in covered and path not in checked_out]
    places = [Place(_joined(holder.path, path)) for path in missing]
    skipped += [Skipped(place, NOT_HERE) for place in places if place.path not in named]


def _bases(repository: Repository) -> Iterator[str]:
    """Folders in which git keeps the stores: of the repository, and of its further work trees."""
    yield os.path.join(repository.common, "modules")
    linked = os.path.join(repository.common, "worktrees")
    for name in _names(linked):
        yield os.path.join(linked, name, "modules")


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _stores(base: str) -> Iterator[tuple[str, str, str]]:
    """(name, folder, what is wrong with it or "") of each repository below; names have slashes."""
    waiting = sorted(_names(base), reverse=True)
    while waiting:
        name = waiting.pop()
        folder = os.path.join(base, name)
        if os.path.islink(folder):
            yield name, folder, _LINK
        elif not os.path.isdir(folder):
            continue
        elif is_bare(folder):
            yield name, folder, ""
        elif _was_repository(folder):
            yield name, folder, BROKEN
        else:
            try:
                inner = os.listdir(folder)
            except OSError as problem:
                yield name, folder, (problem.strerror or "cannot be read").lower()
                continue
            waiting += sorted((f"{name}/{one}" for one in inner), reverse=True)


def _was_repository(folder: str) -> bool:
    files = any(os.path.isfile(os.path.join(folder, name)) for name in ("HEAD", "config"))
    return files or os.path.isdir(os.path.join(folder, "objects", "pack"))


def _checked_out(
    holder: Submodule, paths: Sequence[str], skipped: list[Skipped]
) -> Iterator[tuple[str, str]]:
    """(path, git folder) of each path whose work tree has a `.git`."""
    if not holder.work_tree:
        return
    top = os.path.realpath(holder.work_tree)
    for path in sorted(set(paths)):
        folder = os.path.join(top, path)
        if not os.path.lexists(os.path.join(folder, ".git")):
            continue
        if os.path.realpath(folder) != folder:
            skipped.append(Skipped(Place(_joined(holder.path, path)), _LINK))
            continue
        yield path, _git_folder(folder)


def _git_folder(work_tree: str) -> str:
    """What a `.git` stands for: itself, or the folder that it names.

    https://git-scm.com/docs/gitrepository-layout
    """
    path = os.path.join(work_tree, ".git")
    try:
        if os.path.isfile(path) and os.path.getsize(path) <= _LONGEST_LINK:
            with open(path, "rb") as stream:
                head, _, named = stream.read().partition(b"gitdir: ")
            if not head and named and b"\0" not in named:
                return os.path.join(work_tree, os.fsdecode(named.rstrip(b"\r\n")))
    except OSError:
        pass  # git says what is wrong when it is asked
    return path


def scan_submodule(
    one: Submodule,
    wanted: Callable[[str], bool],
    scan: Callable[[str, str, Callable[[str], bool]], Result],
) -> Result:
    """Scan one by `scan(folder, path, wanted)`; its paths begin with its own.

    A repository that cannot be scanned is skipped by name.
    """
    try:
        with without_work_tree():
            result = scan(one.folder, one.path, lambda path: wanted(_joined(one.path, path)))
    except (UnleakError, OSError) as problem:
        return Result((), Summary(skipped=(_broken(one.path, problem),)))
    summary = result.summary
    return Result(
        tuple(
            replace(f, places=tuple(_moved(p, one.path) for p in f.places)) for f in result.findings
        ),
        replace(
            summary,
            skipped=tuple(Skipped(_moved(s.place, one.path), s.reason) for s in summary.skipped),
            notes=tuple(f"{one.path}: {note}" for note in summary.notes),
        ),
    )


def joined(
    results: Sequence[Result],
    skipped: Sequence[Skipped],
    order: Callable[[Finding], tuple[object, ...]],
) -> Result:
    """Everything together, counts added. The same finding at the same places is one: two work trees
    may each have a store of the same submodule."""
    findings = dict.fromkeys(one for result in results for one in result.findings)
    summaries = [result.summary for result in results]
    counts: Counter[str] = Counter()
    suppressed: Counter[str] = Counter()
    for summary in summaries:
        counts.update(summary.counts)
        suppressed.update(summary.suppressed)
    every = {*skipped, *(one for summary in summaries for one in summary.skipped)}
    counts["skipped"] = len(every)
    return Result(
        tuple(sorted(findings, key=order)),
        Summary(
            files=sum(one.files for one in summaries),
            bytes=sum(one.bytes for one in summaries),
            seconds=sum(one.seconds for one in summaries),
            skipped=tuple(sorted(every, key=lambda one: (one.place.path, one.reason))),
            suppressed=dict(sorted(suppressed.items())),
            rules={name: info for one in summaries for name, info in one.rules.items()},
            notes=tuple(dict.fromkeys(note for one in summaries for note in one.notes)),
            counts=dict(counts),
        ),
    )


def _joined(path: str, below: str) -> str:
    return f"{path}/{below}" if path else below


def _moved(place: Place, path: str) -> Place:
    """The place below a submodule's path; a file of an object store has a full path already."""
    if os.path.isabs(place.path):
        return place
    return replace(place, path=_joined(path, place.path))


def _broken(path: str, problem: UnleakError | OSError) -> Skipped:
    if isinstance(problem, UnleakError):
        reason = problem.message
    else:
        reason = (problem.strerror or "cannot be read").lower()
    return Skipped(Place(path), f"is a submodule that cannot be scanned: {reason}")
