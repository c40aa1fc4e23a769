"""pyc files: values beside the names they are given to."""

from __future__ import annotations

import sys

import pytest
from support.containers import make_pyc

from scanner.decode.bytecode import members
from scanner.decode.limits import Budget, Limits, Refused, View

SOURCE = """
MODULE = "module-value"
class Settings:
    attribute = b"bytes-value"
    def method(self, token="default-value"):
        local = "local-value"
        self.api_key = "member-value"
        options = {"first": "one-value", "second": "two-value"}
        return options, local, connect(password="argument-value", user="user-value")
NESTED = ("outer-value", ("inner-value", "\\u00e9-value"))
"""


def told(data: bytes) -> list[str]:
    (part,) = members("pyc", data, Budget(Limits()))
    assert isinstance(part, View)
    assert part.chain == ("(constants)",)
    return part.data.decode().split("\n")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="assignments are not told there")
def test_assignments_are_told_with_their_names() -> None:
    lines = told(make_pyc(SOURCE))
    for line in (
        'MODULE = "module-value"', 'attribute = "bytes-value"', 'local = "local-value"',
        'api_key = "member-value"', 'first = "one-value"', 'second = "two-value"',
        'password = "argument-value"', 'user = "user-value"',
    ):  # fmt: skip
        assert line in lines


def test_every_constant_is_told() -> None:
    lines = told(make_pyc(SOURCE))
    for word in ("module", "bytes", "default", "local", "member", "outer", "inner", "\u00e9"):
        assert f"{word}-value" in lines
    assert any("connect" in line.split() for line in lines)


def test_many_constants_need_long_arguments() -> None:
    lines = told(make_pyc("\n".join(f"name{n} = 'value{n}'" for n in range(700))))
    assert "value699" in lines
    if sys.version_info < (3, 14):
        assert 'name699 = "value699"' in lines


def old_pyc() -> bytes:
    """`key = "old-value"` as Python 2.7 writes it, by hand."""
    number = lambda n: n.to_bytes(4, "little")  # noqa: E731
    text = lambda raw: b"s" + number(len(raw)) + raw  # noqa: E731
    code = b"\x64\x00\x00\x5a\x00\x00\x64\x01\x00\x53"
    constants = b"(" + number(2) + b"t" + number(9) + b"old-value" + b"N"
    names = b"(" + number(1) + b"t" + number(3) + b"key"
    empty = b"(" + number(0)
    rest = empty * 3 + text(b"a.py") + b"R" + number(1) + number(1) + text(b"")
    return b"\x03\xf3\r\n" + bytes(4) + b"c" + bytes(16) + text(code) + constants + names + rest


def test_python_2() -> None:
    assert told(old_pyc()) == ['key = "old-value"', "old-value", "key"]


def test_unknown_opcodes_tell_constants_alone() -> None:
    data = bytearray(make_pyc("key = 'some-value'"))
    data[:2] = (3700).to_bytes(2, "little")
    assert "some-value" in told(bytes(data))


def test_damage_gives_the_strings() -> None:
    data = make_pyc("key = 'some-value'")
    refused, strings = members("pyc", data[:-30], Budget(Limits()))
    assert refused == Refused((), "damaged: no code object that can be read")
    assert isinstance(strings, View)
    assert b"some-value" in strings.data
