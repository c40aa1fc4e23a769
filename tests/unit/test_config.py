"""Configuration: what may be said, where, and an error with its line for everything else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.config import Allow, Config, load, nested_folders, parse_size
from scanner.errors import ConfigError, UsageError

FULL = """\
# the whole of it
min-confidence = "low"
severity = "medium"
rule = ["acme-token"]
exclude-rule = ["other-rule"]
exclude = ["vendor/", "!vendor/own/"]
max-file-size = "10MB"
jobs = 2
inline-ignores = false
gitignore = false
baseline = ".unleak/baseline.jsonl"
rules = ["rules/own.toml"]

[allow]
paths = ["docs/"]
regexes = ['^x+$']
reason = "made up"

[[allow.entry]]
rules = ["acme-token"]
keys = ["EXAMPLE"]
values = ["0123456789abcdef"]

[vault]
kind = "sops"

[rewrite]
python = "environment"
"""


def at(folder: Path, text: str, name: str = ".unleak.toml") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(folder)


def refused(folder: Path, text: str, name: str = ".unleak.toml") -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(at(folder, text, name))
    return caught.value


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    got = load(str(tmp_path))
    assert got == Config()
    assert (got.min_confidence, got.severity, got.inline_ignores, got.gitignore) == (
        "medium",
        "info",
        True,
        True,
    )
    assert not got.needs_fingerprints


def test_every_key_is_read(tmp_path: Path) -> None:
    got = load(at(tmp_path, FULL))
    assert (got.min_confidence, got.severity, got.jobs) == ("low", "medium", 2)
    assert (got.rule, got.exclude_rule) == (("acme-token",), ("other-rule",))
    assert got.exclude == ("vendor/", "!vendor/own/")
    assert got.max_file_size == 10 << 20
    assert not got.inline_ignores
    assert not got.gitignore
    assert got.baseline == str(tmp_path / ".unleak" / "baseline.jsonl")
    assert got.rules == (str(tmp_path / "rules" / "own.toml"),)
    assert got.allow == (
        Allow(paths=("docs/",), regexes=("^x+$",), reason="made up"),
        Allow(rules=("acme-token",), keys=("EXAMPLE",), values=("0123456789abcdef",), all_of=True),
    )
    assert got.needs_fingerprints
    assert (dict(got.vault), dict(got.rewrite)) == ({"kind": "sops"}, {"python": "environment"})


def test_the_origin_of_each_value_is_its_line(tmp_path: Path) -> None:
    origins = load(at(tmp_path, FULL)).origins
    lines = FULL.split("\n")
    for key in ("severity", "rule", "exclude-rule", "exclude", "rules", "baseline", "jobs"):
        number = next(n for n, line in enumerate(lines, 1) if line.startswith(f"{key} ="))
        assert origins[key] == f".unleak.toml:{number}", key
    assert origins["allow"] == f".unleak.toml:{lines.index('[allow]') + 1}"
    assert origins["vault"] == f".unleak.toml:{lines.index('[vault]') + 1}"


PROJECT = """\
[tool.other]
exclude = 3
rules = "x"
[tool.unleak]
severity = "high"
exclude = ["gen/"]
"""


def test_pyproject_will_do(tmp_path: Path) -> None:
    got = load(at(tmp_path, PROJECT, "pyproject.toml"))
    assert (got.severity, got.exclude) == ("high", ("gen/",))
    assert got.origins["exclude"] == "pyproject.toml:6"


@pytest.mark.parametrize(
    "text",
    [
        "[ tool . unleak ]\nseverity = 'high'\n",
        "[tool.'unleak']\nseverity = 'high'\n",
        "[tool]\nunleak.severity = 'high'\n",
        "[tool]\nunleak = {severity = 'high'}\n",
        "tool.unleak.severity = 'high'\n",
    ],
)
def test_every_spelling_of_the_table_counts(tmp_path: Path, text: str) -> None:
    assert load(at(tmp_path, text, "pyproject.toml")).severity == "high"


@pytest.mark.parametrize("text", ["[tool.poetry.dependencies]\nunleak = '1'\n", "tool = 3\n"])
def test_a_pyproject_that_only_names_us_says_nothing(tmp_path: Path, text: str) -> None:
    assert load(at(tmp_path, text + "# [tool.unleak]\n", "pyproject.toml")) == Config()


def test_the_own_file_comes_before_pyproject(tmp_path: Path) -> None:
    at(tmp_path, PROJECT, "pyproject.toml")
    assert load(at(tmp_path, 'severity = "low"\n')).severity == "low"


def test_a_pyproject_without_the_table_is_not_parsed(tmp_path: Path) -> None:
    assert load(at(tmp_path, "this is [not TOML", "pyproject.toml")) == Config()


def test_an_error_in_pyproject_names_the_line_of_our_table(tmp_path: Path) -> None:
    text = PROJECT.replace('["gen/"]', "7")
    assert (
        "pyproject.toml:6: exclude: wrong type" in refused(tmp_path, text, "pyproject.toml").message
    )


def test_an_explicit_file_stands_for_the_root_one(tmp_path: Path) -> None:
    root = at(tmp_path / "root", 'severity = "low"\n')
    other = at(tmp_path, 'severity = "high"\n', "other.toml") + "/other.toml"
    assert load(root, explicit=other).severity == "high"
    with pytest.raises(ConfigError, match="cannot be read: no such file"):
        load(root, explicit=str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("min-confidense = 'low'", "min-confidense: unknown key", "did you mean min-confidence?"),
        ("exclude_rule = ['x']", "exclude_rule: unknown key", "did you mean exclude-rule?"),
        ("command = 'x'", "command: unknown key", "known: allow, baseline"),
        ("severity = 3", "severity: wrong type, int; it must be a text", ""),
        ("exclude = 'x'", "exclude: wrong type, str; it must be a list", ""),
        ("jobs = 'x'", "jobs: wrong type, str; it must be a number", ""),
        ("jobs = true", "jobs: wrong type, bool; it must be a number", ""),
        ("gitignore = 1", "gitignore: wrong type, int; it must be true or false", ""),
        ("allow = []", "allow: wrong type, list; it must be a table", ""),
        ("exclude = ['a', 1]", "exclude: must be a list of texts", ""),
        ("severity = 'huge'", "severity: must be one of info, low, medium", ""),
        ("min-confidence = 'info'", "min-confidence: must be one of low, medium, high", ""),
        ("max-file-size = 'big'", "max-file-size: 'big' is no size", "write it as 500KB"),
        ("max-file-size = -1", "max-file-size: '-1' is no size", "write it as"),
        ("exclude = ['[z-a]']", "exclude: '[z-a]': bad pattern", ""),
        ("exclude = ['!']", "exclude: '!': bad pattern", ""),
        ("baseline = '../b.jsonl'", "baseline: ../b.jsonl leads out of the repository", ""),
        ("baseline = '/etc/b.jsonl'", "baseline: /etc/b.jsonl leads out", ""),
        ("rules = ['a.toml', 'x/../../b.toml']", "rules: x/../../b.toml leads out", ""),
        ("allow = {rule = ['x']}", "rule: unknown key under [allow]", "did you mean rules?"),
        ("allow = {path = 1}", "path: unknown key under [allow]", "did you mean paths?"),
        ("allow = {keys = 'x'}", "keys: must be a list of texts", ""),
        ("allow = {reason = 1}", "reason: must be a text", ""),
        ("allow = {regexes = ['(']}", "regexes: does not compile", ""),
        ("allow = {paths = ['[z-a]']}", "paths: '[z-a]': bad pattern", ""),
        ("jobs = -1", "jobs: must be from 0 to 256", ""),
        ("jobs = 100000", "jobs: must be from 0 to 256", ""),
        ("max-file-size = '1234567890123456KB'", "max-file-size: '1234567890123456KB' is", ""),
        ("max-file-size = 1.5", "max-file-size: '1.5' is no size", ""),
        ("max-file-size = true", "max-file-size: 'True' is no size", ""),
        ("vault = {kind = 3, x = []}", "vault.x: must be a text", ""),
        ("vault = {kind = 3}", "vault.kind: must be one of sops", ""),
        ("vault = {kind = 'paper'}", "vault.kind: must be one of sops", ""),
        ("rewrite = {python = 3}", "rewrite.python: must be a text", ""),
        (f"exclude = ['{'a' * 1001}']", "exclude: bad pattern: longer than", ""),
        ("allow = {entry = 3}", "entry: write each as [[allow.entry]]", ""),
        ("allow = {entry = ['x']}", "entry: write each as [[allow.entry]]", ""),
        ("allow = {entry = {keys = ['x']}}", "entry: write each as [[allow.entry]]", ""),
    ],
)
def test_errors_name_the_line(tmp_path: Path, line: str, said: str, hint: str) -> None:
    got = refused(tmp_path, f"# {line}\n\n{line}\n")
    assert got.message.startswith(f".unleak.toml:3: {said}"), got.message
    assert got.hint.startswith(hint)


def test_a_key_that_is_part_of_another_is_not_mistaken_for_it(tmp_path: Path) -> None:
    got = refused(tmp_path, "exclude-rule = ['x']\nexclude = 1\n")
    assert got.message.startswith(".unleak.toml:2: exclude: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = ", 1),
        ("\n[allow", 2),
        ("a = 1\na = 2\n", 2),
        ('\n\nseverity = "low\n', 3),
        ("= 1", 1),
        ("\x00", 1),
        ("exclude = [\n", 2),
    ],
)
def test_bad_toml_names_the_place(tmp_path: Path, text: str, line: int) -> None:
    assert refused(tmp_path, text).message.startswith(f".unleak.toml:{line}: not valid TOML: ")


def test_what_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".unleak.toml").write_bytes(b'\nseverity = "\xff"')
    with pytest.raises(ConfigError, match=r"^\.unleak\.toml:2: not UTF-8 text"):
        load(str(tmp_path))


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / ".unleak.toml").write_bytes(b'\xef\xbb\xbfseverity = "low"\r\n')
    assert load(str(tmp_path)).severity == "low"


@pytest.mark.parametrize("text", ["exclude = " + "[" * 20_000, "jobs = " + "9" * 6000])
def test_toml_that_python_gives_up_on_is_an_error(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text).message.startswith(".unleak.toml: not valid TOML: ")


def test_a_bad_item_of_many_lines_is_named_by_its_own(tmp_path: Path) -> None:
    text = """\
