"""One finding for each secret and key; what is still there speaks first; no name leaks a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from scanner.engine.database import load_database
from scanner.git.origins import Commit, Whereabouts
from scanner.history.findings import Known, findings_of, without_secrets
from scanner.history.gather import Gathered, Gatherer
from scanner.history.shards import Item
from scanner.history.versions import Versions
from scanner.model import Finding, Origin, Place, Secret


@pytest.fixture
def gathered(made: Callable[..., str]) -> Gathered:
    versions = Versions(load_database("medium"), "medium", None, None)
    gatherer = Gatherer(load_database("medium").rules, "medium", inline=True, wanted=lambda _: True)
    items, places = [], {}
    for number, name in enumerate(("old", "new")):
        data = (f'password = "{made("a")}"\n' + "x\n" * number).encode()
        version = versions.blob(data)
        items.append(Item(name, "blob", 1, False, version.found, version.positions))
        places[name] = [Place("a.py", f"c-{name}", "A", 10 + number)]
    return gatherer.gather(items, places)


def where(name: str, **more: object) -> Whereabouts:
    facts = {"merged_by": "", "commits": 1, "refs": (), "refs_total": 0, "at_head": False,
             "in_branch": False} | more  # fmt: skip
    commit = f"c-{name}"
    return Whereabouts(name, "a.py", commit, first=commit, last=commit, **facts)  # type: ignore[arg-type]


COMMITS = {
    f"c-{n}": Commit(f"c-{n}", "A", 10 + i, 10 + i, (), i) for i, n in enumerate(("old", "new"))
}


def test_what_is_at_head_comes_first(gathered: Gathered) -> None:
    known = Known(
        {("old", "a.py"): where("old", at_head=True), ("new", "a.py"): where("new")}, COMMITS
    )
    (finding,) = findings_of(gathered, known, every_place=False)
    assert finding.blob_id == "old"
    assert [place.commit for place in finding.places] == ["c-old", "c-new"]
    origin = finding.origin
    assert origin is not None
    assert (origin.commit, origin.last, origin.at_head) == ("c-old", "c-new", True)


def test_else_the_newest(gathered: Gathered) -> None:
    known = Known({("old", "a.py"): where("old"), ("new", "a.py"): where("new")}, COMMITS)
    (finding,) = findings_of(gathered, known, every_place=False)
    assert finding.blob_id == "new"
    assert finding.origin
    assert finding.origin.commit == "c-old"


def test_every_place(gathered: Gathered) -> None:
    known = Known({("old", "a.py"): where("old"), ("new", "a.py"): where("new")}, COMMITS)
    assert len(list(findings_of(gathered, known, every_place=True))) == 2


def test_without_any_whereabouts(gathered: Gathered) -> None:
    (finding,) = findings_of(gathered, Known({}, {}), every_place=False)
    assert finding.origin
    assert (finding.origin.commit, finding.origin.author) == ("c-new", "A")


def test_nothing_to_gather() -> None:
    assert list(findings_of(Gathered({}, (), Counter()), Known({}, {}), every_place=False)) == []


def test_values_in_names_are_masked() -> None:
    origin = Origin("c", "Value <v@x>", refs=("refs/heads/Value",))
    finding = Finding(
        "r", Secret(b"s"), "b", (Place("a/Value/b", "c", "Value", 1),), 0, 1, 1, 1, 1, 2, "", "high",
        "high", 1.0, "***", decoded_by=("x!Value",), origin=origin,
    )  # fmt: skip
    masked = without_secrets(finding, ["Value"])
    assert "Value" not in repr(masked)
    assert masked.places[0].path == "a/***/b"
