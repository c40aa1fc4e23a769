"""Where a blob was: brought in by whom, merged by what, held by which commits and refs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from scanner.errors import GitError
from scanner.git.origins import MOST_REFS, Origins, Whereabouts, origins

SECRET = "content that is looked for\n"
_clock = count(1_000_000_000, 60)


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    stamp = f"{next(_clock)} +0000"
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, input=stdin,
        env={**os.environ, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp},
    )  # fmt: skip
    return os.fsdecode(done.stdout).strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    commit(top, "readme", "read me\n")
    return top


def head(top: Path) -> str:
    return git(top, "rev-parse", "HEAD")


def commit(top: Path, path: str, content: str | None) -> str:
    """Write (or, with None, delete) a file and commit; the commit's id."""
    if content is None:
        (top / path).unlink()
    else:
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(content)
    git(top, "add", "-A")
    git(top, "commit", "-qm", "work")
    return head(top)


def blob(top: Path, content: str = SECRET) -> str:
    return git(top, "hash-object", "--stdin", stdin=content.encode())


def places(top: Path, *extra: str, reflogs: bool = False) -> tuple[Whereabouts, ...]:
    blob_id = blob(top)
    found = origins(str(top), [blob_id], (), extra, reflogs=reflogs)
    assert {one.blob_id for one in found.places.get(blob_id, ())} <= {blob_id}
    return found.places.get(blob_id, ())


def only(top: Path, *extra: str, reflogs: bool = False) -> Whereabouts:
    (place,) = places(top, *extra, reflogs=reflogs)
    return place


def merge(top: Path, *names: str) -> str:
    git(top, "merge", "-q", "--no-ff", "-m", "merge", *names)
    return head(top)


def start(top: Path, name: str, at: str = "main") -> None:
    git(top, "checkout", "-q", "-b", name, at)


def test_a_file_that_is_still_there(repo: Path) -> None:
    added = commit(repo, "conf/a", SECRET)
    last = commit(repo, "other", "x")
    assert only(repo) == Whereabouts(
        blob_id=blob(repo), path="conf/a", brought_in=added, merged_by="", first=added, last=last,
        commits=2, refs=("refs/heads/main",), refs_total=1, at_head=True, in_branch=True,
    )  # fmt: skip


def test_commits_are_described(repo: Path) -> None:
    before = head(repo)
    (repo / "a").write_text(SECRET)
    git(repo, "add", "a")
    git(repo, "-c", "user.name=Jörg", "commit", "-qm", "work", "--author", "Jörg Ö <j@localhost>")
    found = origins(str(repo), [blob(repo)])
    (described,) = found.commits.values()
    assert described.id == head(repo)
    assert described.author == "Jörg Ö <j@localhost>"
    assert described.parents == (before,)
    assert described.time == described.committed == int(git(repo, "log", "-1", "--format=%ct"))
    assert (found.total, found.shallow) == (2, False)


def test_deleted_and_added_again(repo: Path) -> None:
    added = commit(repo, "a", SECRET)
    commit(repo, "a", None)
    commit(repo, "a", SECRET)
    last = commit(repo, "b", "x")
    commit(repo, "a", "changed\n")
    place = only(repo)
    assert (place.first, place.last, place.commits) == (added, last, 3)
    assert (place.at_head, place.in_branch, place.refs) == (False, False, ())


def test_renamed_is_two_places_sorted_by_path(repo: Path) -> None:
    added = commit(repo, "b", SECRET)
    git(repo, "mv", "b", "a")
    git(repo, "commit", "-qm", "move")
    first, second = places(repo)
    assert (first.path, first.brought_in, first.at_head) == ("a", head(repo), True)
    assert (second.path, second.brought_in, second.at_head) == ("b", added, False)


def test_a_mode_change_is_no_change(repo: Path) -> None:
    added = commit(repo, "a", SECRET)
    (repo / "a").chmod(0o755)
    git(repo, "commit", "-qam", "mode")
    assert (only(repo).brought_in, only(repo).commits) == (added, 2)


def test_a_file_that_becomes_a_link_and_a_folder(repo: Path) -> None:
    commit(repo, "a", SECRET.strip())
    (repo / "a").unlink()
    (repo / "a").symlink_to(SECRET.strip())
    git(repo, "commit", "-qam", "the same blob, now a link's target")
    (repo / "a").unlink()
    commit(repo, "a/b", SECRET.strip())
    found = origins(str(repo), [wanted := blob(repo, SECRET.strip())])
    assert [(one.path, one.commits) for one in found.places[wanted]] == [("a", 2), ("a/b", 1)]


def test_a_side_branch_and_its_merge(repo: Path) -> None:
    start(repo, "side")
    added = commit(repo, "a", SECRET)
    git(repo, "checkout", "-q", "main")
    commit(repo, "b", "x")
    merged = merge(repo, "side")
    commit(repo, "c", "x")
    place = only(repo)
    assert (place.brought_in, place.merged_by, place.commits) == (added, merged, 3)
    assert place.refs == ("refs/heads/main", "refs/heads/side")


