"""What was asked for -> ranges of commits, each with the revision whose configuration counts."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence

from scanner.errors import GitError, UsageError
from scanner.git.ranges import kinds, merge_bases, read_objects, shallow_commits
from scanner.history.pushes import Update, handed, updates
from scanner.history.request import RangeRequest
from scanner.record import record, replace

STDIN = "-"
PRE_COMMIT = "pre-commit"
_TAGS_IN_TAGS = 50
_DEEPER = (
    "in CI fetch the whole history (GitHub Actions: fetch-depth: 0, GitLab: GIT_DEPTH: 0), "
    "elsewhere: git fetch --unshallow"
)
_FORM = "write A..B, A...B, - for a hook's standard input, or pre-commit"


@record
class Range:
    """Commits that `tips` reach and neither `excluded` nor `hidden` do (ids; selectors of git).

    base: the commit whose configuration counts, None if that is still to be found, "" for none.
    refs: full names
    of refs that the push sets. tags: ids of tag objects on the way to the tips. contents: (kind,
    id) of blobs and trees that a tag stands for.
    """

    tips: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    base: str | None = None
    refs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    contents: tuple[tuple[str, str], ...] = ()


def ranges_of(top: str, asked: RangeRequest) -> list[Range]:
    """The ranges that are meant; none if nothing is pushed.

    UsageError for what is no range or names no commit; GitError where a shallow clone lacks it.
    """
    if asked.spec == STDIN:
        found = _of_pushes(top, updates(sys.stdin.buffer.read()))
    elif asked.spec == PRE_COMMIT:
        found = [_of_pre_commit(top)]
    else:
        found = [_of_spec(top, asked.spec)]
    if asked.config_from:
        base = _settings_commit(top, asked.config_from)
        found = [replace(one, base=base) for one in found]
    return found


def _settings_commit(top: str, name: str) -> str:
    """The commit named for the configuration; "" for HEAD before a server's first commit."""
    if name == "HEAD" and not kinds(top, ["HEAD^{commit}"])[0][1]:
        return ""
    return _commits(top, (name,))[0]


def _of_spec(top: str, spec: str) -> Range:
    first, dots, second = spec.partition("...")
    if not dots:
        first, dots, second = spec.partition("..")
    if not dots or ".." in second:
        raise UsageError(f"{spec!r} is no range", _FORM)
    first, second = first or "HEAD", second or "HEAD"
    if first and not first.strip("0") and len(first) >= 40:
        return _of_new_ref(top, second)
    start, _ = _commits(top, (first, second))
    one = _opened(top, [second])
    if dots == "..":
        return replace(one, excluded=(start,), base=start)
    found = merge_bases(top, start, one.tips[0])
    if not found and shallow_commits(top):
        raise GitError(f"the clone is shallow: it does not hold where {spec} begins", _DEEPER)
    return replace(one, excluded=tuple(found) or (start,), base=found[0] if found else start)


def _of_new_ref(top: str, tip: str) -> Range:
    """`000...0..B`, as CI systems call a first push: what the default branch does not hold yet, or
    all of it where that is the default branch."""
    _commits(top, (tip,))
    one = _opened(top, [tip])
    default = _default_branch(top, receiving=False)
    if not default or merge_bases(top, default, one.tips[0]) == [one.tips[0]]:
        return one
    return replace(one, excluded=(default,), base=default)


def _of_pre_commit(top: str) -> Range:
    push = handed(os.environ)
    _commits(top, (push.tip,))
    one = _opened(top, [push.tip])
    known = f"/{push.remote}" if re.fullmatch(r"[\w.-]+", push.remote) else ""
    hidden = (f"--remotes{known.replace('/', '=', 1)}",)
    base = _commits(top, (push.base,))[0] if push.base else _default_branch(top, receiving=False)
    refs = (push.ref,) if push.ref else ()
    # What the remote has on another branch is not brought to it.
    return replace(one, excluded=(base,) if push.base else (), hidden=hidden, base=base, refs=refs)


def _of_pushes(top: str, pushes: Sequence[Update]) -> list[Range]:
    """Known refs each by themselves, new ones together: they have one base."""
    old = kinds(top, [f"{one.old or one.new}^{{commit}}" for one in pushes])
    found = []
    for one, (_, start) in zip(pushes, old, strict=True):
        if one.old and start:
            opened = _opened(top, [one.new], required=False)
            found.append(replace(opened, excluded=(start,), base=start, refs=(one.ref,)))
    for receiving in (True, False):
        both = zip(pushes, old, strict=True)
        fresh = (one for one, (_, start) in both if not (one.old and start))
        new = [one for one in fresh if one.receiving == receiving]
        if new:
            opened = _opened(top, [one.new for one in new], required=False)
            hidden = ("--all",) if receiving else ("--remotes",)
            base = _default_branch(top, receiving=receiving)
            refs = tuple(one.ref for one in new)
            found.append(replace(opened, hidden=hidden, base=base, refs=refs))
    return found


def _default_branch(top: str, *, receiving: bool) -> str | None:
    """The commit of the branch that others start from: a server's own HEAD, a clone's idea of its
    remote's. None if it is not known."""
    names = ["HEAD"]
    if not receiving:
        names = [f"refs/remotes/origin/{name}" for name in ("HEAD", "main", "master")]
    found = kinds(top, [f"{name}^{{commit}}" for name in names])
    return next((object_id for _, object_id in found if object_id), None)


def _commits(top: str, names: Sequence[str]) -> list[str]:
    """The commit that each revision stands for."""
    if any("\n" in name for name in names):
        raise UsageError("a revision holds a line break", _FORM)
    found = kinds(top, [f"{name}^{{commit}}" for name in names])
    for name, (_, object_id) in zip(names, found, strict=True):
        if not object_id:
            if shallow_commits(top):
                raise GitError(f"the clone is shallow and does not hold {name!r}", _DEEPER)
            raise UsageError(f"no commit is called {name!r}", f"check the name; {_DEEPER}")
    return [object_id for _, object_id in found]


def _opened(top: str, names: Sequence[str], *, required: bool = True) -> Range:
    """The range of everything behind the names: tags are opened, one in another too."""
    tips: dict[str, None] = {}
    tags: dict[str, None] = {}
    contents: dict[tuple[str, str], None] = {}
    waiting: Iterable[str] = names
    for _ in range(_TAGS_IN_TAGS):
        opened: list[str] = []
        asked = list(waiting)
        for name, (kind, object_id) in zip(asked, kinds(top, asked), strict=True):
            if not kind:
                hint = "the object store is damaged, or a partial clone lacks it"
                raise GitError(f"object {name} is missing or broken", hint)
            if kind == "commit":
                tips[object_id] = None
            elif kind == "tag":
                opened += [] if object_id in tags else [object_id]
                tags[object_id] = None
            else:
                contents[kind, object_id] = None
        if not opened:
            break
        waiting = [_target(data) for _, _, data in read_objects(top, opened)]
    if required and not tips:
        raise UsageError(f"{names[0]!r} is no commit", _FORM)
    return Range(tuple(tips), tags=tuple(tags), contents=tuple(contents))


def _target(tag: bytes | None) -> str:
    """The id that a tag object names first."""
    words = (tag or b"").partition(b"\n")[0].split(b" ")
    return words[1].decode("ascii", "replace") if len(words) == 2 else "?"
