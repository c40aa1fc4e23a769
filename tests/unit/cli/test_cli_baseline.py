"""`unleak baseline`: what is recorded does not fail, what is new does; a gap is not recorded."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.cli.main import main

FILE = ".unleak/baseline.jsonl"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[..., str]) -> Path:
    """A repository with three findings in two files."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "app.env").write_text(f"DB_PASSWORD={made('db')}\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.env").write_text(f"API_SECRET={made('api')}\nDB_PASSWORD={made('db')}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entries(tree: Path) -> list[tuple[str, str]]:
    lines = (tree / FILE).read_text().splitlines()[1:]
    return [(one["path"], one["key"]) for one in map(json.loads, lines)]


ALL = [("app.env", "DB_PASSWORD"), ("sub/x.env", "API_SECRET"), ("sub/x.env", "DB_PASSWORD")]


def test_create_records_all_and_a_scan_is_clean(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan"]) == 1
    assert main(["baseline", "create"]) == 0
    said = capsys.readouterr()
    assert "3 known findings" in said.out
    assert 'baseline = ".unleak/baseline.jsonl"' in said.err
    assert entries(tree) == ALL
    assert len((tree / ".unleak" / "salt").read_text()) == 33
    assert main(["scan", "--baseline", FILE]) == 0
    (tree / ".unleak.toml").write_text(f'baseline = "{FILE}"\n')
    assert main(["scan"]) == 0
    assert main(["scan", "--no-baseline"]) == 1


def test_the_files_hold_no_value_and_are_no_findings(
    tree: Path, made: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["baseline", "create"])
    main(["baseline", "show"])
    said = capsys.readouterr()
    text = said.out + said.err + (tree / FILE).read_text()
    assert made("db") not in text
    assert made("api") not in text
    assert main(["scan", ".unleak"]) == 0


def test_a_new_salt_says_what_it_undoes(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / ".unleakignore").write_text(f"unleak:v1:{'0' * 32}\n")
    for expected in (True, False):
        assert main(["baseline", "create", "--force"]) == 0
        assert ("have to be written again" in capsys.readouterr().err) is expected


def test_a_moved_line_stays_known_a_new_value_or_copy_does_not(
    tree: Path, made: Callable[..., str]
) -> None:
    main(["baseline", "create"])
    app = tree / "app.env"
    app.write_text("# moved down\n\n" + app.read_text())
    assert main(["scan", "--baseline", FILE]) == 0
    (tree / "copy.env").write_text(app.read_text())
    assert main(["scan", "--baseline", FILE]) == 1
    (tree / "copy.env").unlink()
    app.write_text(f"DB_PASSWORD={made('another')}\n")
    assert main(["scan", "--baseline", FILE]) == 1


def test_create_does_not_overwrite_unless_forced(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["baseline", "create"])
    before = (tree / FILE).read_bytes()
    (tree / "app.env").unlink()
    assert main(["baseline", "create"]) == 2
    assert "--force" in capsys.readouterr().err
    assert (tree / FILE).read_bytes() == before
    assert main(["baseline", "create", "--force", "."]) == 0
    assert entries(tree) == ALL[1:]


def test_creating_again_gives_the_same_bytes(tree: Path) -> None:
    main(["baseline", "create"])
    before = (tree / FILE).read_bytes()
    assert main(["baseline", "create", "--force"]) == 0
    assert (tree / FILE).read_bytes() == before


def test_update_drops_what_is_gone_and_adds_only_when_asked(
    tree: Path, made: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["baseline", "create"])
    (tree / "app.env").unlink()
    (tree / "new.env").write_text(f"DB_PASSWORD={made('new')}\n")
    assert main(["baseline", "update"]) == 0
    assert "(0 added, 1 dropped, 1 not recorded)" in capsys.readouterr().out
    assert entries(tree) == ALL[1:]
    assert main(["baseline", "update", "--add"]) == 0
    assert "(1 added, 0 dropped, 0 not recorded)" in capsys.readouterr().out
    assert entries(tree) == [("new.env", "DB_PASSWORD"), *ALL[1:]]


@pytest.mark.parametrize(
    "narrow",
    [["sub"], ["sub/x.env"], [".", "--rule", "aws-access-key-id"]],
)
def test_update_keeps_what_it_did_not_look_at(tree: Path, narrow: list[str]) -> None:
    main(["baseline", "create"])
    (tree / "app.env").unlink()
    assert main(["baseline", "update", *narrow]) == 0
    assert entries(tree) == ALL


def test_paths_are_relative_to_the_top_from_anywhere(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["baseline", "create"])
    monkeypatch.chdir(tree / "sub")
    (tree / "sub" / "x.env").write_text("A=1\n")
    assert main(["baseline", "update", "x.env"]) == 0
    assert entries(tree) == ALL[:1]


def test_show_is_a_table_and_unused_what_is_dead(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["baseline", "create"])
    capsys.readouterr()
    assert main(["baseline", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["app.env", "sub/x.env", "sub/x.env", "3"]
    assert len({line.index("generic-secret") for line in lines[:3]}) == 1
    assert main(["baseline", "show", "--unused"]) == 0
    assert capsys.readouterr().out == "0 unused entries\n"
    (tree / "app.env").unlink()
    assert main(["baseline", "show", "--unused"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("app.env ")
    assert lines[1:] == ["1 unused entry"]
    assert entries(tree) == ALL


def test_show_escapes_what_the_file_holds(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "b.jsonl").write_text(
        '{"unleak-baseline": 1}\n'
        + json.dumps({"fingerprint": "f", "key": "\x1b[31m", "path": "a\n::x", "rule": "r"})
    )
    assert main(["baseline", "show", "--file", "b.jsonl"]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "a\\n::x" in said


@pytest.mark.parametrize("action", [["create", "--force"], ["update"], ["show", "--unused"]])
def test_a_gap_is_not_recorded(
    tree: Path, action: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["baseline", "create"])
    before = (tree / FILE).read_bytes()
    (tree / "app.env").unlink()
    subprocess.run(["git", "init", "-q", "nested"], cwd=tree, check=True)
    (tree / "nested" / ".git" / "index").write_bytes(b"no index")
    assert main(["baseline", *action]) == 3
    assert "incomplete" in capsys.readouterr().err
    assert (tree / FILE).read_bytes() == before


@pytest.mark.parametrize("action", ["update", "show"])
def test_without_a_baseline_there_is_nothing_to_do(
    tree: Path, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["baseline", action]) == 2
    said = capsys.readouterr().err
    assert "there is no baseline" in said
    assert "baseline create" in said


def test_the_default_file_never_stands_behind_a_link(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "elsewhere").mkdir()
    (tree / ".unleak").symlink_to(tree / "elsewhere")
    for action in ("create", "update", "show"):
        assert main(["baseline", action]) == 2
        assert "symbolic link" in capsys.readouterr().err
    assert list((tree / "elsewhere").iterdir()) == []


def test_a_file_that_cannot_be_written_is_an_error(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["baseline", "create", "--file", "nowhere/b.jsonl"]) == 2
    assert "cannot be written: no such file or directory" in capsys.readouterr().err
