"""Which findings count, from findings made by hand."""

from __future__ import annotations

from scanner.history.verdicts import Verdicts, identity
from scanner.model import Finding, Place, Secret

MARKED, BARE = b"K=value # unleak:allow\n", b"K=value\n"


def finding(
    value: bytes = b"value", path: str = "a", key: str = "K", commit: str = "c1", line: int = 1
) -> Finding:
    return Finding(
        rule="r", secret=Secret(value), blob_id="b", places=(Place(path, commit),), key=key,
        severity="low", confidence="low", score=0.3, masked="***", start=2, end=7, line=line,
        column=3, end_line=line, end_column=8,
    )  # fmt: skip


def verdicts(*, inline: bool = True, new_ignores: bool = True) -> Verdicts:
    return Verdicts(inline=inline, new_ignores=new_ignores)


def test_what_stood_there_before_does_not_count() -> None:
    one = verdicts()
    one.add(finding(), (0,), "a", BARE)
    one.add(finding(b"other"), (0,), "a", BARE)
    one.add(finding(key="L"), (0,), "a", BARE)
    one.know(finding(path="elsewhere"), BARE)
    counted, suppressed, notes = one.decide()
    names = [identity(c.finding) for c in counted]
    assert names == [("r", Secret(b"other"), "K"), ("r", Secret(b"value"), "L")]
    assert not suppressed
    assert notes == []


def test_the_earliest_under_each_path_stands_for_it() -> None:
    one = verdicts()
    one.add(finding(commit="c3", line=3), (2,), "a", BARE)
    one.add(finding(commit="c1", line=1), (0, 4), "a", BARE)
    one.add(finding(path="b", commit="c2"), (1,), "b", BARE)
    counted, _, _ = one.decide()
    assert [(c.finding.path, c.finding.line, len(c.sightings)) for c in counted] == [
        ("a", 1, 2),
        ("b", 1, 1),
    ]


def test_each_message_is_a_place() -> None:
    one = verdicts()
    for number, commit in enumerate(("c1", "c2")):
        one.add(finding(path="(commit message)", commit=commit), (number,), data=BARE)
    ((only,), _, _) = one.decide()
    assert [place.commit for place in only.finding.places] == ["c1", "c2"]


def test_an_added_marker_is_listed_once_and_obeyed() -> None:
    one = verdicts()
    one.add(finding(), (0,), "a", MARKED)
    one.add(finding(), (1,), "a", MARKED)
    counted, suppressed, notes = one.decide()
    assert counted == []
    assert suppressed == {"inline unleak:allow": 2}
    assert notes == ["inline ignore added: a:1 c1 r"]


def test_an_added_marker_is_listed_and_refused() -> None:
    one = verdicts(new_ignores=False)
    one.add(finding(), (0,), "a", MARKED)
    counted, suppressed, notes = one.decide()
    assert len(counted) == 1
    assert not suppressed
    assert len(notes) == 1


def test_a_known_marker_counts() -> None:
    for new_ignores in (True, False):
        one = verdicts(new_ignores=new_ignores)
        one.add(finding(), (0,), "a", MARKED)
        one.know(finding(), MARKED)
        counted, suppressed, notes = one.decide()
        assert counted == []
        assert suppressed == {"inline unleak:allow": 1}
        assert notes == []


def test_taking_a_marker_away_brings_nothing_in() -> None:
    one = verdicts()
    one.add(finding(), (0,), "a", BARE)
    one.know(finding(), MARKED)
    assert one.decide()[0] == []


def test_markers_that_do_not_count() -> None:
    one = verdicts(inline=False)
    one.add(finding(), (0,), "a", MARKED)
    counted, _, notes = one.decide()
    assert len(counted) == 1
    assert notes == []


def test_values_to_look_for() -> None:
    one = verdicts()
    one.add(finding(), (0,), "a", BARE)
    assert one.values() == frozenset((b"value",))
    encoded = finding()
    object.__setattr__(encoded, "decoded_by", ("base64",))
    one.add(encoded, (0,), "a", BARE)
    assert one.values() is None
