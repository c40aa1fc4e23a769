"""Vault first, then files; whatever fails, every value is still in its file or in the vault."""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path

import pytest

from scanner.errors import EditError, JournalError, PlanError, VaultConflictError, VaultError
from scanner.migrate import apply as module
from scanner.migrate.history_list import HISTORY_PATH
from scanner.migrate.journal import state_of
from scanner.migrate.undo import last_run
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
        *["edit"] * 4,
        *["done"] * 4,
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
    assert state_of(tree.journal.read(tree.run)) == "applied"
    with pytest.raises(JournalError, match="nothing to undo"):
        last_run(tree.journal)
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
        if path == ".env" and data == tree.read(path):
            tree.write("b.yaml", tree.read("b.yaml") + b"more: 1\n")
        return tree.rescan(path, data)

    outcome = tree.apply(steps, rescan=meddle)
    assert outcome.failed == [("b.yaml", "was changed by somebody else")]
    assert {step.path for step in outcome.done} == {".env", "c.py"}
    assert tree.read("b.yaml").endswith(b"more: 1\n")
    assert tree.secrets[1] in tree.read("b.yaml")


def doubting(tree, step, *, when):
    """A rescan that finds something in the step's file at the given looks at it."""
    looks = []

    def rescan(path, data):
        if path != step.path:
            return tree.rescan(path, data)
        looks.append(data)
        if len(looks) not in when:
            return []
        start = data.index(step.name.encode())
        return [replace(step.finding, start=start, end=start + 4)]

    return rescan


def test_what_would_not_stand_the_proof_goes_nowhere(planned):
    tree, steps = planned
    before = tree.files()
    outcome = tree.apply(steps, rescan=doubting(tree, steps[1], when={1, 2}))
    [(path, why)] = outcome.failed
    assert (path, why) == ("b.yaml", "what was written is still a finding (generic-secret)")
    assert tree.read("b.yaml") == before["b.yaml"]
    assert steps[1].name not in tree.vault.values
    assert steps[1].name not in parse_env_map(tree.read(ENV_PATH))
    assert {step.path for step in outcome.done} == {".env", "c.py"}
    assert "reverted" not in tree.phases()


def test_a_file_that_is_doubtful_once_it_is_written_is_put_back_and_the_others_go_on(planned):
    tree, steps = planned
    before = tree.files()
    outcome = tree.apply(steps, rescan=doubting(tree, steps[1], when={2}))
    [(path, why)] = outcome.failed
    assert path == "b.yaml"
    assert "still a finding" in why
    assert tree.read("b.yaml") == before["b.yaml"]
    assert {step.path for step in outcome.done} == {".env", "c.py"}
    assert tree.phases()[-4:] == ["done", "reverted", "done", "end"]


def test_a_file_that_is_written_over_at_once_is_left_to_whoever_did_it(planned, monkeypatch):
    tree, steps = planned
    real = module.replace_file

    def raced(root, path, before, after, tag):
        real(root, path, before, after, tag)
        if path == "b.yaml":
            tree.write(path, "mine: 1\n")

    monkeypatch.setattr(module, "replace_file", raced)
    outcome = tree.apply(steps)
    assert outcome.failed == [("b.yaml", "was changed by somebody else right after it was written")]
    assert tree.read("b.yaml") == b"mine: 1\n"
    assert tree.secrets[1] in tree.vault.values.values()


def test_of_many_steps_in_a_file_the_good_ones_are_done(tree):
    values = [tree.made(str(number)) for number in range(9)]
    tree.write("a.yaml", "".join(f"k{n}_token: {value}\n" for n, value in enumerate(values)))
    steps = tree.plan(*(tree.finding("a.yaml", value.encode()) for value in values)).steps
    bad = {steps[0].name.encode(), steps[5].name.encode()}

    def suspicious(_, data):
        return [
            replace(steps[0].finding, start=data.index(name), end=data.index(name) + 4)
            for name in bad
            if name in data
        ]

    outcome = tree.apply(steps, rescan=suspicious)
    assert outcome.done == [step for n, step in enumerate(steps) if n not in (0, 5)]
    assert [path for path, _ in outcome.failed] == ["a.yaml"] * 2
    after = tree.read("a.yaml").decode()
    assert [value for value in values if value in after] == [values[0], values[5]]
    assert len(tree.vault.values) == 7
    tree.undo()
    assert list(tree.files()) == ["a.yaml"]
    assert all(value in tree.read("a.yaml").decode() for value in values)


