"""What a range of commits brings in, in real repositories."""

from __future__ import annotations

import base64
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support.histories import Repository

from scanner.errors import GitError, UsageError
from scanner.history.request import RangeRequest
from scanner.model import Finding
from scanner.survey import Request, Survey, survey

Made = Callable[..., str]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repo")
    made.commit({"README": "hello\n"}, "base")
    made.git("tag", "base")
    return made


def scan(repo: Repository, spec: str = "base..", **asked: object) -> Survey:
    wanted = {k: asked.pop(k) for k in ("config_from", "new_ignores") if k in asked}
    request = Request(paths=(str(repo.top),), range=RangeRequest(spec, **wanted), **asked)  # type: ignore[arg-type]
    return survey(request)


def found(repo: Repository, spec: str = "base..", **asked: object) -> list[tuple[str, int]]:
    done = scan(repo, spec, **asked)
    assert done.summary.complete
    return [(one.path, one.line) for one in done.findings]


def line(made: Made, seed: str, key: str = "DB_PASSWORD") -> str:
    return f"{key}={made(seed)}\n"


def test_a_clean_range(repo: Repository) -> None:
    repo.commit({"a.txt": "nothing\n"})
    done = scan(repo)
    assert done.findings == ()
    assert done.summary.complete
    sizes = {"inflated_bytes": len(b"nothing\na.txtchange\n")}
    assert done.summary.counts == {"commits": 1, "tags": 0, "blobs": 1, **sizes}
    assert done.summary.files == 1
    assert done.notes == ()


@pytest.mark.parametrize("spec", ["base..base", "HEAD..HEAD", "HEAD..base", "..", "HEAD...base"])
def test_an_empty_range(repo: Repository, made: Made, spec: str) -> None:
    repo.commit({"app.env": line(made, "x")})
    done = scan(repo, spec)
    assert done.findings == ()
    assert done.summary.counts["commits"] == 0


def test_what_is_added_and_where(repo: Repository, made: Made) -> None:
    commit = repo.commit({"sub/app.env": "# settings\n" + line(made, "x")})
    repo.commit({"other.txt": "later\n"})
    (one,) = scan(repo).findings
    assert (one.path, one.line) == ("sub/app.env", 2)
    assert one.places[0].commit == commit
    assert one.places[0].author == "Test <test@localhost>"
    assert one.places[0].time
    assert one.origin
    assert (one.origin.commit, one.origin.first, one.origin.last) == (commit, commit, commit)
    assert one.origin.at_head
    assert one.origin.commits == 1


def test_added_and_removed_inside_the_range_is_reported(repo: Repository, made: Made) -> None:
    first = repo.commit({"app.env": line(made, "x")})
    last = repo.commit({"app.env": "# a line more\n" + line(made, "x")})
    repo.commit({"app.env": None})
    (one,) = scan(repo).findings
    assert (one.path, one.line) == ("app.env", 1)
    assert [place.commit for place in one.places] == [first]
    assert one.origin
    assert (one.origin.first, one.origin.last, one.origin.commits) == (first, last, 2)
    assert not one.origin.at_head


def test_only_what_the_range_brings_counts(repo: Repository, made: Made) -> None:
    repo.commit({"old.env": line(made, "old")})
    repo.git("tag", "start")
    repo.commit({"new.env": line(made, "new")})
    assert found(repo, "start..") == [("new.env", 1)]
    assert found(repo, "base..start") == [("old.env", 1)]
    assert found(repo) == [("new.env", 1), ("old.env", 1)]


def test_an_old_secret_is_not_reported_when_its_file_changes(repo: Repository, made: Made) -> None:
    repo.commit({"a/old.env": line(made, "old") + "X=1\n"})
    repo.git("tag", "start")
    repo.commit({"a/old.env": "# more\n\n" + line(made, "old") + "X=2\n"}, "another line")
    repo.commit({"a/old.env": None, "b/renamed.env": line(made, "old") + "X=2\n"}, "move")
    repo.commit({"b/renamed.env": line(made, "old").replace("\n", "\r\n")}, "line ends")
    assert found(repo, "start..") == []
    repo.commit({"b/renamed.env": line(made, "rotated")}, "another value")
    assert found(repo, "start..") == [("b/renamed.env", 1)]


