"""The version that reports name is the installed one."""

from __future__ import annotations

from importlib import metadata

import pytest

from scanner.reports import tool


def test_the_installed_version_is_named() -> None:
    assert tool.version() == metadata.version("unleak")


def test_without_an_installation_it_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert tool.version() == "0"
