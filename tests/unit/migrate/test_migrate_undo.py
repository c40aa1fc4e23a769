"""Files come back byte for byte; what somebody changed or needs is named and left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.errors import EditError, JournalError, VaultError
from scanner.migrate import notes
from scanner.migrate import undo as module
from scanner.migrate.apply import Context, apply
from scanner.migrate.edit import temporary_name
from scanner.migrate.history_list import HISTORY_PATH
from scanner.migrate.journal import state_of
from scanner.migrate.undo import last_run, mapped
from scanner.model import Secret
from scanner.references.environment import ENV_PATH, parse_env_map

TEXTS = {
    ".env": "# x\r\nDB_PASSWORD='{}' # y\r\nPORT=1",
    ".npmrc": "//example.org/:_password={}\n",
    "a.ini": "[a]\npassword = {}\n",
    "a.js": "'use strict';\nconst apiToken = '{}';\n",
    "a.json": '{"password": "\\u0041{}"}',
    "a.properties": "a.password : {}\n",
    "a.py": "#!/usr/bin/python\nimport sys\nAPI_TOKEN = '{}'\n",
    "a.sh": "export API_TOKEN='{}'\n",
    "a.toml": "password = '''{}'''\n",
    "a.yaml": '\ufeffpassword: "\\x41{}" # note\n',
    "b.yaml": "password: |- # a note\n    {}\nport: 1\n",
    "docker-compose.yml": "services:\n  a:\n    environment:\n      - PASSWORD={}\n",
}


@pytest.fixture
def moved(tree):
    """A tree whose secrets were moved, and its files before."""
    findings = [tree.plant(path, text) for path, text in TEXTS.items()]
    before = tree.files()
    steps = tree.plan(*findings).steps
    assert tree.apply(steps).failed == []
    assert len(steps) == len(TEXTS)
    assert all(step.edits for step in steps)
    tree.names = {step.path: step.name for step in steps}
    return tree, before


def test_every_byte_is_back(moved):
    tree, before = moved
    tree.root.joinpath("a.sh").chmod(0o755)
    result = tree.undo()
    assert tree.files() == before
    assert tree.root.joinpath("a.sh").stat().st_mode & 0o777 == 0o755
    assert not tree.root.joinpath(".unleak").exists()
    assert tree.vault.values == {}
    assert set(result.restored) == {*TEXTS, ENV_PATH}
    assert (result.conflicts, result.kept) == ([], [])
    assert state_of(tree.journal.read(tree.run)) == "undone"


def test_the_journal_of_it_holds_no_value(moved):
    tree, _ = moved
    tree.undo()
    for path in Path(tree.journal.folder).rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert not [value for value in tree.secrets if value in data]


def test_twice_is_said(moved):
    tree, before = moved
    tree.undo()
    with pytest.raises(JournalError, match="undone already"):
        tree.undo()
    with pytest.raises(JournalError, match="nothing to undo"):
        last_run(tree.journal)
    assert tree.files() == before


def test_again_after_a_stop_changes_nothing_more(moved, monkeypatch):
    tree, before = moved
    real = module.replace_file
    calls = []

    def stopping(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(module, "replace_file", stopping)
    with pytest.raises(KeyboardInterrupt):
        tree.undo()
    monkeypatch.undo()
    assert state_of(tree.journal.read(tree.run)) == "undo interrupted"
    assert last_run(tree.journal) == tree.run
    result = tree.undo()
    assert tree.files() == before
    assert len(result.restored) == len(TEXTS) + 1 - 3
    assert tree.vault.values == {}


@pytest.mark.parametrize("path", TEXTS)
def test_a_file_that_was_changed_since_is_a_conflict_and_goes_on_working(moved, path):
    tree, before = moved
    tree.write(path, tree.read(path) + b"\n")
    changed = tree.read(path)
    result = tree.undo()
    assert result.conflicts == [(path, "was changed since; put it right by hand")]
    after = tree.files()
    assert after.pop(path) == changed
    name = tree.names[path]
    assert {reference.key for reference in mapped(after.pop(ENV_PATH))} == {name}
    assert after == {one: data for one, data in before.items() if one != path}
    assert result.kept == [name]
    assert tree.vault.values.keys() == {name}
    assert state_of(tree.journal.read(tree.run)) == "undone in part"


def test_a_conflict_that_was_put_right_can_be_undone_later(moved):
    tree, before = moved
    good = tree.read("a.yaml")
    tree.write("a.yaml", good + b"more: 1\n")
    tree.undo()
    assert last_run(tree.journal) == tree.run
    tree.write("a.yaml", good)
    result = tree.undo()
    assert result.restored == ["a.yaml", ENV_PATH]
    assert tree.files() == before
    assert tree.vault.values == {}


def test_a_file_that_is_gone_is_a_conflict(moved):
    tree, _ = moved
    (tree.root / "a.yaml").unlink()
    result = tree.undo()
    assert [path for path, _ in result.conflicts] == ["a.yaml"]
    assert len(tree.vault.values) == 1


def test_a_file_that_somebody_put_back_already(moved):
    tree, before = moved
    tree.write("a.yaml", before["a.yaml"])
    result = tree.undo()
    assert result.conflicts == []
    assert "a.yaml" not in result.restored
    assert tree.files() == before
    assert tree.vault.values == {}


def test_an_entry_that_somebody_uses_by_now_is_kept(moved):
    tree, before = moved
    text = "token: ref+sops://.unleak/vault.sops.yaml#/DB_PASSWORD\n"
    tree.write("new.yaml", text)
    result = tree.undo()
    assert result.kept == ["DB_PASSWORD"]
    assert tree.vault.values.keys() == {"DB_PASSWORD"}
    assert {p: d for p, d in tree.files().items() if p in before} == before


def test_an_entry_that_was_there_before_is_kept(tree):
    finding = tree.plant(".env", "DB_PASSWORD={}\n")
    tree.vault.values["DB_PASSWORD"] = tree.secrets[0]
    before = tree.files()
    taken = {"DB_PASSWORD": finding.secret.digest}
    tree.apply(tree.plan(finding, taken=taken).steps)
    assert tree.undo().removed == []
    assert tree.files() == before
    assert tree.vault.values == {"DB_PASSWORD": tree.secrets[0]}


def test_a_value_that_was_replaced_in_the_vault(moved):
    tree, _ = moved
    name = parse_env_map(tree.read(ENV_PATH))["DB_PASSWORD"].key
    tree.vault.values[name] = b"rotated"
    after = tree.read(".env")
    result = tree.undo()
    assert [path for path, _ in result.conflicts] == [".env"]
    assert tree.read(".env") == after
    assert tree.vault.values[name] == b"rotated"


def test_a_value_that_is_gone_from_the_vault(moved):
    tree, before = moved
    del tree.vault.values["DB_PASSWORD"]
    result = tree.undo()
    [(path, why)] = result.conflicts
    assert path == ".env"
    assert "does not hold the value" in why
    assert {p: d for p, d in tree.files().items() if p not in (".env", ENV_PATH)} == {
        path: data for path, data in before.items() if path != ".env"
    }


def test_a_vault_that_refuses_changes_nothing(moved):
    tree, _ = moved
    after = tree.files()

    def refused(_):
        raise VaultError("sealed")

    tree.vault.read = refused
    with pytest.raises(VaultError):
        tree.undo()
    assert tree.files() == after
    del tree.vault.read
    assert tree.undo().conflicts == []


def test_what_a_killed_run_left_is_swept(moved):
    tree, before = moved
    (tree.root / temporary_name("a.yaml", tree.run)).write_bytes(b"half")
    tree.undo()
    assert tree.files() == before


def test_a_link_that_took_the_files_place(moved, tmp_path):
    tree, _ = moved
    target = tmp_path / "target"
    target.write_bytes(tree.read("a.yaml"))
    (tree.root / "a.yaml").unlink()
    (tree.root / "a.yaml").symlink_to(target)
    held = target.read_bytes()
    result = tree.undo()
    [(path, why)] = result.conflicts
    assert (path, why) == ("a.yaml", "stands behind a symbolic link")
    assert target.read_bytes() == held


def test_a_journal_that_does_not_fit_the_file(moved, monkeypatch):
    tree, _ = moved
    monkeypatch.setattr(notes, "old_bytes", lambda *_: b"wrong")
    after = tree.read("a.yaml")
    result = tree.undo()
    assert ("a.yaml", "would not be what it was") in result.conflicts
    assert tree.read("a.yaml") == after


class TestMap:
    @pytest.fixture
    def old(self, tree):
        tree.write(ENV_PATH, "# mine\nOLD: ref+sops://.unleak/vault.sops.yaml#/OLD\n")
        tree.vault.values["OLD"] = b"old"
        tree.apply(tree.plan(tree.plant(".env", "DB_PASSWORD={}\n")).steps)
        return tree

    def test_an_older_one_is_as_it_was(self, old):
        old.undo()
        assert old.read(ENV_PATH) == b"# mine\nOLD: ref+sops://.unleak/vault.sops.yaml#/OLD\n"
        assert old.vault.values == {"OLD": b"old"}

    def test_lines_that_others_added_stay(self, old):
        line = b"NEW: ref+sops://.unleak/vault.sops.yaml#/OLD\n"
        old.write(ENV_PATH, old.read(ENV_PATH) + line)
        old.undo()
        assert (
            old.read(ENV_PATH) == b"# mine\nOLD: ref+sops://.unleak/vault.sops.yaml#/OLD\n" + line
        )

    def test_one_that_is_gone(self, old):
        (old.root / ENV_PATH).unlink()
        assert old.undo().conflicts == []
        assert not (old.root / ENV_PATH).exists()


def test_runs_one_after_the_other(tree):
    first = tree.plant(".env", "DB_PASSWORD={}\n")
    before = tree.files()
    tree.apply(tree.plan(first).steps)
    runs = [tree.run]
    second = tree.plant("b.yaml", "mail_password: {}\n")
    middle = tree.files()
    taken = {"DB_PASSWORD": first.secret.digest}
    tree.apply(tree.plan(second, taken=taken).steps)
    runs.append(tree.run)
    assert last_run(tree.journal) == runs[1]
    tree.undo(runs[1])
    assert tree.files() == middle
    assert last_run(tree.journal) == runs[0]
    tree.undo(runs[0])
    del middle[ENV_PATH]
    assert {p: d for p, d in tree.files().items() if p != "b.yaml"} == before
    assert tree.vault.values == {}


def test_the_older_run_first(tree):
    first = tree.plant(".env", "DB_PASSWORD={}\n")
    second = tree.plant("b.yaml", "mail_password: {}\n")
    before = tree.files()
    tree.apply(tree.plan(first).steps)
    older = tree.run
    tree.apply(tree.plan(second, taken={"DB_PASSWORD": first.secret.digest}).steps)
    assert tree.undo(older).conflicts == []
    assert parse_env_map(tree.read(ENV_PATH)).keys() == {"MAIL_PASSWORD"}
    assert tree.undo(tree.run).conflicts == []
    after = tree.files()
    after.pop(ENV_PATH, None)
    assert after == before
    assert tree.vault.values == {}


def resumed(tree):
    """A run that stopped after it announced its edits, and went on."""
    steps = tree.plan(tree.plant(".env", "DB_PASSWORD={}\n")).steps
    with pytest.raises(KeyboardInterrupt):
        tree.apply(steps, interrupted=lambda: True)
    context = Context(str(tree.root), tree.run, tree.journal, tree.vault, tree.rescan)
    assert apply(context, steps).done == list(steps)
    assert [e.facts["path"] for e in tree.journal.read(tree.run) if e.phase == "edit"] == [
        ENV_PATH,
        ".env",
        ".env",
    ]


def test_a_run_that_was_resumed(tree):
    resumed(tree)
    assert tree.undo().restored == [".env", ENV_PATH]
    assert tree.read(".env").endswith(tree.secrets[0] + b"\n")
    assert tree.vault.values == {}


def test_a_conflict_is_named_once(tree):
    resumed(tree)
    tree.write(".env", tree.read(".env") + b"\n")
    assert [path for path, _ in tree.undo().conflicts] == [".env"]


def test_a_reverted_edit_is_not_undone(tree):
    from scanner.record import replace

    step = tree.plan(tree.plant(".env", "DB_PASSWORD={}\n")).steps[0]
    tree.apply([step], rescan=lambda _, d: [replace(step.finding, start=0, end=len(d))])
    before = tree.read(".env")
    result = tree.undo()
    assert result.conflicts == []
    assert tree.read(".env") == before
    assert tree.vault.values == {}


def test_an_edit_that_cannot_be_made_is_a_conflict(moved, monkeypatch):
    tree, _ = moved
    real = module.replace_file

    def denied(root, path, *rest):
        if path == "a.yaml":
            raise EditError(f"{path}: permission denied")
        real(root, path, *rest)

    monkeypatch.setattr(module, "replace_file", denied)
    assert tree.undo().conflicts == [("a.yaml", "permission denied")]


class TestOrder:
    @pytest.fixture
    def two(self, tree):
        """Two runs that share an entry, the second one for code that reads a variable."""
        first = tree.plant("a.yaml", "db_password: {}\n", "same")
        second = tree.plant("b.py", 'DB_PASSWORD = "{}"\n', "same")
        before = tree.files()
        tree.apply(tree.plan(first).steps)
        older = tree.run
        tree.apply(tree.plan(second, taken={"DB_PASSWORD": first.secret.digest}).steps)
        return tree, older, before

    def test_what_another_run_needs_stays(self, two):
        tree, older, before = two
        tree.references = list  # as if git ignored every file
        result = tree.undo(older)
        assert (result.removed, result.kept) == ([], ["DB_PASSWORD"])
        assert tree.read("a.yaml") == before["a.yaml"]
        assert "DB_PASSWORD" in parse_env_map(tree.read(ENV_PATH))
        assert "DB_PASSWORD" in tree.vault.values

    def test_the_last_one_takes_it_along(self, two):
        tree, older, before = two
        tree.undo(older)
        assert tree.undo(tree.run).removed == ["DB_PASSWORD"]
        assert tree.files() == before
        assert tree.vault.values == {}

    def test_a_file_that_was_put_back_by_hand_needs_nothing(self, two):
        tree, older, before = two
        tree.write("b.py", before["b.py"])
        assert tree.undo(older).removed == ["DB_PASSWORD"]
        assert tree.files() == before


def test_a_run_that_did_nothing_is_not_the_last(tree):
    finding = tree.plant("a.yaml", "db_password: {}\n")
    tree.apply(tree.plan(finding).steps)
    moved = tree.run
    tree.vault.values["MAIL_PASSWORD"] = b"another"
    steps = tree.plan(tree.plant("b.yaml", "mail_password: {}\n")).steps
    with pytest.raises(VaultError):
        tree.apply(steps)
    assert last_run(tree.journal) == moved


def test_a_private_key_in_its_own_file(tree):
    text = "-----BEGIN " + "PRIVATE KEY-----\r\n{}\n-----END " + "PRIVATE KEY-----\n"
    finding = tree.plant("keys/id_rsa", text)
    before = tree.files()
    outcome = tree.apply(tree.plan(finding, private_keys=True).steps)
    assert (len(outcome.done), outcome.failed) == (1, [])
    assert tree.read("keys/id_rsa") == b"ref+sops://.unleak/vault.sops.yaml#/ID_RSA"
    assert list(tree.vault.values.values()) == [before["keys/id_rsa"]]
    tree.undo()
    assert tree.files() == before


@pytest.fixture
def kept(tree):
    """A tree of which only history holds two values, stored by two runs; what each run did."""
    tree.write("app.py", "print(1)\n")
    before = tree.files()
    runs = []
    for path, seed in (("a.env", "one"), ("b.env", "two")):
        steps = tree.plan(past=[tree.past(path, seed, "a")], taken=taken(tree)).steps
        tree.apply(steps)
        runs.append(tree.run)
    assert len(tree.vault.values) == 2
    return tree, before, runs


def taken(tree) -> dict[str, bytes]:
    return {name: Secret(value).digest for name, value in tree.vault.values.items()}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_entries_and_lines_of_history_go_again(kept, order):
    tree, before, runs = kept
    first, second = (runs[number] for number in order)
    result = tree.undo(first)
    assert (len(result.removed), result.conflicts, result.kept) == (1, [], [])
    assert len(tree.vault.values) == 1
    [name] = tree.vault.values
    assert tree.files()[HISTORY_PATH].count(b"\n") == 1
    assert name.encode() in tree.files()[HISTORY_PATH]
    assert tree.undo(second).removed == [name]
    assert tree.vault.values == {}
    assert tree.files() == before


def test_what_a_file_uses_by_now_stays(kept):
    tree, _, runs = kept
    [name, _] = tree.vault.values
    tree.write("app.yaml", f"x: ref+sops://.unleak/vault.sops.yaml#/{name}\n")
    result = tree.undo(runs[0])
    assert (result.kept, result.removed) == ([name], [])
    assert name in tree.vault.values
    assert tree.files()[HISTORY_PATH].count(b"\n") == 1


def test_what_a_file_had_stays_while_the_list_needs_it(tree):
    """A file's value was moved, and is in history alone then; the move is undone first."""
    finding = tree.plant(".env", "DB_PASSWORD={}\n", "one")
    before = tree.files()
    tree.apply(tree.plan(finding).steps)
    moved = tree.run
    steps = tree.plan(past=[tree.past("old.env", "one", "a")], taken=taken(tree)).steps
    assert [step.name for step in steps] == ["DB_PASSWORD"]
    tree.apply(steps)
    assert tree.undo(moved).kept == ["DB_PASSWORD"]
    assert tree.vault.values
    tree.undo(tree.run)
    assert tree.files() == before
    assert tree.vault.values == {}


def test_lines_that_somebody_added_stay(kept):
    tree, _, runs = kept
    tree.write(HISTORY_PATH, b"{}\n" + tree.read(HISTORY_PATH) + b"[]\n")
    for run in runs:
        tree.undo(run)
    assert tree.read(HISTORY_PATH) == b"{}\n[]\n"
    assert tree.vault.values == {}


def test_a_list_that_somebody_removed_is_no_conflict(kept):
    tree, before, runs = kept
    (tree.root / HISTORY_PATH).unlink()
    (tree.root / HISTORY_PATH).parent.rmdir()
    for run in runs:
        assert tree.undo(run).conflicts == []
    assert tree.files() == before
    assert tree.vault.values == {}
