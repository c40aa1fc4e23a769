"""`exclude` patterns and `.unleakignore`: what is scanned, and errors that name the line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pathspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scanner.config_file import wrong_glob
from scanner.errors import ConfigError
from scanner.filters.paths import (
    IgnoreFile,
    PathFilter,
    gitignore_spec,
    load_ignore_file,
    parse_ignore_file,
)

DIGITS = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("patterns", "path", "scanned"),
    [
        ((), "anything", True),
        (("*.min.js",), "a/b/x.min.js", False),
        (("*.min.js",), "a/b/x.js", True),
        (("vendor/",), "vendor/a/b.py", False),
        (("vendor/",), "deep/vendor/b.py", False),
        (("/vendor/",), "deep/vendor/b.py", True),
        (("docs/**/*.md",), "docs/a/b/c.md", False),
        (("docs/*.md",), "docs/a/c.md", True),
        (("*.env", "!keep.env"), "keep.env", True),
        (("*.env", "!keep.env"), "other.env", False),
        (("# comment", ""), "# comment", True),
        ((r"\#odd",), "#odd", False),
        (("with space.txt",), "with space.txt", False),
        (("[ab].py",), "b.py", False),
    ],
)
def test_gitignore_syntax(patterns: tuple[str, ...], path: str, scanned: bool) -> None:
    assert PathFilter(patterns, IgnoreFile()).allows(path) is scanned
    assert PathFilter((), IgnoreFile(patterns)).allows(path) is scanned


def test_the_ignore_file_adds_to_what_is_excluded() -> None:
    both = PathFilter(("*.lock",), parse_ignore_file(["*.svg", "!keep.lock"]))
    assert [both.allows(p) for p in ("a.lock", "a.svg", "keep.lock", "a.py")] == [
        False,
        False,
        True,
        True,
    ]


def test_names_that_are_not_utf8_can_be_excluded() -> None:
    name = os.fsdecode(b"caf\xe9.env")
    assert not PathFilter(("*.env",), IgnoreFile()).allows(name)
    assert PathFilter(("*.py",), IgnoreFile()).allows(name)


@pytest.mark.parametrize("pattern", ["!", "\\", "[z-a]", "a\\"])
def test_a_bad_exclude_is_named(pattern: str) -> None:
    with pytest.raises(ConfigError, match="exclude: ") as caught:
        PathFilter(("*.py", pattern), IgnoreFile())
    assert repr(pattern) in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("pattern", ["!", "[z-a]"])
def test_a_bad_line_of_the_ignore_file_is_named(pattern: str) -> None:
    ignores = parse_ignore_file(["# about", "*.svg", "", pattern])
    with pytest.raises(ConfigError, match=r"^\.unleakignore:4: .*bad pattern"):
        PathFilter((), ignores)


def test_fingerprints_with_and_without_reason() -> None:
    other = DIGITS[::-1]
    got = parse_ignore_file(
        ["# known", f"unleak:v1:{DIGITS}", f"  unleak:v1:{other}  # made up  ", "docs/"]
    )
    assert got.fingerprints == {DIGITS, other}
    assert got.patterns == ("docs/",)


@pytest.mark.parametrize(
    "line",
    [
        "unleak:v1:",
        f"unleak:v1:{DIGITS[:-1]}",
        f"unleak:v1:{DIGITS}0",
        f"unleak:v1:{DIGITS.upper()}",
        f"unleak:v2:{DIGITS}",
        f"unleak:v1:{DIGITS} made up",
        "unleak:allow",
    ],
)
def test_what_looks_like_a_fingerprint_must_be_one(line: str) -> None:
    with pytest.raises(ConfigError, match=r"^\.unleakignore:2: no fingerprint") as caught:
        parse_ignore_file(["*.svg", line])
    assert "unleak:v1:" in caught.value.hint


def test_without_a_file_nothing_is_ignored(tmp_path: Path) -> None:
    assert load_ignore_file(str(tmp_path)) == IgnoreFile()


def test_the_file_of_the_root_is_read(tmp_path: Path) -> None:
    (tmp_path / ".unleakignore").write_bytes(b"*.svg\r\n\r\nunleak:v1:" + DIGITS.encode() + b"\r\n")
    got = load_ignore_file(str(tmp_path))
    assert got.patterns == ("*.svg",)
    assert got.fingerprints == {DIGITS}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("folder", ": cannot be read"),
        ("pipe", ": cannot be read: not a regular file"),
        ("bytes", ":2: not UTF-8"),
        ("device", ": the link leads out of the repository"),
        ("nowhere", ": the link leads nowhere"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, kind: str, said: str) -> None:
    path = tmp_path / ".unleakignore"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "bytes":
        path.write_bytes(b"a\n\xff\xfe\n")
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "gone")
    with pytest.raises(ConfigError, match=rf"^\.unleakignore{said}"):
        load_ignore_file(str(tmp_path))


def test_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    (tmp_path / ".unleakignore").write_text("a\x0cb\u2028c\n[z-a]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^\.unleakignore:2: "):
        PathFilter((), load_ignore_file(str(tmp_path)))


# Patterns of a hostile repository


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("*a" * 30 + "b", "a" * 250), ("/a" + "/**/a" * 30 + "/b", "a/" * 400)],
)
def test_many_wildcards_do_not_take_for_ever(pattern: str, path: str) -> None:
    one = PathFilter((pattern,), IgnoreFile())
    assert one.allows(path + "c")
    assert not one.allows(path + "b")


PARTS = st.sampled_from(["a", "b", "*", "**", "?", "/", "[ab]", "é", "*.a"])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(PARTS, min_size=1, max_size=6).map("".join), min_size=1, max_size=3),
    st.lists(st.text("abé.", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join),
)
def test_few_or_many_patterns_mean_the_same(patterns: list[str], path: str) -> None:
    """More patterns than backtracking is trusted with, none of which says anything new."""
    assume(not any(wrong_glob(one) for one in patterns))
    many = [*(f"/never/{n}" for n in range(40)), *patterns]
    few = pathspec.GitIgnoreSpec.from_lines(patterns, backend="simple")
    assert gitignore_spec(many).match_file(path) == few.match_file(path)


def test_patterns_that_no_automaton_holds_are_an_error() -> None:
    with pytest.raises(ConfigError, match="exclude: bad pattern"):
        PathFilter(("*?" * 4000,), IgnoreFile())


def test_nothing_heavy_is_loaded_when_nothing_is_excluded() -> None:
    code = (
        "import sys; from scanner.filters.paths import *; "
        "PathFilter((), IgnoreFile()).allows('a'); print('pathspec' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
