"""Lines that git gives to a hook, and variables that pre-commit does."""

from __future__ import annotations

import pytest

from scanner.errors import UsageError
from scanner.history.pushes import Handed, Update, handed, updates

A, B, ZERO = "a1" * 20, "b2" * 20, "0" * 40
LONG, NONE = "c3" * 32, "0" * 64


def test_before_a_push() -> None:
    lines = f"refs/heads/x {A} refs/heads/y {B}\nHEAD~1 {A} refs/heads/new {ZERO}\n"
    assert updates(lines.encode()) == [
        Update("refs/heads/y", B, A, receiving=False),
        Update("refs/heads/new", "", A, receiving=False),
    ]


def test_what_the_user_typed_may_hold_spaces_or_be_an_id() -> None:
    lines = f"main@{{2 days ago}} {A} refs/heads/y {B}\n{A} {A} refs/heads/y {B}\n"
    assert updates(lines.encode()) == [Update("refs/heads/y", B, A, receiving=False)] * 2


def test_on_the_receiving_side() -> None:
    lines = f"{A} {B} refs/heads/x\n{ZERO} {B} refs/tags/v1\n{LONG} {LONG} refs/heads/y\n"
    assert updates(lines.encode()) == [
        Update("refs/heads/x", A, B, receiving=True),
        Update("refs/tags/v1", "", B, receiving=True),
        Update("refs/heads/y", LONG, LONG, receiving=True),
    ]


def test_deletions_are_left_out() -> None:
    lines = f"(delete) {ZERO} refs/heads/x {A}\n{A} {ZERO} refs/heads/x\n{LONG} {NONE} refs/heads/x"
    assert updates(lines.encode()) == []
    assert updates(b"") == []
    assert updates(b"\n \n") == []


def test_names_that_are_no_text() -> None:
    (one,) = updates(f"{A} {B} refs/heads/".encode() + b"caf\xe9\n")
    assert one.ref == "refs/heads/caf\udce9"


@pytest.mark.parametrize(
    "line",
    ["x", f"{A} {B}", f"{A} x refs/heads/y", f"x {A} refs/heads/y {B[1:]}", f"{A.upper()} {B} r"],
)
def test_other_lines_are_errors(line: str) -> None:
    with pytest.raises(UsageError, match="line 2") as caught:
        updates(f"{A} {B} refs/heads/x\n{line}\n".encode())
    assert "pre-push or pre-receive" in caught.value.hint
    assert line not in caught.value.message


def test_what_pre_commit_hands_on() -> None:
    push = {"PRE_COMMIT_REMOTE_NAME": "origin", "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/x"}
    both = {**push, "PRE_COMMIT_FROM_REF": A, "PRE_COMMIT_TO_REF": B}
    assert handed(both) == Handed(B, A, "origin", "refs/heads/x")
    whole = {**push, "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/z"}
    assert handed(whole) == Handed("refs/heads/z", "", "origin", "refs/heads/x")
    assert handed({}) == Handed("HEAD", "", "", "")
