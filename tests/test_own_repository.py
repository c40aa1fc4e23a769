"""We use it on ourselves: no secret stands in this repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
UNLEAK = str(Path(sys.executable).parent / "unleak")


def test_nothing_is_found_here() -> None:
    done = subprocess.run(
        [UNLEAK, "scan", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
