"""`unleak config`: every setting as TOML with the line it comes from, and digests of values."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.cli.main import main


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    assert main(["config", "show", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    return {key: rest for key, _, rest in (line.partition(" = ") for line in lines)}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    got = shown(capsys)
    assert got["min-confidence"] == '"medium"  # default'
    assert got["inline-ignores"] == "true  # default"
    assert got["max-file-size"] == "0  # default"
    assert got["exclude"] == "[]  # default"
    assert got["vault"] == "{}  # default"
    assert "origins" not in got


def test_values_and_where_they_come_from(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / ".unleak.toml").write_text(
        'baseline = ".unleak/baseline.jsonl"\nexclude = ["a/"]\nmax-file-size = "1KB"\n'
        '[allow]\nkeys = ["EXAMPLE"]\nreason = "made up"\n[vault]\nkind = "sops"\n'
    )
    got = shown(capsys)
    assert got["baseline"] == '".unleak/baseline.jsonl"  # .unleak.toml:1'
    assert got["exclude"] == '["a/"]  # .unleak.toml:2'
    assert got["max-file-size"] == "1024  # .unleak.toml:3"
    assert got["allow"] == '[{ keys = ["EXAMPLE"], reason = "made up" }]  # .unleak.toml:4'
    assert got["vault"] == '{ kind = "sops" }  # .unleak.toml:7'


@pytest.mark.parametrize("path", ["sub", "sub/a.env"])
def test_a_folder_or_a_file_in_it(
    tree: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / ".git").mkdir()
    for name in ("HEAD", "config"):
        (tree / ".git" / name).write_text("ref: refs/heads/main\n" if name == "HEAD" else "")
    for name in ("objects", "refs"):
        (tree / ".git" / name).mkdir()
    (tree / "sub" / "a.env").write_text("A=1\n")
    (tree / ".unleak.toml").write_text('exclude = ["a/"]\n')
    (tree / "sub" / ".unleak.toml").write_text('\nexclude = ["b/"]\nseverity = "high"\n')
    got = shown(capsys, "--path", path)
    assert got["exclude"] == '["a/", "/sub/**/b/"]  # .unleak.toml:1, sub/.unleak.toml:2'
    assert got["severity"] == '"high"  # sub/.unleak.toml:3'


def test_an_explicit_file(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "other.toml").write_text('severity = "low"\n')
    assert shown(capsys, "--config", "other.toml")["severity"] == '"low"  # other.toml:1'


def test_an_error_is_one_line_and_a_hint(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / ".unleak.toml").write_text("\nseverty = 'low'\n")
    assert main(["config", "show"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "unleak: .unleak.toml:2: severty: unknown key\n  hint: did you mean severity?\n"
    )


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_digest_is_what_allow_values_takes(
    tree: Path,
    end: bytes,
    made: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    value = made("digest")
    (tree / "a.env").write_text(f"DB_PASSWORD={value}\n")
    assert main(["scan"]) == 1
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(value.encode() + end)))
    assert main(["config", "digest"]) == 0
    digest = capsys.readouterr().out.strip()
    assert len(digest) == 16
    (tree / ".unleak.toml").write_text(f'[allow]\nvalues = ["{digest}"]\n')
    assert main(["scan"]) == 0


def test_nothing_has_no_digest(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    assert main(["config", "digest"]) == 2


def test_control_characters_are_shown(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / ".unleak.toml").write_text('exclude = ["\\u001b[31m", "\\u202e"]\n')
    assert shown(capsys)["exclude"].isascii()
