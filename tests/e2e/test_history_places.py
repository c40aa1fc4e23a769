"""A secret in every awkward place of a history is found, wherever git stored it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.history_scans import Run, digest_of, scan_history, unleak

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures"))
import awkward
from awkward import Planted

pytestmark = pytest.mark.slow
FORMATS = ("json", "jsonl", "sarif", "gitlab", "github", "junit", "csv", "html")
VARIANTS = [
    ("sha1", "loose"), ("sha1", "gc"), ("sha1", "cruft"), ("sha1", "aggressive"),
    ("sha1", "deep"), ("sha1", "multi"), ("sha1", "depth1"),
    ("sha256", "loose"), ("sha256", "aggressive"),
]  # fmt: skip


class Built:
    """The repositories of this module, each made and scanned once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = cache(self._origin)
        self.stored = cache(self._stored)
        self.scanned = cache(self._scanned)

    def _origin(self, object_format: awkward.ObjectFormat) -> tuple[Path, list[Planted]]:
        folder = self.folder / object_format / "repository"
        return folder, awkward.build(folder, "end to end", object_format)

    def _stored(self, object_format: awkward.ObjectFormat, pack: awkward.Pack) -> Path:
        origin, _ = self.origin(object_format)
        folder = self.folder / object_format / pack / "repository"
        shutil.copytree(origin, folder, symlinks=True)
        awkward.repack(folder, pack)
        return folder

    def _scanned(self, object_format: awkward.ObjectFormat, pack: awkward.Pack) -> Run:
        return scan_history(self.stored(object_format, pack))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(tmp_path_factory.mktemp("places"))


def text(secret: bytes) -> str:
    return secret.decode()


def places(finding: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The paths and the commits that a finding names."""
    every = [finding, *finding.get("places", ())]
    origin = finding.get("origin") or {}
    commits = {one.get("commit") or "" for one in every}
    commits |= {origin.get(name) or "" for name in ("commit", "first", "merged_by")}
    return {one["path"].split("!")[0] for one in every}, commits


def missed(run: Run, planted: list[Planted]) -> list[str]:
    found = run.secrets
    return [one.place for one in planted if text(one.secret) not in found]


def core(run: Run) -> list[dict[str, Any]]:
    return [dict(one) for one in run.findings]


# Names in trees that nothing reaches are read where git leaves such trees: loose, in cruft packs.
NAMES_OF_LOST_TREES = ("loose", "gc", "cruft", "aggressive")
LOST_NAME = "dangling tree's name"


def without_lost_names(found: list[dict[str, Any]], planted: list[Planted]) -> list[dict[str, Any]]:
    values = {text(one.secret) for one in planted if one.place == LOST_NAME}
    return [one for one in found if one["secret"] not in values]


def without_own_refs(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Refs such as refs/bisect belong to one work tree."""
    for one in found:
        one["origin"] = {**one["origin"], "refs": [], "refs_total": 0}
    return found


@pytest.mark.parametrize(("object_format", "pack"), VARIANTS)
def test_nothing_is_missed(built: Built, object_format: str, pack: str) -> None:
    _, planted = built.origin(object_format)
    run = built.scanned(object_format, pack)
    if pack not in NAMES_OF_LOST_TREES:
        planted = [one for one in planted if one.place != LOST_NAME]
    assert missed(run, planted) == []
    assert run.code == 1, run
    assert run.summary["skipped"] == []
    assert run.summary["complete"] is True


def test_nothing_else_is_found(built: Built) -> None:
    """But for the encoded spelling of a value, which is a value too where a rule knows it."""
    _, planted = built.origin("sha1")
    known = {text(one.secret) for one in planted}
    strange = [
        one for one in built.scanned("sha1", "loose").findings
        if not any(value in one["secret"] or one["secret"] in value for value in known)
    ]  # fmt: skip
    assert [(one["rule"], one["path"]) for one in strange] == []


@pytest.mark.parametrize(("object_format", "pack"), VARIANTS)
def test_how_git_stored_it_makes_no_difference(built: Built, object_format: str, pack: str) -> None:
    _, planted = built.origin(object_format)
    one, other = (core(built.scanned(object_format, name)) for name in (pack, "loose"))
    assert without_lost_names(one, planted) == without_lost_names(other, planted)


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_each_is_said_to_be_where_it_was(built: Built, object_format: str) -> None:
    _, planted = built.origin(object_format)
    run = built.scanned(object_format, "aggressive")
    by_secret: dict[str, list[dict[str, Any]]] = {}
    for one in run.findings:
        by_secret.setdefault(one["secret"], []).append(one)
    wrong = []
    for one in planted:
        paths: set[str] = set()
        commits: set[str] = set()
        for each in by_secret.get(text(one.secret), []):
            more_paths, more_commits = places(each)
            paths |= more_paths
            commits |= more_commits
        path = (one.path or "").encode("utf-8", "backslashreplace").decode()
        if (path and path not in paths) or (one.commit and one.commit not in commits):
            wrong.append((one.place, path, one.commit, paths, commits))
    assert wrong == []


def test_what_was_encoded_says_so(built: Built) -> None:
    _, planted = built.origin("sha1")
    found = built.scanned("sha1", "loose").findings
    by_secret = {one["secret"]: one for one in found}
    silent = [
        one.place for one in planted
        if one.decoded != bool(by_secret.get(text(one.secret), {}).get("decoded_by"))
        and one.place not in MAY_BE_EITHER
    ]  # fmt: skip
    assert silent == []


# They stand in the file as they are and are found there, or in what the file unpacks to.
MAY_BE_EITHER = {
    "tar", "sqlite database", "pyc constant", "notebook cell", "notebook output", "PNG text",
    "JPEG comment", "program strings", "ar member", "percent-encoded URL",
    "percent-encoded twice", "UTF-16LE with BOM", "UTF-16LE without BOM", "UTF-16BE with BOM",
    "UTF-16BE without BOM", "UTF-32LE with BOM",
}  # fmt: skip


def test_no_value_is_printed_unless_asked_for(built: Built, tmp_path: Path) -> None:
    folder, planted = built.stored("sha1", "gc"), built.origin("sha1")[1]
    reports = [
        part
        for name in FORMATS
        for part in ("--format", name, "--output", str(tmp_path / f"report.{name}"))
    ]
    arguments = ("scan", "--history", str(folder), "--no-cache", "--verbose", "--explain")
    for more in ((), ("--every-place",)):
        done = unleak(folder, *arguments, *more, *reports, "--format", "text")
        assert done.returncode == 1, done.stderr.decode()
        written = {name: (tmp_path / f"report.{name}").read_bytes() for name in FORMATS}
        written |= {"stdout": done.stdout, "stderr": done.stderr}
        leaks = [
            (name, one.place)
            for name, output in written.items()
            for one in planted
            if one.secret in output
        ]
        assert leaks == []


def test_reachable_leaves_out_what_no_ref_reaches(built: Built) -> None:
    _, planted = built.origin("sha1")
    for pack in ("loose", "aggressive"):
        run = scan_history(built.stored("sha1", pack), "--reachable")
        found = run.secrets
        kept = [one for one in planted if one.reach == "refs"]
        left_out = [one for one in planted if one.reach in ("reflog", "lost")]
        assert missed(run, kept) == []
        assert [one.place for one in left_out if text(one.secret) in found] == []


def test_bare_and_linked_work_trees_give_the_same(built: Built, tmp_path: Path) -> None:
    origin = built.stored("sha1", "multi")
    bare = tmp_path / "bare.git"
    shutil.copytree(origin / ".git", bare, symlinks=True)
    awkward.run_git(bare, "config", "core.bare", "true")
    copy = tmp_path / "copy"
    shutil.copytree(origin, copy, symlinks=True)
    linked = tmp_path / "linked"
    awkward.run_git(copy, "worktree", "add", "--quiet", "--detach", str(linked))
    wanted = core(built.scanned("sha1", "multi"))
    assert core(scan_history(bare)) == wanted
    assert without_own_refs(core(scan_history(linked))) == without_own_refs(wanted)


def test_from_inside_and_from_a_folder_below(built: Built) -> None:
    folder = built.stored("sha1", "multi")
    wanted = core(built.scanned("sha1", "multi"))
    assert core(scan_history(Path("."), cwd=folder)) == wanted
    below = folder / "conf"
    below.mkdir(exist_ok=True)
    assert core(scan_history(Path("."), cwd=below)) == wanted


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_number_of_processes_changes_no_byte(built: Built, form: str) -> None:
    folder = built.stored("sha1", "gc")
    arguments = ("scan", "--history", str(folder), "--no-cache", "--format", form)
    one, two = (unleak(folder, *arguments, "--jobs", jobs) for jobs in ("1", "2"))
    assert one.stdout == two.stdout
    assert one.stderr == two.stderr
    assert one.returncode == two.returncode == 1


def test_the_repository_is_left_as_it_was(built: Built) -> None:
    folder = built.stored("sha1", "cruft")
    before = digest_of(folder)
    scan_history(folder)
    scan_history(folder, "--reachable", "--every-place")
    assert digest_of(folder) == before


def test_a_repository_that_cannot_be_written(built: Built, tmp_path: Path) -> None:
    folder = tmp_path / "read-only"
    shutil.copytree(built.stored("sha1", "aggressive"), folder, symlinks=True)
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert core(scan_history(folder)) == core(built.scanned("sha1", "aggressive"))
    finally:
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)


