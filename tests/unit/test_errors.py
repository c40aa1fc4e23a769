"""Every error carries a hint and the exit code that the command returns for it."""

from __future__ import annotations

import pytest

from scanner import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.UsageError, 2),
        (errors.ConfigError, 2),
        (errors.RuleError, 2),
        (errors.GitError, 3),
        (errors.VaultConflictError, 3),
        (errors.JournalError, 3),
    ],
)
def test_exit_codes(kind: type[errors.UnleakError], code: int) -> None:
    problem = kind("what happened", "what to do")
    assert problem.exit_code == code
    assert (str(problem), problem.hint) == ("what happened", "what to do")


def test_the_codes_differ() -> None:
    codes = [errors.EXIT_CLEAN, errors.EXIT_FINDINGS, errors.EXIT_USAGE, errors.EXIT_INCOMPLETE]
    assert sorted({*codes, errors.EXIT_INTERRUPTED}) == [0, 1, 2, 3, 130]