def test_removed_on_the_side_before_it_was_merged(repo: Path) -> None:
    start(repo, "side")
    added = commit(repo, "a", SECRET)
    commit(repo, "a", None)
    git(repo, "checkout", "-q", "main")
    commit(repo, "b", "x")
    merged = merge(repo, "side")
    place = only(repo)
    assert (place.brought_in, place.merged_by, place.last) == (added, merged, added)


def test_merged_into_a_branch_that_is_merged_in_turn(repo: Path) -> None:
    start(repo, "topic")
    added = commit(repo, "a", SECRET)
    start(repo, "develop", "main")
    commit(repo, "b", "x")
    inner = merge(repo, "topic")
    git(repo, "checkout", "-q", "main")
    commit(repo, "c", "x")
    assert (only(repo).brought_in, only(repo).merged_by) == (added, inner)
    assert only(repo).merged_by != merge(repo, "develop")
    assert only(repo).merged_by == head(repo)


def test_the_merge_itself_brought_it_in(repo: Path) -> None:
    start(repo, "side")
    commit(repo, "b", "x")
    git(repo, "checkout", "-q", "main")
    commit(repo, "c", "x")
    git(repo, "merge", "-q", "--no-ff", "--no-commit", "side")
    evil = commit(repo, "a", SECRET)
    assert len(git(repo, "rev-parse", "HEAD^@").split()) == 2
    assert (only(repo).brought_in, only(repo).merged_by) == (evil, "")


def test_octopus(repo: Path) -> None:
    for name in ("one", "two", "three"):
        start(repo, name)
        commit(repo, name, SECRET if name == "three" else "x")
    git(repo, "checkout", "-q", "main")
    commit(repo, "main", "x")
    merged = merge(repo, "one", "two", "three")
    place = only(repo)
    assert len(git(repo, "rev-parse", "HEAD^@").split()) == 4
    assert (place.path, place.merged_by, place.brought_in) == (
        "three", merged, git(repo, "rev-parse", "three"),
    )  # fmt: skip


def test_brought_in_twice_the_earlier_counts(repo: Path) -> None:
    start(repo, "z-early")
    early = commit(repo, "a", SECRET)
    start(repo, "a-late", "main")
    commit(repo, "a", SECRET)
    place = only(repo)
    assert place.brought_in == early
    assert place.last == head(repo)
    assert place.commits == 2


def test_orphan_branches_and_histories_that_are_joined(repo: Path) -> None:
    git(repo, "checkout", "-q", "--orphan", "pages")
    added = commit(repo, "a", SECRET)
    assert only(repo).brought_in == added
    git(repo, "checkout", "-q", "main")
    git(repo, "merge", "-q", "--allow-unrelated-histories", "-m", "join", "pages")
    assert (only(repo).merged_by, only(repo).at_head) == (head(repo), True)


def test_a_commit_that_only_a_tag_of_a_tag_names(repo: Path) -> None:
    git(repo, "checkout", "-q", "--detach")
    added = commit(repo, "a", SECRET)
    git(repo, "tag", "-a", "-m", "v1", "v1")
    git(repo, "tag", "-a", "-m", "signed off", "outer", "v1")
    git(repo, "checkout", "-q", "main")
    git(repo, "tag", "tree", "HEAD^{tree}")
    place = only(repo)
    assert (place.brought_in, place.in_branch, place.at_head) == (added, False, False)
    assert place.refs == ("refs/tags/outer", "refs/tags/v1")


def test_remote_branches_are_branches_and_notes_are_not(repo: Path) -> None:
    git(repo, "notes", "add", "-m", SECRET.strip())
    place = only(repo)
    assert (place.path, place.refs, place.in_branch) == (head(repo), ("refs/notes/commits",), False)
    git(repo, "update-ref", "refs/remotes/origin/x", "refs/notes/commits")
    assert only(repo).in_branch


@pytest.mark.parametrize("part", ["work tree", "index", "untracked"])
def test_stashes(repo: Path, part: str) -> None:
    if part == "index":
        (repo / "readme").write_text(SECRET)
        git(repo, "add", "readme")
        (repo / "readme").write_text("and then that\n")
    else:
        (repo / ("readme" if part == "work tree" else "new")).write_text(SECRET)
    git(repo, "stash", "push", "-q", "--include-untracked")
    place = only(repo)
    parent = {"work tree": "", "index": "^2", "untracked": "^3"}[part]
    assert place.brought_in == git(repo, "rev-parse", "stash" + parent)
    assert place.refs == (() if parent else ("refs/stash",))
    assert place.merged_by == (git(repo, "rev-parse", "stash") if parent else "")


def test_older_stashes_and_lost_commits_by_reflog_or_by_name(repo: Path) -> None:
    (repo / "readme").write_text(SECRET)
    git(repo, "stash", "push", "-q")
    older = git(repo, "rev-parse", "stash")
    (repo / "readme").write_text("newer\n")
    git(repo, "stash", "push", "-q")
    assert places(repo) == ()
    assert only(repo, reflogs=True).brought_in == older
    assert only(repo, older).brought_in == older
    assert only(repo, older).refs == ()


