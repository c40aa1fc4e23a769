"""Submodules are found wherever git keeps them; what cannot be scanned has a name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.errors import GitError, UsageError
from scanner.git.repository import describe
from scanner.history.request import HistoryRequest
from scanner.history.scan import scan_history
from scanner.history.submodules import (
    BROKEN,
    NOT_HERE,
    Submodule,
    joined,
    scan_submodule,
    submodules,
)
from scanner.model import Finding, Place, Secret, Skipped, Summary
from scanner.scan import Options, Result
from tests.support.histories import Repository


@pytest.fixture
def outer(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "outer")
    made.git("config", "--global", "protocol.file.allow", "always")
    made.commit({"a.txt": "a\n"})
    return made


def inner(outer: Repository, name: str, files: dict[str, str] | None = None) -> Repository:
    made = Repository(outer.top.parent / name)
    made.commit(files or {f"{name}.txt": f"{name}\n"})
    return made


def add(holder: Repository, source: Repository, path: str, name: str = "") -> None:
    named = ("--name", name) if name else ()
    holder.git("submodule", "--quiet", "add", *named, str(source.top), path)
    holder.git("commit", "-q", "-m", f"add {path}")


def link(repository: Repository, path: str, commit: str = "1" * 40) -> None:
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")


def found(outer: Repository) -> tuple[dict[str, str], dict[str, str]]:
    """path -> folder relative to the outermost, and path -> why not."""
    ordered, skipped = submodules(describe(str(outer.top)))
    assert [one.path for one in ordered] == sorted(one.path for one in ordered)
    folders = {one.path: os.path.relpath(one.folder, outer.top) for one in ordered}
    return folders, {one.place.path: one.reason for one in skipped}


def test_none(outer: Repository) -> None:
    assert found(outer) == ({}, {})


def test_names_with_slashes_and_other_paths(outer: Repository) -> None:
    add(outer, inner(outer, "one"), "libs/one")
    add(outer, inner(outer, "two"), "elsewhere", "deep/down/two")
    folders, skipped = found(outer)
    assert folders == {
        "libs/one": ".git/modules/libs/one", "elsewhere": ".git/modules/deep/down/two",
    }  # fmt: skip
    assert skipped == {}


def test_nested_and_older_ones(outer: Repository) -> None:
    middle, leaf = inner(outer, "middle"), inner(outer, "leaf")
    add(middle, leaf, "leaf")
    add(outer, middle, "libs/middle", "named")
    outer.git("submodule", "--quiet", "update", "--init", "--recursive")
    old = Repository(outer.top / "old")
    old.commit({"old.txt": "x\n"})
    older = Repository(outer.top / "old" / "er")
    older.commit({"er.txt": "x\n"})
    outer.git("add", "old")
    old.git("add", "er")
    folders, skipped = found(outer)
    assert folders == {
        "libs/middle": ".git/modules/named",
        "libs/middle/leaf": ".git/modules/named/modules/leaf",
        "old": "old",
        "old/er": "old/er",
    }
    assert skipped == {}


def test_what_is_not_checked_out_any_more_is_still_there(outer: Repository) -> None:
    add(outer, inner(outer, "one"), "libs/one")
    add(outer, inner(outer, "two"), "libs/two", "second")
    outer.git("submodule", "--quiet", "deinit", "-f", "libs/one")
    outer.git("rm", "-q", "-f", "libs/two")
    outer.git("commit", "-q", "-m", "without")
    folders, skipped = found(outer)
    assert folders == {"libs/one": ".git/modules/libs/one", "second": ".git/modules/second"}
    assert skipped == {}


def test_what_is_not_there(outer: Repository) -> None:
    link(outer, "libs/gone")
    assert found(outer) == ({}, {"libs/gone": NOT_HERE})
    outer.git("commit", "-q", "-m", "gone")
    outer.git("clone", "-q", "--bare", str(outer.top), str(outer.top.parent / "bare.git"))
    _, skipped = submodules(describe(str(outer.top.parent / "bare.git")))
    assert skipped == [Skipped(Place("libs/gone"), NOT_HERE)]


@pytest.mark.parametrize("part", ["HEAD", "objects", "refs"])
def test_broken_stores(outer: Repository, part: str) -> None:
    add(outer, inner(outer, "one"), "libs/one")
    add(outer, inner(outer, "two"), "libs/two")
    broken = outer.top / ".git" / "modules" / "libs" / "one" / part
    shutil.rmtree(broken) if broken.is_dir() else broken.unlink()
    folders, skipped = found(outer)
    assert list(folders) == ["libs/two"]
    assert skipped["libs/one"] == BROKEN
    assert all("cannot be scanned" in why or why == BROKEN for why in skipped.values())


def test_git_does_not_go_on_further_up(outer: Repository) -> None:
    """In a folder that is no repository git would take the outer one."""
    add(outer, inner(outer, "one"), "one")
    (outer.top / ".git" / "modules" / "one" / "HEAD").write_text("nonsense")
    Repository(outer.top / "old").commit({"old.txt": "x\n"})
    outer.git("add", "old")
    (outer.top / "old" / ".git" / "HEAD").write_text("nonsense")
    assert found(outer) == ({}, {"one": BROKEN, "old": BROKEN})


def test_a_configured_work_tree_that_is_gone(outer: Repository) -> None:
    add(outer, inner(outer, "one"), "one")
    shutil.rmtree(outer.top / "one")
    outer.git("config", "--file", ".git/modules/one/config", "core.worktree", "/no/such/place")
    outer.git("config", "--global", "safe.bareRepository", "explicit")
    assert found(outer) == ({"one": ".git/modules/one"}, {})


def test_links_are_not_followed(outer: Repository, tmp_path: Path) -> None:
    stranger = inner(outer, "stranger")
    modules = outer.top / ".git" / "modules"
    modules.mkdir()
    (modules / "linked").symlink_to(stranger.top / ".git")
    link(outer, "sub/stranger")
    (outer.top / "sub").symlink_to(tmp_path)
    folders, skipped = found(outer)
    assert folders == {}
    assert "symbolic link" in skipped["linked"]
    assert "symbolic link" in skipped["sub/stranger"]


def test_hostile_paths_are_names_only(outer: Repository) -> None:
    add(outer, inner(outer, "one"), "one", "fine")
    for path in ("../outer", "/etc", "one/../.."):
        outer.git("config", "--file", ".gitmodules", "submodule.fine.path", path)
        outer.git("add", ".gitmodules")
        outer.git("commit", "-q", "-m", "hostile")
        shutil.rmtree(outer.top / "one", ignore_errors=True)
        assert found(outer) == ({"fine": ".git/modules/fine"}, {"one": NOT_HERE})


def test_further_work_trees_have_their_own(outer: Repository) -> None:
    add(outer, inner(outer, "one"), "one")
    other = outer.top.parent / "other"
    outer.git("worktree", "add", "-q", str(other))
    outer.git("-C", str(other), "submodule", "--quiet", "update", "--init")
    ordered, skipped = submodules(describe(str(outer.top)))
    assert [one.path for one in ordered] == ["one", "one"]
    assert skipped == []


def finding(path: str, rule: str = "r") -> Finding:
    place = Place(path, "c" * 40)
    secret = Secret(rule.encode())
    return Finding(rule, secret, "b", (place,), 0, 1, 1, 1, 1, 2, "", "low", "low", 0.5, "***")


def test_paths_begin_with_the_submodules() -> None:
    asked: list[str] = []

    def scan(folder: str, path: str, wanted: Callable[[str], bool]) -> Result:
        assert (folder, path) == ("/folder", "libs/one")
        asked.append(str(wanted("a.env")))
        skipped = (Skipped(Place("object 1234"), "why"), Skipped(Place("/x/pack"), "why"))
        return Result((finding("a.env"),), Summary(skipped=skipped, notes=("shallow",)))

    one = Submodule("libs/one", "/folder", "/folder", "")
    result = scan_submodule(one, lambda path: path == "libs/one/a.env", scan)
    assert asked == ["True"]
    assert [f.places[0] for f in result.findings] == [Place("libs/one/a.env", "c" * 40)]
    assert [s.place.path for s in result.summary.skipped] == ["libs/one/object 1234", "/x/pack"]
    assert result.summary.notes == ("libs/one: shallow",)


@pytest.mark.parametrize(
    "problem", [GitError("it broke"), UsageError("it broke"), PermissionError(1, "It broke")]
)
def test_what_cannot_be_scanned_is_skipped(problem: Exception) -> None:
    def scan(folder: str, path: str, wanted: Callable[[str], bool]) -> Result:
        raise problem

    result = scan_submodule(Submodule("one", "/x", "/x", ""), lambda _: True, scan)
    (skipped,) = result.summary.skipped
    assert skipped.place.path == "one"
    assert skipped.reason.endswith("it broke")


def test_joined() -> None:
    why = Skipped(Place("z"), "why")
    counts = {"blobs": 2, "skipped": 1}
    one = Summary(2, 10, 1.5, (why,), {"x": 1}, counts=counts, notes=("n",))
    two = Summary(3, 20, 1.0, (Skipped(Place("a"), "why"),), {"x": 2, "a": 1}, counts=counts)
    found = [finding("b"), finding("a"), finding("a", "other")]
    results = [Result(tuple(found), one), Result((found[0],), two)]
    whole = joined(results, [why], lambda f: (f.path, f.rule))
    assert [(f.path, f.rule) for f in whole.findings] == [("a", "other"), ("a", "r"), ("b", "r")]
    expected = Summary(
        5, 30, 2.5, (Skipped(Place("a"), "why"), why), {"a": 1, "x": 3}, {}, ("n",),
        {"blobs": 4, "skipped": 2},
    )  # fmt: skip
    assert whole.summary == expected


def test_a_revision_of_the_outer_one_means_nothing_inside(outer: Repository) -> None:
    request = HistoryRequest(cache="", submodules=True, since=outer.head)
    with pytest.raises(UsageError, match="--since REV"):
        scan_history(str(outer.top), request, Options(jobs=1), lambda _: True)
