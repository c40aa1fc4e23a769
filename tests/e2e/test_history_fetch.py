"""A partial clone: no network unless `--fetch-missing`, and then no program but git's own."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from support.history_scans import digest_of, scan_history, unleak

from tests.support.histories import Repository

pytestmark = pytest.mark.slow
COUNT = 5


class Partial:
    """A server, a clone of it without files, and programs that leave a mark when they run."""

    def __init__(self, folder: Path, made: Callable[..., str]) -> None:
        self.folder = folder
        self.server = Repository(folder / "server")
        self.server.git("config", "uploadpack.allowFilter", "true")
        self.secrets = {made(f"fetched {number}") for number in range(COUNT)}
        for number, value in enumerate(sorted(self.secrets)):
            self.server.commit({f"dir/{number}.py": f'password = "{value}"\n'})
        self.server.commit({f"dir/{number}.py": None for number in range(COUNT)})

    def clone(self, kind: str = "blob:none", name: str = "clone") -> Repository:
        clone = Repository.__new__(Repository)
        clone.top = self.folder / name
        self.server.git(
            "clone", "-q", f"--filter={kind}", "--no-checkout", f"file://{self.server.top}",
            str(clone.top),
        )  # fmt: skip
        return clone

    def marker(self, name: str, then: str = "") -> Path:
        """A program that leaves a mark, and then does something else."""
        program = self.folder / f"{name}.sh"
        program.write_text(f'#!/bin/sh\ntouch "{self.folder}/{name}.ran"\n{then}\n')
        program.chmod(0o755)
        return program

    @property
    def ran(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.ran"))

    def ssh(self) -> dict[str, str]:
        """An environment in which ssh is a program that says when it connects."""
        program = self.marker("ssh", 'eval "last=\\${$#}"\nexec sh -c "$last"')
        return {"GIT_SSH_COMMAND": str(program), "GIT_SSH_VARIANT": "ssh"}


@pytest.fixture
def partial(tmp_path: Path, made: Callable[..., str]) -> Partial:
    return Partial(tmp_path, made)


def outside_objects(top: Path) -> dict[str, tuple[int, int, str]]:
    facts = digest_of(top)
    return {name: one for name, one in facts.items() if "objects" not in name.split("/")}


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_nothing_is_fetched_unasked(partial: Partial, kind: str) -> None:
    clone = partial.clone(kind)
    clone.git("config", "remote.origin.url", f"ssh://host{partial.server.top}")
    clone.git("config", "remote.origin.uploadpack", str(partial.marker("uploadpack")))
    environment = partial.ssh()
    before = digest_of(clone.top)
    run = scan_history(clone.top, **environment)
    assert run.code == 3
    assert run.secrets == set()
    assert "missing" in run.skipped or "log" in run.skipped
    assert partial.ran == []
    assert digest_of(clone.top) == before
    run = scan_history(clone.top, "--fetch-missing", **environment)
    assert partial.ran == ["ssh"]  # so the mark tells
    assert run.secrets == partial.secrets


@pytest.mark.parametrize("kind", ["blob:none", "tree:0", "blob:limit=1k"])
def test_what_is_missing_is_fetched_and_scanned(partial: Partial, kind: str) -> None:
    clone = partial.clone(kind)
    before = outside_objects(clone.top)
    run = scan_history(clone.top, "--fetch-missing")
    assert run.code == 1
    assert run.secrets == partial.secrets
    assert {one["path"] for one in run.findings} == {f"dir/{n}.py" for n in range(COUNT)}
    assert all(one["commit"] for one in run.findings)
    assert outside_objects(clone.top) == before
    clone.git("fsck", "--strict")
    again = scan_history(clone.top)
    assert (again.code, again.findings) == (1, run.findings)


def test_what_the_server_lost_is_skipped_the_rest_scanned(partial: Partial) -> None:
    clone = partial.clone()
    stray = partial.server.git("hash-object", "-w", "--stdin", stdin=b"never pushed\n")
    entry = f"100644 blob {stray}\tlost.txt\n".encode()
    tree = clone.git("mktree", "--missing", stdin=entry)
    commit = clone.git("commit-tree", tree, "-m", "names what nobody has")
    clone.git("update-ref", "refs/heads/odd", commit)
    os.unlink(partial.server.top / ".git" / "objects" / stray[:2] / stray[2:])
    run = scan_history(clone.top, "--fetch-missing")
    assert run.code == 3
    assert run.secrets == partial.secrets
    skipped = {one["path"]: one["reason"] for one in run.summary["skipped"]}
    assert sorted(skipped) == ["(remote origin)", f"object {stray}"]


def test_a_server_that_is_away(partial: Partial) -> None:
    clone = partial.clone()
    user = "name:" + "hidden"
    clone.git("config", "remote.origin.url", f"https://{user}@127.0.0.1:1/{user}.git")
    run = scan_history(clone.top, "--fetch-missing")
    assert run.code == 3
    assert "nothing could be fetched from remote origin" in run.skipped
    assert "hidden" not in run.skipped + run.stdout.decode()


def hostile(partial: Partial, clone: Repository) -> None:
    """Everything in a repository's configuration that starts a program, or sends elsewhere."""
    mark = {name: str(partial.marker(name)) for name in (
        "uploadpack", "vcs", "sshcommand", "gitproxy", "askpass", "helper", "fsmonitor", "pager",
        "alternates", "packhook", "trailer", "editor", "external", "gpg",
    )}  # fmt: skip
    hooks = partial.folder / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-fetch", "pre-auto-gc", "post-rewrite"):
        partial.marker(f"hook-{name}").rename(hooks / name)
        (clone.top / ".git" / "hooks").mkdir(exist_ok=True)
        (clone.top / ".git" / "hooks" / name).write_bytes((hooks / name).read_bytes())
        (clone.top / ".git" / "hooks" / name).chmod(0o755)
    included = partial.folder / "included"
    included.write_text(f"[core]\n\tsshCommand = {mark['sshcommand']}\n")
    for key, value in (
        ("remote.origin.uploadpack", mark["uploadpack"]),
        ("remote.origin.receivepack", mark["uploadpack"]),
        ("remote.origin.proxy", "http://127.0.0.1:1/"),
        ("core.sshCommand", mark["sshcommand"]),
        ("core.gitProxy", mark["gitproxy"]),
        ("core.askPass", mark["askpass"]),
        ("core.fsmonitor", mark["fsmonitor"]),
        ("core.pager", mark["pager"]),
        ("core.editor", mark["editor"]),
        ("core.hooksPath", str(hooks)),
        ("core.alternateRefsCommand", mark["alternates"]),
        ("credential.helper", mark["helper"]),
        ("credential.https://127.0.0.1.helper", mark["helper"]),
        ("uploadpack.packObjectsHook", mark["packhook"]),
        ("diff.external", mark["external"]),
        ("gpg.program", mark["gpg"]),
        ("http.proxy", "http://127.0.0.1:1/"),
        ("http.sslVerify", "false"),
        ("fetch.writeCommitGraph", "true"),
        ("fetch.bundleURI", "http://127.0.0.1:1/"),
        ("fetch.fsckObjects", "false"),
        ("fetch.recurseSubmodules", "true"),
        ("gc.auto", "1"),
        ("maintenance.auto", "true"),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
        ("include.path", str(included)),
    ):
        clone.git("config", key, value)