def test_an_old_secret_under_a_new_key_is_brought_in(repo: Repository, made: Made) -> None:
    repo.commit({"old.env": line(made, "old")})
    repo.git("tag", "start")
    repo.commit({"old.env": line(made, "old") + line(made, "old", "API_TOKEN")})
    (one,) = scan(repo, "start..").findings
    assert (one.path, one.line, one.key) == ("old.env", 2, "API_TOKEN")


def test_a_copy_elsewhere_is_brought_in(repo: Repository, made: Made) -> None:
    repo.commit({"old.env": line(made, "old")})
    repo.git("tag", "start")
    repo.commit({"copy.env": line(made, "old")})
    assert found(repo, "start..") == [("copy.env", 1)]


def test_a_revert_brings_in_again_what_the_base_no_longer_had(repo: Repository, made: Made) -> None:
    repo.commit({"app.env": line(made, "x")})
    repo.git("tag", "with")
    repo.commit({"app.env": "# clean\n"})
    repo.git("tag", "without")
    repo.git("revert", "--no-edit", "HEAD")
    assert found(repo, "without..") == [("app.env", 1)]
    assert found(repo, "with..") == [], "it stood in the version that the range started from"


def test_an_evil_merge_is_read_and_its_sides_are_not_read_again(
    repo: Repository, made: Made
) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"side.env": line(made, "side"), "both.txt": "side\n"})
    repo.git("checkout", "-q", "main")
    repo.commit({"both.txt": "main\n"})
    repo.git("tag", "start")
    repo.git("merge", "-q", "--no-commit", "-s", "ours", "side")
    merge = repo.commit({"both.txt": line(made, "evil"), "more.env": line(made, "more")}, "merge")
    done = scan(repo, "side..")
    assert [one.path for one in done.findings] == ["both.txt", "more.env"]
    assert {one.places[0].commit for one in done.findings} == {merge}
    assert found(repo, "start..") == [("both.txt", 1), ("more.env", 1), ("side.env", 1)]


def test_merging_what_the_base_has_brings_nothing(repo: Repository, made: Made) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"mine.txt": "mine\n"})
    repo.git("checkout", "-q", "main")
    repo.commit({"theirs.env": line(made, "theirs")})
    repo.git("checkout", "-q", "feature")
    repo.git("merge", "-q", "--no-edit", "main")
    assert found(repo, "main..feature") == []
    assert found(repo, "main...feature") == []


def test_an_octopus_merge(repo: Repository, made: Made) -> None:
    for name in ("one", "two", "three"):
        repo.git("checkout", "-q", "-b", name, "base")
        repo.commit({f"{name}.txt": name})
    repo.git("checkout", "-q", "-b", "all", "base")
    repo.git("merge", "-q", "--no-commit", "one", "two", "three")
    merge = repo.commit({"evil.env": line(made, "evil"), "two.txt": line(made, "two")}, "octopus")
    done = scan(repo)
    assert [one.path for one in done.findings] == ["evil.env", "two.txt"]
    assert {one.places[0].commit for one in done.findings} == {merge}
    assert done.summary.counts["commits"] == 4


def test_a_root_commit_is_read_whole(repo: Repository, made: Made) -> None:
    repo.git("checkout", "-q", "--orphan", "fresh")
    repo.commit({"app.env": line(made, "x")})
    assert found(repo, "base..") == [("app.env", 1)]
    assert found(repo, "base...fresh") == [("app.env", 1)]


def test_one_secret_is_one_finding_with_all_places(repo: Repository, made: Made) -> None:
    first = repo.commit({"b.env": line(made, "x")})
    second = repo.commit({"a.env": line(made, "x"), "c.env": line(made, "other")})
    one, other = scan(repo).findings
    assert [(p.path, p.commit) for p in one.places] == [("b.env", first), ("a.env", second)]
    assert other.path == "c.env"


def test_messages(repo: Repository, made: Made) -> None:
    commit = repo.commit({}, f"subject\n\nbody\n{line(made, 'x')}")
    (one,) = scan(repo).findings
    assert (one.path, one.line) == ("(commit message)", 4)
    assert one.places[0].commit == commit
    assert one.origin
    assert one.origin.at_head


def test_names_of_people_are_not_read(repo: Repository, made: Made) -> None:
    author = f"DB_PASSWORD={made('x')}"
    repo.git("commit", "-q", "--allow-empty", "--author", f"{author} <a@localhost>", "-m", "x")
    assert found(repo) == []


