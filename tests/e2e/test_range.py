"""The gate as it is used: real pushes to real repositories, through real hooks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.histories import BIN, UNLEAK, Repository, unleak

Made = Callable[..., str]
ROOT = Path(__file__).parent.parent.parent


def line(made: Made, seed: str, key: str = "DB_PASSWORD") -> str:
    return f"{key}={made(seed)}\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repo")
    made.commit({"README": "hello\n"}, "base")
    made.git("tag", "base")
    return made


@pytest.fixture
def server(tmp_path: Path, repo: Repository) -> Path:
    """A bare repository that knows `main`; its pre-receive hook is ours."""
    bare = tmp_path / "server.git"
    repo.git("init", "-q", "--bare", "-b", "main", str(bare))
    repo.git("remote", "add", "origin", str(bare))
    repo.git("push", "-q", "origin", "main")
    repo.git("fetch", "-q")
    hook(bare / "hooks" / "pre-receive", f"exec {UNLEAK} scan --range -")
    return bare


def hook(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def push(repo: Repository, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": f"{path or BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["git", "push", *words], cwd=repo.top, env=env, capture_output=True, text=True, check=False
    )


def objects(bare: Path) -> set[str]:
    return {path.name for path in (bare / "objects").rglob("*") if path.is_file()}


def test_exit_codes_and_reports(repo: Repository, made: Made) -> None:
    value = made("x")
    commit = repo.commit({"app.env": f"DB_PASSWORD={value}\n"})
    done = unleak(repo.top, "scan", "--range", "base..", "--format", "json")
    assert done.returncode == 1
    assert value not in done.stdout + done.stderr
    (one,) = json.loads(done.stdout)["findings"]
    assert (one["path"], one["line"], one["commit"]) == ("app.env", 1, commit)
    assert unleak(repo.top, "scan", "--range", "HEAD..").returncode == 0
    done = unleak(repo.top, "scan", "--range", "nope..")
    assert (done.returncode, done.stdout) == (2, "")
    assert "fetch-depth: 0" in done.stderr


def test_added_ignores_are_listed_and_refused(repo: Repository, made: Made) -> None:
    repo.commit({"app.env": line(made, "x").rstrip() + " # unleak:allow\n"})
    done = unleak(repo.top, "scan", "--range", "base..", "--format", "json")
    assert done.returncode == 0
    assert "unleak: inline ignore added: app.env:1" in done.stderr
    assert any("inline ignore added" in n for n in json.loads(done.stdout)["summary"]["notes"])
    done = unleak(repo.top, "scan", "--range", "base..", "--no-new-ignores")
    assert done.returncode == 1
    assert "unleak: inline ignore added: app.env:1" in done.stderr


def test_it_works_from_below_and_in_a_bare_repository_and_a_worktree(
    repo: Repository, made: Made, tmp_path: Path
) -> None:
    repo.commit({"sub/app.env": line(made, "x"), "top.env": line(made, "y")})
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"), "HEAD")
    for folder in (repo.top / "sub", tmp_path / "bare.git", tmp_path / "linked"):
        done = unleak(folder, "scan", "--range", "base..HEAD")
        assert done.returncode == 1, done.stderr
        assert "sub/app.env:1" in done.stdout
        assert "top.env:1" in done.stdout


def test_nothing_is_written(repo: Repository, made: Made) -> None:
    repo.commit({"app.env": line(made, "x"), ".unleak.toml": 'exclude = ["x"]\n'})
    files = {p: p.stat().st_mtime_ns for p in repo.top.rglob("*") if p.is_file()}
    assert unleak(repo.top, "scan", "--range", "base..").returncode == 1
    assert {p: p.stat().st_mtime_ns for p in repo.top.rglob("*") if p.is_file()} == files


def test_a_refused_push_leaves_nothing(repo: Repository, server: Path, made: Made) -> None:
    before = objects(server)
    value = made("x")
    repo.commit({"sub/app.env": f"#\nDB_PASSWORD={value}\n"})
    done = push(repo, "origin", "main")
    assert done.returncode != 0
    assert "sub/app.env:2" in done.stderr
    assert value not in done.stderr
    assert objects(server) == before
    assert repo.git("ls-remote", "origin", "main").split()[0] == repo.git("rev-parse", "base")


def test_a_clean_push_is_taken(repo: Repository, server: Path) -> None:
    repo.commit({"a.txt": "x\n"})
    done = push(repo, "origin", "main")
    assert done.returncode == 0, done.stderr
    assert "no secrets found; 1 commit, 1 blob," in done.stderr


def test_a_new_branch_on_the_server(repo: Repository, server: Path, made: Made) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"a.txt": "x\n"})
    assert push(repo, "origin", "feature").returncode == 0
    repo.commit({"app.env": line(made, "x")})
    repo.commit({"app.env": None})
    done = push(repo, "origin", "feature")
    assert done.returncode != 0
    assert "app.env:1" in done.stderr
    done = push(repo, "origin", "feature:refs/heads/other")
    assert done.returncode != 0
    assert "app.env:1" in done.stderr


def test_the_first_push_to_an_empty_server(repo: Repository, tmp_path: Path, made: Made) -> None:
    bare = tmp_path / "empty.git"
    repo.git("init", "-q", "--bare", "-b", "main", str(bare))
    hook(bare / "hooks" / "pre-receive", f"exec {UNLEAK} scan --range -")
    repo.commit({"app.env": line(made, "x"), ".unleak.toml": 'exclude = ["*"]\n'})
    done = push(repo, str(bare), "main")
    assert done.returncode != 0
    assert "app.env:1" in done.stderr
    assert "no configuration of the repository counts" in done.stderr
    repo.git("reset", "-q", "--hard", "base")
    assert push(repo, str(bare), "main").returncode == 0


def test_a_forced_push_and_a_deletion(repo: Repository, server: Path, made: Made) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"a.txt": "x\n"})
    assert push(repo, "origin", "feature").returncode == 0
    repo.git("reset", "-q", "--hard", "base")
    repo.commit({"app.env": line(made, "x")})
    done = push(repo, "--force", "origin", "feature")
    assert done.returncode != 0
    assert "app.env:1" in done.stderr
    repo.git("reset", "-q", "--hard", "base")
    repo.commit({"b.txt": "y\n"})
    assert push(repo, "--force", "origin", "feature").returncode == 0
    assert push(repo, "--delete", "origin", "feature").returncode == 0
    assert repo.git("ls-remote", "origin", "feature") == ""


def test_a_tag_with_a_secret_in_its_message(repo: Repository, server: Path, made: Made) -> None:
    repo.git("tag", "-a", "v1", "-F", "-", stdin=f"release\n\n{line(made, 'x')}".encode())
    done = push(repo, "origin", "v1")
    assert done.returncode != 0
    assert "(tag message):3" in done.stderr
    repo.git("tag", "-a", "v2", "-m", "release")
    assert push(repo, "origin", "v2").returncode == 0
    repo.git("tag", "-a", "v3", "-m", "outer", "v1")
    assert "(tag message):3" in push(repo, "origin", "v3").stderr


def test_a_tag_of_a_blob_and_of_a_tree(repo: Repository, server: Path, made: Made) -> None:
    blob = repo.git("hash-object", "-w", "--stdin", stdin=line(made, "x").encode())
    repo.git("tag", "blob", blob)
    done = push(repo, "origin", "blob")
    assert done.returncode != 0
    assert "(tag content):1" in done.stderr
    tree = repo.git("mktree", stdin=f"100644 blob {blob}\tinner.env\n".encode())
    repo.git("tag", "-a", "-m", "tree", "tree", tree)
    done = push(repo, "origin", "tree")
    assert done.returncode != 0
    assert "inner.env:1" in done.stderr


def test_the_name_of_a_branch(repo: Repository, server: Path, made: Made) -> None:
    value = made("branch", 30)
    repo.git("branch", f"password={value}")
    done = push(repo, "origin", f"password={value}")
    assert done.returncode != 0
    assert "(branch name) password=***" in done.stderr
    head = repo.head
    pushed = f"x {head} refs/heads/password={value} {'0' * 40}\n".encode()
    done_here = unleak(repo.top, "scan", "--range", "-", "--format", "json", stdin=pushed)
    assert done_here.returncode == 1
    assert value not in done_here.stdout + done_here.stderr
    own = [one for one in done.stderr.splitlines() if one.startswith("remote:")]
    assert value not in "".join(own)


def test_several_refs_in_one_push(repo: Repository, server: Path, made: Made) -> None:
    repo.git("checkout", "-q", "-b", "clean")
    repo.commit({"a.txt": "x\n"})
    repo.git("checkout", "-q", "-b", "leaky", "base")
    repo.commit({"app.env": line(made, "x")})
    done = push(repo, "origin", "clean", "leaky")
    assert done.returncode != 0
    assert "app.env:1" in done.stderr
    assert repo.git("ls-remote", "origin", "clean") == ""


def test_the_pushed_configuration_does_not_count(
    repo: Repository, server: Path, made: Made
) -> None:
    repo.commit({".unleak.toml": 'exclude = ["*"]\n', "app.env": line(made, "x")})
    done = push(repo, "origin", "main")
    assert done.returncode != 0
    assert "app.env:1" in done.stderr
    assert "changed by the range, so it does not count yet: .unleak.toml" in done.stderr


def test_nothing_on_standard_input_is_clean(repo: Repository) -> None:
    done = unleak(repo.top, "scan", "--range", "-")
    assert (done.returncode, done.stderr) == (0, "")


def test_other_standard_input_is_an_error(repo: Repository) -> None:
    done = unleak(repo.top, "scan", "--range", "-", stdin=b"hello world\n")
    assert done.returncode == 2
    assert "standard input, line 1" in done.stderr


def test_the_environment_of_git_reaches_git_in_a_hook_only(
    repo: Repository, made: Made, tmp_path: Path
) -> None:
    repo.commit({"app.env": line(made, "x")})
    env = {"GIT_DIR": str(tmp_path / "nowhere"), "GIT_OBJECT_DIRECTORY": str(tmp_path)}
    assert unleak(repo.top, "scan", "--range", "base..", env=env).returncode == 1
    pushed = f"refs/heads/main {repo.head} refs/heads/main {repo.git('rev-parse', 'base')}\n"
    done = unleak(repo.top, "scan", "--range", "-", stdin=pushed.encode(), env=env)
    assert done.returncode == 1


class TestBeforeThePush:
    """git's own pre-push hook."""

    @pytest.fixture
    def repo(self, repo: Repository, tmp_path: Path) -> Repository:
        bare = tmp_path / "plain.git"
        repo.git("init", "-q", "--bare", "-b", "main", str(bare))
        repo.git("remote", "add", "origin", str(bare))
        repo.git("push", "-q", "origin", "main")
        hook(repo.top / ".git" / "hooks" / "pre-push", f"exec {UNLEAK} scan --range -")
        return repo

    def test_an_update(self, repo: Repository, made: Made) -> None:
        repo.commit({"a.txt": "x\n"})
        assert push(repo, "origin", "main").returncode == 0
        repo.commit({"app.env": line(made, "x")})
        done = push(repo, "origin", "main")
        assert done.returncode != 0
        assert "app.env:1" in done.stdout + done.stderr

    def test_a_new_branch_brings_what_no_remote_branch_has(
        self, repo: Repository, made: Made
    ) -> None:
        repo.commit({"old.env": line(made, "old")})
        assert push(repo, "--no-verify", "origin", "main").returncode == 0
        repo.git("checkout", "-q", "-b", "feature")
        repo.commit({"a.txt": "x\n"})
        assert push(repo, "origin", "feature").returncode == 0
        repo.commit({"app.env": line(made, "x")})
        done = push(repo, "origin", "HEAD:refs/heads/next")
        assert done.returncode != 0
        assert "app.env:1" in done.stdout
        assert "old.env" not in done.stdout

    def test_a_remote_that_is_ahead_counts_as_new(self, repo: Repository, made: Made) -> None:
        """The remote's commit is not known here."""
        repo.commit({"app.env": line(made, "x")})
        unknown = "1234567890" * 4
        pushed = f"refs/heads/main {repo.head} refs/heads/main {unknown}\n"
        done = unleak(repo.top, "scan", "--range", "-", stdin=pushed.encode())
        assert done.returncode == 1
        assert "app.env:1" in done.stdout

    def test_a_deletion(self, repo: Repository) -> None:
        repo.git("branch", "gone")
        assert push(repo, "origin", "gone").returncode == 0
        assert push(repo, "--delete", "origin", "gone").returncode == 0


