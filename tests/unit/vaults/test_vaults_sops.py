import os
import random
import shutil
import threading

import pyrage
import pytest

from scanner.errors import VaultConflictError, VaultError
from scanner.model import Reference, Secret
from scanner.vaults.sops import VAULT_PATH


def secret(text):
    return Secret(text.encode())


def leftovers(place):
    return sorted(os.listdir(place.file.parent))


def stranger():
    made = pyrage.x25519.Identity.generate()
    return str(made), str(made.to_public())


def test_nothing_yet(place):
    vault = place.vault()
    vault.preflight(write=False)
    vault.preflight(write=True)
    assert vault.names() == ()
    assert vault.recipients() == ()
    assert vault.read([vault.reference("A")]) == {}
    vault.delete([vault.reference("A")])
    assert not place.file.exists()
    assert not place.keys.exists()
    assert vault.notes == []


def test_the_first_write_makes_identity_and_file(place):
    vault = place.store(DB_PASSWORD="a b")
    assert place.values() == {"DB_PASSWORD": "a b"}
    assert leftovers(place) == ["vault.sops.yaml"]
    [note] = vault.notes
    assert str(place.keys) in note
    assert vault.reference("A") == Reference("sops", ".unleak/vault.sops.yaml", "A")
    assert place.store(B="2").notes == []


def test_the_identity_is_never_in_the_repository(place):
    place.store(A="1")
    secret_key = place.keys.read_text().splitlines()[-1]
    for folder, _, names in os.walk(place.root):
        for name in names:
            with open(os.path.join(folder, name)) as stream:
                assert secret_key not in stream.read()
    vault = place.vault(environ={"XDG_CONFIG_HOME": str(place.root)})
    shutil.rmtree(place.root / ".unleak")
    with pytest.raises(VaultError, match="inside the repository"):
        vault.preflight(write=True)
    with pytest.raises(VaultError, match="inside the repository"):
        vault.create([(vault.reference("A"), secret("1"))])
    assert os.listdir(place.root) == []


def test_a_key_file_without_an_identity_is_said_before_anything_is_written(place):
    place.keys.parent.mkdir(parents=True)
    place.keys.write_text("# nothing\n")
    with pytest.raises(VaultError, match="holds no identity"):
        place.vault().preflight(write=True)
    with pytest.raises(VaultError, match="holds no identity"):
        place.store(A="1")
    assert os.listdir(place.root) == []


def test_recipients_come_from_the_identities_found(place):
    made = [stranger(), stranger()]
    vault = place.vault(environ={"SOPS_AGE_KEY": "\n".join(private for private, _ in made)})
    vault.create([(vault.reference("A"), secret("1"))])
    assert vault.recipients() == (made[0][1], made[1][1])
    assert not place.keys.exists()


def test_create_again_is_no_change(place):
    place.store(A="1")
    before = place.file.read_bytes()
    place.store(A="1")
    assert place.file.read_bytes() == before


def test_a_conflict_writes_nothing(place):
    place.store(A="1")
    before = place.file.read_bytes()
    with pytest.raises(VaultConflictError, match="another value under A") as caught:
        place.store(B="2", A="hidden")
    assert "hidden" not in str(caught.value)
    assert place.file.read_bytes() == before
    vault = place.vault()
    twice = [(vault.reference("C"), secret("1")), (vault.reference("C"), secret("2"))]
    with pytest.raises(VaultConflictError, match="two values"):
        vault.create(twice)
    assert place.file.read_bytes() == before


def test_replace_and_delete(place):
    vault = place.store(A="1", B="2", C="3")
    old = place.file.read_text()
    vault.replace(vault.reference("B"), secret("new"))
    vault.replace(vault.reference("D"), secret("4"))
    vault.delete([vault.reference("A"), vault.reference("X")])
    assert place.values() == {"B": "new", "C": "3", "D": "4"}
    kept = [line for line in old.splitlines() if line.startswith("C:")]
    assert kept[0] in place.file.read_text()


def test_an_empty_vault_goes_only_when_asked(place):
    vault = place.store(A="1")
    assert vault.discard_if_empty() is False
    vault.delete([vault.reference("A")])
    assert place.file.exists()
    assert vault.recipients()
    assert vault.discard_if_empty() is True
    assert not place.file.parent.exists()
    assert vault.discard_if_empty() is False


@pytest.mark.parametrize("name", ["a", "A-B", "1A", "", "A\n", "../A"])
def test_names(place, name):
    with pytest.raises(VaultError, match="not a name"):
        place.vault().reference(name)


def test_values_have_to_be_text(place):
    vault = place.vault()
    with pytest.raises(VaultError, match="not UTF-8") as caught:
        vault.create([(vault.reference("A"), Secret(b"\xffhidden"))])
    assert caught.value.hint
    assert "hidden" not in caught.value.message
    assert not place.file.exists()


def test_only_the_embedded_vault_is_written(place):
    vault = place.vault()
    for reference in (Reference("sops", "other.yaml", "A"), Reference("vault", VAULT_PATH, "A")):
        with pytest.raises(VaultError, match="not in the embedded vault"):
            vault.create([(reference, secret("1"))])


def test_other_files_are_read_inside_the_repository_only(place):
    place.store(A="1")
    (place.root / "config").mkdir()
    shutil.copy(place.file, place.root / "config" / "s.yaml")
    shutil.copy(place.file, place.root.parent / "out.yaml")
    inside = Reference("sops", "config/s.yaml", "A")
    assert place.vault().read([inside]) == {inside: secret("1")}
    assert place.vault().read([Reference("sops", "config/none.yaml", "A")]) == {}
    outside = Reference("sops", "../out.yaml", "A")
    with pytest.raises(VaultError, match="out of the repository"):
        place.vault().read([outside])
    allowed = place.vault(allowed=frozenset({"sops:../out.yaml"}))
    assert allowed.read([outside]) == {outside: secret("1")}


