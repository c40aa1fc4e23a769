"""The files of one revision that say how to scan, written into a private folder.

A change must not be able to switch its own gate off, so what counts is what its base says.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from scanner import config as configuration
from scanner.errors import ConfigError
from scanner.filters.paths import FILE as IGNORES
from scanner.fingerprint import SALT_PATH
from scanner.git.ranges import read_files

_PROJECT = "pyproject.toml"
_ROOTS = (configuration.FILE, _PROJECT, IGNORES, SALT_PATH)


def is_settings(path: str) -> bool:
    """Whether a path of the repository is one that says how to scan."""
    return path in _ROOTS or os.path.basename(path) == configuration.FILE


@contextmanager
def base_folder(
    top: str, revision: str, paths: Iterable[str], explicit: str | None = None
) -> Iterator[str]:
    """A folder (0700) with what the revision (a commit id, "" for nothing) says on how to scan.

    paths: files whose folders' own configurations may be asked for. explicit: the configuration
    file that replaces the root's. The folder is gone afterwards. ConfigError for what is no file.
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="unleak-") as folder:
        if revision:
            nested = (f"{one}/{configuration.FILE}" for one in _folders(paths))
            _write(top, revision, (*_ROOTS, *nested), folder)
            if not explicit:
                _write(top, revision, _named(folder), folder)
        yield folder


def _folders(paths: Iterable[str]) -> list[str]:
    """Every folder above the paths that git can be asked for in one line."""
    found: set[str] = set()
    for path in paths:
        folder = os.path.dirname(path)
        while folder and folder not in found:
            found.add(folder)
            folder = os.path.dirname(folder)
    return sorted(one for one in found if "\n" not in one and _plain(one))


def _plain(path: str) -> bool:
    """A hostile tree may spell paths that lead elsewhere."""
    return not {"", ".", ".."} & set(path.split("/")) and "\0" not in path


def _write(top: str, revision: str, paths: Sequence[str], folder: str) -> None:
    if not paths:
        return
    for path, (kind, content) in zip(paths, read_files(top, revision, paths), strict=True):
        if kind in ("", "notdir"):
            continue
        if kind != "blob":
            raise ConfigError(f"{path}: is no file at {revision[:12]}", "make it a file")
        if path == _PROJECT and b"unleak" not in content:
            continue
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), mode=0o700, exist_ok=True)
        with open(full, "xb") as stream:
            stream.write(content)


def _named(folder: str) -> list[str]:
    """Further files that the configuration names: a baseline, rules."""
    written = (os.path.join(folder, name) for name in (configuration.FILE, _PROJECT))
    if not any(map(os.path.exists, written)):
        return []
    config = configuration.load(folder)
    named = (os.path.relpath(one, folder) for one in (config.baseline, *config.rules) if one)
    return sorted({one for one in named if "\n" not in one and _plain(one)} - set(_ROOTS))
