"""Vault first, then files; whatever fails, every value is still in its file or in the vault."""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path

import pytest

from scanner.errors import JournalError, PlanError, VaultConflictError, VaultError
from scanner.migrate import apply as module
from scanner.migrate.apply import settle
from scanner.migrate.journal import state_of
from scanner.model import Secret
from scanner.record import replace
from scanner.references.environment import ENV_PATH, parse_env_map


@pytest.fixture
def planned(tree):
    """A tree with three files and the steps for them."""
    findings = [
        tree.plant(".env", "# x\nDB_PASSWORD={}\nPORT=1\n"),
        tree.plant("b.yaml", "mail:\n  password: {} # y\n"),
        tree.plant("c.py", 'API_TOKEN = "{}"\n'),
    ]
    return tree, tree.plan(*findings).steps


def journal_text(tree) -> bytes:
    return b"".join(p.read_bytes() for p in Path(tree.journal.folder).rglob("*") if p.is_file())


def test_everything_goes_well(planned):
    tree, steps = planned
    before = tree.files()
    outcome = tree.apply(steps)
    assert outcome.failed == []
    assert outcome.done == list(steps)
    after = tree.files()
    assert set(tree.secrets) == set(tree.vault.values.values())
    assert not [v for v in tree.secrets if any(v in data for data in after.values())]
    assert parse_env_map(after.pop(ENV_PATH)).keys() == tree.vault.values.keys()
    assert after.keys() == before.keys()
    assert after[".env"].startswith(b"# x\nDB_PASSWORD=ref+")
    assert after[".env"].endswith(b"\nPORT=1\n")
    assert tree.phases() == [
        "begin",
        "vault",
        "stored",
        "edit",
        "done",
        *["edit"] * 3,
        *["done"] * 3,
        "end",
    ]


def test_the_journal_holds_no_value_and_no_bare_digest(planned):
    import hashlib

    tree, steps = planned
    datas = list(tree.files().values())
    tree.apply(steps)
    text = journal_text(tree)
    for data in (*tree.secrets, *datas, *tree.files().values()):
        assert data not in text
        assert hashlib.sha256(data).hexdigest().encode() not in text
    encoded = re.findall(rb'"(?:new|plain)": "([^"]*)"', text)
    assert encoded
    for data in map(base64.b64decode, encoded):
        assert not [value for value in tree.secrets if value in data]


def test_nothing_to_do(tree):
    refused = tree.plan(tree.plant("vendor/.env", "DB_PASSWORD={}\n")).steps
    before = tree.files()
    assert tree.apply(refused).done == []
    assert tree.files() == before
    assert state_of(tree.journal.read(tree.run)) == "applied"
    assert not tree.vault.calls


def no_file_changed(tree, steps, error, **more):
    before, values = tree.files(), dict(tree.vault.values)
    with pytest.raises(error) as caught:
        tree.apply(steps, **more)
    assert tree.files() == before
    assert tree.vault.values == values
    assert not [v for v in tree.secrets if v in str(caught.value).encode()]
    return caught.value


def test_a_conflict_in_the_vault(planned):
    tree, steps = planned
    tree.vault.values["DB_PASSWORD"] = b"another"
    no_file_changed(tree, steps, VaultConflictError)


def test_a_vault_that_denies(planned):
    tree, steps = planned

    def denied(_):
        raise VaultError("denied")

    tree.vault.create = denied
    no_file_changed(tree, steps, VaultError)


@pytest.mark.parametrize("given", ["other", "none", "swapped"])
def test_a_vault_that_gives_back_something_else(planned, given):
    tree, steps = planned
    real = tree.vault.read
    tree.vault.values["KEPT"] = b"kept"

    def wrong(references):
        values = real(references)
        if given == "none":
            return {}
        if given == "other":
            return {r: Secret(b"other") for r in values}
        return dict(zip(values, reversed(values.values()), strict=True))

    tree.vault.read = wrong
    problem = no_file_changed(tree, steps, VaultError)
    assert "gave back something else" in problem.message
    assert state_of(tree.journal.read(tree.run)) == "applied"