def test_a_new_name_is_masked_wherever_it_is_shown(repo: Repository, made: Made) -> None:
    token = made("name", 36)
    path = f"dir/ghp_{checked(token[:30])}.env"
    repo.commit({path: line(made, "inside")})
    done = scan(repo)
    shown = [one.path for one in done.findings]
    assert len(shown) == 2
    assert shown[0].startswith("(file name) dir/ghp_***")
    assert shown[1].startswith("dir/ghp_***")
    assert shown[1].endswith(".env")
    assert token[:30] not in repr(done)
    repo.git("tag", "start")
    repo.git("mv", path, "moved-" + path.removeprefix("dir/"))
    repo.git("commit", "-qm", "move")
    assert found(repo, "start..") == []


def checked(body: str) -> str:
    """A token of the form that is verified offline: its checksum is right."""
    import zlib

    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    value, text = zlib.crc32(body.encode()), ""
    while value:
        value, digit = divmod(value, 62)
        text = digits[digit] + text
    return body + text.rjust(6, "0")


def test_links_and_submodule_addresses_are_content(repo: Repository, made: Made) -> None:
    address = f"https://user:{made('url')}@git.localhost/x.git"
    repo.write({".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = {address}\n'})
    os.symlink(f"https://user:{made('link')}@host.localhost/", repo.top / "link")
    head = repo.head
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},x")
    repo.git("add", ".gitmodules", "link")
    repo.git("commit", "-qm", "submodule")
    assert {path for path, _ in found(repo)} == {".gitmodules", "link"}


def test_paths_that_are_no_text(repo: Repository, made: Made) -> None:
    repo.commit(
        {os.fsdecode(b"caf\xe9/x.env"): line(made, "x"), "line\nbreak.env": line(made, "y")}
    )
    done = scan(repo)
    assert [os.fsencode(one.path) for one in done.findings] == [
        b"caf\xe9/x.env",
        b"line\nbreak.env",
    ]
    assert all(one.origin and one.origin.at_head for one in done.findings)


def test_other_encodings_and_line_ends(repo: Repository, made: Made) -> None:
    text = line(made, "x")
    repo.commit({"crlf.env": "A=1\r\n" + text.replace("\n", "\r\n")})
    repo.commit({"wide.env": ("A=1\n" + line(made, "y")).encode("utf-16")})
    assert found(repo) == [("crlf.env", 2), ("wide.env", 2)]
    repo.git("tag", "start")
    repo.commit({"wide.env": ("B=1\n" + line(made, "y")).encode("utf-16")})
    assert found(repo, "start..") == []


def test_a_symmetric_range_starts_at_the_merge_base(repo: Repository, made: Made) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"feature.env": line(made, "feature")})
    repo.git("checkout", "-q", "main")
    repo.commit({"main.env": line(made, "main")})
    assert found(repo, "main...feature") == [("feature.env", 1)]
    assert found(repo, "feature...main") == [("main.env", 1)]


