"""`unleak scan`: reports to where they are asked for, and an exit code that says what is true."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.cli.main import main
from scanner.cli.scan import FORMATS
from scanner.registry import REPORTERS

Made = Callable[..., str]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Made) -> Path:
    """A repository with one finding."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "app.env").write_text(f"DB_PASSWORD={made('app')}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def incomplete(tree: Path) -> None:
    subprocess.run(["git", "init", "-q", "nested"], cwd=tree, check=True)
    (tree / "nested" / ".git" / "index").write_bytes(b"no index")


def test_every_reporter_can_be_asked_for() -> None:
    assert set(FORMATS) == set(REPORTERS)


def test_exit_codes(tree: Path, capsys: Capture) -> None:
    assert main(["scan"]) == 1
    assert main(["scan", "--exit-zero"]) == 0
    (tree / "app.env").write_text("DEBUG=1\n")
    assert main(["scan"]) == 0
    incomplete(tree)
    assert main(["scan", "--exit-zero"]) == 3
    assert "incomplete: 1 could not be read" in capsys.readouterr().err


def test_what_was_not_read_goes_before_findings(tree: Path, capsys: Capture) -> None:
    incomplete(tree)
    assert main(["scan"]) == 3
    said = capsys.readouterr()
    assert "app.env:1:13" in said.out
    assert "not scanned:\n  nested:" in said.out
    assert main(["scan", "--format", "csv"]) == 3
    assert "unleak: not scanned: nested:" in capsys.readouterr().err


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_shows_a_value_unasked(
    name: str, tree: Path, made: Made, capsys: Capture
) -> None:
    for more in ([], ["--explain"], ["--verbose"]):
        assert main(["scan", "--format", name, *more]) == 1
        said = capsys.readouterr()
        assert made("app") not in said.out + said.err
        assert said.out
    assert main(["scan", "--format", name, "--show-secrets"]) == 1
    assert made("app") in capsys.readouterr().out


def test_several_reports_in_one_run(tree: Path, capsys: Capture) -> None:
    pairs = ["--format", "json", "--output", "r.json", "--format", "sarif", "--output", "r.sarif"]
    assert main(["scan", *pairs, "--format", "text"]) == 1
    assert json.loads((tree / "r.json").read_text())["summary"]["findings"] == 1
    assert json.loads((tree / "r.sarif").read_text())["version"] == "2.1.0"
    assert "1 finding" in capsys.readouterr().out
    assert stat.S_IMODE(os.stat("r.json").st_mode) == 0o600


def test_a_dash_is_standard_output(tree: Path, capsys: Capture) -> None:
    asked = ["--format", "text", "--output", "r.txt", "--format", "jsonl", "--output", "-"]
    assert main(["scan", *asked]) == 1
    assert json.loads(capsys.readouterr().out)["path"] == "app.env"
    assert "app.env:1:13" in (tree / "r.txt").read_text()


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (["--output", "a", "--output", "b"], "more --output than --format"),
        (["--format", "json", "--format", "csv"], "two reports for standard output"),
        (["--rule", "no-such-rule"], "no rule is called no-such-rule"),
        (["--max-file-size", "big"], "is no size"),
        (["gone"], "no such file or folder"),
        (["-", "."], "stands alone"),
    ],
)
def test_what_cannot_be_is_a_usage_error(
    asked: list[str], why: str, tree: Path, capsys: Capture
) -> None:
    assert main(["scan", *asked]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert why in said.err


def test_quiet_says_nothing_when_it_is_clean(tree: Path, capsys: Capture) -> None:
    assert main(["scan", "--quiet"]) == 1
    assert "app.env:1:13" in capsys.readouterr().out
    (tree / "app.env").write_text("DEBUG=1\n")
    assert main(["scan", "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.out + said.err == ""


def test_colour_when_asked_and_never_in_a_file(tree: Path, capsys: Capture) -> None:
    main(["scan"])
    assert "\x1b" not in capsys.readouterr().out
    main(["scan", "--color", "always"])
    assert "\x1b[" in capsys.readouterr().out
    main(["scan", "--color", "always", "--output", "r.txt"])
    assert "\x1b" not in (tree / "r.txt").read_text()


def test_standard_input_has_the_name_it_is_given(
    tree: Path, made: Made, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    data = f"DB_PASSWORD={made('x')}\n".encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["scan", "-", "--stdin-name", "sub/x.env"]) == 1
    assert "sub/x.env:1:13" in capsys.readouterr().out


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "file", ["::error::x.env", "a\n::error::b.env", "\x1b[31m.env", "##[error]"]
)
def test_a_hostile_file_name_starts_nothing(
    file: str, name: str, tree: Path, capsys: Capture
) -> None:
    (tree / "app.env").rename(tree / file)
    assert main(["scan", "--format", name]) == 1
    lines = capsys.readouterr().out.replace("\r\n", "\n").split("\n")
    assert [line for line in lines if not line.isprintable()] == []
    started = [line for line in lines if line.lstrip().startswith("::")]
    assert len(started) == (1 if name == "github" else 0)
    assert not any(line.startswith("::error::") for line in started)


def test_a_name_that_is_not_utf_8(tree: Path, capsys: Capture) -> None:
    try:
        os.rename(b"app.env", b"\xff.env")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    for name in FORMATS:
        assert main(["scan", "--format", name]) == 1
        assert capsys.readouterr().out.encode()
