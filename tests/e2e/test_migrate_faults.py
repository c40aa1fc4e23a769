"""A migration that is killed, refused or disturbed anywhere loses nothing and can be ended."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from support.fleet import Fleet

from scanner.migrate.journal import Journal, state_of
from scanner.vaults.sops import SopsVault

VAULT = ".unleak/vault.sops.yaml"
Tree = dict[str, tuple[int, bytes]]

# path -> (mode, text); {0} is a value of its own for each file.
FILES = {
    ".env": (0o600, "# first\nDB_PASSWORD='{0}' # why\nPORT=80\n"),
    ".npmrc": (0o644, "//registry.example.org/:_password={0}\nfund=false\n"),
    "app.js": (0o644, "const express = require('x');\nconst apiToken = '{0}';\n"),
    "app.py": (0o644, '# app\nimport sys\n\nAPI_SECRET = "{0}"\nprint(sys.argv)\n'),
    "config/app.ini": (0o640, "[queue]\r\npassword = {0}\r\nsize = 3\r\n"),
    "config/app.json": (0o644, '{{"mail": {{"password": "{0}", "port": 25}}}}'),
    "config/app.properties": (0o644, "# x\nldap.password : {0}\nldap.port=1\n"),
    "config/app.toml": (0o644, "[cache]\npassword = '{0}' # note\nsize = 3\n"),
    "config/app.yaml": (0o644, '\ufeffdb:\n  password: "{0}"  # note\n  port: 1\n'),
    "deploy.sh": (0o755, '#!/bin/sh\nexport DEPLOY_TOKEN="{0}"\necho done\n'),
    "docker-compose.yml": (
        0o644,
        "services:\n  web:\n    image: x\n    environment:\n      SMTP_PASSWORD: {0}\n",
    ),
}


class Case:
    """One repository with a secret in each file, and a user with a home of their own."""

    def __init__(self, fleet: Fleet, folder: Path, made: Callable[..., str]) -> None:
        self.fleet, self.folder, self.made = fleet, folder, made
        self.reset("0")

    def reset(self, name: str) -> None:
        self.root, self.home = self.folder / name / "repo", self.folder / name / "home"
        self.root.mkdir(parents=True)
        self.home.mkdir()
        self.state = self.home / "state"
        self.environ = {"HOME": str(self.home), "UNLEAK_STATE_DIR": str(self.state)}
        self.environ["XDG_CONFIG_HOME"] = str(self.home / "config")
        self.values = {path: self.made(path).encode() for path in FILES}
        for path, (mode, text) in FILES.items():
            file = self.root / path
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(text.format(self.values[path].decode()).encode())
            file.chmod(mode)
        self.before = self.tree()

    def tree(self) -> Tree:
        found: Tree = {}
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            data = path.read_bytes() if path.is_file() else b""
            found[name] = (stat.S_IMODE(path.stat().st_mode) if path.is_file() else 0, data)
        return found

    def __call__(self, *argv: str, code: int | None = 0, **how) -> dict:
        order = {"argv": argv, "cwd": str(self.root), "environ": self.environ, **how}
        done = self.fleet.ask(order)
        for value in self.values.values():
            assert value.decode() not in done["out"] + done["err"]
        assert "Traceback" not in done["err"], done["err"]
        if code is not None:
            assert done["code"] == code, done
        return done

    def stored(self) -> set[bytes]:
        vault = SopsVault(str(self.root), environ=self.environ)
        references = [vault.reference(name) for name in vault.names()]
        return {secret.reveal() for secret in vault.read(references).values()}

    def check_nothing_lost(self) -> None:
        left = {p: v for p, v in self.values.items() if v not in (self.root / p).read_bytes()}
        if left:
            stored = {value.strip() for value in self.stored()}
            assert set(left.values()) <= stored

    def check_no_plaintext(self) -> None:
        """The user's folders hold no value, at any time."""
        for path in self.home.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            assert not [v for v in self.values.values() if v in data], path

    def check_swept(self) -> None:
        assert not [name for name in self.tree() if ".tmp" in name or "/.unleak-" in name]

    def states(self) -> list[str]:
        journal = Journal(str(self.root), str(self.state))
        return [state_of(journal.read(run)) for run in journal.runs()]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    cache = tmp_path_factory.getbasetemp().parent / "unleak-cache"
    folder = tmp_path_factory.mktemp("fleet")
    one = Fleet(folder, cache)
    first = Case(one, folder, lambda seed: random.Random(seed).randbytes(12).hex())
    for argv in (["migrate", ".", "--apply", "--all"], ["scan", "."], ["verify"], ["undo"]):
        first(*argv, warm=True)
    yield one
    one.close()


