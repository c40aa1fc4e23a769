"""Make realistic histories from published packages: version by version, a few files a commit.

    python bench/histories.py small|middle|wide|large|packed FOLDER [--wheels FOLDER]

Wheels of consecutive versions are taken with pip, unpacked in memory and written as commits through
`git fast-import`: every change of a version becomes commits of a few files each, one in four on a
side branch that is merged. The result is a bare, packed repository.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

# name -> (package, number of versions, only versions below) and files a commit. Below 1.29 botocore
# kept its models as plain JSON, large files of which a few lines change; later ones are compressed.
SIZES: dict[str, tuple[list[tuple[str, int, str]], int]] = {
    "small": ([("requests", 12, ""), ("flask", 12, "")], 3),
    "middle": ([("django", 12, ""), ("sqlalchemy", 12, ""), ("ansible-core", 12, "")], 4),
    "wide": (
        [("sympy", 10, ""), ("mlflow", 6, ""), ("bokeh", 6, ""), ("plotly", 5, ""),
         ("wagtail", 14, "")],
        2,
    ),
    "large": (
        [
            ("phonenumbers", 200, ""),
            ("django", 150, ""),
            ("botocore", 150, "1.29"),
            ("setuptools", 150, ""),
            ("sqlalchemy", 80, ""),
            ("ansible-core", 60, ""),
            ("pip", 60, ""),
            ("celery", 30, ""),
            ("scrapy", 20, ""),
        ],
        2,
    ),
    "packed": ([("moto", 12, ""), ("botocore", 6, "")], 2),
}  # fmt: skip


def versions(package: str, count: int, below: str) -> list[str]:
    """The newest `count` versions of a package below another one, oldest first."""
    command = [sys.executable, "-m", "pip", "index", "versions", package]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = next(one for one in said.splitlines() if one.startswith("Available versions:"))
    found = line.partition(":")[2].replace(" ", "").split(",")
    if below:
        found = [one for one in found if _numbers(one) < _numbers(below)]
    return found[:count][::-1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def wheel(package: str, version: str, folder: Path) -> Path | None:
    """The wheel of one version, fetched once; None when there is none."""
    name = package.replace("-", "_").lower()

    def have() -> list[Path]:
        return [p for p in folder.glob("*.whl") if p.name.lower().startswith(f"{name}-{version}-")]

    if not have():
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary",
                   ":all:", "--python-version", "3.11", "-d", str(folder), f"{package}=={version}"]  # fmt: skip
        subprocess.run(command, capture_output=True, check=False)
    found = have()
    return found[0] if found else None


def files(path: Path) -> dict[str, bytes]:
    """The files of a wheel, without its metadata folder's versioned name."""
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if not n.endswith("/") and ".dist-info/" not in n]
        return {name: archive.read(name) for name in names}


class Stream:
    """A `git fast-import` stream: blobs are written once, commits one after another."""

    def __init__(self, repository: Path) -> None:
        command = ["git", "-C", str(repository), "fast-import", "--quiet", "--depth=50"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)
        assert self._process.stdin is not None
        self._out = self._process.stdin
        self._mark = 0
        self.time = 1_500_000_000

    def commit(self, branch: str, changes: dict[str, bytes | None], merge: str = "") -> None:
        """One commit on `branch`; None deletes a path."""
        self._mark += 1
        self.time += 3600
        who = f"Author {self._mark % 37} <a{self._mark % 37}@example.org> {self.time} +0000"
        message = f"change {self._mark}: {', '.join(sorted(changes))[:60]}".encode()
        lines = [f"commit {branch}\nmark :{self._mark}\nauthor {who}\ncommitter {who}\n".encode()]
        lines.append(b"data %d\n%s\n" % (len(message), message))
        if merge:
            lines.append(f"merge {merge}\n".encode())
        for path, data in changes.items():
            if data is None:
                lines.append(f"D {path}\n".encode())
            else:
                lines.append(f"M 100644 inline {path}\n".encode() + b"data %d\n" % len(data))
                lines += [data, b"\n"]
        self._out.write(b"".join(lines) + b"\n")

    def branch(self, name: str, start: str) -> None:
        """A branch at another's tip."""
        self._out.write(f"reset {name}\nfrom {start}\n\n".encode())

    def close(self) -> None:
        """End of the stream."""
        self._out.close()
        if self._process.wait():
            raise SystemExit("git fast-import failed")


def changes(old: dict[str, bytes], new: dict[str, bytes]) -> Iterator[tuple[str, bytes | None]]:
    """What differs between two versions, by path."""
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) != new.get(path):
            yield path, new.get(path)


def build(size: str, repository: Path, wheels: Path) -> None:
    """Write the repository and pack it."""
    plan, step = SIZES[size]
    subprocess.run(["git", "init", "-q", "--bare", str(repository)], check=True)
    wheels.mkdir(parents=True, exist_ok=True)
    stream = Stream(repository)
    main, side, number = "refs/heads/main", "refs/heads/side", 0
    for package, count, below in plan:
        before: dict[str, bytes] = {}
        for version in versions(package, count, below):
            path = wheel(package, version, wheels)
            if path is None:
                continue
            after = {f"{package}/{name}": data for name, data in files(path).items()}
            parts = list(changes(before, after))
            for first in range(0, len(parts), step):
                number += 1
                part = dict(parts[first : first + step])
                if number % 4 == 1 and number > 1:
                    stream.branch(side, main)
                    stream.commit(side, part)
                    stream.commit(main, part, merge=side)
                else:
                    stream.commit(main, part)
            before = after
            print(package, version, len(parts), "files", number, "changes", flush=True)
    stream.close()
    subprocess.run(["git", "-C", str(repository), "repack", "-q", "-adf"], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wheels", type=Path, default=Path("wheels"))
    arguments = parser.parse_args()
    build(arguments.size, arguments.folder, arguments.wheels)
