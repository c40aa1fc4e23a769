"""History scans beside the peers, in one run: prints medians and ratios, asserts nothing.

    python bench/history.py REPOSITORY ... [--runs 3] [--peers FOLDER] [--again]

REPOSITORY: bare repositories, such as bench/histories.py makes. FOLDER as in bench/speed.py. The floor
is git's own `cat-file --batch-all-objects`, which inflates every object and prints nothing. --again
measures a second scan of the same objects with the verdicts of the first, too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from speed import UNLEAK, measure


def commands(repository: Path, folder: Path, peers: Path | None) -> dict[str, list[str]]:
    """Name -> command of everything that is there."""
    found = {
        "unleak": [UNLEAK, "scan", "--history", str(repository), "--no-cache", "--format", "json",
                   "--output", str(folder / "unleak.json")],
        "git": ["git", "-C", str(repository), "cat-file", "--batch-all-objects", "--batch",
                "--unordered", "--buffer"],
    }  # fmt: skip
    if peers and (peers / "betterleaks").exists():
        found["betterleaks"] = [str(peers / "betterleaks"), "git", str(repository), "-s",
                                "--no-banner", "-o", str(folder / "betterleaks.json")]  # fmt: skip
    if peers and (peers / "kingfisher").exists():
        found["kingfisher"] = [str(peers / "kingfisher"), "scan", str(repository), "--no-dedup",
                               "--no-validate", "--no-update-check", "-q", "-f", "json",
                               "-o", str(folder / "kingfisher.json")]  # fmt: skip
    return found


def describe(repository: Path) -> str:
    """What is in it."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(repository), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    sizes = git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectsize)")
    blobs = [int(line.split()[1]) for line in sizes.splitlines() if line.startswith("blob")]
    packed = sum(p.stat().st_size for p in (repository / "objects" / "pack").glob("*.pack"))
    commits = git("rev-list", "--all", "--count").strip()
    return (
        f"{repository.name}: {int(commits):,} commits, {len(blobs):,} blobs, "
        f"{packed / 1e6:.0f} MB packed, {sum(blobs) / 1e6:,.0f} MB of blobs"
    )


def bench(repository: Path, runs: int, peers: Path | None, *, again: bool) -> None:
    """Alternate the commands and print."""
    print(describe(repository))
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        environment = {**os.environ, "HOME": home, "UNLEAK_CACHE_DIR": str(folder / "cache")}
        todo = commands(repository, folder, peers)
        if again:
            todo["again"] = [part for part in todo["unleak"] if part != "--no-cache"]
            measure(todo["again"], folder, environment)
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in todo}
        for command in todo.values():
            measure(command, folder, environment)  # warm
        for _ in range(runs):
            for name, command in todo.items():
                seen[name].append(measure(command, folder, environment))
    ours = statistics.median(seconds for seconds, _ in seen["unleak"])
    for name, results in seen.items():
        middle = statistics.median(seconds for seconds, _ in results)
        most = max(memory for _, memory in results)
        print(f"  {name:12} {middle:7.2f} s {most:6.0f} MiB   ours / this {ours / middle:5.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--again", action="store_true")
    arguments = parser.parse_args()
    for one in arguments.repositories:
        bench(one.resolve(), arguments.runs, arguments.peers, again=arguments.again)