def test_a_file_that_cannot_be_put_back_is_said(planned, monkeypatch):
    tree, steps = planned
    real = module.replace_file

    def once(root, path, before, after, tag):
        if path == "b.yaml" and b"ref+" in before:
            from scanner.errors import EditError

            raise EditError("read-only file system")
        real(root, path, before, after, tag)

    monkeypatch.setattr(module, "replace_file", once)

    with pytest.raises(JournalError, match=r"cannot put b\.yaml back") as caught:
        tree.apply(steps, rescan=doubting(tree, steps[1], when={2}))
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
        problem = no_file_changed(tree, steps, PlanError)
        assert "permission denied" in problem.message
        monkeypatch.undo()
        tree.undo()
        assert tree.files() == before

    def test_a_name_that_stands_for_another_entry_is_no_name_to_read(self, tree):
        tree.write(ENV_PATH, "A_TOKEN: ref+sops://.unleak/vault.sops.yaml#/OTHER\n")
        steps = tree.plan(tree.plant("x.py", 'A_TOKEN = "{}"\n')).steps
        problem = no_file_changed(tree, steps, PlanError)
        assert "A_TOKEN already refers to something else" in problem.message

    def test_a_map_that_cannot_be_read(self, tree):
        tree.write(ENV_PATH, "A_TOKEN\n")
        steps = tree.plan(tree.plant("x.py", 'A_TOKEN = "{}"\n')).steps
        assert ENV_PATH in no_file_changed(tree, steps, PlanError).message


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


@pytest.fixture
def past(tree):
    """A file's step, and two for what only history holds."""
    findings = [tree.past("old.env", "one", "a"), tree.past("(commit message)", "two", "b")]
    now = tree.plant(".env", "MAIL_PASSWORD={}\n")
    return tree, tree.plan(now, past=findings).steps


def test_what_only_history_holds_is_stored_and_listed(past):
    tree, steps = past
    outcome = tree.apply(steps[1:])
    assert (outcome.done, outcome.failed, outcome.changed) == (list(steps[1:]), [], True)
    assert {step.name: step.literal.value for step in steps[1:]} == tree.vault.values
    assert set(tree.files()) == {".env", HISTORY_PATH}
    assert tree.files()[HISTORY_PATH].count(b"\n") == 2
    assert tree.phases() == [
        "begin",
        "vault",
        "stored",
        "history",
        "history",
        "edit",
        "done",
        "end",
    ]
    noted = [entry for entry in tree.journal.read(tree.run) if entry.phase == "history"]
    assert [entry.facts["path"] for entry in noted] == [step.path for step in steps[1:]]
    assert noted[1].facts["places"] == [{"commit": "a" * 40, "path": "old.env"}]
    text = journal_text(tree) + tree.files()[HISTORY_PATH]
    assert not [value for value in tree.secrets if value in text]


def test_with_files_in_one_run(past):
    tree, steps = past
    outcome = tree.apply(steps)
    assert {step.id for step in outcome.done} == {step.id for step in steps}
    assert list(parse_env_map(tree.files()[ENV_PATH])) == ["MAIL_PASSWORD"]
    assert len(tree.vault.values) == 3


def test_once_more_changes_nothing(past):
    tree, steps = past
    tree.apply(steps[1:])
    before, values = tree.files(), dict(tree.vault.values)
    outcome = tree.apply(steps[1:])
    assert (outcome.changed, len(outcome.done)) == (False, 2)
    assert (tree.files(), tree.vault.values) == (before, values)
    assert "edit" not in tree.phases()


def test_another_value_under_that_name_is_a_conflict(past):
    tree, steps = past
    tree.vault.values[steps[1].name] = b"another"
    problem = no_file_changed(tree, steps, VaultConflictError)
    assert steps[1].name in problem.message


@pytest.mark.parametrize("path", [ENV_PATH, HISTORY_PATH])
@pytest.mark.parametrize("there", [False, True])
def test_one_of_our_own_files_cannot_be_written(past, monkeypatch, path, there):
    tree, steps = past
    if there:
        tree.write(ENV_PATH, "# ours\n")
        tree.write(HISTORY_PATH, "{}\n")
    real = module.replace_file

    def full(root, wanted, *more):
        if wanted == path:
            raise EditError(f"{path}: no space left on device")
        real(root, wanted, *more)

    monkeypatch.setattr(module, "replace_file", full)
    no_file_changed(tree, steps, PlanError)
