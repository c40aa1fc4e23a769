"""The pipelines of docs/ci.md, run as their runners would run them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.histories import BIN, Repository

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "ci.md").read_text()
ZERO = "0" * 40
Made = Callable[..., str]

# (system, event) -> what its runner sets; names stand for commits.
RUNNERS: dict[str, dict[str, dict[str, str]]] = {
    "GitHub Actions": {
        "request": {"GITHUB_BASE_REF": "main", "GITHUB_SHA": "HEAD"},
        "push": {"GITHUB_SHA": "HEAD", "event.before": "base"},
        "new": {"GITHUB_SHA": "HEAD", "event.before": ZERO},
        "forced": {"GITHUB_SHA": "HEAD", "event.before": "12" * 20},
    },
    "GitLab CI": {
        "request": {
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": "base", "CI_COMMIT_BEFORE_SHA": ZERO,
            "CI_COMMIT_SHA": "HEAD", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "",
        },
        "merged": {
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": "base", "CI_COMMIT_BEFORE_SHA": ZERO,
            "CI_COMMIT_SHA": "HEAD", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "HEAD",
        },
        "push": {"CI_COMMIT_BEFORE_SHA": "base", "CI_COMMIT_SHA": "HEAD"},
        "new": {"CI_COMMIT_BEFORE_SHA": ZERO, "CI_COMMIT_SHA": "HEAD"},
        "forced": {"CI_COMMIT_BEFORE_SHA": "12" * 20, "CI_COMMIT_SHA": "HEAD"},
    },
    "Jenkins": {
        "request": {"CHANGE_TARGET": "main"},
        "push": {"GIT_PREVIOUS_SUCCESSFUL_COMMIT": "base"},
        "new": {},
    },
    "Azure Pipelines": {
        "request": {"SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"},
        "short": {"SYSTEM_PULLREQUEST_TARGETBRANCH": "main"},
        "push": {},
    },
}  # fmt: skip
ALWAYS = {
    "CI_DEFAULT_BRANCH": "main",
    "CI_PROJECT_DIR": ".",
    "event.repository.default_branch": "main",
}
REPORTS = {
    "GitHub Actions": "unleak.sarif",
    "GitLab CI": "gl-secret-detection-report.json",
    "Jenkins": "unleak.xml",
    "Azure Pipelines": "unleak.xml",
}
CASES = [(system, event) for system, events in RUNNERS.items() for event in events]
each_case = pytest.mark.parametrize(("system", "event"), CASES)


def block(title: str, language: str, number: int = 0) -> str:
    section = TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return found[number]


def steps(system: str) -> list[tuple[list[str], str, dict[str, str]]]:
    """(shell, script, environment) of every step that runs something."""
    if system == "Jenkins":
        (script,) = re.findall(r"sh '''\n(.*?)'''", block(system, "groovy"), re.DOTALL)
        return [(["sh", "-xe"], script, {})]
    pipeline: Any = yaml.safe_load(block(system, "yaml"))
    if system == "GitLab CI":
        script = "\n".join(pipeline["unleak"]["script"])
        return [(["bash", "-eo", "pipefail"], script, {})]
    if system == "Azure Pipelines":
        return [
            (["bash", "--noprofile", "--norc"], s["bash"], {})
            for s in pipeline["steps"]
            if "bash" in s
        ]
    listed = pipeline["jobs"]["unleak"]["steps"]
    shell = ["bash", "-e"]
    return [(shell, step["run"], step.get("env", {})) for step in listed if "run" in step]


def filled(text: str, facts: Mapping[str, str]) -> str:
    """GitHub's expressions, which its runner fills in."""
    return re.sub(r"\$\{\{ github\.([\w.]+) \}\}", lambda m: facts.get(m[1], ""), text)


def run(system: str, event: str, clone: Path) -> subprocess.CompletedProcess[str]:
    """Run the steps one after another until one fails; the installation is there already."""
    names = {"base": "origin/main", "HEAD": "HEAD"}
    facts = {}
    for key, value in {**ALWAYS, **RUNNERS[system][event]}.items():
        facts[key] = git(clone, "rev-parse", names[value]) if value in names else value
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env |= {key: value for key, value in facts.items() if "." not in key}
    env["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.CompletedProcess[str]([], 0, "", "")
    for shell, text, own in steps(system):
        script, count = re.subn(r"(?m)^(\s*)pip install unleak$", r"\1true", filled(text, facts))
        assert count <= 1
        more = {key: filled(value, facts) for key, value in own.items()}
        done = subprocess.run(
            [*shell, "-c", script], cwd=clone, env=env | more, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            break
    return done


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def origin(tmp_path: Path, made: Made) -> Repository:
    """What is cloned: an old secret on main, and a branch to work on."""
    repo = Repository(tmp_path / "origin")
    repo.commit({"README": "hello\n"}, "first")
    repo.commit(
        {".unleak.toml": 'exclude = ["old.env"]\n', "old.env": f"DB_PASSWORD={made('o')}\n"}
    )
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"a.txt": "work\n"})
    return repo