@pytest.fixture
def case(fleet: Fleet, tmp_path: Path, made: Callable[..., str]) -> Case:
    return Case(fleet, tmp_path, made)


def until_it_ends(case: Case, *argv: str, at: str) -> Iterator[int]:
    """Runs killed at the first call, the second ... until one is not killed any more."""
    for nth in range(1, 200):
        done = case(*argv, code=None, at=at, nth=nth)
        if done["code"] != -signal.SIGKILL:
            assert done["code"] == 0, done
            return
        yield nth
    pytest.fail("does not end")


def end_by_undo(case: Case) -> None:
    done = case("undo", code=None)
    if done["code"]:
        assert "nothing to undo" in done["err"]
        assert "interrupted" not in case.states()
    assert case.tree() == case.before


def end_by_resume(case: Case) -> None:
    done = case("migrate", "--resume", "--all", code=None)
    if done["code"]:
        assert "no run was interrupted" in done["err"]
        case("migrate", ".", "--apply", "--all")
    case("scan", ".")
    case("verify", ".")
    case.check_swept()
    case.check_no_plaintext()
    assert {value.strip() for value in case.stored()} == set(case.values.values())
    case("undo")
    assert case.tree() == case.before


@pytest.mark.slow
@pytest.mark.parametrize("at", ["rename", "fsync", "append", "torn"])
def test_killed_while_applying(case, at):
    last = 0
    for nth in until_it_ends(case, "migrate", ".", "--apply", "--all", at=at):
        case.check_nothing_lost()
        case.check_no_plaintext()
        (end_by_undo if nth % 2 else end_by_resume)(case)
        case.check_no_plaintext()
        case.reset(str(nth))
        last = nth
    assert last >= len(FILES)
    case("scan", ".")


@pytest.mark.slow
@pytest.mark.parametrize("at", ["rename", "fsync", "append", "torn"])
def test_killed_while_undoing(case, at):
    case("migrate", ".", "--apply", "--all")
    for _ in until_it_ends(case, "undo", at=at):
        case.check_nothing_lost()
        case("undo", code=None)
        assert case.tree() == case.before
        case("migrate", ".", "--apply", "--all")
    assert case.tree() == case.before


@pytest.mark.slow
def test_killed_while_resuming(case):
    for nth in range(1, 14, 2):
        case.reset(str(nth))
        case("migrate", ".", "--apply", "--all", code=-signal.SIGKILL, at="append", nth=8)
        case("migrate", "--resume", "--all", code=-signal.SIGKILL, at="append", nth=nth)
        case.check_nothing_lost()
        (end_by_undo if nth % 4 == 1 else end_by_resume)(case)


@pytest.mark.slow
@pytest.mark.parametrize("at", ["rename", "torn"])
def test_killed_while_adding_to_a_vault(case, at):
    case("migrate", ".", "--apply", code=1)
    before, held = case.tree(), case.stored()
    for _ in until_it_ends(case, "migrate", ".", "--apply", "--all", at=at):
        case.check_nothing_lost()
        if "interrupted" in case.states():
            case("undo")
        after = case.tree()
        assert after.keys() == before.keys()
        assert {path for path in after if after[path] != before[path]} <= {VAULT}
        assert case.stored() == held
    case("scan", ".")


