"""A file of the tree is changed whole or not at all, never through a link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from scanner.errors import EditError
from scanner.migrate import edit
from scanner.migrate.edit import (
    moved,
    new_spans,
    read_editable,
    read_file,
    remove_file,
    replace_file,
    spliced,
    sweep,
    temporary_name,
)
from scanner.model import Edit

OLD, NEW = b"old\n", b"a new text\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    (folder / "a/b").mkdir(parents=True)
    (folder / "a/b/f").write_bytes(OLD)
    return folder


def replace(root: Path, path: str = "a/b/f", before: bytes | None = OLD) -> None:
    replace_file(str(root), path, before, NEW, "run")


def names(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


class TestSpliced:
    def test_edits_count_from_the_old_text(self):
        edits = [Edit(6, 7, b""), Edit(0, 1, b"AAA"), Edit(3, 3, b"-")]
        assert spliced(b"0123456789", edits) == b"AAA12-345789"

    def test_the_same_edit_twice_is_one(self):
        assert spliced(b"ab", [Edit(1, 1, b"x"), Edit(1, 1, b"x")]) == b"axb"

    def test_neighbours_and_an_insertion_before_a_change(self):
        edits = [Edit(0, 2, b"A"), Edit(2, 4, b"B"), Edit(2, 2, b"-")]
        assert spliced(b"0123", edits) == b"A-B"

    @pytest.mark.parametrize(
        "edits",
        [
            [Edit(0, 3, b""), Edit(2, 4, b"")],
            [Edit(0, 4, b""), Edit(1, 2, b"")],
            [Edit(1, 2, b"a"), Edit(1, 2, b"b")],
            [Edit(1, 1, b"a"), Edit(1, 1, b"b")],
            [Edit(1, 3, b""), Edit(2, 2, b"x")],
        ],
    )
    def test_overlap(self, edits):
        with pytest.raises(EditError, match="overlap"):
            spliced(b"012345", edits)

    @pytest.mark.parametrize("one", [Edit(-1, 1, b""), Edit(2, 1, b""), Edit(0, 7, b"")])
    def test_outside(self, one):
        with pytest.raises(EditError, match="outside its file"):
            spliced(b"012345", [one])

    def test_moved_and_new_spans_agree_with_the_new_text(self):
        data = b"0123456789"
        edits = [Edit(7, 9, b""), Edit(1, 3, b"ABCDE"), Edit(5, 5, b"x"), Edit(5, 5, b"x")]
        after = spliced(data, edits)
        for offset in (0, 3, 4, 5, 6, 9):
            assert after[moved(edits, offset)] == data[offset]
        assert [(e.new, after[s:t]) for e, s, t in new_spans(edits)] == [
            (b"ABCDE", b"ABCDE"),
            (b"x", b"x"),
            (b"", b""),
        ]


class TestReplace:
    def test_the_new_bytes_and_the_old_mode(self, root):
        (root / "a/b/f").chmod(0o751)
        replace(root)
        assert read_file(str(root), "a/b/f") == NEW
        assert stat.S_IMODE((root / "a/b/f").stat().st_mode) == 0o751
        assert names(root) == {"a", "a/b", "a/b/f"}

    def test_a_new_file_and_the_folder_above_it(self, root):
        replace(root, "new/f", None)
        assert (root / "new/f").read_bytes() == NEW
        assert stat.S_IMODE((root / "new/f").stat().st_mode) == 0o644
        replace(root, "g", None)
        assert (root / "g").read_bytes() == NEW

    def test_a_new_file_that_is_there(self, root):
        with pytest.raises(EditError, match="was changed by somebody else"):
            replace(root, before=None)
        assert (root / "a/b/f").read_bytes() == OLD

    def test_a_changed_file(self, root):
        (root / "a/b/f").write_bytes(OLD + b"more")
        with pytest.raises(EditError, match="was changed by somebody else"):
            replace(root)
        assert (root / "a/b/f").read_bytes() == OLD + b"more"

    def test_a_file_that_is_gone(self, root):
        with pytest.raises(EditError, match="is not there any more"):
            replace(root, "a/b/g")
        with pytest.raises(EditError, match="its folder is not there any more"):
            replace(root, "a/c/g")
        assert names(root) == {"a", "a/b", "a/b/f"}

    def test_changed_at_the_last_moment(self, root, monkeypatch):
        real = edit._check_same

        def late(*facts):
            (root / "a/b/f").write_bytes(b"somebody was faster")
            real(*facts)

        monkeypatch.setattr(edit, "_check_same", late)
        with pytest.raises(EditError, match="was changed by somebody else"):
            replace(root)
        assert (root / "a/b/f").read_bytes() == b"somebody was faster"
        assert names(root) == {"a", "a/b", "a/b/f"}

    def test_removed_or_made_at_the_last_moment(self, root, monkeypatch):
        real = edit._check_same

        def late(*facts):
            path = root / "a/b/f"
            path.unlink() if path.exists() else path.write_bytes(b"made")
            real(*facts)

        monkeypatch.setattr(edit, "_check_same", late)
        with pytest.raises(EditError, match="was changed"):
            replace(root)
        assert names(root) == {"a", "a/b"}
        with pytest.raises(EditError, match="was changed"):
            replace(root, before=None)
        assert (root / "a/b/f").read_bytes() == b"made"

    def test_hard_links(self, root, tmp_path):
        os.link(root / "a/b/f", tmp_path / "second")
        with pytest.raises(EditError, match="has 2 hard links") as caught:
            replace(root)
        assert caught.value.hint
        assert (tmp_path / "second").read_bytes() == OLD

    def test_what_a_killed_run_left_is_in_nobodys_way(self, root):
        left = root / temporary_name("a/b/f", "run")
        left.write_bytes(b"half")
        replace(root)
        assert not left.exists()
        assert (root / "a/b/f").read_bytes() == NEW


class TestLinks:
    def test_the_file_itself(self, root, tmp_path):
        (tmp_path / "out").write_bytes(OLD)
        (root / "link").symlink_to(tmp_path / "out")
        for action in (replace, lambda r, p: read_file(str(r), p)):
            with pytest.raises(EditError, match="symbolic link"):
                action(root, "link")
        with pytest.raises(EditError, match="symbolic link"):
            remove_file(str(root), "link", OLD)
        assert (tmp_path / "out").read_bytes() == OLD

    @pytest.mark.parametrize("link", ["a", "a/b"])
    def test_any_folder_above(self, root, tmp_path, link):
        (root / link).rename(tmp_path / "away")
        (root / link).symlink_to(tmp_path / "away")
        for action in (replace, lambda r: read_file(str(r), "a/b/f")):
            with pytest.raises(EditError, match="symbolic link"):
                action(root)
        for action in (lambda r: sweep(r, "a/b/f", "t"), lambda r: remove_file(r, "a/b/f", OLD)):
            with pytest.raises(EditError, match="symbolic link"):
                action(str(root))

    def test_a_new_file_behind_a_link(self, root, tmp_path):
        (tmp_path / "away").mkdir()
        (root / "new").symlink_to(tmp_path / "away")
        with pytest.raises(EditError, match="symbolic link"):
            replace(root, "new/f", None)
        assert not list((tmp_path / "away").iterdir())

    def test_the_root_itself_may_be_one(self, root, tmp_path):
        (tmp_path / "root").symlink_to(root)
        replace(tmp_path / "root")
        assert (root / "a/b/f").read_bytes() == NEW


class TestOddFiles:
    def test_fifo(self, root):
        os.mkfifo(root / "pipe")
        with pytest.raises(EditError, match="is no regular file"):
            read_file(str(root), "pipe")
        with pytest.raises(EditError, match="is no regular file"):
            replace(root, "pipe")

    def test_folder(self, root):
        with pytest.raises(EditError, match="is a directory"):
            read_file(str(root), "a/b")

    def test_a_file_as_folder(self, root):
        with pytest.raises(EditError):
            read_file(str(root), "a/b/f/g")

    @pytest.mark.parametrize(
        "path", ["../x", "a/../../x", "/etc/x", "", "a//f", "./f", "a/.", "a/b/.."]
    )
    def test_outside_of_the_tree(self, root, path):
        for action in (replace, lambda r, p: read_file(str(r), p)):
            with pytest.raises(EditError, match="lies outside the tree"):
                action(root, path)

    def test_nothing_there(self, root):
        assert read_file(str(root), "a/b/g") is None
        assert read_file(str(root), "x/y/z") is None

    def test_a_name_that_is_not_utf8(self, root):
        name = os.fsdecode(b"\xff\n")
        replace(root, f"a/{name}", None)
        assert read_file(str(root), f"a/{name}") == NEW


class TestTemporaryFile:
    def test_its_mode_while_it_is_written(self, root, monkeypatch):
        (root / "a/b/f").chmod(0o644)
        seen = []
        real = edit._take_over

        def look(handle, found):
            seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
            seen.append((root / temporary_name("a/b/f", "run")).exists())
            real(handle, found)

        monkeypatch.setattr(edit, "_take_over", look)
        replace(root)
        assert seen == [0o600, True]

    @pytest.mark.parametrize("call", ["open", "fchmod", "fsync", "rename", "stat"])
    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
    def test_gone_after_every_failure(self, root, monkeypatch, call, code):
        real = getattr(os, call)

        def failing(*arguments, **options):
            if call != "open" or arguments[1] & os.O_CREAT:
                raise OSError(code, os.strerror(code))
            return real(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing)
            with pytest.raises(EditError, match=os.strerror(code).lower()) as caught:
                replace(root)
        assert caught.value.hint
        assert (root / "a/b/f").read_bytes() == OLD
        assert names(root) == {"a", "a/b", "a/b/f"}

    def test_gone_when_the_disk_is_full_while_it_is_written(self, root, monkeypatch):
        real = os.fdopen

        class Full:
            def __init__(self, handle, mode):
                self.stream = real(handle, mode)

            def __enter__(self):
                return self

            def __exit__(self, *_):
                self.stream.close()

            def write(self, data):
                self.stream.write(data[: len(data) // 2])
                self.stream.flush()
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fdopen", lambda h, m: Full(h, m) if m == "wb" else real(h, m))
            with pytest.raises(EditError, match="no space left"):
                replace(root)
        assert (root / "a/b/f").read_bytes() == OLD
        assert names(root) == {"a", "a/b", "a/b/f"}

    def test_a_folder_that_cannot_be_flushed_is_no_failure(self, root, monkeypatch):
        real = os.fsync

        def files_only(handle):
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            real(handle)

        monkeypatch.setattr(os, "fsync", files_only)
        replace(root)
        assert read_file(str(root), "a/b/f") == NEW
        remove_file(str(root), "a/b/f", NEW)
        assert names(root) == {"a"}

    def test_gone_after_an_interruption(self, root, monkeypatch):
        def interrupted(_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", interrupted)
            with pytest.raises(KeyboardInterrupt):
                replace(root)
        assert names(root) == {"a", "a/b", "a/b/f"}

    def test_swept(self, root):
        (root / temporary_name("a/b/f", "run")).write_bytes(b"half")
        (root / temporary_name("a/b/f", "other")).write_bytes(b"half")
        sweep(str(root), "a/b/f", "run")
        sweep(str(root), "a/b/f", "run")
        sweep(str(root), "nowhere/f", "run")
        assert names(root) == {"a", "a/b", "a/b/f", temporary_name("a/b/f", "other")}

    def test_its_name(self):
        assert temporary_name("a/b/f", "run") == "a/b/.f.run.tmp"
        assert temporary_name("f", "run") == ".f.run.tmp"


class TestRemove:
    def test_the_file_and_its_empty_folder(self, root):
        remove_file(str(root), "a/b/f", OLD)
        assert names(root) == {"a"}
        remove_file(str(root), "a/b/f", OLD)

    def test_a_folder_with_more_in_it_stays(self, root):
        (root / "a/b/g").write_bytes(b"")
        remove_file(str(root), "a/b/f", OLD)
        assert names(root) == {"a", "a/b", "a/b/g"}

    def test_a_changed_file_stays(self, root):
        with pytest.raises(EditError, match="was changed"):
            remove_file(str(root), "a/b/f", b"other")
        assert (root / "a/b/f").read_bytes() == OLD


class TestEditable:
    def test_the_bytes(self, root):
        assert read_editable(str(root), "a/b/f") == OLD

    def test_what_could_not_be_replaced_is_not_read(self, root, tmp_path):
        os.link(root / "a/b/f", tmp_path / "other")
        (root / "link").symlink_to(root / "a/b/f")
        os.mkfifo(root / "pipe")
        for path, why in [
            ("a/b/f", "2 hard links"),
            ("link", "symbolic link"),
            ("pipe", "no regular file"),
            ("a", "is a directory"),
            ("gone", "not there"),
            ("gone/f", "not there"),
        ]:
            with pytest.raises(EditError, match=why):
                read_editable(str(root), path)
