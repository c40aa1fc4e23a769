"""Commits, trees and objects as git streams them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.histories import Repository

from scanner.errors import GitError
from scanner.git.ranges import (
    Change,
    blobs_at,
    kinds,
    merge_bases,
    read_files,
    read_objects,
    read_range,
    shallow_commits,
    tree_changes,
)


@pytest.fixture(params=["sha1", "sha256"])
def repo(tmp_path: Path, request: pytest.FixtureRequest) -> Repository:
    made = Repository(tmp_path / "repo", f"--object-format={request.param}")
    made.commit({"f": "one\n"})
    made.git("tag", "base")
    return made


def at(repo: Repository, name: str) -> str:
    return repo.git("rev-parse", name)


def changes(repo: Repository, tip: str = "HEAD", base: str = "base") -> list[list[Change]]:
    found = read_range(str(repo.top), [at(repo, tip)], [at(repo, base)])
    return [sorted(one.changes, key=lambda c: c.path) for one in found]


def test_commits_come_parents_first(repo: Repository) -> None:
    made = [repo.commit({"f": f"{n}\n"}, f"message {n}\n\n\nbody") for n in range(5)]
    found = read_range(str(repo.top), [made[-1]], [at(repo, "base")])
    assert [one.id for one in found] == made
    assert [one.parents for one in found] == [(p,) for p in (at(repo, "base"), *made[:-1])]
    assert {one.author for one in found} == {"Test <test@localhost>"}


def test_added_changed_deleted_and_moved(repo: Repository) -> None:
    old = at(repo, "HEAD:f")
    repo.commit({"f": None, "g": "one\n"})
    assert changes(repo) == [[Change("f", "", (old,)), Change("g", old, ("",))]]


def test_commits_without_changes(repo: Repository) -> None:
    """Nothing stands between their facts and the next commit's, or the end."""
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({}, "side")
    repo.git("checkout", "-q", "main")
    repo.commit({}, "main")
    repo.git("merge", "-q", "--no-ff", "--no-edit", "side")
    repo.commit({"x": "x\n"})
    repo.git("checkout", "-q", "side")
    repo.git("merge", "-q", "--no-edit", "main")
    repo.commit({}, "side again")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "--no-edit", "side")
    found = changes(repo)
    assert sorted(map(len, found)) == [0, 0, 0, 0, 0, 1]


def test_merges_show_what_none_of_their_parents_has(repo: Repository) -> None:
    for name in ("a", "b"):
        repo.git("checkout", "-q", "-b", name, "base")
        repo.commit({"f": f"{name}\n", name: "x\n"})
    repo.git("merge", "-q", "--no-commit", "-s", "ours", "a")
    repo.commit({"f": "both\n", "new": "y\n"})
    merge = read_range(str(repo.top), [at(repo, "HEAD")], [at(repo, "a"), at(repo, "HEAD^1")])
    (one,) = merge
    olds = (at(repo, "HEAD^1:f"), at(repo, "HEAD^2:f"))
    assert set(one.changes) == {
        Change("f", at(repo, "HEAD:f"), olds),
        Change("new", at(repo, "HEAD:new"), ("", "")),
    }


def test_submodules_are_passed_over(repo: Repository) -> None:
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head},x")
    repo.git("commit", "-qm", "submodule")
    assert changes(repo) == [[]]
    old = at(repo, "HEAD:f")
    repo.git("rm", "-q", "--cached", "f")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head},f")
    repo.git("commit", "-qm", "file to submodule")
    assert changes(repo)[1] == [Change("f", "", (old,))]
    assert [c.path for c in tree_changes(str(repo.top), "", repo.head)] == []


@pytest.mark.parametrize("name", [b":100644 x", b"nl\nx", b"\xff", b" lead", b"::", b"tab\tx"])
def test_strange_names(repo: Repository, name: bytes) -> None:
    path = os.fsdecode(name)
    repo.commit({path: "x\n"})
    blob = repo.git("rev-parse", "HEAD^{tree}:./" + path) if b"\n" not in name else ""
    ((change,),) = changes(repo)
    assert change.path == path
    assert blob in ("", change.new)
    assert blobs_at(str(repo.top), repo.head, [path, "nope"]) == {path: change.new}
    assert tree_changes(str(repo.top), at(repo, "base"), repo.head) == (change,)


