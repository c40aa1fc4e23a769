"""Standard input is one blob under the name that was given."""

from __future__ import annotations

import io

import pytest

from scanner.sources.stdin import read_stdin


def test_reads_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"abc\n\xff")))
    (blob,) = read_stdin("x.env")
    assert (blob.data, blob.size, blob.places[0].path) == (b"abc\n\xff", 5, "x.env")