def cloned(origin: Repository, tmp_path: Path) -> Path:
    """As a runner leaves it: every branch, HEAD at the change's commit."""
    to = tmp_path / "clone"
    origin.git("checkout", "-q", "main")
    origin.git("clone", "-q", f"file://{origin.top}", str(to))
    git(to, "checkout", "-q", "--detach", "origin/feature")
    git(to, "remote", "set-head", "origin", "--delete")
    return to


@each_case
def test_a_clean_change_passes(origin: Repository, tmp_path: Path, system: str, event: str) -> None:
    origin.commit({"old.env": "moved = 1\n" + (origin.top / "old.env").read_text()})
    clone = cloned(origin, tmp_path)
    done = run(system, event, clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (clone / REPORTS[system]).stat().st_size


@each_case
def test_a_change_that_leaks_fails(
    origin: Repository, tmp_path: Path, made: Made, system: str, event: str
) -> None:
    value = made("new")
    origin.commit({"new.env": f"#\nDB_PASSWORD={value}\n"})
    if (system, event) != ("Azure Pipelines", "push"):
        origin.commit({"new.env": None})
    clone = cloned(origin, tmp_path)
    done = run(system, event, clone)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "new.env" in done.stdout
    assert "new.env" in (clone / REPORTS[system]).read_text()
    assert value not in done.stdout + done.stderr + (clone / REPORTS[system]).read_text()


@pytest.mark.parametrize(
    ("system", "event"), [c for c in CASES if c != ("Azure Pipelines", "push")]
)
def test_a_change_cannot_switch_it_off(
    origin: Repository, tmp_path: Path, made: Made, system: str, event: str
) -> None:
    origin.commit({".unleak.toml": 'exclude = ["*"]\n', ".unleakignore": "*\n"})
    origin.commit({"new.env": f"DB_PASSWORD={made('new')}\n"})
    done = run(system, event, cloned(origin, tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "new.env" in done.stdout


@pytest.mark.parametrize("system", ["GitHub Actions", "Azure Pipelines"])
def test_a_runner_that_merges_the_request_first(
    origin: Repository, tmp_path: Path, made: Made, system: str
) -> None:
    """HEAD is a merge of both sides then; what main got meanwhile is not the change's."""
    origin.commit({"new.env": f"DB_PASSWORD={made('new')}\n"})
    origin.git("checkout", "-q", "main")
    origin.commit({"theirs.env": f"DB_PASSWORD={made('theirs')}\n"})
    clone = cloned(origin, tmp_path)
    git(clone, "checkout", "-q", "--detach", "origin/main")
    git(clone, "merge", "-q", "--no-ff", "--no-edit", "origin/feature")
    done = run(system, "request", clone)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "new.env" in done.stdout
    assert "theirs.env" not in done.stdout


@pytest.mark.parametrize("system", ["GitHub Actions", "Azure Pipelines"])
def test_a_clone_that_is_too_shallow_is_never_clean(
    origin: Repository, tmp_path: Path, system: str
) -> None:
    origin.git("checkout", "-q", "main")
    origin.commit({"later.txt": "x\n"})
    to = tmp_path / "clone"
    origin.git("clone", "-q", "--depth", "1", "--no-single-branch", f"file://{origin.top}", str(to))
    git(to, "checkout", "-q", "--detach", "origin/feature")
    done = run(system, "request", to)
    assert done.returncode == 3
    assert "fetch-depth: 0" in done.stderr


@pytest.mark.parametrize(("where", "number"), [("On a git server", 0), ("On the way out", 0)])
def test_hooks(origin: Repository, tmp_path: Path, made: Made, where: str, number: int) -> None:
    bare = tmp_path / "server.git"
    origin.git("init", "-q", "--bare", "-b", "main", str(bare))
    origin.git("remote", "add", "origin", str(bare))
    folder = bare if where == "On a git server" else origin.top / ".git"
    script = block(where, "sh", number)
    (name,) = re.findall(r"pre-\w+", script.splitlines()[1])
    hook = folder / "hooks" / name
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}

    def push(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "push", "origin", *words], cwd=origin.top, env=env, capture_output=True,
            text=True, check=False,
        )  # fmt: skip

    assert push("main").returncode == 0
    hook.write_text(script)
    hook.chmod(0o755)
    done = push("feature")
    assert done.returncode == 0, done.stderr
    origin.commit({"new.env": f"DB_PASSWORD={made('new')}\n", ".unleak.toml": 'exclude = ["*"]\n'})
    done = push("feature")
    assert done.returncode != 0
    assert "new.env:1" in done.stdout + done.stderr
    assert push("--delete", "feature").returncode == 0


def test_the_first_push_to_a_server(tmp_path: Path, origin: Repository) -> None:
    bare = tmp_path / "server.git"
    origin.git("init", "-q", "--bare", "-b", "main", str(bare))
    hook = bare / "hooks" / "pre-receive"
    hook.write_text(block("On a git server", "sh"))
    hook.chmod(0o755)
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = ["git", "push", str(bare), "main~1:refs/heads/main"]
    done = subprocess.run(
        command, cwd=origin.top, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_hooks_that_are_named_exist() -> None:
    named = {
        hook["id"] for hook in yaml.safe_load(block("On the way out", "yaml"))["repos"][0]["hooks"]
    }
    there = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert named <= there