def test_the_journal_cannot_be_written(planned, monkeypatch):
    tree, steps = planned
    context = tree.context()

    def full(_):
        raise OSError(28, "No space left on device")

    before = tree.files()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JournalError):
        module.apply(context, steps)
    assert tree.files() == before
    assert not tree.vault.values


def test_a_file_that_changed_since_the_plan(planned):
    tree, steps = planned
    tree.write("b.yaml", tree.read("b.yaml") + b"more: 1\n")
    problem = no_file_changed(tree, steps, PlanError)
    assert problem.message.startswith("b.yaml: was changed")


def test_a_file_that_changes_while_another_is_edited(planned):
    tree, steps = planned

    def meddle(path, data):
        if path == ".env":
            tree.write("b.yaml", tree.read("b.yaml") + b"more: 1\n")
        return tree.rescan(path, data)

    outcome = tree.apply(steps, rescan=meddle)
    assert outcome.failed == [("b.yaml", "was changed by somebody else")]
    assert {step.path for step in outcome.done} == {".env", "c.py"}
    assert tree.read("b.yaml").endswith(b"more: 1\n")
    assert tree.secrets[1] in tree.read("b.yaml")


def test_a_doubtful_file_is_put_back_and_the_others_go_on(planned):
    tree, steps = planned
    before = tree.files()

    def suspicious(path, data):
        if path != "b.yaml":
            return tree.rescan(path, data)
        start = data.index(b"ref+")
        return [replace(steps[1].finding, start=start, end=start + 4)]

    outcome = tree.apply(steps, rescan=suspicious)
    [(path, why)] = outcome.failed
    assert path == "b.yaml"
    assert "still a finding" in why
    assert tree.read("b.yaml") == before["b.yaml"]
    assert {step.path for step in outcome.done} == {".env", "c.py"}
    assert tree.phases()[-4:] == ["done", "reverted", "done", "end"]


def test_of_two_steps_in_a_file_the_good_one_is_done(tree):
    one, two = tree.made("one"), tree.made("two")
    tree.write("a.yaml", f"a_token: {one}\nb_token: {two}\n")
    steps = tree.plan(*(tree.finding("a.yaml", value.encode()) for value in (one, two))).steps
    bad = steps[1].reference.key.encode()

    def suspicious(_, data):
        if bad not in data:
            return []
        start = data.index(bad)
        return [replace(steps[1].finding, start=start, end=start + 4)]

    outcome = tree.apply(steps, rescan=suspicious)
    assert outcome.done == [steps[0]]
    assert [path for path, _ in outcome.failed] == ["a.yaml"]
    assert one.encode() not in tree.read("a.yaml")
    assert two.encode() in tree.read("a.yaml")


def test_a_file_that_cannot_be_put_back_is_said(planned, monkeypatch):
    tree, steps = planned
    real = module.replace_file

    def once(root, path, before, after, tag):
        if path == "b.yaml" and b"ref+" in before:
            from scanner.errors import EditError

            raise EditError("read-only file system")
        real(root, path, before, after, tag)

    monkeypatch.setattr(module, "replace_file", once)

    def suspicious(path, data):
        start = data.index(b"ref+") if path == "b.yaml" else 0
        return [replace(steps[1].finding, start=start, end=start + 4)] if start else []

    with pytest.raises(JournalError, match=r"cannot put b\.yaml back") as caught:
        tree.apply(steps, rescan=suspicious)
    assert tree.run in caught.value.hint
    monkeypatch.undo()
    tree.undo()
    assert tree.secrets[1] in tree.read("b.yaml")


def test_interrupted_between_two_files(planned):
    tree, steps = planned
    answers = iter([False, True])
    with pytest.raises(KeyboardInterrupt):
        tree.apply(steps, interrupted=lambda: next(answers))
    assert state_of(tree.journal.read(tree.run)) == "interrupted"
    assert tree.secrets[0] not in tree.read(".env")
    assert tree.secrets[1] in tree.read("b.yaml")
    assert set(tree.vault.values.values()) == set(tree.secrets)


