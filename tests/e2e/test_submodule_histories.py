"""`unleak scan --history --submodules`: every store is read, as a repository of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.history_scans import digest_of, scan_history, unleak

from tests.support.histories import Repository

pytestmark = pytest.mark.slow
WHERE = ("outer", "plain", "named", "nested", "old", "older")


class Fleet:
    """A repository with submodules of every kind. secrets: each only in the history of one."""

    def __init__(self, folder: Path, made: Callable[..., str]) -> None:
        self.folder = folder
        self.secrets = {name: made(name) for name in WHERE}
        self.messages = {name: made(f"message of {name}") for name in WHERE}
        self.shared = made("everywhere")
        sources = {name: folder / "sources" / name for name in ("plain", "named", "nested")}
        self.nested = self.filled("nested", sources["nested"])
        named = self.filled("named", sources["named"])
        self.add(named, sources["nested"], "in/side")
        self.filled("plain", sources["plain"])
        self.outer = self.filled("outer", folder / "outer")
        self.outer.git("config", "user.name", "Test")
        self.add(self.outer, sources["plain"], "libs/plain")
        self.add(self.outer, sources["named"], "libs/other", "a/name of its own")
        self.outer.git("submodule", "--quiet", "update", "--init", "--recursive")
        old = self.filled("old", self.outer.top / "old")
        self.filled("older", old.top / "er")
        old.git("add", "er")
        self.outer.git("add", "old")
        self.outer.git("commit", "-q", "-m", "old ones")
        self.outer.git("submodule", "--quiet", "deinit", "-f", "libs/plain")

    def filled(self, name: str, top: Path) -> Repository:
        repository = Repository(top)
        shared = f'api_key = "{self.shared}"\n'
        repository.commit({"a.py": f'password = "{self.secrets[name]}"\n', "b.py": shared})
        message = f'why\n\npassword = "{self.messages[name]}"\n'
        repository.commit({"a.py": "x = 1\n"}, message)
        return repository

    def add(self, holder: Repository, source: Path, path: str, name: str = "") -> None:
        holder.git("config", "--global", "protocol.file.allow", "always")
        named = ("--name", name) if name else ()
        holder.git("submodule", "--quiet", "add", *named, str(source), path)
        holder.git("commit", "-q", "-m", f"add {path}")


PATHS = {
    "outer": "", "plain": "libs/plain/", "named": "libs/other/", "nested": "libs/other/in/side/",
    "old": "old/", "older": "old/er/",
}  # fmt: skip


@pytest.fixture
def fleet(tmp_path: Path, made: Callable[..., str]) -> Fleet:
    return Fleet(tmp_path, made)


def test_every_store_is_read(fleet: Fleet) -> None:
    before = digest_of(fleet.folder)
    run = scan_history(fleet.outer.top, "--submodules")
    assert run.code == 1
    assert run.summary["skipped"] == []
    found = {(one["secret"], one["path"]) for one in run.findings}
    assert found == {
        *((fleet.secrets[name], f"{path}a.py") for name, path in PATHS.items()),
        *((fleet.messages[name], f"{path}(commit message)") for name, path in PATHS.items()),
        *((fleet.shared, f"{path}b.py") for path in PATHS.values()),
    }
    assert digest_of(fleet.folder) == before


def test_without_the_option_none_is(fleet: Fleet) -> None:
    run = scan_history(fleet.outer.top)
    assert run.secrets == {fleet.secrets["outer"], fleet.messages["outer"], fleet.shared}


def test_counts_are_added(fleet: Fleet) -> None:
    parts = [
        scan_history(Path(folder)).summary["history"]
        for folder in (
            fleet.outer.top, fleet.folder / "sources" / "named", fleet.folder / "sources" / "plain",
            fleet.nested.top, fleet.outer.top / "old", fleet.outer.top / "old" / "er",
        )
    ]  # fmt: skip
    whole = scan_history(fleet.outer.top, "--submodules").summary["history"]
    for name in ("commits", "blobs", "tags", "unique", "inflated_bytes", "skipped"):
        assert whole[name] == sum(part[name] for part in parts), name


def test_two_runs_print_the_same(fleet: Fleet) -> None:
    runs = [scan_history(fleet.outer.top, "--submodules", "--jobs", jobs) for jobs in "1223"]
    assert len({run.stdout for run in runs}) == 1
    text = [
        unleak(fleet.outer.top, "scan", "--history", "--submodules", "--no-cache").stdout
        for _ in range(2)
    ]
    assert text[0] == text[1]
    assert b"libs/other/in/side/a.py:1:13" in text[0]


def test_paths_are_those_of_the_outer_tree(fleet: Fleet) -> None:
    run = scan_history(
        fleet.outer.top, "--submodules", "--exclude", "libs/**", "--exclude", "/a.py"
    )
    assert {one["path"].split("/")[0] for one in run.findings if "a.py" in one["path"]} == {"old"}
    (fleet.outer.top / ".unleakignore").write_text("old/er/a.py\n")
    run = scan_history(fleet.outer.top, "--submodules")
    assert fleet.secrets["older"] not in run.secrets
    assert fleet.secrets["old"] in run.secrets


def damaged(fleet: Fleet) -> Iterator[tuple[str, str]]:
    """Break what can break; what is then named, and a word of why."""
    modules = fleet.outer.top / ".git" / "modules"
    shutil.rmtree(modules / "libs" / "plain")
    yield "libs/plain", "is not checked out"
    nested = modules / "a" / "name of its own" / "modules" / "in" / "side"
    (nested / "HEAD").unlink()
    yield "libs/other/in/side", "broken"
    older = fleet.outer.top / "old" / "er"
    repository = Repository.__new__(Repository)
    repository.top = older
    blob = repository.git("rev-parse", "HEAD:b.py")
    os.unlink(older / ".git" / "objects" / blob[:2] / blob[2:])
    yield f"old/er/object {blob}", "missing"


def test_what_cannot_be_scanned_has_a_name(fleet: Fleet) -> None:
    expected = dict(damaged(fleet))
    run = scan_history(fleet.outer.top, "--submodules")
    assert run.code == 3
    skipped = {one["path"]: one["reason"] for one in run.summary["skipped"]}
    assert sorted(skipped) == sorted(expected)
    assert all(why in skipped[path] for path, why in expected.items())
    assert run.summary["history"]["skipped"] == 3
    left = {fleet.secrets[name] for name in ("outer", "named", "old", "older")}
    assert run.secrets >= left


def test_of_a_bare_repository_they_are_not_there(fleet: Fleet) -> None:
    bare = fleet.folder / "bare.git"
    fleet.outer.git("clone", "-q", "--bare", str(fleet.outer.top), str(bare))
    run = scan_history(bare, "--submodules")
    assert run.code == 3
    names = [one["path"] for one in run.summary["skipped"]]
    assert names == ["libs/other", "libs/plain", "old"]


def test_limits_hold_for_each(fleet: Fleet) -> None:
    run = scan_history(fleet.outer.top, "--submodules", "--since", "2001-01-01")
    assert run.secrets >= set(fleet.secrets.values())
    run = scan_history(fleet.outer.top, "--submodules", "--since", "HEAD~1")
    assert run.code == 2
    old = Repository.__new__(Repository)
    old.top = fleet.outer.top / "old"
    fleet.outer.git("branch", "only")
    run = scan_history(fleet.outer.top, "--submodules", "--branch", "only")
    assert run.code == 3
    assert "no branch or revision is called" in run.skipped
    old.git("branch", "only")
    assert '"old"' not in scan_history(fleet.outer.top, "--submodules", "--branch", "only").skipped


def test_hostile_configuration_starts_nothing(fleet: Fleet) -> None:
    program = fleet.folder / "program"
    program.write_text(f'#!/bin/sh\ntouch "{fleet.folder}/started"\n')
    program.chmod(0o755)
    hooks = fleet.folder / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        shutil.copy(program, hooks / name)
    for config in (
        fleet.outer.top / ".git" / "modules" / "libs" / "plain" / "config",
        fleet.outer.top / "old" / ".git" / "config",
    ):
        for name, value in (
            ("core.fsmonitor", program), ("core.hooksPath", hooks), ("core.pager", program),
            ("core.sshCommand", program), ("diff.external", program), ("core.worktree", "/nowhere"),
            ("core.alternateRefsCommand", program), ("protocol.allow", "always"),
            ("remote.origin.url", f"ext::{program}"), ("remote.origin.promisor", "true"),
        ):  # fmt: skip
            fleet.outer.git("config", "--file", str(config), name, str(value))
    run = scan_history(fleet.outer.top, "--submodules")
    assert fleet.secrets["plain"] in run.secrets
    assert fleet.secrets["old"] in run.secrets
    assert not (fleet.folder / "started").exists()
