"""Marshalled data that means harm: endless, deep, circular, cut."""

from __future__ import annotations

import marshal
import random

import pytest

from scanner.decode.marshalled import DamagedError, codes_of

MAGIC = 3495
NEWEST = int.from_bytes(__import__("importlib.util").util.MAGIC_NUMBER[:2], "little")


def test_constants_names_and_variables() -> None:
    raw = marshal.dumps(compile("def f(a):\n    b = 'text'\n    return a.c\n", "x", "exec"))
    outer, inner = codes_of(raw, 0, NEWEST)
    assert b"f" in outer.names
    assert b"text" in inner.constants
    assert inner.variables[:2] == [b"a", b"b"]
    assert inner.names == [b"c"]


@pytest.mark.parametrize(
    "value",
    [1, -(2**80), 1.5, 2j, None, True, "a" * 300, "\u00e9", b"x", (1, ("a", "b")), [1], {"a": {1: 2}}, {1}, frozenset("ab"), ...],
    ids=lambda value: type(value).__name__,  # the order in a set is another one in each process
)  # fmt: skip
@pytest.mark.parametrize("version", range(5))
def test_every_type_is_passed_over(value: object, version: int) -> None:
    raw = marshal.dumps((value, value), version)
    assert codes_of(raw, 0, MAGIC) == []
    with pytest.raises(DamagedError):
        codes_of(raw[:-1], 0, MAGIC)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"(\xff\xff\xff\xff", b"s\xff\xff\xff\x7ftext", b"[\x01\0\0\0" * 3000 + b"N", b")\x01" * 3000 + b"N",
        b"r\x05\0\0\0", b"R\0\0\0\0", b"0", b"?", b"c" + bytes(20), b"{" * 50, b"l\x01\0\0\x80", b"f\xff1",
    ],
    ids=range(13),
)  # fmt: skip
def test_lies_are_damage(raw: bytes) -> None:
    with pytest.raises(DamagedError):
        codes_of(raw, 0, MAGIC)


def test_a_list_that_holds_itself_ends() -> None:
    assert codes_of(b"\xdb\x02\0\0\0r\0\0\0\0r\0\0\0\0", 0, MAGIC) == []


def test_changed_bytes_never_raise_anything_else() -> None:
    raw = bytearray(
        marshal.dumps(compile("a = 'x'\ndef f(b=1, *c): return {'k': a, 'l': 2.5}\n", "x", "exec"))
    )
    chance = random.Random(7)
    outcomes = set()
    for _ in range(3000):
        changed = bytearray(raw)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(raw))] = chance.randrange(256)
        try:
            outcomes.add(type(codes_of(bytes(changed), 0, NEWEST)))
        except DamagedError:
            outcomes.add(DamagedError)
    assert outcomes == {list, DamagedError}