@pytest.mark.parametrize("way", ["file", "ssh", "path"])
def test_hostile_configuration_starts_nothing(partial: Partial, way: str) -> None:
    clone = partial.clone()
    hostile(partial, clone)
    if way == "ssh":
        clone.git("config", "remote.origin.url", f"ssh://host{partial.server.top}")
    elif way == "path":
        clone.git("config", "remote.origin.url", "../server")
    before = outside_objects(clone.top)
    run = scan_history(clone.top, "--fetch-missing", **partial.ssh())
    assert run.secrets == partial.secrets
    assert partial.ran == (["ssh"] if way == "ssh" else [])
    assert outside_objects(clone.top) == before


@pytest.mark.parametrize(
    "url", ["ext::{marker}", "{marker}::x", "--upload-pack={marker}", "ssh://-oProxyCommand={marker}/x",
            "-oProxyCommand={marker}:x", "fd::17"],
)  # fmt: skip
def test_urls_that_start_programs(partial: Partial, url: str) -> None:
    clone = partial.clone()
    clone.git("config", "protocol.allow", "always")
    clone.git("config", "protocol.ext.allow", "always")
    clone.git("config", "remote.origin.url", url.format(marker=partial.marker("url")))
    run = scan_history(clone.top, "--fetch-missing")
    assert run.code == 3
    assert partial.ran == []


