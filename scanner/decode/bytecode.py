"""Compiled Python (pyc) of any version: what is assigned to what, names and constants, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scanner.decode.binaries import printable_strings
from scanner.decode.limits import Budget, Part, Refused, viewed
from scanner.decode.marshalled import Code, DamagedError, Value, codes_of


class _Opcodes(NamedTuple):
    """The numbers of the instructions that matter."""

    constant: int
    keywords: int  # KW_NAMES of 3.11 and 3.12, else as constant
    name: int
    everywhere: int  # STORE_GLOBAL
    variable: int  # STORE_FAST
    attribute: int
    mapping: int  # BUILD_MAP
    extended: int


# `dis.opmap` of each version. Later ones than 3.13 are told without assignments.
_OLD = _Opcodes(100, 172, 90, 97, 125, 95, 105, 144)
_NEW = _Opcodes(83, 83, 114, 113, 110, 108, 48, 71)
_FIRST_NEW, _FIRST_UNKNOWN = 3560, 3600
_FIRST_WORDS = 3360  # 3.6: each instruction has two bytes

MOST_TEXTS = 1_000_000


def members(_kind: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """One text: for each code object its assignments `name = "value"`, its names and constants."""
    magic = int.from_bytes(data[:2], "little")
    for start in _starts(magic):
        try:
            codes = codes_of(data, start, magic)
        except DamagedError:
            continue
        told = b"\n".join(line for code in codes for line in _told(code, magic))
        yield from viewed(("(constants)",), told, budget)
        return
    yield Refused((), "damaged: no code object that can be read")
    yield from viewed(("(strings)",), printable_strings(data), budget)


def _starts(magic: int) -> tuple[int, ...]:
    """Where the code object may begin, likeliest first: the header grew in 3.3 and in 3.7."""
    if magic > 60_000:
        return (8,)
    return (16, 12, 8) if magic >= 3390 else (12, 8)


def _told(code: Code, magic: int) -> Iterator[bytes]:
    for name, value in _assignments(code, magic):
        if isinstance(name, bytes) and isinstance(value, bytes) and value:
            yield name + b' = "' + value + b'"'
    yield from _texts(code.constants)
    yield b" ".join(_texts([*code.names, *code.variables]))


def _texts(values: list[Value]) -> Iterator[bytes]:
    """Every text in nested lists, each list once: references make some endless."""
    seen = {id(values)}
    stack: list[Value] = list(reversed(values))
    count = 0
    while stack and count < MOST_TEXTS:
        value = stack.pop()
        if isinstance(value, bytes):
            count += 1
            yield value
        elif isinstance(value, list) and id(value) not in seen:
            seen.add(id(value))
            stack.extend(reversed(value))


def _assignments(code: Code, magic: int) -> Iterator[tuple[Value, Value]]:
    """Names and the constants stored under them; also keys of displays and of calls."""
    if _FIRST_UNKNOWN <= magic < 60_000:
        return
    known = _NEW if _FIRST_NEW <= magic < 60_000 else _OLD
    run: list[Value] = []  # constants loaded one after the other
    held: Value = None  # the last of them, when one other instruction came after it
    for opcode, argument in _instructions(code.instructions, magic, known):
        if opcode in (known.constant, known.keywords):
            value = _at(code.constants, argument)
            if isinstance(value, list) and 0 < len(value) <= len(run):
                yield from zip(value, run[-len(value) :], strict=True)
            run.append(value)
            continue
        last = run[-1] if run else None
        if opcode in (known.name, known.everywhere):
            yield _at(code.names, argument), last
        elif opcode == known.variable:
            yield _at(code.variables, argument), last
        elif opcode == known.attribute:
            yield _at(code.names, argument), held
        elif opcode == known.mapping and 0 < 2 * argument <= len(run):
            pairs = run[-2 * argument :]
            yield from zip(pairs[::2], pairs[1::2], strict=True)
        held, run = last, []


def _instructions(raw: bytes, magic: int, known: _Opcodes) -> Iterable[tuple[int, int]]:
    """Opcode and argument, caches left out."""
    words = _FIRST_WORDS <= magic < 60_000
    at = high = 0
    while at + 1 < len(raw):
        opcode = raw[at]
        if words:
            argument, size = raw[at + 1], 2
        elif opcode >= 90:
            argument, size = int.from_bytes(raw[at + 1 : at + 3], "little"), 3
        else:
            argument, size = 0, 1
        at += size
        if opcode == known.extended:
            high = ((high | argument) << (8 if words else 16)) & 0xFFFFFFFF
            continue
        if not (words and opcode == 0):
            yield opcode, high | argument
        high = 0


def _at(values: list[Value], index: int) -> Value:
    return values[index] if index < len(values) else None
