"""The wheel holds what the command needs: the package, its rules, its type marker, its licence."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_is_whole(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
    ]
    subprocess.run([*command, str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("unleak-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    rules = {f"scanner/patterns/{path.name}" for path in (ROOT / "patterns").glob("*.toml")}
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "scanner").rglob("*.py")}
    assert len(rules) > 300
    assert rules <= names
    assert modules <= names
    assert "scanner/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests", "fixtures", "bench"))]
