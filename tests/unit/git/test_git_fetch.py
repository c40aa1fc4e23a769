"""Missing objects come from where they were left, and nothing of the repository starts a program."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scanner.git import fetch as fetching
from scanner.git.fetch import Remote, fetch, promisor_remotes
from scanner.git.log import stream
from scanner.git.repository import describe
from tests.support.histories import Repository

NOWHERE = "1" * 40


@pytest.fixture
def server(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "server")
    made.git("config", "uploadpack.allowFilter", "true")
    for number in range(3):
        made.commit({"a.txt": f"{number}\n", f"deep/er/{number}.txt": "x\n" * number})
    return made


def cloned(server: Repository, kind: str = "blob:none") -> Repository:
    top = server.top.parent / "clone"
    words = ("clone", "-q", "--no-checkout", f"--filter={kind}", f"file://{server.top}")
    server.git(*words, str(top))
    clone = Repository.__new__(Repository)
    clone.top = top
    return clone


def missing(clone: Repository) -> list[str]:
    asked = ["rev-list", "--objects", "--missing=print", "--all"]
    lines = b"".join(stream(str(clone.top), asked)).decode().split("\n")
    return [line[1:] for line in lines if line.startswith("?")]


def state(top: Path) -> dict[str, str]:
    """Everything but the object store."""
    paths = (path for path in (top / ".git").rglob("*") if path.is_file())
    kept = (path for path in paths if "objects" not in path.parts)
    return {str(path): path.read_bytes().hex() for path in kept}


def test_only_what_is_asked_for_comes(server: Repository) -> None:
    clone = cloned(server)
    before = state(clone.top)
    ids = missing(clone)
    assert len(ids) == 6
    (remote,) = promisor_remotes(str(clone.top))
    assert fetch(describe(str(clone.top)), remote, ids[:2]) == ""
    assert missing(clone) == ids[2:]
    assert state(clone.top) == before
    clone.git("fsck")


def test_trees_bring_their_folders_and_no_files(server: Repository) -> None:
    clone = cloned(server, "tree:0")
    (remote,) = promisor_remotes(str(clone.top))
    assert fetch(describe(str(clone.top)), remote, missing(clone)) == ""
    assert len(missing(clone)) == 6
    assert all(server.git("cat-file", "-t", one) == "blob" for one in missing(clone))


def test_what_the_server_lacks_does_not_keep_the_rest_away(server: Repository) -> None:
    clone = cloned(server)
    (remote,) = promisor_remotes(str(clone.top))
    said = fetch(describe(str(clone.top)), remote, [NOWHERE, *missing(clone), "2" * 40])
    assert said == "remote origin does not have 2 of the objects"
    assert missing(clone) == []


def test_a_server_that_lacks_too_much_is_given_up(server: Repository) -> None:
    clone = cloned(server)
    (remote,) = promisor_remotes(str(clone.top))
    ids = [f"{number:040x}" for number in range(1, 40)]
    said = fetch(describe(str(clone.top)), remote, ids)
    why = "which does not have 17 of the objects or more"
    assert said == f"nothing was fetched from remote origin, {why}"


def test_sha256(tmp_path: Path) -> None:
    server = Repository(tmp_path / "server", "--object-format=sha256")
    server.git("config", "uploadpack.allowFilter", "true")
    server.commit({"a.txt": "a\n"})
    clone = cloned(server)
    (remote,) = promisor_remotes(str(clone.top))
    assert fetch(describe(str(clone.top)), remote, missing(clone)) == ""
    assert missing(clone) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ext::touch marker", "transport 'ext' not allowed"),
        ("nosuch://host/x", "transport 'nosuch' not allowed"),
        ("/no/such/place", "does not appear to be a git repository"),
        ("https://name:hidden@127.0.0.1:1/hidden.git", "unable to access the remote"),
    ],
)
def test_urls(server: Repository, url: str, said: str) -> None:
    clone = cloned(server)
    answer = fetch(describe(str(clone.top)), Remote("other", url), [NOWHERE])
    assert said in answer
    assert "hidden" not in answer
    assert not (clone.top / "marker").exists()


def test_the_users_own_connection_counts(
    server: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ssh by the environment; rewritten URLs, helpers and the like by the user's configuration."""
    clone = cloned(server)
    ids = missing(clone)
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\neval "last=\\${$#}"\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    where = Remote("other", f"ssh://host{server.top}")
    assert fetch(describe(str(clone.top)), where, ids[:2]) == ""
    clone.git("config", "--global", f"url.file://{server.top.parent}/.insteadOf", "mine:")
    assert fetch(describe(str(clone.top)), Remote("other", "mine:server"), ids[2:4]) == ""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{server.top.parent}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "ours:")
    assert fetch(describe(str(clone.top)), Remote("other", "ours:server"), ids[4:]) == ""
    assert missing(clone) == []


def test_credentials_come_from_the_users_helpers_alone(server: Repository, tmp_path: Path) -> None:
    clone = cloned(server)
    for scope, name in (("--global", "mine"), ("--local", "hostile")):
        helper = tmp_path / name
        helper.write_text(f'#!/bin/sh\ntouch "{tmp_path}/{name}.ran"\n')
        helper.chmod(0o755)
        clone.git("config", scope, "credential.helper", str(helper))
    repository, url = describe(str(clone.top)), "https://localhost/"
    (tmp_path / "empty").mkdir()
    fetching._make_empty(str(tmp_path / "empty"), 20)
    given = fetching._surroundings(repository, url, str(tmp_path / "empty"))
    fetching._asked(repository.top, given, ["credential", "fill"], b"url=%s\n\n" % url.encode())
    assert sorted(path.name for path in tmp_path.glob("*.ran")) == ["mine.ran"]


def test_promisor_remotes_in_order(server: Repository) -> None:
    top = str(server.top)
    assert promisor_remotes(top) == []
    for name in ("plain", "b.c", "a", "first", "no-url"):
        server.git("config", f"remote.{name}.url", f"https://{name}/")
        if name != "plain":
            server.git("config", f"remote.{name}.promisor", "true")
    server.git("config", "--unset", "remote.no-url.url")
    server.git("config", "remote.a.promisor", "no")
    server.git("config", "--add", "remote.first.url", "https://second/")
    server.git("config", "extensions.partialClone", "first")
    assert promisor_remotes(top) == [
        Remote("first", "https://first/"), Remote("b.c", "https://b.c/"),
    ]  # fmt: skip


def test_nothing_is_left_behind(
    server: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    clone = cloned(server)
    (remote,) = promisor_remotes(str(clone.top))
    assert fetch(describe(str(clone.top)), remote, missing(clone)) == ""
    assert fetch(describe(str(clone.top)), remote, [NOWHERE]) != ""
    assert os.listdir(folder) == []