exclude = [
  "a",  # [z-a]
  "[z-a]",
]
[allow]
keys = ["regexes"]
regexes = ["fine"]

[[allow.entry]]
rules = ["r-1"]
regexes = ["fine"]
[[allow.entry]]
rules = ["r-1"]
regexes = [
  "fine",
  "(",
]
"""
    assert refused(tmp_path, text).message.startswith(".unleak.toml:3: exclude: ")
    rest = text.replace("[z-a]", "b")
    assert refused(tmp_path, rest).message.startswith(".unleak.toml:16: regexes: does not compile")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("reason = 'why'", "4: entry: has no condition"),
        ("keys = ['A']\npaths = []", "6: paths: is empty"),
    ],
)
def test_an_entry_never_covers_more_than_it_says(tmp_path: Path, entry: str, said: str) -> None:
    text = f"[allow]\nkeys = ['X']\n\n[[allow.entry]]\n{entry}\n"
    assert refused(tmp_path, text).message.startswith(f".unleak.toml:{said}")


def test_a_value_in_place_of_its_digest_is_refused_and_not_repeated(tmp_path: Path) -> None:
    plain = "".join(chr(97 + n * 7 % 26) for n in range(12))
    got = refused(tmp_path, f"[allow]\nvalues = [\n'0123456789abcdef',\n'{plain}']\n")
    assert got.message.startswith(".unleak.toml:4: values: ")
    assert plain not in got.message + got.hint
    assert "config digest" in got.hint


# What a hostile repository may put in the place of its files


@pytest.mark.parametrize("name", [".unleak.toml", "apps/.unleak.toml"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "out", "nowhere"])
def test_what_is_no_file_of_the_repository_is_an_error(
    tmp_path: Path, name: str, kind: str
) -> None:
    root = tmp_path / "root"
    path = root / name
    path.parent.mkdir(parents=True)
    (tmp_path / "other").write_text('severity = "low"\n')
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        target = {"device": "/dev/zero", "out": str(tmp_path / "other"), "nowhere": "gone"}
        path.symlink_to(target[kind])
    with pytest.raises(ConfigError) as caught:
        load(str(root), folder=os.path.dirname(name))
    assert caught.value.message.startswith(f"{name}: ")


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_pyproject_that_is_no_file_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "pyproject.toml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    assert load(str(tmp_path)) == Config()


@pytest.mark.parametrize("line", ["rules = ['r.toml', 'pipe']", "baseline = 'pipe'"])
def test_a_pipe_in_the_place_of_a_named_file_is_refused(tmp_path: Path, line: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    got = refused(tmp_path, f"\n{line}\n")
    assert got.message.startswith(".unleak.toml:2: ")
    assert got.message.endswith("pipe is not a regular file")


def test_a_link_inside_the_repository_will_do(tmp_path: Path) -> None:
    at(tmp_path / "conf", 'severity = "low"\n', "own.toml")
    (tmp_path / ".unleak.toml").symlink_to("conf/own.toml")
    assert load(str(tmp_path)).severity == "low"


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    assert "larger than 4 MiB" in refused(tmp_path, "#" * (4 << 20) + "\n").message


def test_a_link_out_of_the_repository_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (tmp_path / "out").mkdir()
    root.mkdir()
    (root / "in").symlink_to(tmp_path / "out")
    assert "in/b.jsonl leads out" in refused(root, "baseline = 'in/b.jsonl'").message


@pytest.mark.parametrize(
    "pattern",
    ["(?:(?:(?:a{1000}){1000}){1000})", "(" * 5000 + ")" * 5000, "a{999999999}", "a{,999999}"],
)
def test_a_pattern_that_would_eat_memory_is_refused(tmp_path: Path, pattern: str) -> None:
    got = refused(tmp_path, f"[allow]\nregexes = ['{pattern}']\n")
    assert got.message.startswith(".unleak.toml:2: regexes: ")


def test_usual_counts_are_no_reason_to_refuse(tmp_path: Path) -> None:
    pattern = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|x{2,}|y{3,9}"
    got = load(at(tmp_path, f"[allow]\nregexes = ['{pattern}']\n"))
    assert got.allow[0].regexes == (pattern,)


# Folders with their own file


def test_a_folder_adds_to_lists_and_replaces_single_values(tmp_path: Path) -> None:
    at(tmp_path, 'severity = "low"\nexclude = ["vendor/"]\n[allow]\nkeys = ["A"]\n')
    at(tmp_path / "apps", 'min-confidence = "high"\nexclude = ["gen/"]\n[allow]\nkeys = ["B"]\n')
    at(tmp_path / "apps" / "web", 'severity = "high"\nexclude-rule = ["acme-token"]\n')
    root = str(tmp_path)
    assert load(root).exclude == ("vendor/",)
    apps = load(root, folder="apps")
    assert (apps.severity, apps.min_confidence) == ("low", "high")
    assert [one.keys for one in apps.allow] == [("A",), ("B",)]
    assert apps.origins["exclude"] == ".unleak.toml:2, apps/.unleak.toml:2"
    web = load(root, folder="apps/web/src")
    assert (web.severity, web.min_confidence, web.exclude_rule) == (
        "high",
        "high",
        ("acme-token",),
    )
    assert web.origins["severity"] == "apps/web/.unleak.toml:1"
    assert load(root, folder="other") == load(root)


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("gen/", "apps/gen/a.py", "gen/a.py"),
        ("gen/", "apps/x/gen/a.py", "x/gen/a.py"),
        ("*.svg", "apps/x/a.svg", "a.svg"),
        ("/top.env", "apps/top.env", "top.env"),
        ("a/b.env", "apps/a/b.env", "a/b.env"),
        ("a/b.env", "apps/a/b.env", "apps/x/a/b.env"),
    ],
)
def test_patterns_of_a_folder_hold_from_there_down(
    tmp_path: Path, pattern: str, inside: str, outside: str
) -> None:
    import pathspec

    at(tmp_path / "apps", f"exclude = ['{pattern}']\n[allow]\npaths = ['{pattern}']\n")
    got = load(str(tmp_path), folder="apps")
    assert got.allow[0].folder == "apps"
    for patterns in (got.exclude, got.allow[0].paths):
        spec = pathspec.GitIgnoreSpec.from_lines(patterns)
        assert spec.match_file(inside)
        assert not spec.match_file(outside)


def test_a_folder_may_take_back_what_the_root_excludes(tmp_path: Path) -> None:
    import pathspec

    at(tmp_path, "exclude = ['*.env']\n")
    at(tmp_path / "apps", "exclude = ['!keep.env']\n")
    spec = pathspec.GitIgnoreSpec.from_lines(load(str(tmp_path), folder="apps").exclude)
    assert [spec.match_file(p) for p in ("a.env", "apps/x/keep.env", "keep.env")] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "line",
    ["baseline = 'b'", "rules = ['r.toml']", "jobs = 1", "gitignore = false", "rule = ['x']"],
)
def test_a_folder_cannot_say_what_holds_for_the_whole(tmp_path: Path, line: str) -> None:
    at(tmp_path / "apps", f"\n{line}\n")
    with pytest.raises(ConfigError, match=r"^apps/\.unleak\.toml:2: .*root's configuration"):
        load(str(tmp_path), folder="apps")


def test_nested_folders_are_those_above_the_paths(tmp_path: Path) -> None:
    at(tmp_path, "")
    for folder in ("a", "a/b/c", "other"):
        at(tmp_path / folder, "")
    paths = ("x.py", "a/x.py", "a/b/c/d/x.py", "z/x.py")
    assert nested_folders(str(tmp_path), paths) == ("a", "a/b/c")
    assert nested_folders(str(tmp_path), ()) == ()


# Sizes and start-up


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("500", 500),
        ("7b", 7),
        ("64KB", 64 << 10),
        ("64k", 64 << 10),
        ("10MB", 10 << 20),
        (" 2gb ", 2 << 30),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1.5MB", "10TB", "1e3", "ten", "\u00b2", "1mm"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="is no size"):
        parse_size(text)


def test_nothing_heavy_is_loaded_for_a_plain_configuration(tmp_path: Path) -> None:
    root = at(tmp_path, 'severity = "low"\nmax-file-size = "1MB"\n')
    code = (
        "import sys; from scanner import config; config.load(sys.argv[1]); "
        "print([n for n in ('regex', 'pathspec', 'numpy', 'rich', 'git') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, root],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout.strip() == "[]"
