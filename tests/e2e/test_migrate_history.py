"""What only history holds, moved by the real command: found, stored, listed, undone, killed."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.fleet import Fleet
from support.histories import Repository, unleak

from scanner.migrate.journal import Journal, state_of
from scanner.vaults.sops import SopsVault

Made = Callable[..., str]
LIST = ".unleak/history.jsonl"
APPLY = ("migrate", ".", "--apply", "--all", "--history")


def pem(seed: str) -> str:
    """A private key by its form: base64 lines that start as such keys do, made from a seed."""
    body = bytes.fromhex("308204a40201000282010100") + random.Random(seed).randbytes(1180)
    text = base64.b64encode(body).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    head, tail = (f"-----{word} RSA " + "PRIVATE KEY-----" for word in ("BEGIN", "END"))
    return "\n".join((head, *lines, tail))


class Story:
    """A repository of which the tree holds one value and only history five more."""

    def __init__(self, top: Path, made: Made) -> None:
        self.repo = Repository(top)
        self.now = made("now")
        self.past = {
            "DB_PASSWORD": made("old"),
            "MAIL_PASSWORD": made("mail"),
            "SMTP_PASSWORD": made("message"),
            "CACHE_PASSWORD": made("encoded"),
        }
        self.key = pem("key")
        old, mail, message, encoded = self.past.values()
        inner = base64.b64encode(f"CACHE_PASSWORD={encoded}\n".encode()).decode()
        commit = self.repo.commit
        self.first = commit(
            {"app/app.env": f"DB_PASSWORD={old}\n", "x.env": f"A_TOKEN={self.now}\n"}
        )
        commit({"id_rsa": self.key + "\n", "data.txt": f"blob: {inner}\n"})
        commit({f"{old}/mail.env": f"MAIL_PASSWORD={mail}\n"})
        self.repo.git("tag", "v1")
        self.last = self.repo.head
        gone = {"id_rsa": None, "data.txt": "", f"{old}/mail.env": None, "app/app.env": "DEBUG=1\n"}
        commit(gone, f"Clean up\n\nSMTP_PASSWORD={message}\n")

    @property
    def values(self) -> set[str]:
        return {self.now, *self.past.values(), self.key}

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Everything, the repository itself too."""
        found = {}
        for path in sorted(self.repo.top.rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            mode = stat.S_IMODE(path.stat().st_mode) if path.is_file() else 0
            found[path.relative_to(self.repo.top).as_posix()] = (mode, data)
        return found

    def stored(self, environ: dict[str, str] | None = None) -> dict[str, str]:
        vault = SopsVault(str(self.repo.top), environ=environ or dict(os.environ))
        references = [vault.reference(name) for name in vault.names()]
        return {r.key: s.reveal().decode() for r, s in vault.read(references).items()}

    def listed(self) -> list[dict]:
        text = (self.repo.top / LIST).read_text()
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def story(tmp_path: Path, made: Made) -> Story:
    return Story(tmp_path / "repo", made)


@pytest.fixture
def run(story: Story, tmp_path: Path) -> Callable[..., str]:
    """The real command; what it says, of which no line and no file of the user holds a value."""

    def call(*words: str, code: int = 0) -> str:
        done = unleak(story.repo.top, *words)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        written = [path for path in Path(os.environ["HOME"]).rglob("*") if path.is_file()]
        texts = [
            said.encode(),
            *(path.read_bytes() for path in (*written, *tmp_path.glob("*.json"))),
        ]
        assert not [one for one in story.values for text in texts if one.encode() in text]
        return said

    return call


def test_the_plan_shows_them_apart_and_writes_nothing(story, run):
    before = story.tree()
    said = run("migrate", ".", "--history", code=1)
    assert story.tree() == before
    shown = said.partition("\nonly in history (")[2]
    assert (
        f"app/app.env:1  *** (16-31 characters)  only in history: brought in by {story.first[:12]}, in 3 commits, last {story.last[:12]} (v1)\n"
        in shown
    )
    assert "would be DB_PASSWORD in the vault; rotate it: " in shown
    assert "  (commit message)  *** (16-31 characters)  only in history" in shown
    assert "  ***/mail.env:1  ***" in shown
    assert "plan: 1 safe, 0 to review, 0 refused, 5 only in history; 6 entries" in said
    assert "only in history" not in run("migrate", ".", code=1)


def test_they_are_stored_listed_and_taken_back(story, run):
    story.repo.git("tag", f"v0-{story.past['MAIL_PASSWORD']}", "v1")
    before = story.tree()
    said = run("migrate", ".", "--history", "--apply")
    assert f"history: 5 stored in the vault; {LIST} says where they were" in said
    stored = story.stored()
    assert stored == {**story.past, "A_TOKEN": story.now, "ID_RSA": story.key}
    after = story.tree()
    changed = {path for path in before if after[path] != before[path]}
    assert changed == {"x.env"}
    assert not [one for one in story.values if one.encode() in after[LIST][1]]
    by_name = {one["name"]: one for one in story.listed()}
    assert by_name["DB_PASSWORD"]["places"] == [{"commit": story.first, "path": "app/app.env"}]
    assert (by_name["DB_PASSWORD"]["commits"], by_name["DB_PASSWORD"]["last"]) == (3, story.last)
    assert by_name["DB_PASSWORD"]["refs"] == ["refs/tags/v0-***", "refs/tags/v1"]
    assert by_name["MAIL_PASSWORD"]["places"][0]["path"] == "***/mail.env"
    environment = (story.repo.top / ".unleak/env.yaml").read_text()
    assert "DB_PASSWORD" not in environment
    run("verify")
    run("scan", ".")
    number = run("journal", "list").split()[0]
    assert "history  ***/mail.env  only in history: brought in by" in run("journal", "show", number)
    assert "6 entries removed from the vault" in run("undo")
    assert story.tree() == before


def test_history_alone_edits_no_file(story, run):
    before = story.tree()
    (story.repo.top / "x.env").unlink()
    story.repo.commit({})
    run("migrate", ".", "--history", "--apply")
    new = {path for path in story.tree() if not path.startswith(".git/") and path not in before}
    assert new == {".unleak", ".unleak/vault.sops.yaml", LIST}
    assert story.stored()["A_TOKEN"] == story.now
    run("verify")


def test_again_changes_nothing_until_there_is_more(story, run):
    run("migrate", ".", "--history", "--apply")
    story.repo.commit({})
    before = story.tree()
    said = run("migrate", ".", "--history", "--apply")
    assert "history: 6 stored in the vault" in said  # the file's value is history's alone by now
    assert story.stored().keys() == {one["name"] for one in story.listed()}
    once = story.tree()
    assert {path for path in once if once[path] != before.get(path)} == {LIST}
    said = run("migrate", ".", "--history", "--apply")
    assert f"history: 6 in the vault already; {LIST} says where they were" in said
    assert "takes this back" not in said
    assert story.tree() == once
    story.repo.commit({})
    story.repo.git("checkout", "-q", "-b", "other")
    story.repo.commit({"again.env": f"DB_PASSWORD={story.past['DB_PASSWORD']}\n"})
    story.repo.git("checkout", "-q", "main")
    run("migrate", ".", "--history", "--apply")
    last = story.listed()[-1]
    assert last["name"] == "DB_PASSWORD"
    assert "again.env" in [place["path"] for place in last["places"]]
    run("undo")
    assert (story.repo.top / LIST).read_bytes() == once[LIST][1]
    run("undo")
    assert (story.repo.top / LIST).read_bytes() == before[LIST][1]
    run("verify")


def test_another_value_under_its_name_is_left_alone(story, run):
    name = "DB_PASSWORD"
    done = unleak(story.repo.top, "vault", "set", name, stdin=b"somebody's own")
    assert done.returncode == 0, done.stderr
    run("migrate", ".", "--history", "--apply")
    stored = story.stored()
    assert stored[name] == "somebody's own"
    assert story.past[name] in stored.values()
    run("undo")
    assert story.stored() == {name: "somebody's own"}


def test_a_conflict_is_reported_when_it_comes_after_the_plan(story, run, tmp_path):
    plan = str(tmp_path / "plan.json")
    run("migrate", ".", "--history", "--plan", plan, code=1)
    assert unleak(story.repo.top, "vault", "set", "DB_PASSWORD", stdin=b"later").returncode == 0
    before = story.tree()
    said = run("migrate", ".", "--history", "--apply", "--plan", plan, code=3)
    assert "the vault holds another value under DB_PASSWORD" in said
    assert story.tree() == before


def test_a_saved_plan(story, run, tmp_path):
    plan = str(tmp_path / "plan.json")
    run("migrate", ".", "--history", "--plan", plan, code=1)
    before = story.tree()
    said = run("migrate", ".", "--apply", "--plan", plan, code=1)  # the files alone
    assert "left for you:" in said
    assert story.stored() == {"A_TOKEN": story.now}
    run("undo")
    assert story.tree() == before
    run("migrate", ".", "--history", "--apply", "--plan", plan)
    assert set(story.stored().values()) == story.values
    run("verify")
    run("undo")
    assert story.tree() == before


def test_resuming_a_saved_plan(case):
    plan = str(case.folder / "plan.json")
    case("migrate", ".", "--history", "--plan", plan, code=1)
    apply = ("migrate", ".", "--history", "--apply", "--plan", plan)
    case(*apply, code=-signal.SIGKILL, at="append", nth=3)
    case.end_by_resume()
    case(*apply)
    assert len(case.story.listed()) == 5


def test_a_saved_plan_of_a_history_that_was_purged(story, run, tmp_path):
    plan = str(tmp_path / "plan.json")
    run("migrate", ".", "--history", "--plan", plan, code=1)
    repo = story.repo
    repo.git("tag", "-d", "v1")
    repo.git("checkout", "-q", "--orphan", "new")
    repo.commit({})
    repo.git("branch", "-D", "main")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    before = story.tree()
    said = run("migrate", ".", "--history", "--apply", "--plan", plan, code=3)
    assert "not only in history any more, or not at all: " in said
    assert story.tree() == before


def test_only_some(story, run):
    listing = unleak(story.repo.top, "scan", "--history", ".", "--format", "json").stdout
    found = {one["key"]: one["fingerprint"] for one in json.loads(listing)["findings"]}
    run("migrate", ".", "--history", "--apply", "--only", found["MAIL_PASSWORD"])
    assert story.stored() == {"MAIL_PASSWORD": story.past["MAIL_PASSWORD"]}
    assert len(story.listed()) == 1


def test_what_a_comment_excuses_in_a_file_is_no_history(story, run):
    text = f"DB_PASSWORD={story.past['DB_PASSWORD']} # unleak:allow\n"
    story.repo.commit({"app/app.env": text})
    said = run("migrate", "x.env", "--history", code=1)
    assert "app/app.env" not in said
    assert "4 only in history" in said


def test_where_it_makes_no_sense(story, run, tmp_path, made):
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "a.env").write_text(f"A_TOKEN={made('x')}\n")
    done = unleak(folder, "migrate", ".", "--history", "--apply")
    assert done.returncode == 2
    assert "--history needs one" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["a.env"]
    story.repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert unleak(tmp_path / "bare.git", "migrate", ".", "--history").returncode == 2


