"""Bad input gets a clear line and the right code; nothing unread is called clean."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

UNLEAK = str(Path(sys.executable).parent / "unleak")
Made = Callable[..., str]


def unleak(
    folder: Path, *arguments: str, stdin: bytes = b"", **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [UNLEAK, *arguments],
        cwd=folder,
        env={**os.environ, **env},
        input=stdin,
        capture_output=True,
        check=False,
    )


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def findings(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(done.stdout)["findings"]
    return found


def test_clean_is_zero_and_findings_are_one(tmp_path: Path, made: Made) -> None:
    assert unleak(tmp_path, "scan").returncode == 0
    (tmp_path / "a.env").write_text(f"TOKEN={made('x', 30)}\n")
    assert unleak(tmp_path, "scan").returncode == 1
    assert unleak(tmp_path, "scan", "--exit-zero").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "nowhere"),
        ("scan", "--nonsense"),
        ("scan", "--rule", "no-such-rule"),
        ("scan", "--max-file-size", "huge"),
        ("scan", "--format", "json", "--format", "text"),
        ("scan", "--staged"),
        ("frobnicate",),
        (),
        ("migrate", "--vault", "paper"),
        ("vault", "get"),
        ("run",),
    ],
)
def test_usage_errors_are_two_with_one_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = unleak(tmp_path, *arguments)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_wrong_configuration_is_two_with_its_line(tmp_path: Path) -> None:
    (tmp_path / ".unleak.toml").write_text('\nexclud = ["x"]\n')
    done = unleak(tmp_path, "scan")
    assert done.returncode == 2
    assert b".unleak.toml:2" in done.stderr
    assert b"did you mean exclude" in done.stderr


def test_what_cannot_be_read_is_three_and_named(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("x")
    git(tmp_path, "add", ".")
    blob = subprocess.run(
        ["git", "rev-parse", ":a"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.strip()
    (tmp_path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    done = unleak(tmp_path, "scan", "--staged")
    assert done.returncode == 3
    assert blob.encode() in done.stdout + done.stderr


def test_a_broken_index_is_three_and_never_clean(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".git" / "index").write_bytes(b"DIRCbroken")
    for arguments in (("scan",), ("scan", "--staged")):
        done = unleak(tmp_path, *arguments)
        assert done.returncode == 3
        assert b"hint" in done.stderr


@pytest.mark.parametrize("folder", ["bare.git", "repo/.git"])
def test_a_repository_without_files_is_not_called_clean(tmp_path: Path, folder: str) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    git(tmp_path, "init", "-q", "repo")
    for arguments in ((), ("--no-gitignore",)):
        done = unleak(tmp_path, "scan", folder, *arguments)
        assert done.returncode == 2
        assert b"no secrets" not in done.stdout


def test_a_repository_without_commits(tmp_path: Path, made: Made) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.env").write_text(f"TOKEN={made('x', 30)}\n")
    assert unleak(tmp_path, "scan").returncode == 1
    assert unleak(tmp_path, "scan", "--staged").returncode == 0
    git(tmp_path, "add", ".")
    assert unleak(tmp_path, "scan", "--staged").returncode == 1


def test_standard_input(tmp_path: Path, made: Made) -> None:
    data = f"password: {made('x', 20)}\n".encode()
    done = unleak(tmp_path, "scan", "-", "--stdin-name", "x.yaml", "--format", "json", stdin=data)
    assert [one["path"] for one in findings(done)] == ["x.yaml"]


def test_no_home_and_a_read_only_cache(tmp_path: Path, made: Made) -> None:
    (tmp_path / "a.env").write_text(f"TOKEN={made('x', 30)}\n")
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    env = {k: v for k, v in os.environ.items() if k not in ("HOME", "UNLEAK_CACHE_DIR")}
    env["XDG_CACHE_HOME"] = str(blocked)
    done = subprocess.run([UNLEAK, "scan"], cwd=tmp_path, env=env, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def test_names_that_are_not_utf_8_are_escaped(tmp_path: Path, made: Made) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.env"
    with open(name, "wb") as stream:
        stream.write(f"TOKEN={made('x', 30)}\n".encode())
    text = unleak(tmp_path, "scan")
    assert text.returncode == 1
    assert b"caf\\xe9.env" in text.stdout
    assert findings(unleak(tmp_path, "scan", "--format", "json"))


def test_a_hostile_name_starts_nothing_in_a_log(tmp_path: Path, made: Made) -> None:
    name = "x\n::error::gone\x1b[2J.env"
    (tmp_path / name).write_text(f"TOKEN={made('x', 30)}\n")
    for form in ("text", "github", "csv", "html", "junit"):
        done = unleak(tmp_path, "scan", "--format", form)
        assert b"\x1b" not in done.stdout
        assert b"\n::error::gone" not in done.stdout


def test_a_long_line_and_a_file_of_many_blocks(tmp_path: Path, made: Made) -> None:
    chance = random.Random(1)
    filler = bytes(chance.choice(b"abcdefgh ;,\n") for _ in range(1 << 16))
    token = made("deep", 32)
    with open(tmp_path / "big.env", "wb") as stream:
        stream.write(filler * 300)
        stream.write(f"\nTOKEN={token}\n".encode())
    (tmp_path / "line.json").write_text('{"pad": "' + "x" * 3_000_000 + f'", "token": "{token}"}}')
    done = unleak(tmp_path, "scan", "--format", "json", "--show-secrets")
    found = {(one["path"], one["secret"], one["start"]) for one in findings(done)}
    size = (tmp_path / "big.env").stat().st_size
    assert ("big.env", token, size - 33) in found
    assert ("line.json", token, 9 + 3_000_000 + 13) in found


def test_two_runs_print_the_same_bytes(tmp_path: Path, made: Made) -> None:
    for number in range(30):
        (tmp_path / f"{number}.env").write_text(
            f"TOKEN={made(str(number), 30)}\n" + "x\n" * 150_000
        )
    one = unleak(tmp_path, "scan", "--format", "json", "--jobs", "1")
    two = unleak(tmp_path, "scan", "--format", "json", "--jobs", "2")
    assert one.stdout == two.stdout
    assert len(findings(one)) == 30


def test_several_reports_in_one_run(tmp_path: Path, made: Made) -> None:
    (tmp_path / "a.env").write_text(f"TOKEN={made('x', 30)}\n")
    out = tmp_path / "out"
    out.mkdir()
    arguments = [
        "--format",
        "json",
        "--output",
        "out/a.json",
        "--format",
        "sarif",
        "--output",
        "out/a.sarif",
    ]
    done = unleak(tmp_path, "scan", "a.env", *arguments, "--format", "text")
    assert done.returncode == 1
    assert b"a.env:1" in done.stdout
    assert json.loads((out / "a.json").read_text())["version"] == 1
    assert json.loads((out / "a.sarif").read_text())["version"] == "2.1.0"
    assert len(list(out.iterdir())) == 2


def test_invalid_files_are_found_and_their_migration_refused(tmp_path: Path, made: Made) -> None:
    (tmp_path / "bad.yaml").write_text(f"a: [1\npassword: {made('y')}\n")
    (tmp_path / "bad.json").write_text(f'{{"password": "{made("j")}", \n')
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    done = unleak(tmp_path, "migrate", ".", "--apply", "--all")
    assert done.returncode == 1
    assert b"bad.yaml" in done.stdout
    assert b"bad.json" in done.stdout
    assert before == {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}


def test_links_and_hard_links_are_not_edited(tmp_path: Path, made: Made) -> None:
    outside = tmp_path / "outside"
    tree = tmp_path / "tree"
    outside.mkdir()
    tree.mkdir()
    (outside / "a.env").write_text(f"TOKEN={made('o', 30)}\n")
    (tree / "link").symlink_to(outside)
    (tree / "hard.env").write_text(f"TOKEN={made('h', 30)}\n")
    os.link(tree / "hard.env", tree / "twin.env")
    before = (tree / "hard.env").read_bytes()
    done = unleak(tree, "migrate", ".", "--apply")
    assert b"hard links" in done.stdout + done.stderr
    assert (tree / "hard.env").read_bytes() == before
    assert done.returncode == 1


def test_references_that_lead_out_of_the_repository_are_refused(tmp_path: Path) -> None:
    (tmp_path / ".unleak").mkdir()
    (tmp_path / ".unleak" / "env.yaml").write_text("X: ref+sops://../../etc/vault.yaml#/X\n")
    assert unleak(tmp_path, "verify").returncode == 3
    done = unleak(tmp_path, "run", "--", "echo", "started")
    assert done.returncode == 3
    assert b"started" not in done.stdout


def test_an_identity_in_the_repository_is_a_finding(tmp_path: Path) -> None:
    import pyrage

    key = str(pyrage.x25519.Identity.generate())
    (tmp_path / "keys.txt").write_text(f"# created\n{key}\n")
    done = unleak(tmp_path, "scan", "--format", "json")
    assert [one["rule"] for one in findings(done)] == ["age-secret-key"]
    assert key.encode() not in done.stdout


def test_what_cannot_be_written_is_named(tmp_path: Path, made: Made) -> None:
    (tmp_path / "a.env").write_text(f"TOKEN={made('x', 30)}\n")
    done = unleak(tmp_path, "scan", "--format", "json", "--output", "nowhere/x.json")
    assert done.returncode == 3
    assert b"no such file" in done.stderr
    assert b"internal" not in done.stderr
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            code = subprocess.run(
                [UNLEAK, "scan"], cwd=tmp_path, stdout=full, check=False
            ).returncode
        assert code == 3


def test_nothing_to_scan_is_said(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".git" / "info" / "exclude").write_text("build\n")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "a.txt").write_text("x")
    assert b"no file to scan" in unleak(tmp_path, "scan", "build").stderr
    (tmp_path / "link").symlink_to("build")
    assert unleak(tmp_path, "scan", "link").returncode == 2


def test_many_findings_in_one_file(tmp_path: Path, made: Made) -> None:
    lines = [f"T{number}_TOKEN={made(str(number))}\n" for number in range(5000)]
    (tmp_path / "many.env").write_text("".join(lines))
    found = findings(unleak(tmp_path, "scan", "--format", "json"))
    assert len({one["line"] for one in found}) == len(found) > 4900


def test_interrupted_is_130(tmp_path: Path) -> None:
    script = (
        "import sys, signal, os, threading\n"
        "from scanner.cli import main\n"
        "import scanner.survey as survey\n"
        "def stop(*a, **k): os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(5)\n"
        "import scanner.cli.scan as scan\n"
        "scan.survey = stop\n"
        "sys.exit(main.main(['scan']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 130
    assert b"interrupted" in done.stderr
