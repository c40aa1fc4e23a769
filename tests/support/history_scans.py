"""Run the real command over a repository's history and look at what it said and left alone."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNLEAK = str(Path(sys.executable).parent / "unleak")


@dataclass(frozen=True)
class Run:
    """What a run of the command gave. findings and summary are empty when there was no report."""

    code: int
    stdout: bytes
    stderr: bytes
    findings: tuple[dict[str, Any], ...]
    summary: dict[str, Any]

    @property
    def secrets(self) -> set[str]:
        return {one["secret"] for one in self.findings}

    @property
    def skipped(self) -> str:
        """Everything that was not read, as one text; what was said where there was no report."""
        return json.dumps(self.summary.get("skipped", [])) + self.stderr.decode()

    def __repr__(self) -> str:  # what pytest shows when an assertion fails
        return f"<exit {self.code}, {len(self.findings)} findings>\n{self.skipped}"


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
        timeout=60,
    )


def scan_history(repository: Path, *arguments: str, cwd: Path | None = None, **env: str) -> Run:
    """`unleak scan --history REPOSITORY` with the values shown, nothing remembered."""
    shown = ("--format", "json", "--show-secrets", "--no-cache")
    done = unleak(
        cwd or repository.parent, "scan", "--history", str(repository), *shown, *arguments, **env
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    try:
        document = json.loads(done.stdout)
    except ValueError:
        document = {"findings": (), "summary": {}}
    return Run(
        done.returncode, done.stdout, done.stderr, tuple(document["findings"]), document["summary"]
    )


def digest_of(folder: Path) -> dict[str, tuple[int, int, str]]:
    """path -> (mode, time of the last change, digest) of every file and folder below."""
    found = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        content = b""
        if stat.S_ISLNK(facts.st_mode):
            content = os.fsencode(path.readlink())
        elif stat.S_ISREG(facts.st_mode):
            content = path.read_bytes()
        name = os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")
        found[name] = (facts.st_mode, facts.st_mtime_ns, hashlib.sha256(content).hexdigest())
    return found