@pytest.mark.parametrize(
    "spec",
    ["main", "a....b", "a..b..c", "nope..main", "main..nope", "-x..main", "main^{tree}..main"],
)
def test_what_is_no_range(repo: Repository, spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        scan(repo, spec)
    assert caught.value.hint


def test_a_range_stands_alone(repo: Repository) -> None:
    with pytest.raises(UsageError, match="stands alone"):
        scan(repo, staged=True)


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(GitError):
        survey(Request(paths=(str(tmp_path),), range=RangeRequest("a..b")))


def test_a_missing_object_is_named_and_makes_it_incomplete(repo: Repository, made: Made) -> None:
    commit = repo.commit({"lost.env": line(made, "x"), "there.env": line(made, "y")})
    lost = repo.git("rev-parse", "HEAD:lost.env")
    (repo.top / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    done = scan(repo)
    assert [one.path for one in done.findings] == ["there.env"]
    (skipped,) = done.summary.skipped
    assert skipped.place.path == f"object {lost} (lost.env)"
    assert skipped.place.commit == commit


def test_a_broken_object_does_not_hide_the_others(repo: Repository, made: Made) -> None:
    repo.commit({f"{n}.env": line(made, str(n)) for n in range(4)})
    broken = repo.git("rev-parse", "HEAD:1.env")
    path = repo.top / ".git" / "objects" / broken[:2] / broken[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:12])
    done = scan(repo)
    assert [one.path for one in done.findings] == ["0.env", "2.env", "3.env"]
    assert [one.place.path for one in done.summary.skipped] == [f"object {broken} (1.env)"]


def test_a_missing_tree_fails(repo: Repository) -> None:
    repo.commit({"a/b.txt": "x\n"})
    tree = repo.git("rev-parse", "HEAD:a")
    (repo.top / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(GitError):
        scan(repo)


def test_a_missing_base_version_is_said(repo: Repository, made: Made) -> None:
    repo.commit({"old.env": line(made, "old")})
    repo.git("tag", "start")
    old = repo.git("rev-parse", "HEAD:old.env")
    repo.commit({"old.env": "# x\n" + line(made, "old")})
    (repo.top / ".git" / "objects" / old[:2] / old[2:]).unlink()
    done = scan(repo, "start..")
    assert len(done.findings) == 1
    assert any("cannot be read" in note for note in done.notes)


def test_larger_versions_are_left_out_and_counted(repo: Repository, made: Made) -> None:
    repo.commit({"large.env": line(made, "x") + "#" * 5000, "small.env": line(made, "y")})
    done = scan(repo, max_file_size="4KB")
    assert [one.path for one in done.findings] == ["small.env"]
    assert "1 larger than 4096 bytes left out" in done.summary.notes


def test_excluded_paths(repo: Repository, made: Made) -> None:
    repo.commit({"docs/a.env": line(made, "x"), "b.env": line(made, "x")})
    done = scan(repo, exclude=("docs/",))
    (one,) = done.findings
    assert [place.path for place in one.places] == ["b.env"]
    assert "1 versions excluded by patterns" in done.summary.notes


def test_a_filter_that_hides_one_place_does_not_hide_the_others(
    repo: Repository, made: Made
) -> None:
    repo.commit({"sub/.unleak.toml": 'exclude = ["*.env"]\n'})
    repo.git("tag", "start")
    repo.commit({"sub/a.env": line(made, "x")})
    repo.commit({"z.env": line(made, "x")})
    assert found(repo, "start..") == [("z.env", 1)]


def test_the_same_content_is_judged_at_each_path(repo: Repository, made: Made) -> None:
    text = line(made, "x")
    repo.commit({"docs/example/sample.md": text, "prod.env": text})
    (one,) = scan(repo).findings
    assert "prod.env" in [place.path for place in one.places]


def ids(findings: tuple[Finding, ...]) -> list[tuple[object, ...]]:
    return [(f.path, f.line, f.places, f.origin) for f in findings]


def test_two_runs_say_the_same(repo: Repository, made: Made) -> None:
    for n in range(6):
        repo.commit({f"{n % 3}.env": line(made, str(n // 2)), "x.txt": str(n)})
    assert ids(scan(repo).findings) == ids(scan(repo).findings)


def zipped(**files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def test_encoded_and_packed_content(repo: Repository, made: Made) -> None:
    old, new = line(made, "old"), line(made, "new")
    repo.commit({"a.bin": zipped(env=old), "b.txt": base64.b64encode(old.encode() * 3)})
    assert {path.partition("!")[0] for path, _ in found(repo)} >= {"a.bin"}
    repo.git("tag", "start")
    repo.commit({"a.bin": zipped(env=old, more="x"), "b.txt": base64.b64encode(old.encode() * 4)})
    assert found(repo, "start..") == []
    repo.commit({"a.bin": zipped(env=old + new)})
    (one,) = scan(repo, "start..").findings
    assert one.secret.reveal() == made("new").encode()
    assert one.decoded_by


def test_a_partial_clone_names_what_it_lacks_and_fetches_nothing(
    repo: Repository, made: Made, tmp_path: Path
) -> None:
    repo.commit({"app.env": line(made, "x")})
    repo.git("config", "uploadpack.allowFilter", "true")
    to = tmp_path / "partial"
    address = f"file://{repo.top}"
    repo.git("clone", "-q", "--no-checkout", "--filter=blob:none", address, str(to))
    done = survey(Request(paths=(str(to),), range=RangeRequest("base..")))
    assert done.findings == ()
    assert len(done.summary.skipped) == 1
    assert done.summary.skipped[0].place.path.endswith("(app.env)")
