"""Damaged and hostile stores: what is read is right, the rest is reported; nothing raises or hangs.

Each case is made from its seed alone. Run more of them from the project's root with
`python tests/property/test_pack_fuzz.py FIRST COUNT [git]`; git is then asked, too.
"""

from __future__ import annotations

import hashlib
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))
from property.test_packs import LAYOUTS, made
from support.packs import (
    BLOB,
    COMMIT,
    OFS_DELTA,
    REF_DELTA,
    TAG,
    TREE,
    Entry,
    copy,
    delta,
    insert,
    object_id,
    varint,
    write_pack,
)
from support.packwriter import MOST, Seen, asked_from_git, look_at_store

from scanner.git.index import read_index
from scanner.git.stores import open_store

FORMS = (
    "deep", "bases by name", "index version 1", "several packs", "multi-pack index alone", "loose",
)  # fmt: skip
ASK_GIT: list[bool] = []  # not empty: compare with git, where it is not known who is right
LONGEST = (
    20.0  # seconds of this process for a case that takes milliseconds: more than that is a hang
)


@lru_cache
def original(form: str) -> tuple[dict[str, bytes], dict[str, tuple[str, bytes]]]:
    """(files under objects/, what git reads of them) of a small repository."""
    with tempfile.TemporaryDirectory() as folder:
        top = made(Path(folder), 9, 12 if form == "loose" else 25)
        content = asked_from_git(top)
        LAYOUTS[form](top)
        objects = top / "objects"
        files = {
            str(path.relative_to(objects)): path.read_bytes()
            for path in sorted(objects.rglob("*"))
            if path.is_file() and path.suffix != ".rev"
        }
    return files, content


@lru_cache
def holders(form: str) -> dict[str, frozenset[str]]:
    """Where each object is: files of the store, a pack's index included."""
    files, content = original(form)
    found: dict[str, set[str]] = {name: set() for name in content}
    for path, data in files.items():
        if path.endswith(".idx"):
            with tempfile.NamedTemporaryFile() as copied:
                copied.write(data)
                copied.flush()
                index = read_index(copied.name, 20)
            for at in range(len(index.names)):
                found[index.name(at).hex()].add(path.removesuffix(".idx") + ".pack")
        elif path.endswith(".pack") and form == "multi-pack index alone":
            for one in found.values():
                one.add(path)
        elif len(path) == 41:
            found[path.replace("/", "")].add(path)
    return {name: frozenset(paths) for name, paths in found.items()}


