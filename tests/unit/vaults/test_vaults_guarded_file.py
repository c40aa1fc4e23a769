import os
import stat

import pytest
from filelock import FileLock

from scanner.errors import VaultError
from scanner.vaults.guarded_file import locked, read_file, remove_file, sweep_folder, write_file


def fine(data):
    pass


def test_absent(tmp_path):
    assert read_file(str(tmp_path / "none"), "f") is None
    assert read_file(str(tmp_path), "f") is None


def test_new_file_and_folder(tmp_path):
    folder = tmp_path / "d"
    seen = []
    write_file(str(folder), "f", b"1", seen.append)
    assert seen == [b"1"]
    assert read_file(str(folder), "f") == b"1"
    assert stat.S_IMODE((folder / "f").stat().st_mode) == 0o644
    assert os.listdir(folder) == ["f"]


def test_mode_is_kept(tmp_path):
    (tmp_path / "f").write_bytes(b"old")
    os.chmod(tmp_path / "f", 0o640)
    write_file(str(tmp_path), "f", b"new", fine)
    assert (tmp_path / "f").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640


def test_a_failed_check_leaves_everything(tmp_path):
    (tmp_path / "f").write_bytes(b"old")

    def wrong(data):
        raise VaultError("not right")

    with pytest.raises(VaultError, match="not right"):
        write_file(str(tmp_path), "f", b"new", wrong)
    assert (tmp_path / "f").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def test_what_a_killed_writer_left_is_swept(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    for action in (lambda: write_file(str(folder), "f", b"1", fine),
                   lambda: remove_file(str(folder), "f")):  # fmt: skip
        (folder / ".f.0123456789ab.tmp").write_bytes(b"half")
        (folder / ".other.tmp").write_bytes(b"not ours")
        action()
        assert sorted(p for p in os.listdir(folder) if p != "f") == [".other.tmp"]


def test_linked_folder(tmp_path):
    (tmp_path / "real").mkdir()
    os.symlink(tmp_path / "real", tmp_path / "link")
    for action in (
        lambda: read_file(str(tmp_path / "link"), "f"),
        lambda: write_file(str(tmp_path / "link"), "f", b"", fine),
        lambda: remove_file(str(tmp_path / "link"), "f"),
    ):
        with pytest.raises(VaultError, match="symbolic link"):
            action()
    assert os.listdir(tmp_path / "real") == []


def test_linked_file_and_fifo(tmp_path):
    (tmp_path / "target").write_bytes(b"kept")
    os.symlink("target", tmp_path / "link")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(VaultError, match="symbolic link"):
        read_file(str(tmp_path), "link")
    with pytest.raises(VaultError, match="not a regular file"):
        read_file(str(tmp_path), "fifo")
    for name in ("link", "fifo"):
        with pytest.raises(VaultError, match="not a regular file"):
            write_file(str(tmp_path), name, b"new", fine)
    assert (tmp_path / "target").read_bytes() == b"kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(tmp_path):
    os.chmod(tmp_path, 0o500)
    with pytest.raises(VaultError, match="permission denied"):
        write_file(str(tmp_path), "f", b"", fine)


def test_remove(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "f").write_bytes(b"")
    remove_file(str(folder), "f")
    assert not folder.exists()
    remove_file(str(folder), "f")


def test_sweeping_alone(tmp_path):
    for name in (".f.1.tmp", ".g.1.tmp", "f"):
        (tmp_path / name).write_bytes(b"")
    sweep_folder(str(tmp_path), "f")
    sweep_folder(str(tmp_path / "nowhere"), "f")
    assert sorted(os.listdir(tmp_path)) == [".g.1.tmp", "f"]


def test_the_lock_is_outside_the_repository(tmp_path):
    (tmp_path / "r").mkdir()
    with locked(str(tmp_path / "r"), {"UNLEAK_STATE_DIR": str(tmp_path / "state")}):
        [lock] = (tmp_path / "state/locks").iterdir()
        assert os.listdir(tmp_path / "r") == []
        other = FileLock(lock, timeout=0)
        with pytest.raises(TimeoutError):
            other.acquire()
    with other:
        assert other.is_locked


def test_no_place_for_the_lock(tmp_path):
    (tmp_path / "state").write_bytes(b"")
    lock = locked(str(tmp_path), {"UNLEAK_STATE_DIR": str(tmp_path / "state")})
    with pytest.raises(VaultError, match="cannot lock") as caught, lock:
        pass
    assert "UNLEAK_STATE_DIR" in caught.value.hint