def test_a_history_with_holes_is_said_and_the_rest_is_kept(story, run):
    blob = story.repo.git("rev-parse", f"{story.first}:x.env")
    story.repo.git("update-ref", "refs/heads/broken", story.first)
    lost = story.repo.git("rev-parse", "HEAD:data.txt")
    assert lost != blob
    (story.repo.top / ".git/objects" / lost[:2] / lost[2:]).unlink()
    said = run("migrate", ".", "--history", "--apply", code=3)
    assert "not scanned: " in said
    assert set(story.stored().values()) == story.values


class Killed:
    """The story, run in forks that are killed, by a user with a home of their own."""

    def __init__(self, fleet: Fleet, folder: Path, made: Made) -> None:
        self.fleet, self.folder, self.made = fleet, folder, made
        self.reset("0")

    def reset(self, name: str) -> None:
        self.story = Story(self.folder / name / "repo", self.made)
        self.home = self.folder / name / "home"
        self.home.mkdir()
        self.state = self.home / "state"
        self.environ = {"HOME": str(self.home), "UNLEAK_STATE_DIR": str(self.state)}
        self.environ["XDG_CONFIG_HOME"] = str(self.home / "config")
        self.before = self.story.tree()

    def __call__(self, *argv: str, code: int | None = 0, **how) -> dict:
        order = {"argv": argv, "cwd": str(self.story.repo.top), "environ": self.environ, **how}
        done = self.fleet.ask(order)
        assert "Traceback" not in done["err"], done["err"]
        if code is not None:
            assert done["code"] == code, done
        texts = [done["out"].encode(), done["err"].encode()]
        texts += [path.read_bytes() for path in self.home.rglob("*") if path.is_file()]
        assert not [one for one in self.story.values for text in texts if one.encode() in text]
        return done

    def states(self) -> list[str]:
        journal = Journal(str(self.story.repo.top), str(self.state))
        return [state_of(journal.read(one)) for one in journal.runs()]

    def end_by_undo(self) -> None:
        done = self("undo", code=None)
        if done["code"]:
            assert "nothing to undo" in done["err"]
            assert "interrupted" not in self.states()
        assert self.story.tree() == self.before

    def end_by_resume(self) -> None:
        done = self("migrate", "--resume", "--all", code=None)
        if done["code"]:
            assert "no run was interrupted" in done["err"]
            self(*APPLY)
        self("verify")
        self("scan", ".")
        assert set(self.story.stored(self.environ).values()) == self.story.values
        assert len(self.story.listed()) == 5
        assert not [name for name in self.story.tree() if ".tmp" in name or "/.unleak-" in name]
        self("undo")
        assert self.story.tree() == self.before


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    cache = tmp_path_factory.getbasetemp().parent / "unleak-cache"
    one = Fleet(tmp_path_factory.mktemp("fleet"), cache)
    yield one
    one.close()


