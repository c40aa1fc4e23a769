"""A repository with a vault of its own, and nobody's real home folder."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner.model import Secret
from scanner.vaults.sops import SopsVault


class Place:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "repository"
        self.root.mkdir()
        (folder / "home").mkdir()
        self.environ = {
            "HOME": str(folder / "home"),
            "UNLEAK_STATE_DIR": str(folder / "state"),
            "PATH": os.environ["PATH"],
            "SOPS_DISABLE_VERSION_CHECK": "1",
        }
        self.file = self.root / ".unleak" / "vault.sops.yaml"
        self.keys = folder / "home" / ".config" / "sops" / "age" / "keys.txt"
        if sys.platform == "darwin":
            self.environ["XDG_CONFIG_HOME"] = str(folder / "home" / ".config")

    def vault(self, **more) -> SopsVault:
        environ = {**self.environ, **more.pop("environ", {})}
        now = more.pop("now", lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
        return SopsVault(str(self.root), environ=environ, now=now, **more)

    def store(self, **values: str) -> SopsVault:
        vault = self.vault()
        vault.create([(vault.reference(n), Secret(v.encode())) for n, v in values.items()])
        return vault

    def values(self) -> dict[str, str]:
        vault = self.vault()
        references = [vault.reference(name) for name in vault.names()]
        return {r.key: s.reveal().decode() for r, s in vault.read(references).items()}

    def sops(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [str(Path(sys.executable).parent / "sops"), *arguments],
            cwd=self.root, env=self.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
