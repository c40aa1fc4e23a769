"""`unleak config show`: the effective configuration, and where each value comes from."""

from __future__ import annotations

import argparse
import os

from scanner import config
from scanner.cli import output
from scanner.errors import EXIT_CLEAN
from scanner.sources.files import root_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action and the folder."""
    parser.add_argument("action", choices=("show",), help="show")
    parser.add_argument(
        "--path", default=".", metavar="PATH", help="as it holds for this folder or file"
    )
    parser.add_argument(
        "--config", metavar="FILE", default=None, help="configuration instead of .unleak.toml"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print key, value and origin of every setting."""
    root = root_of((arguments.path,))
    folder = os.path.relpath(os.path.abspath(arguments.path), root)
    folder = "" if folder == "." else folder.replace(os.sep, "/")
    effective = config.load(root, explicit=arguments.config, folder=folder)
    for key, value, origin in config.shown(effective):
        output.out(output.escape(f"{key} = {value}  # {origin}") + "\n")
    return EXIT_CLEAN