def test_what_is_remembered_changes_no_byte(built: Built, tmp_path: Path) -> None:
    folder = built.stored("sha1", "gc")
    cached = ("--format", "json", "--cache", str(tmp_path / "cache"))
    plain = unleak(folder, "scan", "--history", ".", "--no-cache", "--format", "json")
    first, second = (unleak(folder, "scan", "--history", ".", *cached) for _ in range(2))
    documents = [json.loads(one.stdout)["findings"] for one in (plain, first, second)]
    assert documents[0] == documents[1] == documents[2]
    assert any((tmp_path / "cache").rglob("*"))
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            assert not [one.place for one in built.origin("sha1")[1] if one.secret in held]


def test_every_place_lists_both_paths(built: Built) -> None:
    folder, planted = built.stored("sha1", "gc"), built.origin("sha1")[1]
    wanted = next(one for one in planted if one.place == "same content under two paths")
    run = scan_history(folder, "--every-place")
    paths = {one["path"] for one in run.findings if one["secret"] == text(wanted.secret)}
    assert paths == {"twin/a.ini", "twin/b.ini"}
    assert missed(run, planted) == []


def test_environment_of_another_repository_is_ignored(built: Built, tmp_path: Path) -> None:
    folder = built.stored("sha1", "gc")
    other = tmp_path / "other"
    other.mkdir()
    awkward.run_git(other, "init", "--quiet", "--template=")
    elsewhere = {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(other / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(other / ".git" / "objects"),
        "GIT_COMMON_DIR": str(other / ".git"),
        "GIT_NAMESPACE": "nowhere",
        "GIT_CEILING_DIRECTORIES": os.fspath(folder.parent),
    }
    assert core(scan_history(folder, **elsewhere)) == core(built.scanned("sha1", "gc"))