def mutated(chance: random.Random, data: bytes) -> bytes:
    """One to three changes of any kind."""
    raw = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        at = chance.randrange(len(raw) + 1)
        length = min(chance.choice([1, 1, 2, 4, 20, 300]), len(raw) - at)
        act = chance.randrange(8)
        if act == 0 and at < len(raw):
            raw[at] ^= 1 << chance.randrange(8)
        elif act == 1 and at < len(raw):
            raw[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        elif act == 2:
            raw[at:at] = chance.randbytes(chance.choice([1, 2, 20, 500]))
        elif act == 3:
            del raw[at : at + length]
        elif act == 4:
            del raw[at:]
        elif act == 5:
            raw[at : at + length] = bytes(length)
        elif act == 6:
            other = chance.randrange(len(raw) + 1)
            raw[at : at + length] = raw[other : other + length]
        else:
            raw += chance.randbytes(chance.choice([1, 20, 1000]))
    return bytes(raw)


def damaged(seed: int) -> str:
    """Damage one or two files of a store: every object is right, or it is reported."""
    chance = random.Random(seed)
    form = chance.choice(FORMS)
    files, content = original(form)
    changed = dict(files)
    for path in chance.sample(sorted(files), min(len(files), chance.choice([1, 1, 2]))):
        changed[path] = mutated(chance, files[path])
    with tempfile.TemporaryDirectory() as folder:
        objects = Path(folder)
        for path, data in changed.items():
            (objects / path).parent.mkdir(parents=True, exist_ok=True)
            (objects / path).write_bytes(data)
        limit, trees = chance.choice([1, 2000, MOST]), chance.random() < 0.5
        seen = look_at_store(open_store(folder, 20), limit=limit, trees=trees)
    named = {os.path.relpath(name, folder) for name in seen.reported if "/" in name}
    for name, true in content.items():
        if name in seen.content:
            assert seen.content[name] == true, (name, form)
        elif trees or true[0] != "tree":
            lost = name in seen.reported or holders(form)[name] & named
            assert lost, (name, form, sorted(named))
    return f"{form}: {'damage seen' if seen.reported else 'no harm done'}"


def resealed(seed: int) -> str:
    """The same with checksums that fit: as far as the headers go, anything may stand there."""
    chance = random.Random(seed)
    form = chance.choice(FORMS[:5])
    files, _ = original(form)
    changed = dict(files)
    for path in chance.sample(sorted(files), min(len(files), chance.choice([1, 1, 2]))):
        body = mutated(chance, files[path][:-20])
        changed[path] = body + hashlib.sha1(body).digest()
    for path, data in list(changed.items()):  # an index that was made for the changed pack
        pack = path.removesuffix(".idx") + ".pack"
        if path.endswith(".idx") and chance.random() < 0.9:
            changed[path] = refitted(data, changed[pack])
    with tempfile.TemporaryDirectory() as folder:
        for path, data in changed.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(data)
        seen = accounted_for(folder)
    return f"{form}, resealed: {'damage seen' if seen.reported else 'no harm done'}"


def refitted(index: bytes, pack: bytes) -> bytes:
    """An index with the CRCs and the checksum that a pack has, where it can be told."""
    body = bytearray(index[:-20])
    if body[:4] == b"\xfftOc" and len(body) > 1100:
        count = int.from_bytes(body[8 + 1020 : 8 + 1024], "big")
        crcs, offsets = 1032 + 20 * count, 1032 + 24 * count
        if offsets + 4 * count <= len(body):
            starts = struct.unpack(f">{count}I", body[offsets : offsets + 4 * count])
            ends = sorted({*starts, max(0, len(pack) - 20)})
            for number, start in enumerate(starts):
                after = ends[min(ends.index(start) + 1, len(ends) - 1)]
                crc = zlib.crc32(pack[start:after])
                body[crcs + 4 * number : crcs + 4 * number + 4] = struct.pack(">I", crc)
    body[-20:] = pack[-20:]
    return bytes(body) + hashlib.sha1(body).digest()


def accounted_for(folder: str) -> Seen:
    """Everything that any index lists is visited, or reported, and nothing twice."""
    store = open_store(folder, 20)
    listed = set(store.loose)
    for pack in store.packs:
        listed |= {pack.index.name(at).hex() for at in range(len(pack.index.names))}
    seen = look_at_store_again(store)
    for limit in (1, 3000):
        assert look_at_store_again(store, limit).content == seen.content
    assert listed == set(seen.content) | (listed & set(seen.reported))
    if ASK_GIT:
        compare_with_git(folder, listed, seen)
    return seen


def compare_with_git(folder: str, listed: set[str], seen: Seen) -> None:
    """What git can read of a hostile store is what we read, or we report it."""
    top = Path(folder)
    for name in ("refs", "objects"):
        (top / name).mkdir(exist_ok=True)
    for name in os.listdir(folder):
        if name not in ("refs", "objects"):
            os.rename(top / name, top / "objects" / name)
    (top / "HEAD").write_text("ref: refs/heads/main\n")
    left = sorted(listed)
    for _ in range(60):
        with tempfile.TemporaryFile() as output:
            child = subprocess.Popen(
                ["git", "--git-dir", folder, "cat-file", "--batch"], stdin=subprocess.PIPE,
                stdout=output, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            resource.prlimit(child.pid, resource.RLIMIT_DATA, (100 << 20, 100 << 20))
            child.communicate("".join(f"{name}\n" for name in left).encode(), timeout=60)
            output.seek(0)
            answers = list(answered(output.read()))
        for name, kind, data in answers:
            if kind and name not in seen.reported:
                assert seen.content[name] == (kind, data), name
        if child.returncode == 0:
            return
        left = left[len(answers) + 1 :]


def answered(output: bytes) -> Iterator[tuple[str, str, bytes]]:
    """(id, kind, content) of each whole answer of `cat-file --batch`; no kind where it has none."""
    at = 0
    while (end := output.find(b"\n", at)) >= 0:
        parts = output[at:end].decode("latin-1").split(" ")
        at = end + 1
        if len(parts[0]) == 40 and len(parts) == 2:
            yield parts[0], "", b""
            continue
        if len(parts[0]) != 40 or len(parts) != 3 or not parts[2].isdigit():
            return  # git took size and content from two packs, of which one is wrong
        data = output[at : at + int(parts[2])]
        at += int(parts[2]) + 1
        if at <= len(output):
            yield parts[0], parts[1], data


def look_at_store_again(store: object, limit: int = MOST) -> Seen:
    return look_at_store(store, limit=limit, twice=True)  # type: ignore[arg-type]


def hostile(seed: int) -> str:
    """A pack in which everything may be wrong but its checksums; git is asked in long runs."""
    chance = random.Random(seed)
    entries: list[Entry] = []
    known: list[tuple[str, bytes]] = []
    for number in range(chance.randrange(1, 40)):
        entries.append(entry(chance, number, known))
    count = len(entries) if chance.random() < 0.95 else chance.randrange(1 << 20)
    version = chance.choice([1, 2, 2, 2])
    with tempfile.TemporaryDirectory() as folder:
        write_pack(Path(folder) / "pack", entries, version=version, count=count)
        if chance.random() < 0.5:  # names that its sorted index may hold twice
            write_pack(Path(folder) / "pack", entries[: chance.randrange(len(entries) + 1)])
        seen = accounted_for(folder)
    return f"hostile: {len(seen.content) * 10 // len(entries) * 10}% read"


def entry(chance: random.Random, number: int, known: list[tuple[str, bytes]]) -> Entry:
    """Mostly what git would write, so that what is wrong stands on what is right."""
    data = chance.choice([b"", b"x", b"some content\n" * 9, chance.randbytes(60)])
    name = object_id(BLOB, data + b"%d" % number)
    if not known or chance.random() < 0.2:
        kind = chance.choice([BLOB] * 5 + [TREE, COMMIT, TAG, 0, 5])
        known.append((name, data))
        return Entry(kind, data, name, size=wrong(chance, len(data)), stream=torn(chance, data))
    back = chance.randrange(len(known))
    base_name, base = known[back]
    made = b""
    pieces: list[bytes] = []
    for _ in range(chance.randrange(6)):
        if base and chance.random() < 0.6:
            at = chance.randrange(len(base))
            length = chance.randrange(1, len(base) - at + 1)
            made += base[at : at + length]
            pieces.append(copy(at, length))
        else:
            text = chance.randbytes(chance.randrange(1, 130))
            made += text
            pieces.append(insert(text))
    change = delta(len(base), len(made), *pieces)
    if chance.random() < 0.15:
        change = mutated(chance, change)
    if chance.random() < 0.03:
        change = varint(len(base)) + varint(1 << chance.choice([30, 60, 70])) + change[2:]
    known.append((name, made))
    size, stream = wrong(chance, len(change)), torn(chance, change)
    if chance.random() < 0.5:
        strange = chance.random()
        if strange < 0.05:
            base_name = name
        elif strange < 0.1:
            base_name = object_id(BLOB, b"%d" % chance.randrange(40))
        return Entry(REF_DELTA, change, name, base=base_name, size=size, stream=stream)
    distance = None if chance.random() < 0.95 else chance.choice([0, 1, 12, 400, 1 << 40])
    return Entry(
        OFS_DELTA, change, name, base=number - back, size=size, stream=stream, distance=distance
    )


def wrong(chance: random.Random, size: int) -> int | None:
    if chance.random() < 0.95:
        return None
    return chance.choice([0, size + 1, max(0, size - 1), 1 << 20, 1 << 40, 1 << 60, 1 << 69])


def torn(chance: random.Random, data: bytes) -> bytes | None:
    act = chance.random()
    if act < 0.93:
        return None
    packed = zlib.compress(data)
    if act < 0.95:
        return mutated(chance, packed)
    if act < 0.97:
        return packed[: chance.randrange(len(packed))]
    return packed + chance.randbytes(30) if act < 0.99 else zlib.compress(bytes(1 << 20))


KINDS: tuple[Callable[[int], str], ...] = (damaged, damaged, resealed, hostile)


def case(seed: int) -> str:
    """One case; what became of it."""
    started = time.process_time()
    said = KINDS[seed % len(KINDS)](seed)
    assert time.process_time() - started < LONGEST, f"seed {seed} hangs"
    return said


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 40))
@example(0)
@example(1)
@example(2)
@example(3)
def test_what_is_damaged_is_read_right_or_reported(seed: int) -> None:
    assert case(seed)


@pytest.mark.slow
def test_many_damaged_stores() -> None:
    found = Counter(case(seed) for seed in range(1000, 1300))
    assert sum(count for name, count in found.items() if name.endswith("seen")) > 80
    assert len(found) > 8


def main() -> None:
    """Run many cases and say what became of them; a seed that fails is named."""
    ASK_GIT.extend(word == "git" for word in sys.argv[3:])
    first, count = int(sys.argv[1]), int(sys.argv[2])
    found: Counter[str] = Counter()
    for seed in range(first, first + count):
        try:
            found[case(seed)] += 1
        except Exception as problem:  # noqa: BLE001 -- whatever it is, the next one is run
            sys.stdout.write(f"seed {seed}: {type(problem).__name__}: {str(problem)[:300]}\n")
            sys.stdout.flush()
            found["FAILED"] += 1
    for name, times in sorted(found.items()):
        sys.stdout.write(f"{times:8} {name}\n")


if __name__ == "__main__":
    main()
