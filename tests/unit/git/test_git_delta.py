"""Deltas: what they make, which ranges are the base's, and what does not fit."""

from __future__ import annotations

import random

import pytest
from support.packs import copy, delta, insert, varint
from support.packwriter import check_kept

from scanner.git.delta import DeltaError, apply, sizes

BASE = bytes(random.Random(4).randbytes(70_000))


def test_copies_and_insertions_in_order() -> None:
    change = delta(len(BASE), 17, copy(5, 4), insert(b"between"), copy(300, 6))
    made, kept = apply(BASE, change)
    assert made == BASE[5:9] + b"between" + BASE[300:306]
    assert kept == [(0, 5, 4), (11, 300, 6)]


def test_neighbours_become_one_range() -> None:
    change = delta(len(BASE), 30, copy(0, 10), copy(10, 10), copy(0, 10))
    made, kept = apply(BASE, change)
    assert kept == [(0, 0, 20), (20, 0, 10)]
    assert check_kept(made, BASE, kept) == 30


def test_an_insertion_ends_a_range() -> None:
    _, kept = apply(BASE, delta(len(BASE), 21, copy(0, 10), insert(b"x"), copy(10, 10)))
    assert kept == [(0, 0, 10), (11, 10, 10)]


def test_a_length_of_none_is_64_kib() -> None:
    made, kept = apply(BASE, delta(len(BASE), 0x10000, b"\x81\x07"))
    assert made == BASE[7 : 7 + 0x10000]
    assert kept == [(0, 7, 0x10000)]


def test_every_byte_of_an_offset_and_a_length_counts() -> None:
    base = bytes(range(256)) * 80_000  # 20 MB: offsets of four bytes, lengths of three
    for at, length in ((0x1234567, 3), (0x10000, 0x20001), (0x100, 0x123456), (0, 1)):
        made, _ = apply(base, delta(len(base), length, copy(at, length)))
        assert made == base[at : at + length]


def test_empty_results() -> None:
    assert apply(b"", delta(0, 0)) == (b"", [])
    assert apply(BASE, delta(len(BASE), 0)) == (b"", [])
    assert apply(b"", delta(0, 3, insert(b"new"))) == (b"new", [])


def test_sizes_are_read_before_anything_is_made() -> None:
    assert sizes(delta(5, 1 << 60, copy(0, 5))) == (5, 1 << 60, 10)


@pytest.mark.parametrize(
    "change",
    [
        b"",
        b"\x80",
        b"\xff" * 12,
        varint(len(BASE)),
        varint(len(BASE)) + b"\x80",
        delta(len(BASE) - 1, 4, insert(b"text")),
        delta(len(BASE), 4, insert(b"tex")),
        delta(len(BASE), 4, insert(b"texts")),
        delta(len(BASE), 4, insert(b"text"), b"\0"),
        delta(len(BASE), 4, b"\x05text"),
        delta(len(BASE), 4, copy(len(BASE) - 3, 4)),
        delta(len(BASE), 4, copy(1 << 31, 4)),
        delta(len(BASE), 4, copy(0, 5)),
        delta(len(BASE), 4, b"\x91"),
        delta(len(BASE), 4, b"\xff\1"),
        delta(len(BASE), 1 << 60, copy(0, 4)),
        delta(1 << 60, 4, copy(0, 4)),
    ],
)
def test_what_does_not_fit_is_an_error(change: bytes) -> None:
    with pytest.raises(DeltaError):
        apply(BASE, change)


def test_a_million_small_instructions_give_the_same_object() -> None:
    chance = random.Random(5)
    pieces, made = [], []
    for _ in range(300_000):
        if chance.random() < 0.7:
            at = chance.randrange(60_000)
            pieces.append(copy(at, 1))
            made.append(BASE[at : at + 1])
        else:
            pieces.append(b"\2zz")
            made.append(b"zz")
    wanted = b"".join(made)
    data, kept = apply(BASE, delta(len(BASE), len(wanted), *pieces))
    assert data == wanted
    assert len(kept) < 200_000
    assert check_kept(data, BASE, kept)


def plainly(base: bytes, change: bytes) -> bytes:
    """The object that a delta makes, read byte by byte as the format's description says."""
    base_size, size, at = sizes(change)
    made = bytearray()
    while at < len(change):
        code, at = change[at], at + 1
        if code < 128:
            if not code or at + code > len(change):
                raise DeltaError
            made += change[at : at + code]
            at += code
            continue
        fields = [0] * 7
        for bit in range(7):
            if code & 1 << bit:
                if at == len(change):
                    raise DeltaError
                fields[bit], at = change[at], at + 1
        start = sum(byte << 8 * place for place, byte in enumerate(fields[:4]))
        length = sum(byte << 8 * place for place, byte in enumerate(fields[4:])) or 0x10000
        if start + length > len(base):
            raise DeltaError
        made += base[start : start + length]
    if base_size != len(base) or len(made) != size:
        raise DeltaError
    return bytes(made)


def test_any_instructions_make_what_the_format_says() -> None:
    """Every code of a copy, bytes left out in the middle too; some deltas are then damaged."""
    good = bad = 0
    for seed in range(3000):
        chance = random.Random(seed)
        base = BASE[: chance.choice([0, 1, 300, 70_000])]
        body, size = b"", 0
        for _ in range(chance.randrange(12)):
            if chance.random() < 0.3:
                text = chance.randbytes(chance.randrange(1, 128))
                body, size = body + bytes([len(text)]) + text, size + len(text)
                continue
            code = 0x80 | chance.randrange(128)
            raw = [0 if chance.random() < 0.5 else chance.randrange(256) for _ in range(7)]
            raw = [byte if code >> bit & 1 else 0 for bit, byte in enumerate(raw)]
            start = int.from_bytes(bytes(raw[:4]), "little")
            length = int.from_bytes(bytes(raw[4:]), "little") or 0x10000
            if start + length <= len(base) or chance.random() < 0.01:
                body += bytes([code, *(raw[bit] for bit in range(7) if code >> bit & 1)])
                size += length
        change = delta(len(base), size, body)
        if chance.random() < 0.4:
            torn = bytearray(change)
            torn[chance.randrange(len(torn))] = chance.randrange(256)
            change = bytes(
                torn[: chance.randrange(len(torn) + 1)] if chance.random() < 0.3 else torn
            )
        shortest = chance.choice([1, 50, 1024])
        try:
            wanted = plainly(base, change)
        except DeltaError:
            with pytest.raises(DeltaError):
                apply(base, change, shortest)
            bad += 1
            continue
        made, kept = apply(base, change, shortest)
        assert made == wanted
        check_kept(made, base, kept)
        assert all(length >= shortest for _, _, length in kept)
        good += 1
    assert min(good, bad) > 300


def test_ranges_that_are_too_short_are_not_told() -> None:
    change = delta(len(BASE), 47, copy(0, 5), copy(5, 5), insert(b"x"), copy(40, 9), copy(70, 27))
    assert apply(BASE, change, 10)[1] == [(0, 0, 10), (20, 70, 27)]
