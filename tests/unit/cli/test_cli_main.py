"""The command's frame: verbs, errors on one line, and no text of an error of ours."""

from __future__ import annotations

import pytest

from scanner.cli import main as module
from scanner.errors import UsageError


def run(monkeypatch: pytest.MonkeyPatch, problem: BaseException) -> int:
    def dispatch(_arguments: list[str]) -> int:
        raise problem

    monkeypatch.setattr(module, "_dispatch", dispatch)
    return module.main([])


def test_an_error_is_one_line_and_a_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, UsageError("what\x1b happened", "what to do")) == 2
    assert capsys.readouterr().err == "unleak: what\\x1b happened\n  hint: what to do\n"


def test_an_error_of_ours_does_not_say_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, KeyError("the-value")) == 3
    said = capsys.readouterr().err
    assert "internal error: KeyError (test_cli_main.py:" in said
    assert "the-value" not in said


def test_a_traceback_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNLEAK_TRACEBACK", "1")
    with pytest.raises(KeyError):
        run(monkeypatch, KeyError("x"))


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, KeyboardInterrupt()) == 130


def test_every_verb_has_its_module() -> None:
    import argparse
    from importlib import import_module

    for name, (path, text) in module.VERBS.items():
        verb = import_module(path)
        verb.add_arguments(argparse.ArgumentParser(prog=name, description=text))
        assert callable(verb.run)
