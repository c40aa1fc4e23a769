"""What the journal says of a file's change, and what can be told from it later."""

from __future__ import annotations

import json

import pytest

from scanner.errors import EditError
from scanner.migrate.edit import spliced
from scanner.migrate.notes import (
    before_edit,
    edits_of,
    file_entry,
    history_entry,
    is_back,
    is_done,
    map_entry,
    open_edits,
    references_of,
    unsettled_edits,
    values_of,
)
from scanner.model import Edit, Entry
from scanner.record import replace


@pytest.fixture
def noted(tree):
    """Two steps in one file, the file's bytes, and the entry, as the journal gives it back."""
    one, two = tree.made("one"), tree.made("two")
    tree.write("a.py", f"# x\nA_TOKEN = '{one}'\nB_TOKEN = '{two}'\n")
    steps = tree.plan(*(tree.finding("a.py", value.encode()) for value in (one, two))).steps
    data = tree.read("a.py")
    run = tree.journal.start({})
    tree.journal.append([file_entry(tree.journal, run, "a.py", data, steps)])
    tree.vault.values |= {step.name: step.literal.value for step in steps}
    return tree, steps, data, tree.journal.read(run)[-1]


def test_an_edit_that_several_steps_want_is_one(noted):
    _, steps, _, entry = noted
    assert len(edits_of(steps)) == len(entry.facts["edits"]) == 3
    assert sum(len(step.edits) for step in steps) == 4


def test_there_and_back(noted):
    tree, steps, data, entry = noted
    after = spliced(data, edits_of(steps))
    assert is_done(tree.journal, entry, after)
    assert not is_back(tree.journal, entry, after)
    values = values_of([entry], tree.vault)
    assert len(values) == len(references_of(entry)) == 2
    assert before_edit(tree.journal, entry, after, values) == data
    assert is_back(tree.journal, entry, data)
    assert not is_back(tree.journal, entry, None)
    assert not is_done(tree.journal, entry, None)


def test_it_holds_no_value(noted):
    tree, _, data, entry = noted
    text = json.dumps(dict(entry.facts))
    assert not [value for value in tree.secrets if value.decode() in text]
    assert data.decode() not in text


@pytest.mark.parametrize("at", [5, -4])
def test_another_text_is_not_turned_back(noted, at):
    tree, steps, data, entry = noted
    after = bytearray(spliced(data, edits_of(steps)))
    after[at] ^= 1
    with pytest.raises(EditError):
        before_edit(tree.journal, entry, bytes(after), values_of([entry], tree.vault))


def test_another_value_is_not_put_in(noted):
    tree, steps, data, entry = noted
    tree.vault.values[steps[0].name] = b"other"
    after = spliced(data, edits_of(steps))
    with pytest.raises(EditError, match="would not be what it was"):
        before_edit(tree.journal, entry, after, values_of([entry], tree.vault))


def test_a_map_that_is_made(tree):
    entry = map_entry(tree.journal, "r", "m", None, b"new\n")
    assert before_edit(tree.journal, entry, b"new\n", {}) == b""
    assert is_back(tree.journal, entry, None)
    assert references_of(entry) == set()
    assert values_of([entry], tree.vault) == {}
    assert "read" not in tree.vault.calls


def entry_of(phase: str, path: str, number: int = 0) -> Entry:
    return Entry("r", phase, facts={"path": path, "number": number})


def test_which_edits_are_open_and_which_are_settled():
    entries = [
        entry_of("edit", "a", 1),
        entry_of("edit", "b"),
        entry_of("edit", "c"),
        entry_of("reverted", "a"),
        entry_of("edit", "a", 2),
        entry_of("done", "b"),
    ]
    assert [(e.facts["path"], e.facts["number"]) for e in open_edits(entries)] == [
        ("b", 0), ("c", 0), ("a", 2),
    ]  # fmt: skip
    assert [e.facts["path"] for e in unsettled_edits(entries)] == ["c", "a"]


def test_an_edit_without_a_literal_keeps_its_bytes(tree):
    step = tree.plan(tree.plant("a.yaml", "x_token: {}\n")).steps[0]
    step = replace(step, edits=(*step.edits, Edit(0, 1, b"y")))
    entry = file_entry(tree.journal, "r", "a.yaml", tree.read("a.yaml"), [step])
    kinds = [next(iter(note["note"])) for note in entry.facts["edits"]]
    assert kinds == ["plain", "spell"]
    assert [bool(note["reference"]) for note in entry.facts["edits"]] == [False, True]


def test_what_only_history_holds_is_noted_without_its_value(tree):
    [step] = tree.plan(past=[tree.past("old.env", "one", "1", "7")]).steps
    run = tree.journal.start({})
    tree.journal.append([history_entry(run, step)])
    entry = tree.journal.read(run)[-1]
    assert (entry.phase, entry.step) == ("history", step.id)
    assert entry.facts["path"] == "old.env"
    assert entry.facts["references"] == ["ref+sops://.unleak/vault.sops.yaml#/DB_PASSWORD"]
    assert [place["commit"] for place in entry.facts["places"]] == ["1" * 40, "7" * 40]
    assert tree.secrets[0].decode() not in json.dumps(dict(entry.facts))
    assert open_edits([entry]) == unsettled_edits([entry]) == []
