"""Every wanted object is visited once, with its content, or reported."""

from __future__ import annotations

import random
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from support.packs import (
    BLOB,
    OFS_DELTA,
    REF_DELTA,
    TREE,
    Entry,
    copy,
    delta,
    insert,
    object_id,
    varint,
    write_pack,
)
from support.packwriter import look, names_of, opened

import scanner.git.delta as deltas
import scanner.git.walk as walking
from scanner.git.packs import BROKEN, Pack, forest
from scanner.git.walk import LARGEST, branches, content, reader, starts, walk


def versions(seed: int, count: int) -> tuple[list[Entry], dict[str, bytes]]:
    """A tree of blobs, each made from an earlier one, and what they are."""
    chance = random.Random(seed)
    made = [chance.randbytes(300)]
    entries = [Entry(BLOB, made[0])]
    for number in range(1, count):
        parent = chance.randrange(max(0, number - 40), number)
        old, line = made[parent], b"line %d\n" % number
        cut = chance.randrange(len(old))
        new = old[:cut] + line + old[cut:]
        change = delta(len(old), len(new), copy(0, cut), insert(line), copy(cut, len(old) - cut))
        if not cut:
            change = delta(len(old), len(new), insert(line), copy(0, len(old)))
        name = object_id(BLOB, new)
        if chance.random() < 0.3:
            entries.append(Entry(REF_DELTA, change, name, base=object_id(BLOB, old)))
        else:
            entries.append(Entry(OFS_DELTA, change, name, base=number - parent))
        made.append(new)
    return entries, {object_id(BLOB, one): one for one in made}


def test_every_version_is_made_once_whatever_the_pieces(tmp_path: Path) -> None:
    entries, expected = versions(1, 400)
    pack = opened(write_pack(tmp_path, [*entries, Entry(TREE, b""), Entry(BLOB, b"alone")]))
    for limit in (1, 500, 5_000, 50_000, 1 << 60):
        seen = look(pack, limit=limit)
        assert sorted(seen.visits) == sorted(set(seen.visits))
        assert len(seen.visits) == 402
        assert not seen.reported
        for name, data in expected.items():
            assert seen.content[name] == ("blob", data)


def test_the_weights_of_the_pieces_sum_to_the_whole(tmp_path: Path) -> None:
    entries, _ = versions(2, 300)
    pack = opened(write_pack(tmp_path, entries))
    found = forest(pack)
    everything = branches(found, np.ones(300, bool))
    whole = starts(found, everything, 1 << 60)
    assert len(whole) == 1
    for limit in (1, 1000, 20_000):
        pieces = starts(found, everything, limit)
        assert sum(piece.weight for piece in pieces) == whole[0].weight
        assert len({piece.node for piece in pieces}) == len(pieces)
    assert len(starts(found, everything, 1)) > 5


def test_a_long_chain_is_not_made_over_and_over(tmp_path: Path) -> None:
    entries = [Entry(BLOB, b"base")]
    change = delta(4, 4, copy(0, 4))
    entries += [Entry(OFS_DELTA, change, f"{n:040x}", base=1) for n in range(2000)]
    pack = opened(write_pack(tmp_path, entries))
    found = forest(pack)
    everything = branches(found, np.ones(2001, bool))
    pieces = starts(found, everything, 20_000)
    assert len(pieces) > 3
    assert sum(piece.node for piece in pieces) < 2001 * 1.2  # entries above each piece
    assert sum(piece.weight for piece in pieces) == int(everything.weight[0])
    assert len(look(pack, limit=20_000).visits) == 2001


def test_what_is_not_wanted_is_only_made_where_something_stands_on_it(tmp_path: Path) -> None:
    entries, expected = versions(3, 200)
    pack = opened(write_pack(tmp_path, entries))
    chosen = set(random.Random(3).sample(sorted(expected), 5))
    for limit in (1, 1 << 60):
        seen = look(pack, limit=limit, wanted=chosen.__contains__)
        assert chosen <= set(seen.visits)
        assert len(seen.visits) < 200
        assert sorted(seen.visits) == sorted(set(seen.visits))
        only = look(pack, limit=limit, wanted=chosen.__contains__, everything=False)
        assert set(only.visits) == chosen


def test_a_damaged_entry_and_all_that_is_made_from_it_are_reported(tmp_path: Path) -> None:
    entries, expected = versions(4, 120)
    path = write_pack(tmp_path, entries)
    clean = opened(path)
    found = forest(clean)
    names = names_of(clean, found)
    victim = 3
    above = {victim}
    for node in range(120):
        if int(found.parent[node]) in above:
            above.add(node)
    data = bytearray(path.read_bytes())
    data[int(found.end[victim]) - 3] ^= 1
    path.write_bytes(data)
    for limit in (1, 2000, 1 << 60):
        seen = look(opened(path), limit=limit)
        assert sorted(seen.reports) == sorted(names[node] for node in above)
        assert set(seen.visits) == set(names) - set(seen.reported)
        assert all(seen.content[name][1] == expected[name] for name in seen.visits)


