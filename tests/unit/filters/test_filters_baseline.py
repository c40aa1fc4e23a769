"""A baseline file merges in git, holds no plaintext, and knows a finding by path and value."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.errors import ConfigError
from scanner.filters.baseline import (
    Baseline,
    Known,
    dead_entries,
    known,
    load_baseline,
    render_baseline,
)
from scanner.fingerprint import with_fingerprints
from scanner.model import Finding, Place, Secret

SALT = bytes(range(16))
HEADER = '{"unleak-baseline": 1}'


def finding(value: bytes = b"one-two", path: str = "a.env", **changes: object) -> Finding:
    made = Finding(
        rule="acme-token",
        secret=Secret(value),
        blob_id="",
        places=(Place(path),),
        start=4,
        end=11,
        line=1,
        column=5,
        end_line=1,
        end_column=12,
        key="DB_PASSWORD",
        severity="high",
        confidence="high",
        score=0.9,
        masked="***",
    )
    (got,) = with_fingerprints([replace(made, **changes)], SALT)  # type: ignore[arg-type]
    return got


def written(folder: Path, *lines: str) -> str:
    path = folder / "baseline.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def entry(**changes: str) -> str:
    one = {"fingerprint": "f" * 32, "key": "K", "path": "a.env", "rule": "r-1", **changes}
    return json.dumps(one)


def recorded(folder: Path, *findings: Finding) -> Baseline:
    return load_baseline(written(folder, render_baseline(map(known, findings))))


def test_a_moved_line_stays_known(tmp_path: Path) -> None:
    one = finding()
    moved = finding(start=400, end=407, line=30, column=9, end_line=30, score=0.5, severity="low")
    assert recorded(tmp_path, one).knows(one)
    assert recorded(tmp_path, one).knows(moved)


@pytest.mark.parametrize(
    "other",
    [
        {"value": b"one-three"},
        {"path": "b.env"},
        {"path": "sub/a.env"},
        {"rule": "other-rule"},
        {"key": "API_KEY"},
    ],
)
def test_a_changed_value_or_a_copy_elsewhere_counts_again(
    tmp_path: Path, other: dict[str, object]
) -> None:
    assert not recorded(tmp_path, finding()).knows(finding(**other))  # type: ignore[arg-type]


def test_quotes_around_the_key_do_not_re_open(tmp_path: Path) -> None:
    assert recorded(tmp_path, finding()).knows(finding(key='"DB_PASSWORD"'))


def test_rule_and_key_are_only_for_people(tmp_path: Path) -> None:
    one = finding()
    path = written(tmp_path, HEADER, entry(fingerprint=one.fingerprint, rule="x-1", key="Y"))
    assert load_baseline(path).knows(one)


def test_an_empty_baseline_knows_nothing(tmp_path: Path) -> None:
    assert not Baseline().knows(finding())
    assert not recorded(tmp_path).knows(finding())


def test_the_file_is_sorted_and_has_one_entry_a_line() -> None:
    entries = [known(finding(path=p, key=k)) for p in ("b", "a", "a/z") for k in ("Y", "X")]
    text = render_baseline([*entries, *entries])
    lines = text.split("\n")
    assert lines[0] == HEADER
    assert lines[-1] == ""
    order = [(one["path"], one["key"]) for one in map(json.loads, lines[1:-1])]
    assert order == [("a", "X"), ("a", "Y"), ("a/z", "X"), ("a/z", "Y"), ("b", "X"), ("b", "Y")]
    assert text == render_baseline(reversed(entries))


def test_each_line_holds_four_fields_and_no_plaintext(made: Callable[..., str]) -> None:
    value = made("baseline", 30)
    text = render_baseline([known(finding(value.encode()))])
    assert value not in text
    assert sorted(json.loads(text.split("\n")[1])) == ["fingerprint", "key", "path", "rule"]


@pytest.mark.parametrize(
    "path", ["née.env", "\udce9.env", "a\nb.env", "a b", "\u2028x", '"', "\x85y", "\x1b[1m"]
)
def test_every_path_survives(tmp_path: Path, path: str) -> None:
    one = finding(path=path)
    text = render_baseline([known(one)])
    assert text.isascii()
    assert text.count("\n") == 2
    assert recorded(tmp_path, one).knows(one)
    assert not recorded(tmp_path, one).knows(finding(path=path + "x"))


def test_any_order_duplicates_repeated_header_and_empty_lines_are_read(tmp_path: Path) -> None:
    a, b = entry(path="a"), entry(path="b")
    got = load_baseline(written(tmp_path, HEADER, b, a, "", HEADER, b, "  "))
    assert sorted(one.path for one in got.entries) == ["a", "b"]
    assert load_baseline(written(tmp_path, a, HEADER, b)) == got


def test_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    path.write_bytes(f"{HEADER}\r\n{entry()}\r\n".encode())
    assert len(load_baseline(str(path)).entries) == 1


@pytest.mark.parametrize("marker", ["<<<<<<< ours", "=======", ">>>>>>> theirs", "||||||| base"])
def test_conflict_markers_are_named_with_their_line(tmp_path: Path, marker: str) -> None:
    path = written(tmp_path, HEADER, entry(), marker)
    with pytest.raises(ConfigError, match=r"baseline\.jsonl:3: merge conflict") as caught:
        load_baseline(path)
    assert "both sides" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("unleak", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not an entry"),
        ("7", "not an entry"),
        ("{}", "not an entry"),
        ('{"fingerprint": "f"}', "not an entry"),
        (entry(line="7"), "not an entry"),
        (entry().replace('"K"', "7"), "not an entry"),
        ('{"unleak-baseline": 2}', "version is not known"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"baseline\.jsonl:3: {said}") as caught:
        load_baseline(written(tmp_path, HEADER, entry(), line))
    assert caught.value.hint


def test_without_header_it_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"baseline\.jsonl:1: not a baseline"):
        load_baseline(written(tmp_path, entry()))


def test_no_file_binary_or_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no baseline"):
        load_baseline(str(tmp_path / "none.jsonl"))
    with pytest.raises(ConfigError, match="cannot be read: not a regular file"):
        load_baseline(str(tmp_path))
    (tmp_path / "b").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_baseline(str(tmp_path / "b"))


def test_dead_entries_are_those_that_nothing_has_any_more(tmp_path: Path) -> None:
    here, gone, moved = finding(), finding(b"gone"), finding(b"moved", path="old.env")
    baseline = recorded(tmp_path, here, gone, moved)
    now = [finding(line=9), finding(b"moved", path="new.env"), finding(b"new")]
    assert dead_entries(baseline, now) == [known(gone), known(moved)]
    assert dead_entries(baseline, []) == sorted(baseline.entries)
    assert dead_entries(Baseline(), now) == []


def test_entries_sort_by_path_rule_key_fingerprint() -> None:
    ordered = [
        Known("a", "r", "k", "1"),
        Known("a", "r", "k", "2"),
        Known("a", "r", "l", "0"),
        Known("a", "s", "a", "0"),
        Known("b", "a", "a", "0"),
    ]
    assert sorted(set(ordered)) == ordered
