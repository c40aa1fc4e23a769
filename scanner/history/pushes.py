"""What a push is about to do, as git and the pre-commit framework tell it to a hook.

https://git-scm.com/docs/githooks#_pre_push and #pre-receive give the lines of standard input.
pre-commit reads them itself and hands on the first of them in variables:
https://pre-commit.com/#pre-push.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from scanner.errors import UsageError
from scanner.record import record

_ID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HINT = "give it the standard input of git's pre-push or pre-receive hook"


@record
class Update:
    """A ref that a push sets. ref: full name. old, new: object ids in hex; old is "" for a new ref.
    receiving: this is the receiving side."""

    ref: str
    old: str
    new: str
    receiving: bool


@record
class Handed:
    """What pre-commit hands on. tip: what is pushed. base: a commit that the remote has, "" if it
    has none. remote: its name or address. ref: what is set there."""

    tip: str
    base: str
    remote: str
    ref: str


def updates(data: bytes) -> list[Update]:
    """The updates of a hook's standard input, deletions left out. UsageError for other input."""
    found = []
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            one = _update(line)
            if one is None:
                raise UsageError(f"standard input, line {number}: no line of a hook", _HINT)
            if one.new.strip("0"):
                found.append(one)
    return found


def _update(line: bytes) -> Update | None:
    received = line.split(b" ", 2)  # a ref's name holds no space
    if len(received) == 3 and _are_ids(received[:2]) and b" " not in received[2]:
        return _made(received[2], received[0], received[1], receiving=True)
    pushed = line.rsplit(b" ", 3)  # the local side is what the user typed
    if len(pushed) == 4 and _are_ids(pushed[1::2]):
        return _made(pushed[2], pushed[3], pushed[1], receiving=False)
    return None


def _made(ref: bytes, old: bytes, new: bytes, *, receiving: bool) -> Update:
    before = old.decode("ascii") if old.strip(b"0") else ""
    return Update(os.fsdecode(ref), before, new.decode("ascii"), receiving)


def _are_ids(words: list[bytes]) -> bool:
    return all(_ID.fullmatch(word) for word in words)


def handed(variables: Mapping[str, str]) -> Handed:
    """What pre-commit says of a push; where it says nothing (it was run by hand), HEAD."""
    return Handed(
        variables.get("PRE_COMMIT_TO_REF") or variables.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD",
        variables.get("PRE_COMMIT_FROM_REF", ""),
        variables.get("PRE_COMMIT_REMOTE_NAME", ""),
        variables.get("PRE_COMMIT_REMOTE_BRANCH", ""),
    )