@pytest.mark.parametrize("version", [1, 2])
def test_checksums_of_the_index_or_of_the_stream_tell_damage(tmp_path: Path, version: int) -> None:
    path = write_pack(tmp_path, [Entry(BLOB, b"content" * 50)], version=version)
    good = path.read_bytes()
    for at in range(12, len(good) - 20):
        data = bytearray(good)
        data[at] ^= 0x04
        path.write_bytes(data)
        seen = look(opened(path))
        assert bool(seen.reported) != bool(seen.visits)


def test_a_delta_that_claims_an_impossible_size_is_reported(tmp_path: Path) -> None:
    for claimed in (LARGEST + 1, 1 << 40, 1 << 60, 1 << 68):
        change = varint(4) + varint(claimed) + copy(0, 4)
        entries = [Entry(BLOB, b"base"), Entry(OFS_DELTA, change, "99" * 20, base=1)]
        seen = look(opened(write_pack(tmp_path, entries, name=str(claimed))))
        assert seen.content == {object_id(BLOB, b"base"): ("blob", b"base")}
        assert set(seen.reported) == {"99" * 20}


def test_a_bomb_of_copies_that_does_not_fit_in_memory_is_reported(tmp_path: Path) -> None:
    base = bytes(0x10000)
    change = varint(len(base)) + varint(LARGEST * 2) + b"\x80" * (LARGEST * 2 // 0x10000)
    entries = [Entry(BLOB, base), Entry(OFS_DELTA, change, "aa" * 20, base=1)]
    seen = look(opened(write_pack(tmp_path, entries)))
    assert set(seen.reported) == {"aa" * 20}


def test_a_chain_of_4095_is_walked_and_one_end_is_made_alone(tmp_path: Path) -> None:
    made = b"x" * 200
    entries, expected = [Entry(BLOB, made)], {object_id(BLOB, made): made}
    for number in range(4095):
        old, line = made, b"%d\n" % number
        keep = min(len(old), 180)
        made = old[:keep] + line
        change = delta(len(old), len(made), copy(0, keep), insert(line))
        entries.append(Entry(OFS_DELTA, change, object_id(BLOB, made), base=1))
        expected[object_id(BLOB, made)] = made
    pack = opened(write_pack(tmp_path, entries))
    seen = look(pack)
    assert {name: data for name, (_, data) in seen.content.items()} == expected
    found = forest(pack)
    assert content(found, reader(pack, found), 4095) == made
    assert len(look(pack, limit=100_000).visits) == len(set(seen.visits))


def test_what_stands_on_a_broken_entry_is_never_wanted(tmp_path: Path) -> None:
    odd = Entry(5, zlib.compress(b"x"), "bb" * 20)
    change = delta(1, 1, copy(0, 1))
    path = write_pack(tmp_path, [odd, Entry(OFS_DELTA, change, "cc" * 20, base=1)])
    found = forest(opened(path))
    assert found.parent.tolist() == [BROKEN, 0]
    assert found.kind.tolist() == [0, 0]
    assert starts(found, branches(found, np.ones(2, bool)), 1) == []


def test_bases_that_are_not_held_are_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries, expected = versions(5, 250)
    pack = opened(write_pack(tmp_path, entries))
    for most in (0, 700, 5000):
        monkeypatch.setattr(walking, "MOST_HELD", most)
        for limit in (1000, 1 << 60):
            seen = look(pack, limit=limit)
            assert sorted(seen.visits) == sorted(expected)
            assert {name: data for name, (_, data) in seen.content.items()} == expected


def peak(pack: Pack) -> tuple[int, int]:
    """(objects visited, bytes of Python objects at most) when everything is walked."""
    entries = forest(pack)
    found = branches(entries, np.ones(len(entries.start), bool))
    count = 0

    def visit(node: int, data: bytes, state: object, kept: object) -> None:
        nonlocal count
        count += 1

    def report(node: int, reason: str) -> None:
        raise AssertionError(reason)

    tracemalloc.start()
    try:
        walk(pack, entries, found, [0], frozenset(), visit, report)
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_is_flat_along_a_chain(tmp_path: Path) -> None:
    base = bytes(1 << 20)
    change = delta(len(base), len(base), *[copy(0, 1 << 18)] * 4)
    entries = [Entry(BLOB, base)]
    entries += [Entry(OFS_DELTA, change, f"{n:040x}", base=1) for n in range(1, 4096)]
    count, most = peak(opened(write_pack(tmp_path, entries)))
    assert count == 4096
    assert most < 6 << 20


def test_memory_is_bounded_where_every_object_has_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST_HELD", 3 << 20)
    base = bytes(1 << 20)
    change = delta(len(base), len(base), *[copy(0, 1 << 18)] * 4)
    entries = [Entry(BLOB, base)]
    entries += [Entry(OFS_DELTA, change, f"{n:040x}", base=(n + 1) // 2) for n in range(1, 511)]
    count, most = peak(opened(write_pack(tmp_path, entries)))
    assert count == 511
    assert most < 8 << 20


def test_a_delta_of_many_small_instructions_needs_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deltas, "_STRETCH", 1 << 12)
    monkeypatch.setattr(deltas, "_MOST_KEPT", 1 << 10)
    change = varint(100) + varint(50_000) + b"\x90\x01" * 50_000
    entries = [Entry(BLOB, bytes(100)), Entry(OFS_DELTA, change, "aa" * 20, base=1)]
    count, most = peak(opened(write_pack(tmp_path, entries)))
    assert count == 2
    assert most < 2 << 20
