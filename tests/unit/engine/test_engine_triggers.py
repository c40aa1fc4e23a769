"""The triggers' database is compiled once and read back only when it is whole and fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scanner.decode.triggers import TRIGGERS
from scanner.engine.triggers import WIDTH, load_triggers

DATA = b" cGFzc3dvcmQ9aHVudGVyMg== %41%42%43 &#65;&#66;\n"


def hits(database: Any, data: bytes = DATA) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    database.scan(data, match_event_handler=lambda n, _s, e, _f, _c: found.append((n, e)))
    return sorted(found)


def test_cached_and_compiled_are_the_same(tmp_path: Path) -> None:
    first = load_triggers(str(tmp_path))
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    second = load_triggers(str(tmp_path))
    assert path.stat().st_mtime_ns == before
    assert hits(first) == hits(second) == hits(load_triggers(""))
    assert {TRIGGERS[number].kind for number, _ in hits(first)} >= {"base64", "percent", "html"}


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    first = load_triggers(str(tmp_path))
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    for bad in (b"", good[:100], good[:-1] + b"x", b"x" + good[1:]):
        path.write_bytes(bad)
        assert hits(load_triggers(str(tmp_path))) == hits(first)
        assert path.read_bytes() == good


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    assert hits(load_triggers(str(file / "cache"))) == hits(load_triggers(""))


def test_width() -> None:
    assert max(trigger.width for trigger in TRIGGERS) == WIDTH