def test_detached_and_unborn_heads(repo: Path) -> None:
    git(repo, "checkout", "-q", "--detach")
    added = commit(repo, "a", SECRET)
    place = only(repo)
    assert (place.brought_in, place.at_head, place.in_branch) == (added, True, False)
    assert (place.refs, place.merged_by) == ((), "")
    git(repo, "branch", "kept")
    git(repo, "symbolic-ref", "HEAD", "refs/heads/unborn")
    place = only(repo)
    assert (place.brought_in, place.at_head, place.in_branch) == (added, False, True)


def test_an_empty_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert origins(str(tmp_path), ["1" * 40]) == Origins({}, {}, 0, shallow=False)


def test_blobs_of_no_commit_are_not_there(repo: Path) -> None:
    git(repo, "hash-object", "-w", "--stdin", stdin=SECRET.encode())
    assert places(repo) == ()


def test_a_shallow_clone_says_so(repo: Path, tmp_path: Path) -> None:
    commit(repo, "a", SECRET)
    for number in range(3):
        commit(repo, "b", str(number))
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "2", repo.as_uri(), str(clone))
    found = origins(str(clone), [blob(repo)])
    (place,) = found.places[blob(repo)]
    assert found.shallow
    assert found.total == place.commits == 2
    assert place.brought_in == git(repo, "rev-parse", "HEAD^")
    assert found.commits[place.brought_in].parents == ()


def test_a_linked_worktree_is_seen_from_both_sides(repo: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(repo, "worktree", "add", "-q", "--detach", str(linked))
    added = commit(linked, "a", SECRET)
    assert (only(repo).brought_in, only(repo).at_head) == (added, False)
    assert (only(linked).brought_in, only(linked).at_head) == (added, True)


def test_a_bare_repository(repo: Path, tmp_path: Path) -> None:
    added = commit(repo, "a", SECRET)
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(bare))
    (place,) = origins(str(bare), [blob(repo)]).places[blob(repo)]
    assert (place.brought_in, place.at_head) == (added, True)


def test_sha256(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "--object-format=sha256")
    added = commit(tmp_path, "a", SECRET)
    assert len(added) == 64
    assert only(tmp_path).brought_in == added


def test_names_that_are_not_utf_8(repo: Path) -> None:
    path = os.fsdecode(b"caf\xe9\n")
    commit(repo, path, SECRET)
    name = os.fsdecode(b"refs/heads/\xe9t\xe9")
    git(repo, "update-ref", name, "HEAD")
    assert (only(repo).path, only(repo).refs) == (path, ("refs/heads/main", name))


def test_many_refs_are_counted_and_some_are_named(repo: Path) -> None:
    commit(repo, "a", SECRET)
    names = [f"refs/tags/t{number:04}" for number in range(3 * MOST_REFS)]
    git(repo, "update-ref", "--stdin", stdin="".join(f"create {n} HEAD\n" for n in names).encode())
    place = only(repo)
    assert place.refs_total == 3 * MOST_REFS + 1
    assert place.refs == ("refs/heads/main", *names[: MOST_REFS - 1])


@pytest.fixture
def two_branches(repo: Path) -> Iterator[Path]:
    commit(repo, "a", SECRET)
    start(repo, "side")
    commit(repo, "b", SECRET)
    git(repo, "checkout", "-q", "main")
    commit(repo, "c", "x")
    return repo


def test_only_the_history_that_was_asked_for(two_branches: Path) -> None:
    found = origins(str(two_branches), [blob(two_branches)], ["side"])
    a, b = found.places[blob(two_branches)]
    assert found.total == 3
    assert (a.path, a.at_head, a.commits, a.refs) == ("a", True, 2, ("refs/heads/side",))
    assert (b.path, b.at_head, b.commits, b.refs) == ("b", False, 1, ("refs/heads/side",))
    within = origins(str(two_branches), [blob(two_branches)], ["main..side"])
    (b,) = within.places[blob(two_branches)]
    assert (within.total, b.path) == (1, "b")
    parents = within.commits[b.brought_in].parents
    assert parents == (git(two_branches, "rev-parse", "side^"),)


def test_replacements_are_not_obeyed(repo: Path) -> None:
    added = commit(repo, "a", SECRET)
    clean = commit(repo, "a", None)
    git(repo, "replace", added, clean)
    assert only(repo).brought_in == added


def test_what_git_cannot_tell_is_an_error(repo: Path) -> None:
    with pytest.raises(GitError, match="no-such"):
        origins(str(repo), [], ["no-such"])


def test_two_runs_give_the_same(two_branches: Path) -> None:
    ids = git(two_branches, "rev-parse", "HEAD:a", "HEAD:readme").split()
    assert repr(origins(str(two_branches), ids)) == repr(origins(str(two_branches), ids[::-1]))
