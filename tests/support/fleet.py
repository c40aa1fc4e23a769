"""Many runs of the command in one process that forks, for tests that kill it again and again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DRIVER = Path(__file__).parent / "many_runs.py"


class Fleet:
    """The driver process: runs unleak in forks of itself."""

    def __init__(self, folder: Path, cache: Path) -> None:
        environ = {"HOME": str(folder), "PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}
        environ |= {"UNLEAK_CACHE_DIR": str(cache), "NO_COLOR": "1"}
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVER)],
            cwd=folder, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, order: dict) -> dict:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)