@pytest.fixture
def case(fleet: Fleet, tmp_path: Path, made: Made) -> Killed:
    return Killed(fleet, tmp_path, made)


@pytest.mark.slow
@pytest.mark.parametrize("at", ["rename", "fsync", "append", "torn"])
def test_killed_anywhere(case, at):
    for nth in range(1, 100):
        done = case(*APPLY, code=None, at=at, nth=nth)
        if done["code"] != -signal.SIGKILL:
            assert done["code"] == 0, done
            break
        (case.end_by_undo if nth % 2 else case.end_by_resume)()
        case.reset(f"{nth} undone")
        case(*APPLY, code=-signal.SIGKILL, at=at, nth=nth)
        (case.end_by_resume if nth % 2 else case.end_by_undo)()
        case.reset(str(nth))
    assert nth > 4


@pytest.mark.slow
@pytest.mark.parametrize("at", ["rename", "fsync", "append", "torn"])
def test_killed_while_undoing(case, at):
    case(*APPLY)
    for nth in range(1, 100):
        done = case("undo", code=None, at=at, nth=nth)
        if done["code"] != -signal.SIGKILL:
            assert done["code"] == 0, done
            break
        case("undo", code=None)
        assert case.story.tree() == case.before
        case(*APPLY)
    assert nth > 2
    assert case.story.tree() == case.before