def test_a_thousand_entries_in_one_write(place, monkeypatch):
    from scanner.vaults import guarded_file

    writes = []
    write = guarded_file.write_file
    monkeypatch.setattr(guarded_file, "write_file", lambda *a: (writes.append(a[1]), write(*a))[1])
    rng = random.Random(3)
    values = {f"KEY_{i}": rng.randbytes(12).hex() for i in range(1000)}
    place.store(**values)
    assert writes == ["vault.sops.yaml"]
    assert place.values() == values


def test_recipients_added_and_removed(place):
    private, public = stranger()
    vault = place.store(A="1", B="")
    [mine] = vault.recipients()
    before = place.file.read_text()
    assert vault.add_recipient(f" {public}\n") is True
    assert vault.add_recipient(public) is False
    assert vault.recipients() == (mine, public)
    assert before.splitlines()[:2] == place.file.read_text().splitlines()[:2]
    other = place.vault(environ={"SOPS_AGE_KEY": private, "HOME": "/nonexistent"})
    assert other.names() == ("A", "B")
    vault.remove_recipient(public)
    assert vault.recipients() == (mine,)
    assert place.values() == {"A": "1", "B": ""}
    assert before.splitlines()[0] != place.file.read_text().splitlines()[0]
    with pytest.raises(VaultError, match="none of your age identities"):
        place.vault(environ={"SOPS_AGE_KEY": private, "HOME": "/nonexistent"}).names()


def test_recipients_that_cannot_be_removed(place):
    _, public = stranger()
    vault = place.store(A="1")
    [mine] = vault.recipients()
    with pytest.raises(VaultError, match="last recipient"):
        vault.remove_recipient(mine)
    with pytest.raises(VaultError, match="no such recipient"):
        vault.remove_recipient(public)
    vault.add_recipient(public)
    with pytest.raises(VaultError, match="lock you out"):
        vault.remove_recipient(mine)
    with pytest.raises(VaultError, match="not an age recipient"):
        vault.add_recipient("age1nonsense")
    assert place.values() == {"A": "1"}


def test_a_missing_or_wrong_key(place):
    place.store(A="1")
    os.rename(place.keys, place.keys.with_suffix(".away"))
    with pytest.raises(VaultError, match="no age identity was found") as caught:
        place.vault().names()
    assert "SOPS_AGE_KEY" in caught.value.hint
    with pytest.raises(VaultError, match="none of your age identities") as caught:
        place.vault(environ={"SOPS_AGE_KEY": stranger()[0]}).names()
    assert "recipients add" in caught.value.hint


@pytest.mark.parametrize("size", [0, 40, 300, -30, -100, -400])
def test_a_truncated_file(place, size):
    vault = place.store(A="1", B="2")
    data = place.file.read_bytes()[:size]
    place.file.write_bytes(data)
    with pytest.raises(VaultError) as caught:
        place.vault().names()
    assert caught.value.hint
    with pytest.raises(VaultError):
        vault.create([(vault.reference("C"), secret("3"))])
    assert place.file.read_bytes() == data
    assert leftovers(place) == ["vault.sops.yaml"]


def test_a_linked_folder_or_file_is_refused(place, tmp_path):
    place.store(A="1")
    os.rename(place.root / ".unleak", tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", place.root / ".unleak")
    for action in (lambda v: v.names(), lambda v: v.preflight(write=True)):
        with pytest.raises(VaultError, match="symbolic link"):
            action(place.vault())
    with pytest.raises(VaultError, match="symbolic link"):
        place.store(B="2")
    os.unlink(place.root / ".unleak")
    (place.root / ".unleak").mkdir()
    os.symlink(tmp_path / "elsewhere" / "vault.sops.yaml", place.file)
    with pytest.raises(VaultError, match="symbolic link"):
        place.store(B="2")


def test_a_crash_while_writing_loses_nothing(place, monkeypatch):
    place.store(A="1")
    before = place.file.read_bytes()

    def crash(*_, **__):
        raise KeyboardInterrupt

    for call in ("fsync", "rename"):
        with monkeypatch.context() as patched:
            patched.setattr(os, call, crash)
            with pytest.raises(KeyboardInterrupt):
                place.store(B="2")
        assert place.file.read_bytes() == before
        assert leftovers(place) == ["vault.sops.yaml"]
    place.store(B="2")
    assert place.values() == {"A": "1", "B": "2"}


def test_a_full_disk_is_one_line(place, monkeypatch):
    place.store(A="1")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VaultError, match="no space left on device"):
        place.store(B="2")
    assert leftovers(place) == ["vault.sops.yaml"]


def test_two_writers_lose_nothing(place):
    place.store(A="1")
    threads = [threading.Thread(target=place.store, kwargs={f"K{i}": str(i)}) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.values() == {"A": "1"} | {f"K{i}": str(i) for i in range(8)}


def test_a_change_by_somebody_else_is_seen(place):
    vault = place.store(A="1")
    assert vault.names() == ("A",)
    place.store(B="2")
    assert vault.names() == ("A", "B")


def test_no_plaintext_reaches_the_disk(place, tmp_path):
    value = "".join(["correct", "-horse-", "battery"])
    place.store(A=value)
    place.vault().replace(place.vault().reference("A"), secret(value + "2"))
    for folder, _, names in os.walk(tmp_path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as stream:
                assert value.encode() not in stream.read()