class TestPreCommit:
    """The hook `unleak-push` under the real pre-commit."""

    @pytest.fixture
    def repo(self, repo: Repository, tmp_path: Path) -> Repository:
        hooks = Repository(tmp_path / "hooks")
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks.top)
        revision = hooks.commit({})
        repo.commit(
            {
                ".pre-commit-config.yaml": f"repos:\n- repo: {hooks.top}\n  rev: {revision}\n"
                "  hooks:\n  - {id: unleak-push, language: system}\n"
            }
        )
        bare = tmp_path / "plain.git"
        repo.git("init", "-q", "--bare", "-b", "main", str(bare))
        repo.git("remote", "add", "origin", str(bare))
        repo.git("push", "-q", "origin", "main")
        install = [str(BIN / "pre-commit"), "install", "--hook-type", "pre-push"]
        subprocess.run(install, cwd=repo.top, check=True, capture_output=True)
        return repo

    def test_an_update(self, repo: Repository, made: Made) -> None:
        repo.commit({"a.txt": "x\n"})
        done = push(repo, "origin", "main")
        assert done.returncode == 0, done.stdout + done.stderr
        repo.commit({"app.env": line(made, "x")})
        repo.commit({"app.env": None})
        done = push(repo, "origin", "main")
        assert done.returncode != 0
        assert "app.env:1" in done.stdout + done.stderr

    def test_a_new_branch(self, repo: Repository, made: Made) -> None:
        repo.git("checkout", "-q", "-b", "feature")
        repo.commit({"app.env": line(made, "x")})
        done = push(repo, "origin", "feature")
        assert done.returncode != 0
        assert "app.env:1" in done.stdout + done.stderr

    def test_what_the_remote_has_on_another_branch_is_not_brought_to_it(
        self, repo: Repository, made: Made
    ) -> None:
        repo.git("checkout", "-q", "-b", "feature")
        repo.commit({"a.txt": "x\n"})
        repo.git("checkout", "-q", "main")
        repo.commit({"old.env": line(made, "old")})
        assert push(repo, "--no-verify", "origin", "main").returncode == 0
        repo.git("checkout", "-q", "feature")
        repo.git("merge", "-q", "--no-edit", "main")
        done = push(repo, "origin", "feature")
        assert done.returncode == 0, done.stdout + done.stderr

    def test_a_whole_history_with_its_root(
        self, repo: Repository, made: Made, tmp_path: Path
    ) -> None:
        bare = tmp_path / "fresh.git"
        repo.git("init", "-q", "--bare", str(bare))
        repo.commit({"app.env": line(made, "x")})
        done = push(repo, str(bare), "main")
        assert done.returncode != 0
        assert "app.env:1" in done.stdout + done.stderr

    def test_by_hand(self, repo: Repository, made: Made) -> None:
        repo.commit({"app.env": line(made, "x")})
        env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        command = [str(BIN / "pre-commit"), "run", "--hook-stage", "pre-push", "--all-files"]
        done = subprocess.run(
            command, cwd=repo.top, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert "app.env:1" in done.stdout
