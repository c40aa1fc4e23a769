"""Reports are written whole or not at all, and never in the place of what is no file."""

from __future__ import annotations

import os
from pathlib import Path

from scanner.cli.output import write_bytes_atomic


def test_a_file_is_replaced_whole_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.write_text("old")
    write_bytes_atomic(str(report), b"new")
    assert report.read_bytes() == b"new"
    assert report.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["report"]


def test_what_is_no_file_is_written_to_and_stays(tmp_path: Path) -> None:
    """A rename would put a file where a pipe or a device was."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_bytes_atomic(str(pipe), b"report")
        assert os.read(reader, 99) == b"report"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
