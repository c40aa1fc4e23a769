"""The journal: who may read it, what it says, and what a killed run leaves of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from scanner.errors import JournalError
from scanner.migrate.journal import Journal, state_folder, state_of
from scanner.model import Entry


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    (tmp_path / "tree").mkdir()
    return Journal(str(tmp_path / "tree"), str(tmp_path / "state"))


def mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def run_file(journal: Journal, run: str) -> Path:
    return Path(journal.folder, "runs", f"{run}.jsonl")


def test_only_the_user_may_look(journal):
    run = journal.start({})
    journal.digest(b"")
    with journal.locked():
        pass
    assert mode(journal.folder) == 0o700
    assert mode(run_file(journal, run).parent) == 0o700
    assert mode(run_file(journal, run)) == 0o600
    assert mode(Path(journal.folder, "key")) == 0o600


def test_what_is_written_is_read(journal):
    run = journal.start({"vault": "sops"})
    journal.append([Entry(run, "edit", "s1", {"path": "a\udcff\n"}), Entry(run, "end")])
    begin, edit, end = journal.read(run)
    assert begin == Entry(run, "begin", facts={"root": journal.root, "vault": "sops"})
    assert edit == Entry(run, "edit", "s1", {"path": "a\udcff\n"})
    assert end == Entry(run, "end")
    journal.append([])
    assert len(journal.read(run)) == 3


def test_runs_are_in_the_order_of_time(journal):
    started = [journal.start({}) for _ in range(20)]
    assert journal.runs() == tuple(started)


def test_each_tree_has_its_own(tmp_path, journal):
    (tmp_path / "link").symlink_to("tree")
    (tmp_path / "other").mkdir()
    state = str(tmp_path / "state")
    assert Journal(str(tmp_path / "link"), state).folder == journal.folder
    assert Journal(str(tmp_path / "other"), state).folder != journal.folder
    assert journal.runs() == ()


def test_half_a_line_is_left_out_and_the_next_one_stands_alone(journal):
    run = journal.start({})
    file = run_file(journal, run)
    with file.open("ab") as stream:
        stream.write(b'{"phase": "end", "fai')
    assert [entry.phase for entry in journal.read(run)] == ["begin"]
    journal.append([Entry(run, "stored")])
    journal.append([Entry(run, "end")])
    assert [entry.phase for entry in journal.read(run)] == ["begin", "stored", "end"]
    assert file.read_bytes().count(b"\n") == 4


@pytest.mark.parametrize("kept", [0, 1, 30])
def test_a_run_whose_first_line_is_torn_never_began(journal, kept):
    run = journal.start({"vault": "sops"})
    os.truncate(run_file(journal, run), kept)
    assert journal.runs() == ()
    with pytest.raises(JournalError, match="never began"):
        journal.read(run)


@pytest.mark.parametrize(
    ("phases", "state"),
    [
        (["begin"], "interrupted"),
        (["begin", "vault", "stored", "edit", "done"], "interrupted"),
        (["begin", "end"], "applied"),
        (["begin", "end", "undo-begin", "undone"], "undo interrupted"),
        (["begin", "undo-begin", "undo-end"], "undone"),
        (["begin", "end", "undo-begin", "undo-left"], "undone in part"),
        (["begin", "end", "undo-begin", "undo-left", "undo-begin"], "undo interrupted"),
    ],
)
def test_state(phases, state):
    assert state_of([Entry("r", phase) for phase in phases]) == state


def test_one_run_at_a_time(journal):
    other = Journal(journal.root, str(Path(journal.folder).parents[1]))
    wanted = pytest.raises(JournalError, match="another run")
    with journal.locked(), wanted as caught, other.locked():
        pass
    assert caught.value.hint
    with other.locked():
        pass


def test_a_failure_unlocks(journal):
    with pytest.raises(RuntimeError), journal.locked():
        raise RuntimeError
    with journal.locked():
        pass


def test_digests_need_the_key(journal, tmp_path, made):
    import hashlib

    data = made("weak", 4).encode()
    digest = journal.digest(data)
    assert digest == journal.digest(data)
    assert digest == Journal(journal.root, str(tmp_path / "state")).digest(data)
    assert digest != journal.digest(data + b" ")
    assert digest != hashlib.sha256(data).hexdigest()
    assert digest != Journal(journal.root, str(tmp_path / "state2")).digest(data)


@pytest.mark.parametrize("run", ["", "../x", "a/b", ".hidden"])
def test_names_that_are_no_run(journal, run):
    with pytest.raises(JournalError, match="is no run"):
        journal.read(run)


def test_a_run_that_is_not_there(journal):
    with pytest.raises(JournalError, match="no run is called") as caught:
        journal.read("20200101-000000-aaaa")
    assert "journal list" in caught.value.hint


def test_a_journal_that_cannot_be_read(journal):
    run = journal.start({})
    file = run_file(journal, run)
    file.unlink()
    file.mkdir()
    with pytest.raises(JournalError, match="cannot read the journal"):
        journal.read(run)


def test_a_full_disk(journal, monkeypatch):
    import errno

    run = journal.start({})

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JournalError, match="no space left") as caught:
        journal.append([Entry(run, "end")])
    assert "UNLEAK_STATE_DIR" in caught.value.hint


def test_a_link_in_the_place_of_the_journal_is_not_followed(journal, tmp_path):
    run = journal.start({})
    file = run_file(journal, run)
    file.unlink()
    (tmp_path / "target").write_bytes(b"")
    file.symlink_to(tmp_path / "target")
    with pytest.raises(JournalError, match="cannot write"):
        journal.append([Entry(run, "end")])
    assert (tmp_path / "target").read_bytes() == b""


def test_no_place_for_it(tmp_path):
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises(JournalError, match="cannot write") as caught:
        Journal(str(tmp_path), str(tmp_path / "state")).start({})
    assert "UNLEAK_STATE_DIR" in caught.value.hint


def test_state_folder(monkeypatch):
    assert state_folder() == os.environ["UNLEAK_STATE_DIR"]
    monkeypatch.delenv("UNLEAK_STATE_DIR")
    assert state_folder().startswith(os.environ["HOME"])
    assert state_folder().endswith("unleak")


def test_a_key_is_whole_or_not_there(journal, monkeypatch):
    import errno

    journal.start({})

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JournalError, match="no space left"):
        journal.digest(b"x")
    monkeypatch.undo()
    assert sorted(os.listdir(journal.folder)) == ["runs"]
    assert journal.digest(b"x") == Journal(journal.root, state_of_journal(journal)).digest(b"x")


def test_a_damaged_key_is_said(journal):
    journal.digest(b"x")
    Path(journal.folder, "key").write_bytes(b"")
    with pytest.raises(JournalError, match="key is damaged"):
        Journal(journal.root, state_of_journal(journal)).digest(b"x")


def state_of_journal(journal: Journal) -> str:
    return str(Path(journal.folder).parents[1])