class TestVariables:
    def test_a_dotenv_name_beside_the_entrys(self, tree):
        tree.vault.values["OTHER"] = tree.made("x").encode()
        finding = tree.plant(".env", "DB_PASSWORD={}\n", "x")
        tree.apply(tree.plan(finding, taken={"OTHER": finding.secret.digest}).steps)
        known = parse_env_map(tree.read(ENV_PATH))
        assert {name: reference.key for name, reference in known.items()} == {
            "OTHER": "OTHER",
            "DB_PASSWORD": "OTHER",
        }

    def test_what_is_there_stays(self, tree):
        tree.write(ENV_PATH, "# mine\nA_TOKEN: ref+sops://.unleak/vault.sops.yaml#/MINE\n")
        tree.apply(tree.plan(tree.plant("x.yaml", "a: 1\nb_token: {}\n")).steps)
        assert tree.read(ENV_PATH).startswith(
            b"# mine\nA_TOKEN: ref+sops://.unleak/vault.sops.yaml#/MINE\n"
        )
        assert b"\nB_TOKEN: ref+" in tree.read(ENV_PATH)

    def test_a_map_that_cannot_be_written(self, tree, monkeypatch):
        from scanner.errors import EditError

        real = module.replace_file

        def refused(root, path, before, after, tag):
            if path == ENV_PATH:
                raise EditError(f"{path}: permission denied")
            real(root, path, before, after, tag)

        monkeypatch.setattr(module, "replace_file", refused)
        steps = tree.plan(tree.plant(".env", "A_TOKEN={}\n")).steps
        before = tree.files()
        with pytest.raises(PlanError, match="permission denied"):
            tree.apply(steps)
        assert tree.files() == before
        monkeypatch.undo()
        tree.undo()
        assert tree.files() == before
        assert not tree.vault.values


class TestSettle:
    def stopped(self, planned, between):
        """A run that stopped after the announcement; `between` acts on the tree before that."""
        tree, steps = planned
        with pytest.raises(KeyboardInterrupt):
            tree.apply(steps, interrupted=lambda: True)
        between(tree, steps)
        context = module.Context(str(tree.root), tree.run, tree.journal, tree.vault, tree.rescan)
        return tree, settle(context, tree.journal.read(tree.run))

    def test_untouched(self, planned):
        tree, strange = self.stopped(planned, lambda *_: None)
        assert strange == []
        assert tree.phases().count("done") == 1

    def test_edited_but_not_noted(self, planned):
        from scanner.migrate.edit import spliced

        def edited(tree, steps):
            tree.write("b.yaml", spliced(tree.read("b.yaml"), steps[1].edits))

        tree, strange = self.stopped(planned, edited)
        assert strange == []
        assert tree.journal.read(tree.run)[-1].facts["path"] == "b.yaml"
        assert tree.journal.read(tree.run)[-1].phase == "done"

    def test_changed_by_somebody_else_or_gone(self, planned):
        def changed(tree, _):
            tree.write("b.yaml", "other: 1\n")
            (tree.root / "c.py").unlink()

        _, strange = self.stopped(planned, changed)
        assert strange == ["b.yaml", "c.py"]


def test_a_value_in_a_larger_literal_is_stored_whole(tree):
    finding = tree.plant("a.yaml", "url: postgres://app:{}@db/x\n")
    tree.apply(tree.plan(finding).steps)
    [value] = tree.vault.values.values()
    assert value == b"postgres://app:" + tree.secrets[0] + b"@db/x"
    assert tree.read("a.yaml").startswith(b"url: ref+")


def test_the_journal_is_lines_of_json(planned):
    tree, steps = planned
    tree.apply(steps)
    path = Path(tree.journal.folder, "runs", f"{tree.run}.jsonl")
    assert all(isinstance(json.loads(line), dict) for line in path.read_text().splitlines())
