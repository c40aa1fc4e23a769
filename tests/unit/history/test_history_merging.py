"""One finding for each secret and key of all ranges."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.histories import Repository

from scanner.git.ranges import Commit
from scanner.history.merging import Part, merged
from scanner.history.verdicts import Counted, Sighting
from scanner.model import Finding, Place, Secret

COMMITS = [Commit(name, (), f"{name} <x>", number, ()) for number, name in enumerate("abc")]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repo")
    made.commit({"f": "one\n", "sub/g": "two\n"})
    return made


def counted(path: str, blob: str, *numbers: int, value: bytes = b"v") -> Counted:
    commit = COMMITS[numbers[0]].id if numbers else None
    finding = Finding(
        rule="r", secret=Secret(value), blob_id=blob, places=(Place(path, commit),), start=0, end=1,
        line=1, column=1, end_line=1, end_column=2, key="K", severity="low", confidence="low",
        score=0.3, masked="***",
    )  # fmt: skip
    real = "" if path.startswith("(") else path
    return Counted(finding, (Sighting(finding, numbers, real, ""),))


def part(repo: Repository, *found: Counted, refs: tuple[str, ...] = ()) -> Part:
    return Part(str(repo.top), COMMITS, (repo.head,), refs, found)


def test_places_and_origin(repo: Repository) -> None:
    blob = repo.git("rev-parse", "HEAD:sub/g")
    found = [counted("a", "x", 2), counted("sub/g", blob, 0, 1), counted("b", "x", 1, value=b"w")]
    one, other = merged([part(repo, *found)])
    assert other.path == "sub/g"
    assert [(place.path, place.commit) for place in other.places] == [("sub/g", "a"), ("a", "c")]
    assert other.origin
    assert (other.origin.commit, other.origin.author, other.origin.time) == ("a", "a <x>", 0)
    assert (other.origin.first, other.origin.last, other.origin.commits) == ("a", "c", 3)
    assert other.origin.at_head
    assert one.origin
    assert not one.origin.at_head


def test_another_version_at_the_end_is_not_it(repo: Repository) -> None:
    (one,) = merged([part(repo, counted("f", "other", 0))])
    assert one.origin
    assert not one.origin.at_head


def test_a_message_stays(repo: Repository) -> None:
    (one,) = merged([part(repo, counted("(commit message)", "x", 1))])
    assert one.origin
    assert one.origin.at_head
    (one,) = merged([part(repo, counted("(tag message)", "x"))])
    assert one.origin
    assert (one.origin.commit, one.origin.at_head) == ("", False)


def test_two_ranges(repo: Repository) -> None:
    first = part(repo, counted("f", "x", 0), refs=("refs/heads/a",))
    second = part(repo, counted("f", "x", 0), counted("g", "x", 1), refs=("refs/heads/b",))
    (one,) = merged([first, second])
    assert [place.path for place in one.places] == ["f", "g"]
    assert one.origin
    assert one.origin.refs == ("refs/heads/a", "refs/heads/b")
    assert one.origin.refs_total == 2
    assert merged([]) == ()
