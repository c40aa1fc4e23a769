"""The log is read whole, whatever the commits, names and configuration look like."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from scanner.errors import GitError
from scanner.git import log


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, input=stdin
    )
    return os.fsdecode(done.stdout).strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    return top


def commit(top: Path, path: str | bytes, content: str, *options: str) -> str:
    with open(os.path.join(os.fsencode(top), os.fsencode(path)), "w") as stream:
        stream.write(content)
    git(top, "add", "-A")
    git(top, "commit", "-qm", "work", *options)
    return git(top, "rev-parse", "HEAD")


def blob(top: Path, content: str) -> str:
    return git(top, "hash-object", "--stdin", stdin=content.encode())


def raw_commit(top: Path, tree: str, *lines: bytes) -> str:
    """A commit object as it is given, whatever git thinks of it."""
    data = b"tree " + tree.encode() + b"\n" + b"".join(line + b"\n" for line in lines) + b"\nwork\n"
    return git(top, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=data)


def test_commits_are_numbered_parents_first(repo: Path) -> None:
    ids = [commit(repo, "a", str(n)) for n in range(3)]
    read = log.read_log(str(repo), [])
    assert list(read.numbers) == [one.encode() for one in ids]
    assert list(read.first) == [-1, 0, 1]
    assert read.authors == [b"Test <test@localhost>"] * 3
    assert read.changes == {}


def test_only_wanted_blobs_are_noted(repo: Path) -> None:
    commit(repo, "a", "one")
    commit(repo, "b", "other")
    commit(repo, "a", "two")
    wanted = blob(repo, "one")
    read = log.read_log(str(repo), [wanted])
    assert read.pairs == {(wanted.encode(), b"a"): 0}
    assert read.changes == {0: ([], [0]), 2: ([0], [])}


def test_empty_commits_and_empty_histories(repo: Path) -> None:
    assert len(log.read_log(str(repo), []).numbers) == 0
    git(repo, "commit", "-q", "--allow-empty", "-m", "nothing")
    git(repo, "commit", "-q", "--allow-empty", "-m", "nothing more")
    read = log.read_log(str(repo), [blob(repo, "x")])
    assert list(read.first) == [-1, 0]


@pytest.mark.parametrize(
    "name",
    [b"new\nline", b"\x01\x02", b"caf\xe9", b":100644 100644 0 0 M", b" lead and trail ", b'\t\\"'],
)
def test_paths_of_any_bytes(repo: Path, name: bytes) -> None:
    commit(repo, "first", "x")
    commit(repo, name, "one")
    wanted = blob(repo, "one")
    assert log.read_log(str(repo), [wanted]).pairs == {(wanted.encode(), name): 0}


def test_a_path_that_spells_a_blob_id_is_no_blob(repo: Path) -> None:
    wanted = blob(repo, "one")
    commit(repo, f"a {wanted} b", "other")
    read = log.read_log(str(repo), [wanted])
    assert (read.pairs, read.changes) == ({}, {})


@pytest.mark.parametrize(
    ("lines", "author", "time"),
    [
        ([b"committer C <c@d> 5 +0000"], b" <>", 0),
        ([b"author A <a@b> -1 +0000", b"committer C <c@d> 5 +0000"], b"A <a@b>", None),
        ([b"author A <a@b> 99999999999999 +0000", b"committer C <c@d> 5 +0000"], b"A <a@b>", None),
        ([b"author A <a@b> " + b"9" * 5000 + b" +0000", b"committer C <c@d> 5 +0"], None, None),
        ([b"author  <> 7 +0000", b"committer C <c@d> 5 +0000"], b" <>", 7),
        ([b"author A <a@b>", b"committer C <c@d>"], b"A <a@b>", 0),
        ([b"author broken", b"committer broken"], None, 0),
        ([], b" <>", 0),
        ([b"author J\xf6rg <a@b> 7 +0000", b"committer C <c@d> 5 +0000"], b"J\xf6rg <a@b>", 7),
        (
            [b"author J\xf6rg <a@b> 7 +0", b"committer C <c@d> 5 +0", b"encoding ISO-8859-1"],
            "Jörg <a@b>".encode(),
            7,
        ),
        (
            [b"author +AAA-x+AAo-y <a@b> 7 +0", b"committer C <c@d> 5 +0", b"encoding UTF-7"],
            None,
            None,
        ),
        ([b"author A <a@b> 7 +0", b"committer C <c@d> 5 +0", b"encoding no-such"], b"A <a@b>", 7),
    ],
)
def test_commits_that_are_not_as_they_should_be(
    repo: Path, lines: list[bytes], author: bytes | None, time: int | None
) -> None:
    before = commit(repo, "a", "one")
    tree = git(repo, "rev-parse", "HEAD^{tree}")
    odd = raw_commit(repo, tree, b"parent " + before.encode(), *lines)
    git(repo, "reset", "-q", "--hard", odd)
    after = commit(repo, "b", "two")
    read = log.read_log(str(repo), [blob(repo, "two")])
    assert list(read.numbers) == [before.encode(), odd.encode(), after.encode()]
    assert list(read.first) == [-1, 0, 1]
    assert read.changes == {2: ([], [0])}
    assert author is None or read.authors[1] == author
    assert time is None or read.authored[1] == time


def test_merges_are_compared_with_their_first_parent(repo: Path) -> None:
    commit(repo, "a", "one")
    git(repo, "checkout", "-qb", "side")
    commit(repo, "b", "side")
    git(repo, "checkout", "-q", "main")
    commit(repo, "c", "main")
    git(repo, "merge", "-q", "--no-ff", "-m", "merge", "side")
    read = log.read_log(str(repo), [blob(repo, "side"), blob(repo, "main")])
    assert set(read.others) == {3}
    assert sorted(len(added) for _, added in read.changes.values()) == [1, 1, 1]
    assert 3 in read.changes


def test_submodules_are_no_blobs_and_links_are(repo: Path) -> None:
    commit(repo, "a", "one")
    head = git(repo, "rev-parse", "HEAD")
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    git(repo, "commit", "-qm", "submodule")
    git(repo, "update-index", "--force-remove", "sub")
    (repo / "link").symlink_to("one")
    git(repo, "add", "link")
    git(repo, "commit", "-qm", "link")
    read = log.read_log(str(repo), [head, blob(repo, "one")])
    assert {path for _, path in read.pairs} == {b"a", b"link"}


def test_the_configuration_changes_nothing(repo: Path, tmp_path: Path) -> None:
    mark = tmp_path / "started"
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {mark}\n")
    evil.chmod(0o755)
    first = commit(repo, "a", "one")
    git(repo, "mv", "a", "b")
    commit(repo, "c", "two\n")
    expected = log.read_log(str(repo), [blob(repo, "one")])
    settings = {
        "log.showRoot": "false", "log.showSignature": "true", "log.follow": "true",
        "log.diffMerges": "off", "diff.renames": "copies", "diff.orderFile": "missing",
        "diff.relative": "true", "diff.ignoreSubmodules": "all", "log.mailmap": "true",
        "color.ui": "always", "format.pretty": "oneline", "log.decorate": "full",
        "log.abbrevCommit": "true", "core.abbrev": "4", "core.quotePath": "true",
        "i18n.logOutputEncoding": "UTF-16", "diff.noprefix": "true", "log.date": "relative",
        "gpg.program": str(evil), "diff.external": str(evil), "core.pager": str(evil),
        "core.fsmonitor": str(evil), "pager.log": str(evil), "alias.log": f"!{evil}",
        "diff.x.textconv": str(evil), "core.sshCommand": str(evil),
    }  # fmt: skip
    for key, value in settings.items():
        git(repo, "config", key, value)
    (repo / ".gitattributes").write_text("* diff=x\n")
    (repo / ".mailmap").write_text("Other <other@localhost> <test@localhost>\n")
    (repo / ".git" / "info" / "grafts").write_text(git(repo, "rev-parse", "HEAD") + "\n")
    git(repo, "replace", "-f", "--graft", git(repo, "rev-parse", "HEAD"))
    git(repo, "update-ref", "-d", f"refs/replace/{git(repo, 'rev-parse', 'HEAD')}")
    git(repo, "replace", "--graft", git(repo, "rev-parse", "HEAD"))
    mark.unlink(missing_ok=True)
    read = log.read_log(str(repo), [blob(repo, "one")], ["main"])
    assert read == expected
    assert first.encode() in read.numbers
    assert not mark.exists()


def test_missing_tips_are_an_error_and_missing_extras_are_not(repo: Path) -> None:
    commit(repo, "a", "one")
    absent = "1" * 40
    with pytest.raises(GitError, match="no-such"):
        log.read_log(str(repo), [], ["no-such"])
    with pytest.raises(GitError, match="not a revision"):
        log.read_log(str(repo), [], ["--output=x"])
    extra = [absent, blob(repo, "one"), git(repo, "rev-parse", "HEAD^{tree}")]
    assert len(log.read_log(str(repo), [], (), extra).numbers) == 1
    assert len(log.read_log(str(repo), [], ["HEAD"], extra).numbers) == 1


def test_refs_of_missing_objects_and_of_no_commits_are_passed_over(repo: Path) -> None:
    commit(repo, "a", "one")
    (repo / ".git" / "refs" / "heads" / "gone").write_text("1" * 40 + "\n")
    git(repo, "update-ref", "refs/odd/blob", blob(repo, "one"))
    assert len(log.read_log(str(repo), []).numbers) == 1


def test_a_detached_head_of_a_missing_commit_is_passed_over(repo: Path) -> None:
    commit(repo, "a", "one")
    (repo / ".git" / "HEAD").write_text("1" * 40 + "\n")
    assert len(log.read_log(str(repo), []).numbers) == 1


def test_a_hole_in_the_history_cuts_it_off(repo: Path) -> None:
    lost = commit(repo, "a", "one")
    kept = commit(repo, "b", "two")
    last = commit(repo, "c", "three")
    assert not log.read_log(str(repo), []).cut
    (repo / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    read = log.read_log(str(repo), [blob(repo, "one"), blob(repo, "two")])
    assert read.cut
    assert list(read.numbers) == [kept.encode(), last.encode()]
    assert {path for _, path in read.pairs} == {b"a", b"b"}
    assert [len(added) for _, added in read.changes.values()] == [2]
    assert len(log.read_log(str(repo), [], ["HEAD"]).numbers) == 2
    with pytest.raises(GitError, match="no-such"):
        log.read_log(str(repo), [], ["no-such"])


def test_a_missing_tree_is_an_error(repo: Path) -> None:
    commit(repo, "a", "one")
    tree = git(repo, "rev-parse", "HEAD^{tree}")
    (repo / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(GitError, match=tree[:8]):
        log.read_log(str(repo), [])


def test_no_repository_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        log.read_log(str(tmp_path), [])


def test_the_reader_ends_git_when_nobody_listens(repo: Path) -> None:
    for number in range(3):
        commit(repo, "a", str(number))
    pieces = log.stream(str(repo), ["log", "-p", "--all"])
    assert next(pieces).startswith(b"commit ")
    pieces.close()  # type: ignore[attr-defined]
    assert list(pieces) == []


def test_commits_are_cut_the_same_wherever_the_stream_is() -> None:
    text = b"\0one\0x\0\0two\0:y\0path\0\0three\0z\0"
    whole = [b"one\0x", b"two\0:y\0path", b"three\0z"]
    for size in range(1, len(text) + 1):
        pieces = iter([text[at : at + size] for at in range(0, len(text), size)])
        cut = [one for many in log._records(pieces) for one in many.split(b"\0\0")]
        assert cut == whole