def test_an_empty_vault_that_was_there_stays(case):
    import pyrage

    other = str(pyrage.x25519.Identity.generate().to_public())
    order = {"argv": ["vault", "recipients", "add", other], "cwd": str(case.root)}
    assert case.fleet.ask({**order, "environ": case.environ})["code"] == 0
    before = case.tree()
    case("migrate", ".", "--apply", "--all")
    case("undo")
    after = case.tree()
    assert other.encode() in after.pop(VAULT)[1]
    del before[VAULT]
    assert after == before


def test_the_command_line_gives_back_what_was_moved(case):
    case("migrate", ".", "--apply", "--all", code=-signal.SIGKILL, at="rename", nth=8)
    case.check_nothing_lost()
    order = {"argv": ["vault", "get", "DB_PASSWORD"], "cwd": str(case.root)}
    done = case.fleet.ask({**order, "environ": case.environ})
    assert done["out"].encode() == case.values[".env"]
    refused = case("migrate", ".", "--apply", "--all", code=3)
    assert "was interrupted" in refused["err"]
    assert "--resume" in refused["err"]
    end_by_resume(case)


@pytest.mark.skipif(not os.geteuid() and sys.platform != "linux", reason="root writes everywhere")
def test_a_folder_that_is_read_only(case):
    (case.root / "config").chmod(0o500)
    try:
        done = case("migrate", ".", "--apply", "--all", code=3, weak=True)
        assert "config/app.ini: not moved: permission denied" in done["out"]
        config = {p: facts for p, facts in case.tree().items() if p.startswith("config/")}
        assert all(case.before[path] == facts for path, facts in config.items())
        case.check_nothing_lost()
        case("scan", ".", code=1)
    finally:
        (case.root / "config").chmod(0o755)
    case("migrate", ".", "--apply", "--all")
    case("scan", ".")
    case("undo")
    case("undo")
    assert case.tree() == case.before


def test_a_file_that_changed_after_the_plan_was_saved(case):
    plan = case.folder / "plan.json"
    case("migrate", ".", "--plan", str(plan), code=1)
    assert not [v for v in case.values.values() if v in plan.read_bytes()]
    file = case.root / ".env"
    file.write_bytes(file.read_bytes() + b"# more\n")
    changed = case.tree()
    done = case("migrate", ".", "--apply", "--all", "--plan", str(plan), code=3)
    assert "not as it was planned for: .env" in done["err"]
    assert case.tree() == changed
    file.write_bytes(case.before[".env"][1])
    case("migrate", ".", "--apply", "--all", "--plan", str(plan))
    case("scan", ".")
    case("undo")
    assert case.tree() == case.before


def test_a_file_that_changed_before_the_undo(case):
    case("migrate", ".", "--apply", "--all")
    file = case.root / "app.py"
    file.write_bytes(file.read_bytes() + b"# more\n")
    moved = file.read_bytes()
    done = case("undo", code=3)
    assert "conflict: app.py: was changed since" in done["err"]
    assert "still used, so kept in the vault: API_SECRET" in done["err"]
    assert file.read_bytes() == moved
    assert b"API_SECRET: ref+" in (case.root / ".unleak/env.yaml").read_bytes()
    rest = {path: facts for path, facts in case.tree().items() if path in case.before}
    assert {path for path, facts in rest.items() if facts != case.before[path]} == {"app.py"}
    file.write_bytes(moved.removesuffix(b"# more\n"))
    case("undo")
    assert case.tree() == case.before
    assert "nothing to undo" in case("undo", code=3)["err"]


def test_what_is_wrong_with_references_and_runs(case):
    case("migrate", ".", "--apply", "--all")
    run = case("journal", "list")["out"].split()[0]
    assert case("journal", "list")["out"] == f"{run}  applied  12 files\n"
    shown = case("journal", "show", run)["out"]
    assert shown.startswith("begin\nvault  ref+sops://")
    assert "\ndone  config/app.toml\n" in shown
    (case.root / "app.py").write_bytes(b"x = 'ref+sops://.unleak/vault.sops.yaml#/GONE'\n")
    done = case("verify", code=1)
    assert "app.py:1: ref+sops://.unleak/vault.sops.yaml#/GONE refers to nothing\n" in done["out"]
    (case.root / "app.py").write_bytes(b"x = 'ref+sops://../vault.sops.yaml#/A'\n")
    assert "leads out of the repository" in case("verify", code=3)["err"]
    for argv in (["undo", "nothing"], ["undo", "../x"], ["journal", "show", "nothing"]):
        assert case(*argv, code=3)["err"].startswith("unleak: ")
    assert case("journal", "show", code=2)["out"] == ""