def test_rewritten_urls_are_the_users_own_alone(partial: Partial) -> None:
    clone = partial.clone()
    clone.git("config", f"url.ext::{partial.marker('rewritten')} .insteadOf", "file://")
    clone.git("config", "protocol.ext.allow", "always")
    run = scan_history(clone.top, "--fetch-missing")
    assert (run.secrets, partial.ran) == (partial.secrets, [])


def test_a_local_server_fetches_nothing_itself(partial: Partial) -> None:
    """A partial clone as remote of a partial clone: its own remote may be hostile, too."""
    middle = partial.clone(name="middle")
    middle.git("config", "uploadpack.allowFilter", "true")
    clone = partial.clone()
    clone.git("config", "remote.origin.url", f"file://{middle.top}")
    middle.git("config", "protocol.allow", "always")
    middle.git("config", "remote.origin.uploadpack", str(partial.marker("uploadpack")))
    run = scan_history(clone.top, "--fetch-missing")
    assert run.code == 3
    assert partial.ran == []


class Private(BaseHTTPRequestHandler):
    """`git http-backend` behind a password. The server's `folder` and `expected` are set."""

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self, body: bytes) -> None:
        if self.headers.get("Authorization") != self.server.expected:  # type: ignore[attr-defined]
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        environment = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.server.folder),  # type: ignore[attr-defined]
            "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
            "REQUEST_METHOD": self.command, "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "REMOTE_USER": "user",
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }  # fmt: skip
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        self.send_response(200)
        for line in head.decode().splitlines():
            name, _, value = line.partition(": ")
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def private(partial: Partial, made: Callable[..., str]) -> Iterator[tuple[str, str]]:
    """(URL, password) of the server over HTTP."""
    password = made("http password")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Private)
    words = base64.b64encode(f"user:{password}".encode()).decode()
    server.expected = f"Basic {words}"  # type: ignore[attr-defined]
    server.folder = partial.server.top  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/.git", password
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_private_server_asks_the_users_helper(partial: Partial, private: tuple[str, str]) -> None:
    url, password = private
    clone = partial.clone()
    clone.git("config", "remote.origin.url", url)
    clone.git("config", "credential.helper", str(partial.marker("hostile")))
    clone.git("config", "http.proxy", "http://127.0.0.1:1/")
    run = scan_history(clone.top, "--fetch-missing")
    assert (run.code, run.secrets) == (3, set())
    said = f"printf 'username=user\\npassword={password}\\n'"
    clone.git("config", "--global", "credential.helper", str(partial.marker("mine", said)))
    run = scan_history(clone.top, "--fetch-missing")
    assert run.secrets == partial.secrets
    assert partial.ran == ["mine"]
    assert password.encode() not in run.stdout + run.stderr


def test_a_password_in_the_url_is_shown_nowhere(partial: Partial, private: tuple[str, str]) -> None:
    url, password = private
    clone = partial.clone()
    wrong = password[::-1]
    for word, code in ((wrong, 3), (password, 1)):
        clone.git("config", "remote.origin.url", url.replace("//", f"//user:{word}@"))
        done = unleak(clone.top, "scan", "--history", "--fetch-missing", "--no-cache")
        assert done.returncode == code
        assert word.encode() not in done.stdout + done.stderr


def test_submodules_are_filled_too(partial: Partial) -> None:
    outer = Repository(partial.folder / "outer")
    clone = partial.clone(name="outer/sub")
    outer.git("add", "sub")
    outer.git("commit", "-q", "-m", "with a submodule")
    run = scan_history(outer.top, "--submodules")
    assert run.code == 3
    assert all(one["path"].startswith("sub/object ") for one in run.summary["skipped"])
    run = scan_history(outer.top, "--submodules", "--fetch-missing")
    assert (run.code, run.secrets) == (1, partial.secrets)
    assert run.summary["notes"] == [f"sub: {COUNT} missing objects were fetched"]
    assert clone.git("rev-parse", "HEAD") == partial.server.head
