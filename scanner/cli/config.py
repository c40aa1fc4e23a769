"""`unleak config`: the effective configuration, where each value comes from, and value digests."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import fields

from scanner import config
from scanner.cli import output
from scanner.config import Allow, Config
from scanner.errors import EXIT_CLEAN, UsageError
from scanner.fingerprint import load_salt, value_digest
from scanner.model import Secret
from scanner.sources.files import root_of

_ALLOW = ("paths", "rules", "regexes", "values", "keys", "reason")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action and the folder."""
    parser.add_argument(
        "action",
        choices=("show", "digest"),
        help="show every setting; or digest: what [allow] values holds for a value on standard input",
    )
    parser.add_argument(
        "--path", default=".", metavar="PATH", help="as it holds for this folder or file"
    )
    parser.add_argument(
        "--config", metavar="FILE", default=None, help="configuration instead of .unleak.toml"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print every setting as a line of TOML with its origin as a comment, or one digest."""
    root = root_of((arguments.path,))
    if arguments.action == "digest":
        output.out(value_digest(_value(), load_salt(root)) + "\n")
        return EXIT_CLEAN
    folder = _folder(arguments.path, root)
    effective = config.load(root, explicit=arguments.config, folder=folder)
    for key, value, origin in _rows(effective, root):
        output.out(output.escape(f"{key} = {value}  # {origin}") + "\n")
    return EXIT_CLEAN


def _value() -> Secret:
    """The value on standard input without one line end; never an argument, which others see."""
    if sys.stdin.isatty():
        from getpass import getpass

        return Secret(os.fsencode(getpass("value: ")))
    raw = sys.stdin.buffer.read()
    value = raw.removesuffix(b"\n").removesuffix(b"\r")
    if not value:
        raise UsageError("there is no value on standard input")
    return Secret(value)


def _folder(path: str, root: str) -> str:
    """The folder whose configuration holds for `path`, relative to the root; "" is the root."""
    full = os.path.abspath(path)
    folder = os.path.relpath(full if os.path.isdir(full) else os.path.dirname(full), root)
    return "" if folder == "." else folder.replace(os.sep, "/")


def _rows(effective: Config, root: str) -> list[tuple[str, str, str]]:
    """(key, value as TOML, "file:line" or "default"), in the order of Config."""
    rows = []
    for one in fields(effective):
        if one.name == "origins":
            continue
        key = one.name.replace("_", "-")
        value = getattr(effective, one.name)
        if key in ("baseline", "rules"):
            value = _relative(value, root)
        rows.append((key, _toml(value), effective.origins.get(key, "default")))
    return rows


def _relative(value: str | tuple[str, ...], root: str) -> str | tuple[str, ...]:
    """Paths as the file gives them: relative to the root."""
    if isinstance(value, tuple):
        return tuple(os.path.relpath(path, root).replace(os.sep, "/") for path in value)
    return os.path.relpath(value, root).replace(os.sep, "/") if value else ""


def _toml(value: object) -> str:
    if isinstance(value, Allow):
        table = {f.name: getattr(value, f.name) for f in fields(value) if f.name in _ALLOW}
        return _toml({key: item for key, item in table.items() if item})
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key} = {_toml(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