def test_two_runs_at_once(case):
    folder = Path(Journal(str(case.root), str(case.state)).folder)
    folder.mkdir(parents=True)
    with FileLock(folder / "lock"):
        for argv in (["migrate", ".", "--apply"], ["migrate", "--resume"], ["undo"]):
            assert "another run is working on this tree" in case(*argv, code=3)["err"]
    assert case.tree() == case.before


def test_another_age_key_than_the_vaults(case):
    import pyrage

    case("migrate", ".", "--apply", code=1)
    (case.root / "late.env").write_text(f"LATE_PASSWORD={case.made('late')}\n")
    moved = case.tree()
    case.environ["SOPS_AGE_KEY"] = str(pyrage.x25519.Identity.generate())
    case.environ["HOME"] = case.environ["XDG_CONFIG_HOME"] = str(case.folder)
    for argv in (["migrate", ".", "--apply", "--all"], ["undo"], ["verify"]):
        done = case(*argv, code=3)
        assert done["err"].startswith("unleak: ")
        assert case.environ["SOPS_AGE_KEY"] not in done["err"]
    assert case.tree() == moved


def test_merge_conflict_markers_in_the_vault(case):
    case("migrate", ".", "--apply", code=1)
    vault = case.root / VAULT
    good = vault.read_bytes()
    vault.write_bytes(b"<<<<<<< ours\n" + good + b"=======\n>>>>>>> theirs\n")
    (case.root / "late.env").write_text(f"LATE_PASSWORD={case.made('late')}\n")
    moved = case.tree()
    for argv in (["migrate", ".", "--apply", "--all"], ["undo"], ["verify"]):
        assert "conflict" in case(*argv, code=3)["err"]
        assert case.tree() == moved
    vault.write_bytes(good)
    (case.root / "late.env").unlink()
    case("undo")
    assert case.tree() == case.before


@pytest.mark.parametrize("end", [end_by_resume, end_by_undo])
def test_interrupted_by_the_user(case, end):
    how = {"at": "rename", "nth": 6, "sign": signal.SIGINT}
    done = case("migrate", ".", "--apply", "--all", code=130, **how)
    assert "--resume" in done["err"]
    assert case.states() == ["interrupted"]
    case.check_swept()
    case.check_nothing_lost()
    end(case)


def test_resuming_a_saved_plan_does_no_more_than_the_plan(case):
    report = json.loads(case("scan", ".", "--format", "json", code=1)["out"])
    wanted = ("config/app.ini", "config/app.json", "config/app.toml")
    only = [f"--only={one['fingerprint']}" for one in findings_of(report) if one["path"] in wanted]
    plan = case.folder / "plan.json"
    case("migrate", ".", "--plan", str(plan), *only, code=1)
    how = {"at": "rename", "nth": 4, "code": -signal.SIGKILL}
    case("migrate", ".", "--apply", "--plan", str(plan), **how)
    (case.root / "config/late.ini").write_text(f"[late]\npassword = {case.made('late')}\n")
    case("migrate", "--resume", "--all", code=1)
    changed = {path for path, facts in case.before.items() if case.tree()[path] != facts}
    assert changed == set(wanted)
    case("undo")
    (case.root / "config/late.ini").unlink()
    assert case.tree() == case.before


def test_resuming_can_go_further_and_from_another_folder(case):
    subprocess.run(["git", "init", "-q", str(case.root)], check=True)
    case("migrate", ".", "--apply", code=-signal.SIGKILL, at="rename", nth=6)
    case("migrate", "--resume", "--all", cwd=str(case.root / "config"))
    assert case.states() == ["applied"]
    case("scan", ".")


def findings_of(report) -> list[dict]:
    return report["findings"] if isinstance(report, dict) else report
