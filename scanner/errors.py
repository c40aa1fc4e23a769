"""The error tree and every exit code.

Every error a person may see is an `UnleakError`: one line that says what happened and where,
and a hint that says what to do next. Messages are lower-case, without a final period, and never
hold a secret.
"""

from __future__ import annotations

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_INCOMPLETE = 3
EXIT_INTERRUPTED = 130


class UnleakError(Exception):
    """Something failed; `hint` says what to do next; `exit_code` is what the command returns."""

    exit_code = EXIT_INCOMPLETE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(UnleakError):
    """The command line asks for something that cannot be."""

    exit_code = EXIT_USAGE


class ConfigError(UnleakError):
    """A configuration file, ignore file or baseline is wrong; the message names file and line."""

    exit_code = EXIT_USAGE


class RuleError(ConfigError):
    """A rule file is wrong; the message names file, rule and field."""


class ModelError(ConfigError):
    """The trained model that judges candidates is missing or is not the one of this version."""


class GitError(UnleakError):
    """git could not answer, or what it answered cannot be trusted."""


class ReadError(UnleakError):
    """Content could not be read."""


class LiteralError(UnleakError):
    """No literal can be named for a span: the file does not parse, or the span is in no value."""


class RewriteError(UnleakError):
    """This literal cannot be rewritten to hold a reference."""


class EditError(UnleakError):
    """A file could not be edited safely; it was left as it was."""


class ReferenceSyntaxError(UnleakError):
    """A text that starts like a reference is not one."""


class VaultError(UnleakError):
    """A vault refused, cannot be reached, or answered something else than was stored."""


class VaultMissingError(VaultError):
    """The vault holds no entry of that name."""


class VaultConflictError(VaultError):
    """The vault holds another value under that name; nothing was overwritten."""


class JournalError(UnleakError):
    """A journal cannot be read, is locked by another run, or does not fit the tree."""


class PlanError(UnleakError):
    """A saved plan does not fit the tree or cannot be read."""
