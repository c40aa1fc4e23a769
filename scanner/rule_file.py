"""Reading one file of rules, ours or another scanner's: the TOML in it, and what it may lead to."""

from __future__ import annotations

import os
from typing import Any

from scanner.config_file import LARGEST, leads_out, read_regular
from scanner.errors import RuleError


def document(path: str) -> dict[str, Any]:
    """The TOML of a regular file of a sensible size; RuleError for anything else."""
    import tomllib

    try:
        raw = read_regular(path, LARGEST + 1)
        if len(raw) > LARGEST:
            raise RuleError(f"{path}: larger than {LARGEST >> 20} MiB", "is it a file of rules?")
        return tomllib.loads(raw.decode("utf-8-sig"))
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise RuleError(f"{path}: cannot be read: {why}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise RuleError(f"{path}: not valid TOML: {problem}") from problem


def extended(path: str, further: str) -> str:
    """Where the file is that `path` says it extends: beside it, else below the working folder.

    RuleError when it stands elsewhere: the rules may be those of a repository that is not trusted.
    """
    beside = os.path.join(os.path.dirname(path), further)
    for found, root in ((beside, os.path.dirname(path) or "."), (further, ".")):
        if os.path.exists(found) and not leads_out(found, root):
            return found
    raise RuleError(
        f"{path}: extends {further}, which is not there, or outside of its folder",
        "put it beside the file, or run where both are below",
    )