def test_kinds(repo: Repository) -> None:
    top, head = str(repo.top), repo.head
    asked = ["HEAD", "HEAD:f", "HEAD^{tree}", "nope", "no pe", "", head[:7], "0" * len(head)]
    found = kinds(top, asked)
    assert [kind for kind, _ in found] == ["commit", "blob", "tree", "", "", "", "commit", ""]
    assert found[0][1] == head
    assert kinds(top, []) == []
    with pytest.raises(GitError):
        kinds(top, ["HEAD\nHEAD"])


def test_merge_bases(repo: Repository) -> None:
    top, base = str(repo.top), at(repo, "base")
    head = repo.commit({"x": "x"})
    assert merge_bases(top, base, head) == [base]
    repo.git("checkout", "-q", "--orphan", "alone")
    alone = repo.commit({})
    assert merge_bases(top, base, alone) == []
    with pytest.raises(GitError):
        merge_bases(top, base, "nope")


def test_the_end_of_a_shallow_clone(repo: Repository, tmp_path: Path) -> None:
    assert shallow_commits(str(repo.top)) == frozenset()
    repo.commit({"x": "x"})
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.top}", str(tmp_path / "s"))
    assert shallow_commits(str(tmp_path / "s")) == {repo.head}


def test_files_of_a_tree(repo: Repository) -> None:
    (repo.top / "link").symlink_to("d/x")
    (repo.top / "out").symlink_to("/etc/hostname")
    (repo.top / "lost").symlink_to("nope")
    repo.commit({"d/x": "inside\n", "empty": ""})
    asked = ["f", "link", "empty", "nope", "d", "out", "lost", "f/x", "d/x"]
    found = read_files(str(repo.top), repo.head, asked)
    assert [kind for kind, _ in found] == [
        "blob", "blob", "blob", "", "tree", "symlink", "dangling", "notdir", "blob",
    ]  # fmt: skip
    assert [content for kind, content in found if kind == "blob"] == [
        b"one\n", b"inside\n", b"", b"inside\n",
    ]  # fmt: skip


def test_objects_in_order(repo: Repository) -> None:
    blob, none = at(repo, "HEAD:f"), "1" * len(repo.head)
    asked = [repo.head, none, blob, none, blob]
    found = list(read_objects(str(repo.top), asked))
    assert [(one, kind) for one, kind, _ in found] == list(
        zip(asked, ["commit", "", "blob", "", "blob"], strict=True)
    )
    assert found[2][2] == found[4][2] == b"one\n"
    assert (found[0][2] or b"").endswith(b"\n\nchange\n")
    assert found[1][2] is None


def test_many_and_large_objects(repo: Repository) -> None:
    repo.commit({f"d/{n}": f"{n}\n" * (n + 1) for n in range(1100)} | {"large": "x\ny" * 900_000})
    tree = tree_changes(str(repo.top), "", repo.head)
    ids = [change.new for change in tree]
    data = {one: content for one, _, content in read_objects(str(repo.top), ids)}
    assert [len(data[change.new] or b"") for change in tree] == [
        (repo.top / change.path).stat().st_size for change in tree
    ]
    small = {one for one, _, content in read_objects(str(repo.top), ids, 1000) if content is None}
    assert small == {one for one, content in data.items() if len(content or b"") > 1000}


def test_broken_objects_one_by_one(repo: Repository) -> None:
    repo.commit({str(n): f"{n}\n" for n in range(5)})
    ids = [at(repo, f"HEAD:{n}") for n in range(5)]
    for broken, content in ((ids[1], b"nonsense"), (ids[3], b"")):
        path = repo.top / ".git" / "objects" / broken[:2] / broken[2:]
        path.chmod(0o644)
        path.write_bytes(content)
    found = list(read_objects(str(repo.top), ids))
    assert [one for one, _, _ in found] == ids
    assert [content for _, _, content in found] == [b"0\n", None, b"2\n", None, b"4\n"]
