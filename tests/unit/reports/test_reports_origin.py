"""What a person reads of where a finding was."""

from __future__ import annotations

from scanner.model import Finding, Origin, Place, Secret
from scanner.record import replace
from scanner.reports.fields import encodings_of, finding_fields, members_of
from scanner.reports.origin import origin_lines

ORIGIN = Origin(
    commit="a" * 40,
    author="Ann <ann@example.org>",
    time=1_600_000_000,
    merged_by="b" * 40,
    first="a" * 40,
    last="c" * 40,
    commits=12,
    refs=("refs/heads/main", "refs/remotes/origin/x", "refs/tags/v1", "refs/custom/y"),
    refs_total=9,
    at_head=True,
    in_branch=True,
)
PLACES = tuple(Place(f"{n}.py", f"{n}" * 40, "A", 1) for n in range(5))
FINDING = Finding(
    "r", Secret(b"s"), "d" * 40, PLACES, 0, 1, 1, 1, 1, 2, "key", "high", "high", 1.0, "***",
    decoded_by=("a.zip", "(text)", "base64"), origin=ORIGIN,
)  # fmt: skip


def test_lines() -> None:
    assert list(origin_lines(FINDING)) == [
        "brought in by aaaaaaaaaaaa, 2020-09-13, Ann <ann@example.org>, merged by bbbbbbbbbbbb",
        "still at HEAD; in 12 commits, the last is cccccccccccc; main, origin/x, v1 and 6 more refs",
        "also 1.py (111111111111), 2.py (222222222222), 3.py (333333333333) and 1 more",
    ]


def test_gone() -> None:
    gone = replace(ORIGIN, at_head=False, commits=1, refs=(), refs_total=0, merged_by="")
    for branch, words in ((True, "gone from HEAD, still on a branch"), (False, "gone from every")):
        lines = list(origin_lines(replace(FINDING, origin=replace(gone, in_branch=branch))))
        assert lines[1].startswith(words)
        assert lines[1].endswith("in 1 commit, the last is cccccccccccc")


def test_in_no_commit() -> None:
    assert list(origin_lines(replace(FINDING, origin=Origin(), places=PLACES[:1]))) == []
    assert list(origin_lines(replace(FINDING, origin=None))) == []


def test_odd_times_and_names() -> None:
    odd = replace(ORIGIN, time=1 << 62, author="x\x1b[31m\n")
    first = next(iter(origin_lines(replace(FINDING, origin=odd))))
    assert "at 4611686018427387904" in first
    assert "\x1b" not in first
    assert "\n" not in first


def test_fields() -> None:
    fields = finding_fields(FINDING, show_secrets=False, explain=False)
    assert fields["origin"]["at_head"] is True
    assert fields["origin"]["refs_total"] == 9
    assert [place["path"] for place in fields["places"]] == [f"{n}.py" for n in range(5)]
    assert (members_of(FINDING), encodings_of(FINDING)) == ("!a.zip", ("base64",))
