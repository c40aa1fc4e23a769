"""`unleak vault`, `unleak run` and `unleak render` as a user runs them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
ENTRY = "from scanner.cli.main import entry; entry()"
VALUE = "pa$$ 'w\"ord " + random.Random(5).randbytes(6).hex()
REF = "ref+sops://.unleak/vault.sops.yaml#/"


class User:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "repo"
        (self.root / ".unleak").mkdir(parents=True)
        self.environ = {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "UNLEAK_STATE_DIR": str(folder / "state"),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
        }
        self.command = [sys.executable, "-c", ENTRY]

    def __call__(self, *arguments, code=0, stdin=b"", **environ):
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=self.root, env={**self.environ, **environ}, input=stdin, capture_output=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr.decode()
        return done

    def start(self, *arguments):
        return subprocess.Popen(
            [*self.command, *arguments],
            cwd=self.root, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def store(self, name, value):
        self("vault", "set", "--exact", name, stdin=value.encode())

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target


@pytest.fixture
def user(tmp_path):
    return User(tmp_path)


def python(code):
    return [sys.executable, "-c", code]


class TestVault:
    def test_status_set_get(self, user, tmp_path):
        assert b"none yet" in user("vault", "status").stdout
        first = user("vault", "set", "DB_PASSWORD", stdin=VALUE.encode() + b"\n")
        assert b"keep a copy" in first.stderr
        assert user("vault", "get", "DB_PASSWORD").stdout == VALUE.encode()
        user("vault", "set", "PEM", "--exact", stdin=b"two\nlines\n")
        assert user("vault", "get", "PEM").stdout == b"two\nlines\n"
        status = user("vault", "status").stdout
        assert b"entries: 2\n  DB_PASSWORD\n  PEM\n" in status
        assert b"(you)" in status
        assert VALUE.encode() not in status + first.stdout + first.stderr

    def test_another_value_needs_replace(self, user):
        user.store("A", "1")
        refused = user("vault", "set", "A", stdin=b"2222", code=3)
        assert b"--replace" in refused.stderr
        user("vault", "set", "A", "--replace", stdin=b"2222")
        assert user("vault", "get", "A").stdout == b"2222"

    def test_a_value_as_argument_is_refused_and_not_repeated(self, user):
        refused = user("vault", "set", "A", VALUE, code=2)
        assert b"standard input" in refused.stderr
        assert VALUE.encode() not in refused.stderr + refused.stdout

    def test_missing_and_empty(self, user):
        assert b"holds no A" in user("vault", "get", "A", code=3).stderr
        assert b"no value" in user("vault", "set", "A", stdin=b"\n", code=3).stderr
        assert b"not a name" in user("vault", "get", "a-b", code=3).stderr

    def test_recipients(self, user):
        import pyrage

        user.store("A", VALUE)
        [mine] = user("vault", "recipients", "list").stdout.decode().split()
        other = pyrage.x25519.Identity.generate()
        public = str(other.to_public())
        user("vault", "recipients", "add", public)
        assert user("vault", "recipients", "list").stdout.decode().split() == [mine, public]
        assert b"rotate" in user("vault", "recipients", "remove", public).stderr
        assert user("vault", "recipients", "list").stdout.decode().split() == [mine]
        refused = user("vault", "recipients", "add", str(other), code=2)
        assert str(other).encode() not in refused.stderr
        assert b"last recipient" in user("vault", "recipients", "remove", mine, code=3).stderr


class TestRun:
    def test_every_source_and_its_precedence(self, user):
        for name in "ABCDE":
            user.store(f"V_{name}", f"value {name}")
        user.write(".unleak/env.yaml", "".join(f"K{i}: {REF}V_A\n" for i in range(4)))
        one = user.write("one.env", f"K1={REF}V_B\nK2={REF}V_B\nK3={REF}V_B\nPLAIN='a b'\n")
        two = user.write("two.env", f"K2={REF}V_C\nK3={REF}V_C\nBOTH=${{PLAIN}}!\n")
        code = "import json,os; print(json.dumps(dict(os.environ)))"
        done = user(
            "run", "--env-file", str(one), "--env-file", str(two), "--", *python(code),
            K3=f"{REF}V_D", URL=f"http://u:{REF}V_E+@h",
        )  # fmt: skip
        found = json.loads(done.stdout)
        assert [found[f"K{i}"] for i in range(4)] == ["value A", "value B", "value C", "value D"]
        assert (found["PLAIN"], found["BOTH"]) == ("a b", "a b!")
        assert found["URL"] == "http://u:value E@h"

    def test_awkward_values_arrive_whole(self, user):
        for number, value in enumerate([VALUE, "two\nlines\n", "zażółć", "=", " x "]):
            user("vault", "set", f"A{number}", "--exact", stdin=value.encode())
            code = "import os,sys; sys.stdout.buffer.write(os.environb[b'A'])"
            assert user("run", *python(code), A=f"{REF}A{number}").stdout == value.encode()

    @pytest.mark.parametrize("mask", [[], ["--mask"]])
    def test_one_missing_starts_nothing(self, user, mask):
        user.store("A", VALUE)
        user.write(".unleak/env.yaml", f"A: {REF}A\nB: {REF}NONE\nC: {REF}NOR_THIS\n")
        done = user("run", *mask, "--", "touch", "started", code=3)
        assert not (user.root / "started").exists()
        assert b"#/NONE" in done.stderr
        assert b"#/NOR_THIS" in done.stderr
        assert VALUE.encode() not in done.stderr

    def test_what_leads_out_is_refused_unless_the_user_allows_it(self, user):
        user.store("A", VALUE)
        os.rename(user.root / ".unleak/vault.sops.yaml", user.root.parent / "out.yaml")
        user.write(".unleak/env.yaml", "A: ref+sops://../out.yaml#/A\n")
        assert b"out of the repository" in user("run", "true", code=3).stderr
        code = "import os; print(os.environ['A'])"
        allowed = user("run", *python(code), UNLEAK_ALLOWED_VAULTS="sops:../out.yaml")
        assert allowed.stdout.decode() == VALUE + "\n"

    @pytest.mark.parametrize("mask", [[], ["--mask"]])
    def test_exit_codes(self, user, mask):
        user("run", *mask, "--", "sh", "-c", "exit 7", code=7)
        ended = user("run", *mask, "--", "sh", "-c", "kill -TERM $$", code=143 if mask else -15)
        assert ended.stdout == b""
        assert b"cannot start" in user("run", *mask, "--", "./none", code=127).stderr
        user.write("plain", "")
        user("run", *mask, "--", "./plain", code=126)
        assert b"no command" in user("run", *mask, code=2).stderr

    def test_options_of_the_command_are_its_own(self, user):
        assert user("run", "--", "printf", "%s", "--mask").stdout == b"--mask"
        assert user("run", "printf", "%s", "--env-file").stdout == b"--env-file"

    @pytest.mark.parametrize("mask", [[], ["--mask"]])
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_signals_arrive(self, user, mask, number):
        code = (
            "import signal,sys,time\n"
            f"signal.signal({int(number)}, lambda *a: (print('got it'), sys.exit(9)))\n"
            "print('ready', flush=True)\n"
            "time.sleep(20)\n"
        )
        child = user.start("run", *mask, "--", *python(code))
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(number)
        out, err = child.communicate(timeout=15)
        assert (child.returncode, out) == (9, b"got it\n"), err

    def test_stop_and_continue(self, user):
        code = "print('ready', flush=True); input(); print('done')"
        child = subprocess.Popen(
            [*user.command, "run", "--", *python(code)],
            cwd=user.root, env=user.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGSTOP)
        assert os.waitpid(child.pid, os.WUNTRACED)[1] & 0xFF == 0x7F
        child.send_signal(signal.SIGCONT)
        assert child.communicate(b"\n", timeout=15)[0] == b"done\n"

    def test_mask(self, user):
        user.store("A", VALUE)
        code = (
            "import base64,os,sys,time\n"
            "a = os.environ['A']\n"
            "for piece in ('<', a[:5], a[5:], '>', base64.b64encode(a.encode()).decode()):\n"
            "    sys.stdout.write(piece); sys.stdout.flush(); time.sleep(0.02)\n"
            "sys.stderr.write(f'error: {a}')\n"
        )
        done = user("run", "--mask", "--", *python(code), A=f"{REF}A")
        assert done.stdout.startswith(b"<***>***")
        assert done.stderr == b"error: ***"
        assert VALUE.encode() not in done.stdout

    def test_no_secret_in_the_arguments_of_any_process(self, user):
        user.store("A", VALUE)
        user.write(".unleak/env.yaml", f"A: {REF}A\n")
        code = "print('ready', flush=True); input()"
        child = subprocess.Popen(
            [*user.command, "run", "--mask", "--", *python(code)],
            cwd=user.root, env=user.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert child.stdout.readline() == b"ready\n"
        shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, check=False).stdout
        child.communicate(b"\n", timeout=15)
        assert VALUE.encode() not in shown

    def test_a_closed_reader_ends_the_command(self, user):
        child = user.start("run", "--mask", "--", "sh", "-c", "while echo more; do :; done")
        assert child.stdout.readline() == b"more\n"
        child.stdout.close()
        child.stderr.close()
        assert child.wait(timeout=15) == 128 + signal.SIGPIPE


class TestRender:
    def test_values_are_spelled_for_the_format(self, user):
        value = "a: 'b' # \"c\"\\"
        user.store("A", value)
        source = user.write("app.yaml", f'# kept\na: {REF}A  # here\nb: "x {REF}A+ y"\n')
        shown = user("render", str(source)).stdout
        assert yaml.safe_load(shown) == {"a": value, "b": f"x {value} y"}
        assert shown.startswith(b"# kept\na: ")
        source = user.write("app.json", f'{{"a": "{REF}A", "n": 1}}')
        assert json.loads(user("render", str(source)).stdout) == {"a": value, "n": 1}

    def test_unknown_formats_are_text(self, user):
        user.store("A", VALUE)
        source = user.write("site.template", f"pass {REF}A;\nagain {REF}A+{REF}A\n")
        shown = user("render", str(source)).stdout.decode()
        assert shown == f"pass {VALUE};\nagain {VALUE}{VALUE}\n"

    def test_no_references_no_change(self, user):
        source = user.write("x.bin", "")
        source.write_bytes(b"\xff\0\r\n")
        assert user("render", str(source)).stdout == b"\xff\0\r\n"

    def test_output_is_for_the_user_alone(self, user):
        user.store("A", VALUE)
        source = user.write("a.env", f"A={REF}A\n")
        target = user.root / "out.env"
        user("render", str(source), "--output", str(target))
        assert target.stat().st_mode & 0o777 == 0o600
        assert source.read_text() == f"A={REF}A\n"
        assert sorted(os.listdir(user.root)) == [".unleak", "a.env", "out.env"]

    def test_never_over_the_source_or_a_tracked_file(self, user):
        user.store("A", VALUE)
        source = user.write("a.env", f"A={REF}A\n")
        tracked = user.write("tracked.env", "")
        for command in (["init", "-q"], ["add", "tracked.env"]):
            subprocess.run(["git", *command], cwd=user.root, env=user.environ, check=True)
        os.symlink("a.env", user.root / "alias")
        for target in (source, user.root / "alias"):
            refused = user("render", str(source), "--output", str(target), code=2)
            assert b"would replace" in refused.stderr
        refused = user("render", str(source), "--output", "tracked.env", code=2)
        assert b"git tracks" in refused.stderr
        assert tracked.read_text() == ""
        user("render", str(source), "--output", "tracked.env", "--force")
        assert tracked.read_text() != ""

    def test_one_missing_writes_nothing(self, user):
        user.store("A", VALUE)
        source = user.write("a.env", f"A={REF}A\nB={REF}NONE\n")
        done = user("render", str(source), "--output", "out.env", code=3)
        assert b"#/NONE" in done.stderr
        assert done.stdout == b""
        assert not (user.root / "out.env").exists()

    def test_a_comment_gets_no_secret(self, user):
        user.store("A", VALUE)
        source = user.write("a.yaml", f"# see {REF}A\na: {REF}A\n")
        done = user("render", str(source))
        assert done.stdout.startswith(f"# see {REF}A\n".encode())
        assert b"1 references in comments" in done.stderr

    def test_bad_input(self, user):
        assert b"cannot read" in user("render", "none", code=2).stderr
        source = user.write("a.txt", "ref+echo://x#/y\n")
        assert b"unknown kind 'echo'" in user("render", str(source), code=3).stderr
        user.write(".unleak/vault.sops.yaml", "<<<<<<< ours\n")
        source = user.write("b.txt", f"{REF}A\n")
        assert b"merge-conflict" in user("render", str(source), code=3).stderr
