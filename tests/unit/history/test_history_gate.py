"""A change cannot switch its own gate off; what it adds to hide findings is listed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.histories import Repository

from scanner.errors import ConfigError, GitError, UsageError
from scanner.fingerprint import make_salt
from scanner.history.request import RangeRequest
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


def paths(repo: Repository, spec: str = "base..", **asked: object) -> list[str]:
    return [one.path for one in scan(repo, spec, **asked).findings]


def line(made: Made, seed: str, key: str = "DB_PASSWORD") -> str:
    return f"{key}={made(seed)}\n"


OFF = 'exclude = ["*"]\n'


@pytest.mark.parametrize(
    "files",
    [
        {".unleak.toml": OFF},
        {"pyproject.toml": "[tool.unleak]\n" + OFF},
        {".unleakignore": "*\n"},
        {"sub/.unleak.toml": OFF},
        {".unleak.toml": 'exclude-rule = ["generic-secret-assignment"]\n'},
        {".unleak.toml": '[allow]\nkeys = ["DB_PASSWORD"]\n'},
    ],
)
def test_a_change_cannot_switch_its_gate_off(
    repo: Repository, made: Made, files: dict[str, str]
) -> None:
    repo.commit({**files, "sub/app.env": line(made, "x")})
    done = scan(repo)
    assert [one.path for one in done.findings] == ["sub/app.env"]
    assert any(note.startswith("changed by the range") for note in done.notes)
    repo.git("tag", "start")
    repo.commit({"sub/next.env": line(made, "y")})
    assert paths(repo, "start..") == [], "what the base holds counts"


def test_taking_the_configuration_away_changes_nothing(repo: Repository, made: Made) -> None:
    repo.commit({".unleak.toml": 'exclude = ["docs/"]\n', "docs/x.env": "# nothing\n"})
    repo.git("tag", "start")
    repo.commit({".unleak.toml": None, "docs/x.env": line(made, "x")})
    assert paths(repo, "start..") == []


def test_the_work_tree_does_not_count(repo: Repository, made: Made) -> None:
    repo.commit({"app.env": line(made, "x")})
    repo.write({".unleak.toml": OFF, ".unleakignore": "*\n"})
    assert paths(repo) == ["app.env"]


def test_another_revision_can_be_named(repo: Repository, made: Made) -> None:
    repo.git("checkout", "-q", "-b", "rules")
    repo.commit({".unleak.toml": OFF})
    repo.git("checkout", "-q", "main")
    repo.commit({"app.env": line(made, "x")})
    assert paths(repo) == ["app.env"]
    assert paths(repo, config_from="rules") == []
    with pytest.raises(UsageError, match="no commit is called 'nope'"):
        paths(repo, config_from="nope")


def test_the_merge_base_counts_in_a_symmetric_range(repo: Repository, made: Made) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"app.env": line(made, "x")})
    repo.git("checkout", "-q", "main")
    repo.commit({".unleak.toml": OFF})
    assert paths(repo, "main...feature") == ["app.env"]
    assert paths(repo, "main..feature") == []


def test_what_the_operator_names_wins(repo: Repository, made: Made, tmp_path: Path) -> None:
    repo.commit({".unleak.toml": OFF})
    repo.git("tag", "start")
    repo.commit({"app.env": line(made, "x")})
    own = tmp_path / "own.toml"
    own.write_text('exclude = ["none"]\n')
    assert paths(repo, "start..", config=str(own)) == ["app.env"]
    own.write_text(OFF)
    assert paths(repo, "base..", config=str(own)) == []


def test_salt_and_ignored_fingerprints_of_the_base_count(repo: Repository, made: Made) -> None:
    repo.commit({"app.env": line(made, "x")})
    (plain,) = scan(repo, fingerprints=True).findings
    make_salt(str(repo.top))
    repo.commit({"app.env": None})
    repo.git("tag", "salted")
    repo.commit({"app.env": line(made, "x"), ".unleak/salt": "00" * 16 + "\n"})
    (salted,) = scan(repo, "salted..", fingerprints=True).findings
    assert salted.fingerprint != plain.fingerprint
    repo.git("checkout", "-q", "salted")
    repo.commit({".unleakignore": f"unleak:v1:{salted.fingerprint}\n"})
    repo.git("tag", "start")
    repo.commit({"app.env": line(made, "x"), "b.env": line(made, "y"), ".unleak/salt": None})
    done = scan(repo, "start..")
    assert [one.path for one in done.findings] == ["b.env"]
    assert done.summary.suppressed == {".unleakignore": 1}


def test_a_baseline_of_the_base_counts(repo: Repository, made: Made) -> None:
    from scanner.filters.baseline import known, render_baseline

    repo.commit({"app.env": line(made, "x")})
    done = scan(repo, fingerprints=True)
    text = render_baseline(map(known, done.findings))
    repo.git("checkout", "-q", "base")
    repo.commit({".unleak.toml": 'baseline = "sub/known.jsonl"\n', "sub/known.jsonl": text})
    repo.git("tag", "start")
    repo.commit({"app.env": line(made, "x"), "b.env": line(made, "y"), "sub/known.jsonl": "x"})
    done = scan(repo, "start..")
    assert [one.path for one in done.findings] == ["b.env"]
    assert done.summary.suppressed == {"baseline": 1}


def test_rules_of_the_base_count(repo: Repository) -> None:
    rule = (
        'provider = "Own"\n[[rule]]\nid = "own-rule"\nname = "Own"\nseverity = "low"\n'
        "confidence = \"high\"\npattern = '''(?P<secret>zz-[0-9]{6})'''\n"
    )
    repo.commit({".unleak.toml": 'rules = ["own.toml"]\n', "own.toml": rule})
    repo.git("tag", "start")
    repo.commit({"a.txt": "zz-" + "4" * 3 + "1" * 3 + "\n", "own.toml": None, ".unleak.toml": None})
    assert [one.rule for one in scan(repo, "start..").findings] == ["own-rule"]


def test_a_configuration_behind_a_link_inside_the_tree(repo: Repository, made: Made) -> None:
    (repo.top / ".unleak.toml").symlink_to("settings.toml")
    repo.commit({"settings.toml": OFF})
    repo.git("tag", "start")
    repo.commit({"app.env": line(made, "x")})
    assert paths(repo, "start..") == []


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside.toml", "nowhere", ".unleak.toml"])
def test_a_link_that_leads_to_no_file_of_the_tree(repo: Repository, target: str) -> None:
    (repo.top / ".unleak.toml").symlink_to(target)
    repo.commit({})
    repo.git("tag", "start")
    repo.commit({"a.txt": "x\n"})
    with pytest.raises(ConfigError, match=r"^\.unleak\.toml: "):
        scan(repo, "start..")


def test_a_broken_configuration_of_the_base_is_an_error(repo: Repository) -> None:
    repo.commit({".unleak.toml": "no-such-key = 1\n"})
    repo.git("tag", "start")
    repo.commit({"a.txt": "x\n"})
    with pytest.raises(ConfigError, match=r"^\.unleak\.toml:1: no-such-key"):
        scan(repo, "start..")
    assert scan(repo, "base..start").findings == ()


def test_an_inline_ignore_that_the_range_adds_is_listed(repo: Repository, made: Made) -> None:
    text = line(made, "x").rstrip() + "  # unleak:allow\n"
    commit = repo.commit({"app.env": "#\n" + text})
    done = scan(repo)
    assert done.findings == ()
    said = f"inline ignore added: app.env:2 {commit[:12]} generic-secret-assignment"
    assert done.notes == (said,)
    assert done.summary.notes == (said,)
    assert done.summary.suppressed == {"inline unleak:allow": 1}
    done = scan(repo, new_ignores=False)
    assert [one.path for one in done.findings] == ["app.env"]
    assert done.notes == (said,)


def test_an_inline_ignore_of_the_base_counts_in_silence(repo: Repository, made: Made) -> None:
    text = line(made, "x").rstrip() + "  # unleak:allow\n"
    repo.commit({"app.env": text})
    repo.git("tag", "start")
    repo.commit({"app.env": "# moved\n" + text, "more.txt": "x\n"})
    repo.commit({"app.env": None, "sub/app.env": text})
    for new_ignores in (True, False):
        done = scan(repo, "start..", new_ignores=new_ignores)
        assert done.findings == ()
        assert done.notes == ()


def test_an_ignore_for_an_old_secret_is_listed(repo: Repository, made: Made) -> None:
    repo.commit({"app.env": line(made, "x")})
    repo.git("tag", "start")
    repo.commit({"app.env": line(made, "x").rstrip() + " # unleak:allow\n"})
    for new_ignores in (True, False):
        done = scan(repo, "start..", new_ignores=new_ignores)
        assert done.findings == ()
        assert [note.split()[:4] for note in done.notes] == [
            ["inline", "ignore", "added:", "app.env:1"]
        ]


def test_markers_can_be_switched_off(repo: Repository, made: Made) -> None:
    repo.commit({"app.env": line(made, "x").rstrip() + " # unleak:allow\n"})
    done = scan(repo, inline_ignores=False)
    assert [one.path for one in done.findings] == ["app.env"]
    assert done.notes == ()


def clone(repo: Repository, to: Path, *words: str) -> Repository:
    address = f"file://{repo.top}"
    repo.git("clone", "-q", *words, address, str(to))
    made = Repository.__new__(Repository)
    made.top = to
    return made


def test_a_shallow_clone_without_the_base_fails(
    repo: Repository, made: Made, tmp_path: Path
) -> None:
    base = repo.head
    repo.commit({"a.txt": "x\n"})
    shallow = clone(repo, tmp_path / "shallow", "--depth", "1")
    with pytest.raises(GitError, match="shallow") as caught:
        scan(shallow, f"{base}..")
    assert caught.value.exit_code == 3
    assert "fetch-depth: 0" in caught.value.hint


def test_a_symmetric_range_without_its_start_fails(repo: Repository, tmp_path: Path) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"a.txt": "x\n"})
    repo.git("checkout", "-q", "main")
    repo.commit({"b.txt": "x\n"})
    shallow = clone(repo, tmp_path / "shallow", "--depth", "1", "--no-single-branch")
    with pytest.raises(GitError, match="shallow"):
        scan(shallow, "origin/main...origin/feature")


def test_the_end_of_a_shallow_clone_is_compared_and_named(
    repo: Repository, made: Made, tmp_path: Path
) -> None:
    repo.commit({"old.env": line(made, "old")})
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"a.env": line(made, "a")})
    end = repo.commit({"b.env": line(made, "b")})
    last = repo.commit({"c.txt": "x\n"})
    shallow = clone(repo, tmp_path / "shallow", "--depth", "2", "--no-single-branch")
    assert last in shallow.git("rev-list", "origin/feature")
    done = scan(shallow, "origin/main..origin/feature")
    assert [one.path for one in done.findings] == ["a.env", "b.env"]
    (note,) = done.notes
    assert note.startswith(f"the clone is shallow: what came before {end[:12]} cannot be seen")
    assert note in done.summary.notes
    assert done.summary.complete


def test_a_new_ref_in_ci_counts_from_the_default_branch(
    repo: Repository, made: Made, tmp_path: Path
) -> None:
    repo.commit({"old.env": line(made, "old"), ".unleak.toml": 'exclude = ["docs/"]\n'})
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"new.env": line(made, "new"), "docs/x.env": line(made, "y")})
    repo.git("checkout", "-q", "main")
    whole = clone(repo, tmp_path / "whole")
    zeros = "0" * 40
    assert paths(whole, f"{zeros}..origin/feature") == ["new.env"]
    done = scan(whole, f"{zeros}..origin/main")
    assert [one.path for one in done.findings] == ["old.env"]
    assert any("no configuration" in note for note in done.notes)


def test_hostile_configuration_of_git_starts_nothing(
    repo: Repository, made: Made, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    repo.commit({".gitattributes": "*.env diff=evil filter=evil\n", "app.env": line(made, "x")})
    for key in (
        "core.fsmonitor", "core.pager", "diff.external", "diff.evil.textconv", "filter.evil.smudge",
        "diff.evil.command", "core.sshCommand", "gpg.program", "core.alternateRefsCommand",
        "credential.helper", "core.gitProxy", "uploadpack.packObjectsHook",
    ):  # fmt: skip
        repo.git("config", key, str(program))
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "diff.orderFile", str(tmp_path / "nowhere"))
    repo.git("config", "log.diffMerges", "off")
    repo.git("config", "diff.renames", "copies")
    repo.git("config", "diff.noprefix", "true")
    repo.git("config", "core.quotePath", "false")
    assert paths(repo) == ["app.env"]
    assert not trap.exists()
