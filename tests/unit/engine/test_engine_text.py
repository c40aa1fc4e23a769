"""Encodings are told apart; offsets become lines and columns in characters."""

from __future__ import annotations

import pytest

from scanner.engine.text import Lines, encoding_of, view


def lines(data: bytes, encoding: str = "") -> Lines:
    return Lines(lambda offset, length: data[offset : offset + length], encoding)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"plain text", ""),
        ("\ufeffgrün".encode(), ""),
        ("grün".encode("latin-1"), ""),
        ("\ufeffab".encode("utf-16-le"), "utf-16-le"),
        ("\ufeffab".encode("utf-16-be"), "utf-16-be"),
        ("password = x\n".encode("utf-16-le"), "utf-16-le"),
        ("password = x\n".encode("utf-16-be"), "utf-16-be"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0", "binary"),
        (b"", ""),
    ],
)
def test_encoding(head: bytes, encoding: str) -> None:
    assert encoding_of(head) == encoding


def test_positions_count_characters_not_bytes() -> None:
    data = "eins\nzwölf ß x\n".encode()
    assert lines(data).position(data.index(b"x")) == (2, 9)


def test_a_byte_order_mark_is_no_column() -> None:
    data = "\ufeffkey".encode()
    assert lines(data).position(3) == (1, 1)


def test_latin_1_counts_bytes() -> None:
    data = "ü ü x".encode("latin-1")
    assert lines(data).position(4) == (1, 5)


def test_positions_may_go_back() -> None:
    one = lines(b"a\nb\nc")
    assert one.position(4) == (3, 1)
    assert one.position(2) == (2, 1)


def test_utf_16_positions() -> None:
    data = "\ufeffeins\nzwölf x".encode("utf-16-le")
    offset = data.index("x".encode("utf-16-le"))
    assert lines(data, "utf-16-le").position(offset) == (2, 7)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_view_maps_offsets_back(encoding: str) -> None:
    text = "schlüssel = 'wärt' \U0001f511 end"
    raw = text.encode(encoding)
    piece = view(raw, encoding)
    assert piece.data == text.encode()
    start = piece.data.index(b"end")
    assert raw[piece.back(start) :].decode(encoding) == "end"
