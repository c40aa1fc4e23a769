"""What a stopped run left half done is put back before it goes on."""

from __future__ import annotations

import pytest

from scanner.migrate.apply import Context
from scanner.migrate.edit import spliced, temporary_name
from scanner.migrate.history_list import HISTORY_PATH
from scanner.migrate.resume import settle
from scanner.references.environment import ENV_PATH


@pytest.fixture
def stopped(tree):
    """A run that stopped right after its edits were announced."""
    findings = [
        tree.plant(".env", "# x\nDB_PASSWORD={}\nPORT=1\n"),
        tree.plant("b.yaml", 'mail:\n  password: "\\x41{}" # y\n'),
        tree.plant("c.py", 'API_TOKEN = "{}"\n'),
    ]
    steps = tree.plan(*findings).steps
    before = tree.files()
    with pytest.raises(KeyboardInterrupt):
        tree.apply(steps, interrupted=lambda: True)
    return tree, steps, before


def settled(tree) -> list[tuple[str, str]]:
    context = Context(str(tree.root), tree.run, tree.journal, tree.vault, tree.rescan)
    return settle(context, tree.journal.read(tree.run))


def test_untouched(stopped):
    tree, _, before = stopped
    noted = tree.phases()
    assert settled(tree) == []
    assert tree.phases() == noted
    assert {path: data for path, data in tree.files().items() if path != ENV_PATH} == before


def test_edited_but_not_proved(stopped):
    tree, steps, before = stopped
    tree.write("b.yaml", spliced(tree.read("b.yaml"), steps[1].edits))
    (tree.root / temporary_name("c.py", tree.run)).write_bytes(b"half")
    assert settled(tree) == []
    assert {path: data for path, data in tree.files().items() if path != ENV_PATH} == before
    last = tree.journal.read(tree.run)[-1]
    assert (last.phase, last.facts["path"]) == ("reverted", "b.yaml")
    again = tree.plan(*(step.finding for step in steps)).steps
    context = Context(str(tree.root), tree.run, tree.journal, tree.vault, tree.rescan)
    from scanner.migrate.apply import apply

    assert len(apply(context, again).done) == 3
    tree.undo()
    assert tree.files() == before


def test_a_map_that_was_written_but_not_noted(stopped):
    tree, _, _ = stopped
    entries = [
        entry
        for entry in tree.journal.read(tree.run)
        if not (entry.phase == "done" and entry.facts["path"] == ENV_PATH)
    ]
    context = Context(str(tree.root), tree.run, tree.journal, tree.vault, tree.rescan)
    assert settle(context, entries) == []
    last = tree.journal.read(tree.run)[-1]
    assert (last.phase, last.facts["path"]) == ("done", ENV_PATH)


def test_changed_by_somebody_else_or_gone(stopped):
    tree, _, _ = stopped
    tree.write("b.yaml", "other: 1\n")
    (tree.root / "c.py").unlink()
    why = "was changed by somebody else"
    assert settled(tree) == [("b.yaml", why), ("c.py", why)]
    assert tree.read("b.yaml") == b"other: 1\n"


def test_a_value_that_the_vault_lost(stopped):
    tree, steps, _ = stopped
    tree.write("b.yaml", spliced(tree.read("b.yaml"), steps[1].edits))
    after = tree.read("b.yaml")
    del tree.vault.values[steps[1].name]
    [(path, why)] = settled(tree)
    assert path == "b.yaml"
    assert "does not hold the value" in why
    assert tree.read("b.yaml") == after


def test_a_list_that_was_written_but_not_noted(tree):
    before = tree.files()
    steps = tree.plan(past=[tree.past("old.env", "one", "a")]).steps
    tree.apply(steps)
    entries = [one for one in tree.journal.read(tree.run) if one.phase not in ("done", "end")]
    context = Context(str(tree.root), tree.run, tree.journal, tree.vault, tree.rescan)
    assert settle(context, entries) == []
    last = tree.journal.read(tree.run)[-1]
    assert (last.phase, last.facts["path"]) == ("done", HISTORY_PATH)
    tree.undo()
    assert tree.files() == before
