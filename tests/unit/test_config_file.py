"""Each key has its line, and what a hostile repository puts in the place of a file is not read."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.config_file import (
    Document,
    Key,
    key_lines,
    leads_out,
    read_regular,
    read_text,
    speaks_of_us,
    wrong_glob,
    wrong_regex,
)
from scanner.errors import ConfigError

TEXT = '''\
# a = 1
a = "b = 2"          # c = 3
"quoted key" = 'x'
dotted . 'key' = 1.5
many = """
d = 4
[e]
""\\" ""\"""
raw = \'\'\'
f = 5 \'\'\'\'
list = [
  "one", # two
  ["x", 2],

  { k = 1, l = { m = [] } }, 2001-01-01 10:00:00,
]
[table]  # [other]
a = 7
[table.sub."x y"]
a = {b.c = 1}
[[array]]
a = 1
[[array.inner]]
b = 1
[[array.inner]]
b = 2
[array.plain]
p = 1
[[array]]
a = 2
[[array.inner]]
b = 3
'''


def test_the_text_is_valid() -> None:
    assert tomllib.loads(TEXT)["array"][1]["inner"] == [{"b": 3}]


@pytest.mark.parametrize(
    ("path", "starts"),
    [
        (("a",), "a ="),
        (("quoted key",), '"quoted key"'),
        (("dotted", "key"), "dotted"),
        (("many",), "many ="),
        (("raw",), "raw ="),
        (("list",), "list ="),
        (("list", 0), '  "one"'),
        (("list", 1, 1), '  ["x"'),
        (("list", 2, "l", "m"), "  { k"),
        (("list", 3), "  { k"),
        (("table",), "[table]"),
        (("table", "a"), "a = 7"),
        (("table", "sub", "x y", "a", "b", "c"), "a = {b"),
        (("array",), "[[array]]"),
        (("array", 0, "inner", 1, "b"), "b = 2"),
        (("array", 0, "plain", "p"), "p = 1"),
        (("array", 1, "a"), "a = 2"),
        (("array", 1, "inner", 0, "b"), "b = 3"),
    ],
)
def test_each_key_has_its_line(path: tuple[Key, ...], starts: str) -> None:
    lines = TEXT.split("\n")
    want = next(n for n, line in enumerate(lines, 1) if line.startswith(starts))
    assert key_lines(TEXT)[path] == want


def paths_of(value: Any, above: tuple[Key, ...] = ()) -> set[tuple[Key, ...]]:
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    found = {above} if above else set()
    return found.union(*(paths_of(item, (*above, key)) for key, item in items))


def test_no_key_is_missed_or_made_up() -> None:
    assert set(key_lines(TEXT)) == paths_of(tomllib.loads(TEXT))


SCALARS = st.one_of(
    st.integers(-9, 9).map(str),
    st.booleans().map(lambda b: str(b).lower()),
    st.text("ab#='[]{},. ", max_size=6).map(lambda t: f'"{t}"'),
    st.text('ab#="[]{},. ', max_size=6).map(lambda t: f"'{t}'"),
    st.text("ab#='[]{},.\n ", max_size=6).map(lambda t: f'"""{t}"""'),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3).map(lambda v: "[\n" + ", # x\n".join(v) + "\n]"),
)


@given(st.lists(VALUES, max_size=6))
def test_values_of_any_kind_hide_no_key(values: list[str]) -> None:
    text = "".join(f"k{n} = {value} # k9 = 1\n" for n, value in enumerate(values))
    lines = key_lines(text)
    assert set(lines) == paths_of(tomllib.loads(text))
    number = 1
    for n, value in enumerate(values):
        assert lines[f"k{n}",] == number
        number += value.count("\n") + 1


def test_a_key_that_is_not_there_has_the_line_of_what_would_hold_it(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(TEXT, encoding="utf-8")
    document = Document(str(tmp_path / "x.toml"), str(tmp_path), "")
    assert document.line_of("table", "none", 3) == document.line_of("table")
    assert document.line_of("none") == 1
    assert document.error(("raw",), "is raw").message == "x.toml:9: is raw"


def test_there_is_no_file(tmp_path: Path) -> None:
    assert read_text(str(tmp_path / "none"), "none") is None
    (tmp_path / "file").write_text("x")
    assert read_text(str(tmp_path / "file" / "none"), "none") is None


def test_size_and_encoding_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"\xef\xbb\xbfab\r\n")
    assert read_text(str(path), "f", most=7) == "ab\r\n"
    with pytest.raises(ConfigError, match=r"^f: larger than"):
        read_text(str(path), "f", most=6)
    path.write_bytes(b"a\n\xff")
    with pytest.raises(ConfigError, match=r"^f:2: not UTF-8 text"):
        read_text(str(path), "f")


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (str(tmp_path / "pipe"), "/dev/zero", str(tmp_path)):
        with pytest.raises(OSError, match="not a regular file"):
            read_regular(path, 9)


def test_links_out_of_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (tmp_path / "root2").mkdir()
    (root / "out").symlink_to(tmp_path / "root2")
    (root / "loop").symlink_to("in")
    assert leads_out(str(root / "out" / "x"), str(root))
    assert leads_out(str(root / ".." / "root2"), str(root))
    assert not leads_out(str(root / "loop" / "x"), str(root))
    assert not leads_out(str(root), str(root))


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("[tool.unleak]", True),
        ("[tool.unleak.allow]", True),
        ("[[tool.unleak.allow.entry]]", True),
        ('["tool" . "unleak"]', True),
        ("# [tool.unleak]", False),
        ("[tool.unleaked]", False),
        ("[tool.other]\nx = 'unleak'", False),
        ("dependencies = ['unleak']", False),
        ("", False),
    ],
)
def test_whether_a_pyproject_may_hold_our_table(tmp_path: Path, text: str, may: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(f"x = 1\n{text}\n")
    assert speaks_of_us(str(tmp_path / "pyproject.toml")) is may


def test_patterns() -> None:
    assert not wrong_glob("src/**/*.py")
    assert "bad pattern" in wrong_glob("[z-a]")
    assert "longer than" in wrong_glob("a" * 1001)
    assert not wrong_regex("^x{3}$")
    assert "does not compile" in wrong_regex("(")
    assert "repeats too often" in wrong_regex("(?:a{1000}){1000}")
