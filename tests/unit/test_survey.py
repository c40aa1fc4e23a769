"""What counts: the request before the configuration, the configuration before the defaults."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.errors import ConfigError, UsageError
from scanner.fingerprint import load_salt, value_digest
from scanner.survey import Request, scanner_for, survey

Made = Callable[..., str]
ASSIGNMENT = "generic-secret-assignment"


def git(*words: str) -> None:
    subprocess.run(["git", *words], check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Made) -> Path:
    """A repository: two files with a finding each, one of them ignored by git."""
    (tmp_path / "app.env").write_text(f"DB_PASSWORD={made('app')}\n")
    (tmp_path / "local.env").write_text(f"API_TOKEN={made('local')}\n")
    (tmp_path / ".gitignore").write_text("local.env\n")
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    return tmp_path


def paths(**asked: object) -> list[str]:
    return [one.path for one in survey(Request(**asked)).findings]  # type: ignore[arg-type]


def test_ignored_files_only_when_asked(tree: Path) -> None:
    assert paths() == ["app.env"]
    assert paths(gitignore=False) == ["app.env", "local.env"]
    assert paths(paths=("local.env",)) == ["local.env"]
    (tree / ".unleak.toml").write_text("gitignore = false\n")
    assert paths() == ["app.env", "local.env"]
    assert paths(gitignore=True) == ["app.env"]


def test_excluded_paths_add_up(tree: Path) -> None:
    (tree / ".unleak.toml").write_text('exclude = ["app.*"]\n')
    assert paths(gitignore=False) == ["local.env"]
    assert paths(gitignore=False, exclude=("local.*",)) == []


def test_severity(tree: Path) -> None:
    assert paths(severity="high") == ["app.env"]
    assert paths(severity="critical") == []
    (tree / ".unleak.toml").write_text('severity = "critical"\n')
    assert paths() == []
    assert paths(severity="info") == ["app.env"]


def test_minimum_confidence(tree: Path) -> None:
    (tree / "app.env").write_text("password: monkey\n")
    by_level = {level: paths(min_confidence=level) for level in ("low", "medium", "high")}
    assert by_level["low"] == ["app.env"]
    assert by_level["high"] == []
    (tree / ".unleak.toml").write_text('min-confidence = "low"\n')
    assert paths() == ["app.env"]
    assert paths(min_confidence="high") == []


def test_rules_can_be_chosen_and_left_out(tree: Path) -> None:
    assert paths(rules=(ASSIGNMENT,)) == ["app.env"]
    assert paths(rules=("github-oauth-token",)) == []
    assert paths(exclude_rules=(ASSIGNMENT,)) == []
    assert paths(rules=(ASSIGNMENT,), exclude_rules=(ASSIGNMENT,)) == []
    (tree / ".unleak.toml").write_text(f'exclude-rule = ["{ASSIGNMENT}"]\n')
    assert paths() == []


@pytest.mark.parametrize("field", ["rules", "exclude_rules"])
def test_an_unknown_rule_is_an_error(tree: Path, field: str) -> None:
    with pytest.raises(UsageError, match="no rule is called no-such-rule") as caught:
        paths(**{field: ("no-such-rule",)})
    assert "rules list" in caught.value.hint
    assert caught.value.exit_code == 2


def test_own_rules_are_added(tree: Path) -> None:
    (tree / "own.toml").write_text(
        'provider = "Own"\n[[rule]]\nid = "own-rule"\nname = "Own"\nseverity = "low"\n'
        "confidence = \"high\"\npattern = '''(?P<secret>zz-[0-9]{6})'''\n"
    )
    (tree / "notes.txt").write_text("zz-" + "4" * 3 + "1" * 3 + "\n")
    found = survey(Request(rule_files=("own.toml",))).findings
    assert [one.rule for one in found] == [ASSIGNMENT, "own-rule"]


def test_larger_files_are_left_out_and_counted(tree: Path) -> None:
    (tree / "large.env").write_text((tree / "app.env").read_text() + "#" * 5000)
    done = survey(Request(max_file_size="4KB"))
    assert [one.path for one in done.findings] == ["app.env"]
    assert done.summary.notes == ("1 larger than 4096 bytes left out",)
    assert done.summary.complete
    (tree / ".unleak.toml").write_text("max-file-size = 4096\n")
    assert paths() == ["app.env"]
    assert paths(max_file_size="1MB") == ["app.env", "large.env"]
    with pytest.raises(UsageError, match="is no size"):
        survey(Request(max_file_size="many"))


def test_inline_ignores(tree: Path) -> None:
    text = (tree / "app.env").read_text().rstrip()
    (tree / "app.env").write_text(f"{text} # unleak:allow\n")
    done = survey(Request())
    assert done.findings == ()
    assert done.summary.suppressed == {"inline unleak:allow": 1}
    assert paths(inline_ignores=False) == ["app.env"]


def test_staged_is_what_the_index_holds(tree: Path, made: Made) -> None:
    git("add", "app.env")
    (tree / "app.env").write_text("# clean again\n")
    (tree / "untracked.env").write_text(f"API_TOKEN={made('untracked')}\n")
    assert paths(staged=True) == ["app.env"]
    git("add", "app.env")
    assert paths(staged=True) == []


def test_staged_of_the_named_paths_only(tree: Path, made: Made) -> None:
    (tree / "sub").mkdir()
    (tree / "sub" / "b.env").write_text(f"API_TOKEN={made('b')}\n")
    git("add", "app.env", "sub/b.env")
    assert paths(staged=True, paths=("sub",)) == ["sub/b.env"]
    assert paths(staged=True, paths=("sub/b.env",)) == ["sub/b.env"]
    assert paths(staged=True, paths=("app.env", "sub")) == ["app.env", "sub/b.env"]


def test_given_files_that_are_not_staged_are_scanned_as_they_are(tree: Path, made: Made) -> None:
    """What `pre-commit run --all-files` hands over is not staged: it must not pass silently."""
    git("add", ".")
    git("commit", "-qm", "first")
    assert paths(staged=True, paths=("app.env",)) == []
    assert paths(staged=True, given=True, paths=("app.env",)) == ["app.env"]
    (tree / "app.env").write_text("# clean\n")
    git("add", "app.env")
    (tree / "app.env").write_text(f"DB_PASSWORD={made('work tree')}\n")
    assert paths(staged=True, given=True, paths=("app.env",)) == []


def test_staged_needs_a_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is in no git repository"):
        survey(Request(paths=(str(tmp_path),), staged=True))


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input(tree: Path, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    data = f"DB_PASSWORD={made('x')}\n".encode()
    stdin(monkeypatch, data)
    assert paths(paths=("-",)) == ["<stdin>"]
    stdin(monkeypatch, data)
    assert paths(paths=("-",), stdin_name="sub/x.env") == ["sub/x.env"]


@pytest.mark.parametrize("more", [{"paths": ("-", ".")}, {"paths": ("-",), "staged": True}])
def test_standard_input_stands_alone(tree: Path, more: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="stands alone"):
        paths(**more)


def test_what_cannot_be_read_makes_it_incomplete(tree: Path) -> None:
    git("init", "-q", "nested")
    (tree / "nested" / ".git" / "index").write_bytes(b"no index")
    done = survey(Request())
    assert [one.path for one in done.findings] == ["app.env"]
    assert [one.place.path for one in done.summary.skipped] == ["nested"]
    assert not done.summary.complete


def test_a_path_that_is_not_there_is_an_error(tree: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        paths(paths=("gone",))


def test_fingerprints_are_made_when_they_are_needed(tree: Path) -> None:
    (one,) = survey(Request()).findings
    assert one.fingerprint == ""
    (one,) = survey(Request(fingerprints=True)).findings
    assert len(one.fingerprint) == 32
    (tree / ".unleakignore").write_text(f"unleak:v1:{one.fingerprint}\n")
    done = survey(Request())
    assert done.findings == ()
    assert done.summary.suppressed == {".unleakignore": 1}


def test_allowed_values(tree: Path) -> None:
    (one,) = survey(Request()).findings
    digest = value_digest(one.secret, load_salt(str(tree)))
    (tree / ".unleak.toml").write_text(f'[allow]\nvalues = ["{digest}"]\n')
    done = survey(Request())
    assert done.findings == ()
    assert done.summary.suppressed == {"configuration": 1}


def test_a_folder_may_ask_for_more_never_for_less(tree: Path, made: Made) -> None:
    (tree / "sub").mkdir()
    (tree / "sub" / "x.env").write_text("password: monkey\n")
    (tree / "sub" / ".unleak.toml").write_text('min-confidence = "low"\n')
    assert paths() == ["app.env"]
    (tree / "sub" / "x.env").write_text(f"DB_PASSWORD={made('sub')}\n")
    assert paths() == ["app.env", "sub/x.env"]
    (tree / "sub" / ".unleak.toml").write_text('exclude = ["*.env"]\n')
    done = survey(Request())
    assert [one.path for one in done.findings] == ["app.env"]
    assert done.summary.suppressed == {"excluded path": 1}


def test_a_named_configuration(tree: Path) -> None:
    (tree / "other.toml").write_text('exclude = ["app.env"]\n')
    assert paths(config="other.toml") == []
    (tree / "other.toml").write_text("no-such-key = 1\n")
    with pytest.raises(ConfigError, match=r"other\.toml"):
        paths(config="other.toml")


def test_paths_are_relative_to_the_top_from_anywhere(
    tree: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "sub").mkdir()
    (tree / "sub" / "b.env").write_text(f"API_TOKEN={made('b')}\n")
    monkeypatch.chdir(tree / "sub")
    assert paths() == ["sub/b.env"]
    assert paths(paths=("..",)) == ["app.env", "sub/b.env"]


def test_the_engine_alone_looks_as_the_survey_does(tree: Path, made: Made) -> None:
    (tree / ".unleak.toml").write_text("inline-ignores = false\n")
    line = f"DB_PASSWORD={made('x')} # unleak:allow\n".encode()
    assert len(scanner_for(Request(), str(tree)).scan_data("x.env", line)) == 1
    asked = scanner_for(Request(exclude_rules=(ASSIGNMENT,)), str(tree))
    assert asked.scan_data("x.env", line) == []
