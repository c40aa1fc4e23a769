"""`exclude` patterns and `.unleakignore`: what is scanned, and errors that name the line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.errors import ConfigError
from scanner.filters.paths import IgnoreFile, PathFilter, load_ignore_file, parse_ignore_file

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


@pytest.mark.parametrize("kind", ["folder", "bytes"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ".unleakignore"
    if kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(ConfigError, match=r"^\.unleakignore: cannot be read"):
        load_ignore_file(str(tmp_path))


def test_nothing_heavy_is_loaded_when_nothing_is_excluded() -> None:
    code = (
        "import sys; from scanner.filters.paths import *; "
        "PathFilter((), IgnoreFile()).allows('a'); print('pathspec' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
