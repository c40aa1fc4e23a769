"""Variables in the place of words of scripts."""

import shutil
import subprocess

import pytest

from scanner.errors import RewriteError
from scanner.literals import locate
from scanner.model import Reference
from scanner.rewriters import shell

REFERENCE = Reference("sops", ".unleak/vault.sops.yaml", "NAME")


def rewrite(data: bytes, value: bytes) -> bytes:
    literal = next(one for one in locate.literals("a.sh", data) if one.value == value)
    result = shell.rewrite(data, literal, REFERENCE, "NAME")
    assert (result.form, result.disposition) == ("environment", "review")
    assert "environment" in result.reason
    (edit,) = result.edits
    return data[: edit.start] + edit.new + data[edit.end :]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"K=val", b'K="${NAME:?}"'),
        (b"export K='val' # x", b'export K="${NAME:?}" # x'),
        (b'printf %s "val"', b'printf %s "${NAME:?}"'),
        (b"tool --flag=val", b'tool --flag="${NAME:?}"'),
        (b'K="${K:-val}"', b'K="${K:-"${NAME:?}"}"'),
        (b"cat <<E\nk: val\nE\n", b"cat <<E\nk: ${NAME:?}\nE\n"),
        (b"K=a$'x'; printf %s val", b"K=a$'x'; printf %s \"${NAME:?}\""),
    ],
)
def test_rewrite(before: bytes, after: bytes) -> None:
    assert rewrite(before, b"val") == after


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    "script",
    [
        b'K=val\nprintf %s "$K"',
        b'printf %s "${K:-val}"',
        b"printf '%s' val",
        b'read -r K <<E\nval\nE\nprintf %s "$K"',
    ],
)
def test_the_script_prints_what_the_environment_holds(script: bytes) -> None:
    changed = rewrite(script, b"val")
    done = subprocess.run(
        [b"bash", b"-c", changed], capture_output=True, env={"NAME": "other one"}, check=True
    )
    assert done.stdout == b"other one"
    unset = subprocess.run([b"bash", b"-c", changed], capture_output=True, env={}, check=False)
    assert unset.returncode != 0


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'K="a$B"', "puts other values"),
        (b"cat <<'E'\nk=v\nE\n", "quoted mark"),
    ],
)
def test_refusals(data: bytes, reason: str) -> None:
    literal = locate.literals("a.sh", data)[-1]
    with pytest.raises(RewriteError, match=reason):
        shell.rewrite(data, literal, REFERENCE, "NAME")
