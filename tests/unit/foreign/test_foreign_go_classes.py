"""Parts of Go expressions; test_foreign_go_regex.py has the whole."""

from __future__ import annotations

import re

from scanner.foreign.go_classes import ALL, character, class_of, either


def test_classes_hold_their_bytes() -> None:
    for members in (frozenset(b"abcz-]^\\"), ALL - {10}, ALL, frozenset(b"\x00\xff")):
        pattern = re.compile(class_of(members).encode())
        assert {byte for byte in range(256) if pattern.fullmatch(bytes((byte,)))} == members


def test_an_empty_class_matches_nothing() -> None:
    assert not re.search(class_of(()).encode(), bytes(range(256)))


def test_characters_are_themselves() -> None:
    for char in "a.*\\é\n-#":
        assert re.fullmatch(character(ord(char)).encode(), char.encode())
    assert re.fullmatch(either(frozenset(b"a"), {character(233)}).encode(), "é".encode())
