import os
import shlex
import stat
import sys

import pyrage
import pytest

from scanner.errors import VaultError
from scanner.vaults.age_identity import find_identities, keys_path, make_identity, refuse_inside


def identity():
    made = pyrage.x25519.Identity.generate()
    return str(made), str(made.to_public())


def environ(tmp_path, **more):
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "xdg"), **more}


def test_nothing_found(tmp_path):
    found = find_identities(environ(tmp_path))
    assert (found.keys, found.sources, found.recipients) == ((), (), ())


def test_every_place_sops_looks_in(tmp_path):
    made = [identity() for _ in range(4)]
    key_file = tmp_path / "my keys"
    key_file.write_text(f"# a comment\n\n{made[1][0]}\n")
    own = tmp_path / "xdg/sops/age/keys.txt"
    own.parent.mkdir(parents=True)
    own.write_text(made[2][0])
    printer = tmp_path / "printer.py"
    printer.write_text(f"print({made[3][0]!r})")
    found = find_identities(
        environ(
            tmp_path,
            SOPS_AGE_KEY=made[0][0],
            SOPS_AGE_KEY_FILE=str(key_file),
            SOPS_AGE_KEY_CMD=shlex.join([sys.executable, str(printer)]),
        )
    )
    assert found.recipients == tuple(public for _, public in made)
    assert found.sources == ("SOPS_AGE_KEY", str(key_file), str(own), "SOPS_AGE_KEY_CMD")
    assert made[0][0] not in repr(found)


def test_where_sops_keeps_its_keys(tmp_path, monkeypatch):
    assert keys_path({"SOPS_AGE_KEY_FILE": "/k"}) == "/k"
    assert keys_path({"XDG_CONFIG_HOME": "/x"}) == "/x/sops/age/keys.txt"
    monkeypatch.setattr(sys, "platform", "linux")
    assert keys_path({"HOME": "/h"}) == "/h/.config/sops/age/keys.txt"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keys_path({"HOME": "/h"}) == "/h/Library/Application Support/sops/age/keys.txt"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"SOPS_AGE_KEY_FILE": "/does/not/exist"}, "cannot read the age key file /does/not/exist"),
        ({"SOPS_AGE_KEY_CMD": "/does/not/exist"}, "could not be started"),
        ({"SOPS_AGE_KEY_CMD": "'"}, "could not be started"),
        ({"SOPS_AGE_KEY_CMD": "false"}, "exit code 1"),
        ({"SOPS_AGE_KEY": "-----BEGIN AGE ENCRYPTED FILE-----"}, "passphrase"),
    ],
)
def test_errors_have_a_hint(tmp_path, more, message):
    with pytest.raises(VaultError, match=message) as caught:
        find_identities(environ(tmp_path, PATH=os.environ["PATH"], **more))
    assert caught.value.hint


def test_a_cut_off_identity_is_an_error_that_does_not_show_it(tmp_path):
    secret, _ = identity()
    with pytest.raises(VaultError, match="line 2 of SOPS_AGE_KEY") as caught:
        find_identities(environ(tmp_path, SOPS_AGE_KEY=f"# x\n{secret[:-4]}"))
    assert secret[16:40] not in f"{caught.value.message}{caught.value.hint}"


def test_identities_of_plugins_are_left_to_others(tmp_path):
    assert find_identities(environ(tmp_path, SOPS_AGE_KEY="AGE-PLUGIN-YUBIKEY-1X")).keys == ()


def test_made_for_the_user_alone(tmp_path):
    root = tmp_path / "r"
    root.mkdir()
    told = make_identity(str(root), environ(tmp_path))
    path = tmp_path / "xdg/sops/age/keys.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["keys.txt"]
    assert str(path) in told
    assert len(find_identities(environ(tmp_path)).keys) == 1
    assert path.read_text().splitlines()[1] not in told


def test_an_existing_file_is_never_replaced(tmp_path):
    path = tmp_path / "xdg/sops/age/keys.txt"
    path.parent.mkdir(parents=True)
    path.write_text("# mine\n")
    with pytest.raises(VaultError, match="holds no identity"):
        make_identity(str(tmp_path / "r"), environ(tmp_path))
    assert path.read_text() == "# mine\n"
    assert [p.name for p in path.parent.iterdir()] == ["keys.txt"]


def test_never_inside_the_repository(tmp_path):
    with pytest.raises(VaultError, match="inside the repository"):
        make_identity(str(tmp_path), environ(tmp_path))
    assert list(tmp_path.iterdir()) == []
    os.symlink(tmp_path, tmp_path.parent / "alias")
    with pytest.raises(VaultError, match="inside the repository"):
        refuse_inside(str(tmp_path.parent / "alias/keys.txt"), str(tmp_path))
    refuse_inside(str(tmp_path) + "-other/keys.txt", str(tmp_path))
