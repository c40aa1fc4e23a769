"""Everything that an object store holds is scanned, and each finding says where it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.errors import UsageError
from scanner.history import scan as scan_module
from scanner.history.request import HistoryRequest
from scanner.history.scan import scan_history
from scanner.model import Finding
from scanner.scan import Advance, Options, Result
from tests.support.histories import Repository


def scanned(top: Path, jobs: int = 1, **request: object) -> Result:
    asked = HistoryRequest(cache="", **request)  # type: ignore[arg-type]
    return scan_history(str(top), asked, Options(jobs=jobs), lambda _: True)


def by_value(result: Result) -> dict[str, Finding]:
    return {one.secret.reveal().decode(): one for one in result.findings}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repo")


def line(value: str) -> str:
    return f'password = "{value}"\n'


def test_a_deleted_secret_and_where_it_was(
    repository: Repository, made: Callable[..., str]
) -> None:
    value = made("gone")
    first = repository.commit({"app.py": "x = 1\n" + line(value)})
    middle = repository.commit({"app.py": "x = 2\n" + line(value)})
    repository.commit({"app.py": "x = 2\n"})
    finding = by_value(scanned(repository.top))[value]
    origin = finding.origin
    assert origin is not None
    assert (finding.path, finding.line, finding.key) == ("app.py", 2, "password")
    assert (origin.commit, origin.first, origin.last) == (first, first, middle)
    assert (origin.at_head, origin.in_branch) == (False, False)
    assert origin.author == "Test <test@localhost>"
    assert {place.commit for place in finding.places} == {first, middle}


def test_still_there(repository: Repository, made: Callable[..., str]) -> None:
    value = made("there")
    repository.commit({"a.py": "\n" + line(value)})
    repository.git("branch", "other")
    origin = by_value(scanned(repository.top))[value].origin
    assert origin
    assert (origin.at_head, origin.in_branch) == (True, True)
    assert origin.refs == ("refs/heads/main", "refs/heads/other")


def test_messages_names_and_lost_objects(repository: Repository, made: Callable[..., str]) -> None:
    values = {name: made(name) for name in ("message", "tag", "file", "branch", "lost", "staged")}
    repository.commit({"a.txt": "a\n"}, "why\n\n" + line(values["message"]))
    repository.git("tag", "-a", "v1", "-m", line(values["tag"]))
    values["file"] = "sk_" + "live_" + values["file"]
    repository.commit({f"{values['file']}.txt": "b\n"})
    repository.git("branch", f"api_key={values['branch']}")
    repository.git("hash-object", "-w", "--stdin", stdin=line(values["lost"]).encode())
    repository.write({"new.py": line(values["staged"])})
    repository.git("add", "new.py")
    found = by_value(scanned(repository.top))
    paths = {name: found[value].path for name, value in values.items()}
    lost = repository.git("hash-object", "--stdin", stdin=line(values["lost"]).encode())
    assert paths == {
        "message": "(commit message)",
        "tag": "(tag message)",
        "file": "(file name)",
        "branch": "(branch name)",
        "lost": f"(unreachable object {lost})",
        "staged": "new.py",
    }


def test_reachable_leaves_out_what_no_ref_reaches(
    repository: Repository, made: Callable[..., str]
) -> None:
    kept, lost, dropped = made("kept"), made("lost"), made("dropped")
    repository.commit({"a.py": line(kept)})
    repository.commit({"a.py": line(dropped)})
    repository.git("reset", "-q", "--hard", "HEAD~1")
    repository.git("hash-object", "-w", "--stdin", stdin=line(lost).encode())
    assert by_value(scanned(repository.top)).keys() >= {kept, lost, dropped}
    assert by_value(scanned(repository.top, reachable=True)).keys() == {kept}


def test_narrowed(repository: Repository, made: Callable[..., str]) -> None:
    values = [made(f"value{number}") for number in range(4)]
    heads = [repository.commit({f"{n}.py": line(value)}) for n, value in enumerate(values)]
    repository.git("branch", "early", heads[1])
    top = repository.top
    assert by_value(scanned(top, since=heads[1])).keys() == set(values[2:])
    assert by_value(scanned(top, max_commits=1)).keys() == {values[3]}
    assert by_value(scanned(top, branches=("early",))).keys() == set(values[:2])
    assert by_value(scanned(top, branches=("early",), max_commits=1)).keys() == {values[1]}
    assert by_value(scanned(top, since="2001-01-01")).keys() == set(values)
    with pytest.raises(UsageError, match="nosuch"):
        scanned(top, branches=("nosuch",))


def test_one_finding_or_every_place(repository: Repository, made: Callable[..., str]) -> None:
    value = made("many")
    repository.commit({"a.py": line(value), "b.py": "\n" + line(value)})
    repository.commit({"a.py": "\n\n" + line(value)})
    (one,) = scanned(repository.top).findings
    assert [place.path for place in one.places] == ["a.py", "b.py", "a.py"]
    every = scanned(repository.top, every_place=True).findings
    assert sorted((f.path, f.line) for f in every) == [("a.py", 1), ("a.py", 3), ("b.py", 2)]


@pytest.mark.parametrize("pack", [("gc", "-q"), ("repack", "-q", "-adf", "--depth=1")])
def test_packed_is_loose_and_jobs_do_not_matter(
    repository: Repository, made: Callable[..., str], pack: tuple[str, ...]
) -> None:
    text = [f"line {number}\n" for number in range(400)]
    for number in range(12):
        text[number * 30] = line(made(f"v{number % 5}"))
        repository.commit({"app/settings.py": "".join(text)}, f"change {number}")
    loose = scanned(repository.top)
    repository.git(*pack)
    packed = [scanned(repository.top, jobs=jobs) for jobs in (1, 3)]
    assert len(loose.findings) == 5
    assert loose.findings == packed[0].findings == packed[1].findings
    assert loose.summary.counts["commits"] == packed[0].summary.counts["commits"] == 12


def test_clean_objects_are_remembered(
    repository: Repository, made: Callable[..., str], tmp_path: Path
) -> None:
    repository.commit({"a.py": "clean\n", "b.py": line(made("dirty"))})
    asked = HistoryRequest(cache=str(tmp_path / "cache"))
    first, second = (
        scan_history(str(repository.top), asked, Options(jobs=1), lambda _: True) for _ in range(2)
    )
    assert first.findings == second.findings
    assert (first.summary.counts["known_clean"], first.summary.counts["blobs"]) == (0, 2)
    assert (second.summary.counts["known_clean"], second.summary.counts["blobs"]) == (2, 1)
    other = scan_history(str(repository.top), asked, Options("low", jobs=1), lambda _: True)
    assert other.summary.counts["known_clean"] == 0


def test_counts(repository: Repository, made: Callable[..., str], tmp_path: Path) -> None:
    repository.commit({"a.py": "clean\n", "b.py": line(made("dirty")), "again.py": "clean\n"})
    repository.git("tag", "-a", "v1", "-m", "one")
    repository.git("gc", "-q")
    first, second = (
        scan_history(
            str(repository.top),
            HistoryRequest(cache=str(tmp_path / "cache")),
            Options(jobs=1),
            lambda _: True,
        ).summary.counts
        for _ in range(2)
    )
    assert {k: first[k] for k in ("commits", "blobs", "tags", "unique", "known_clean")} == {
        "commits": 1, "blobs": 2, "tags": 1, "unique": 4, "known_clean": 0,
    }  # fmt: skip
    assert {k: second[k] for k in ("commits", "blobs", "tags", "unique", "known_clean")} == {
        "commits": 0, "blobs": 1, "tags": 0, "unique": 4, "known_clean": 3,
    }  # fmt: skip
    assert 0 < second["packed_bytes"] < first["packed_bytes"] < first["inflated_bytes"] * 2
    assert first["skipped"] == first["decoded_members"] == 0


def test_progress(
    repository: Repository, made: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        repository.commit({f"{number}.py": line(made(str(number)))})
    repository.git("gc", "-q")
    seen: list[Advance] = []

    def scan() -> Result:
        asked = HistoryRequest(cache="")
        return scan_history(
            str(repository.top), asked, Options(jobs=1), lambda _: True, seen.append
        )

    scan()
    assert seen == []  # it is over before anybody has looked
    monkeypatch.setattr(scan_module, "FEW", 0)
    counts = scan().summary.counts
    *before, last = seen
    assert last == Advance("finding commits")
    assert {one.phase for one in before} == {"scanning"}
    end = before[-1]
    assert (end.done, end.bytes, end.count, end.noun) == (
        end.total, end.bytes_total, end.count_total, "objects",
    )  # fmt: skip
    assert (end.bytes, end.count) == (counts["packed_bytes"], counts["unique"])
    assert end.total > end.bytes  # an object costs more than its bytes


def test_a_missing_object_is_named(repository: Repository, made: Callable[..., str]) -> None:
    value = made("still")
    repository.commit({"a.py": line(value), "b.py": "to be lost\n"})
    lost = repository.git("rev-parse", "HEAD:b.py")
    os.unlink(repository.top / ".git" / "objects" / lost[:2] / lost[2:])
    result = scanned(repository.top)
    assert value in by_value(result)
    assert [one.place.path for one in result.summary.skipped] == [f"object {lost}"]
    assert "missing" in result.summary.skipped[0].reason


def test_a_secret_in_a_path_is_masked_everywhere(
    repository: Repository, made: Callable[..., str]
) -> None:
    value, other = "sk_" + "live_" + made("path"), made("inside")
    repository.commit({f"{value}/x.py": line(other)})
    repository.git("branch", value)
    findings = scanned(repository.top).findings
    paths = {place.path for one in findings for place in one.places}
    assert paths == {"***/x.py", "(file name)", "(branch name)"}
    for finding in findings:
        assert value not in repr(finding)


def test_a_secret_in_the_name_of_what_is_not_read_is_masked(
    repository: Repository, made: Callable[..., str]
) -> None:
    import gzip

    value = "sk_" + "live_" + made("name")
    broken = gzip.compress(b"text of some kind\n" * 500)[:-9]
    repository.commit({f"{value}.gz": broken, "a.py": f'key = "{value}"\n'})
    result = scanned(repository.top)
    assert [one.place.path.partition("!")[0] for one in result.summary.skipped] == ["***.gz"]
    assert value not in repr(result)
