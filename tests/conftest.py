"""Every test runs alone: its own home, state and cache, and no GIT_* from outside."""

from __future__ import annotations

import os
import random
import string
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("GIT_", "SOPS_", "UNLEAK_", "XDG_", "VAULT_", "BAO_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("UNLEAK_STATE_DIR", str(home / "state"))
    monkeypatch.setenv(
        "UNLEAK_CACHE_DIR", str(tmp_path_factory.getbasetemp().parent / "unleak-cache")
    )
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@localhost")


@pytest.fixture
def made() -> Callable[..., str]:
    """Make a token-like value from a seed, so that none stands in the repository."""

    def make(
        seed: str, length: int = 24, alphabet: str = string.ascii_letters + string.digits
    ) -> str:
        chance = random.Random(seed)
        return "".join(chance.choice(alphabet) for _ in range(length))

    return make
