"""Files of rules: regular ones alone, and nothing that leads out of their folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scanner.config_file import LARGEST
from scanner.errors import RuleError
from scanner.rule_file import document, extended


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('\ufeffprovider = "A"\n', "utf-8")
    assert document(str(tmp_path / "a.toml")) == {"provider": "A"}


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("pipe", "not a regular file"), ("none", "No such file"), (".", "regular")):
        with pytest.raises(RuleError, match=why):
            document(str(tmp_path / name))


def test_a_file_that_is_too_large_or_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"#" * (LARGEST + 1))
    (tmp_path / "bytes").write_bytes(b"a = '\xff'")
    (tmp_path / "text").write_text("a =")
    for name, why in (("large", "larger than"), ("bytes", "not valid"), ("text", "not valid")):
        with pytest.raises(RuleError, match=why):
            document(str(tmp_path / name))


def test_what_is_extended_stands_beside_or_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, outside = tmp_path / "work", tmp_path / "outside.toml"
    (work / "rules").mkdir(parents=True)
    for path in (work / "rules/base.toml", work / "top.toml", outside):
        path.write_text("title = 'x'\n")
    (work / "rules/link.toml").symlink_to(outside)
    monkeypatch.chdir(work)
    assert extended("rules/a.toml", "base.toml") == "rules/base.toml"
    assert extended("rules/a.toml", "top.toml") == "top.toml"
    assert extended(str(work / "rules/a.toml"), str(work / "top.toml")) == str(work / "top.toml")
    for further in ("../../outside.toml", str(outside), "link.toml", "none.toml", "/dev/zero"):
        with pytest.raises(RuleError, match="outside of its folder"):
            extended("rules/a.toml", further)
