"""The main job on a planted repository: every kind found, moved, proved, used and undone; and no
output, log, journal, cache or temporary file of the whole run holds a value."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "fixtures"))
from plant import kinds, plant

UNLEAK = str(Path(sys.executable).parent / "unleak")


class Run:
    """The real command in a repository of its own, and all it ever said."""

    def __init__(self, base: Path) -> None:
        self.top = base / "repo"
        self.home = base / "home"
        self.temporary = base / "tmp"
        for folder in (self.top, self.home, self.temporary):
            folder.mkdir()
        self.said: list[bytes] = []
        self.env = {
            **{k: v for k, v in os.environ.items() if k != "UNLEAK_STATE_DIR"},
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "NO_COLOR": "1",
        }

    def __call__(self, *arguments: str, code: int, secret: bool = False) -> str:
        done = subprocess.run(
            [UNLEAK, *arguments], cwd=self.top, env=self.env, capture_output=True, check=False
        )
        if not secret:
            self.said += [done.stdout, done.stderr]
        assert done.returncode == code, (arguments, done.stdout.decode(), done.stderr.decode())
        return done.stdout.decode()

    def tree(self) -> dict[str, tuple[bytes, int]]:
        files = [p for p in self.top.rglob("*") if p.is_file() and ".git" not in p.parts]
        return {str(p.relative_to(self.top)): (p.read_bytes(), p.stat().st_mode) for p in files}


def spellings(value: str) -> list[bytes]:
    raw = value.encode()
    return [raw, base64.b64encode(raw).rstrip(b"=")[:-1], raw.hex().encode()]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


@pytest.mark.slow
def test_sixty_kinds_through_the_whole_thread(run: Run) -> None:
    planted = plant(run.top, "thread")
    assert len(kinds()) >= 60
    subprocess.run(["git", "init", "-q"], cwd=run.top, check=True)
    subprocess.run(["git", "add", "."], cwd=run.top, check=True)
    before = run.tree()
    values = {value for pairs in planted.values() for value in pairs.values()}

    report = json.loads(run("scan", "--format", "json", "--show-secrets", code=1, secret=True))
    found = {(one["path"], one["secret"]) for one in report["findings"]}
    missing = [
        (p, n) for p, pairs in planted.items() for n, v in pairs.items() if (p, v) not in found
    ]
    assert not missing

    for name in ("text", "json", "jsonl", "sarif", "gitlab", "github", "junit", "csv", "html"):
        run("scan", "--format", name, "--explain", code=1)
    run("scan", "--staged", code=1)
    run("baseline", "create", "--file", str(run.top.parent / "known.jsonl"), code=0)
    run("migrate", ".", "--plan", str(run.top.parent / "plan.json"), code=1)
    (run.top / ".unleak" / "salt").unlink()
    (run.top / ".unleak").rmdir()
    assert run.tree() == before

    run("migrate", ".", "--apply", "--all", code=0)
    run("scan", ".", code=0)
    run("verify", code=0)
    run("journal", "list", code=0)
    after = {path: data for path, (data, _) in run.tree().items()}
    assert not [p for p, data in after.items() for v in values if v.encode() in data]

    printed = run("run", "--", "env", "-0", code=0, secret=True)
    assert values <= {pair.partition("=")[2] for pair in printed.split("\0")}
    rendered = run("render", "config/app.yaml", code=0, secret=True)
    assert rendered.encode() == before["config/app.yaml"][0]
    run("run", "--mask", "--", "env", code=0)

    everything = list(run.said)
    cache = Path(run.env["UNLEAK_CACHE_DIR"])
    for folder in (run.home, run.temporary, cache, run.top / ".unleak"):
        everything += [p.read_bytes() for p in folder.rglob("*") if p.is_file()]
    everything += [
        p.read_bytes() for p in (run.top.parent / "known.jsonl", run.top.parent / "plan.json")
    ]
    for value in values:
        for spelling in spellings(value):
            assert not any(spelling in text for text in everything)

    run("undo", code=0)
    assert run.tree() == before
    assert "nothing to undo" not in run("scan", ".", code=1)


def test_dry_run_writes_nothing(run: Run) -> None:
    plant(run.top, "dry")
    before = run.tree()
    diff = run("migrate", ".", code=1)
    assert "+++ b/.env" in diff
    assert "ref+sops://.unleak/vault.sops.yaml#/" in diff
    assert run.tree() == before
    assert not [p for p in run.home.rglob("*") if "age" in p.parts or "repos" in p.parts]


def test_safe_steps_alone_leave_the_source_code(run: Run) -> None:
    plant(run.top, "safe")
    before = run.tree()
    said = run("migrate", ".", "--apply", code=1)
    after = run.tree()
    for path in ("app/settings.py", "app/client.js", "deploy.sh"):
        assert after[path] == before[path]
        assert path in said
    for path in (".env", "config/app.yaml", "docker-compose.yml", ".npmrc"):
        assert after[path] != before[path]
    run("undo", code=0)
    assert run.tree() == before


def test_a_saved_plan_is_applied_later(run: Run) -> None:
    plant(run.top, "plan")
    before = run.tree()
    plan = str(run.top.parent / "plan.json")
    run("migrate", ".", "--plan", plan, code=1)
    run("migrate", "--plan", plan, "--apply", "--all", code=0)
    run("scan", ".", code=0)
    run("undo", code=0)
    assert run.tree() == before


def test_a_saved_plan_is_refused_for_another_tree(run: Run) -> None:
    plant(run.top, "plan")
    plan = str(run.top.parent / "plan.json")
    run("migrate", ".", "--plan", plan, code=1)
    (run.top / ".env").write_bytes((run.top / ".env").read_bytes() + b"X=1\n")
    before = run.tree()
    run("migrate", "--plan", plan, "--apply", code=3)
    assert run.tree() == before


def test_only_the_named_finding_moves(run: Run) -> None:
    plant(run.top, "only")
    report = json.loads(run("scan", "--format", "json", code=1))
    one = next(f for f in report["findings"] if f["path"] == ".env")
    run("migrate", ".", "--apply", "--only", one["fingerprint"], code=0)
    left = json.loads(run("scan", "--format", "json", code=1))
    assert len(left["findings"]) == len(report["findings"]) - 1
