"""Object stores: a repository's object folders, its alternates', and what is in them.

Listing starts no git. What cannot be opened is named, never dropped.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator, Sequence

from scanner.git.index import (
    BrokenPackError,
    Index,
    open_file,
    read_index,
    read_multi_pack_index,
)
from scanner.git.packs import Pack
from scanner.record import record, replace

_HEX = frozenset("0123456789abcdef")
_MOST_ALTERNATES = 1000
_LONGEST_ALTERNATES = 1 << 24
_MOST_LOOKS = 6
_QUOTED = re.compile(rb'"(?:[^"\\]|\\(?:[0-3][0-7]{2}|[abfnrtv"\\]))*"')
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)")
_ESCAPED = {
    b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v",
}  # fmt: skip


@record
class Problem:
    """Something of a store that could not be used. ids: objects that it would have held and that
    nothing else holds."""

    path: str
    reason: str
    ids: tuple[str, ...] = ()


@record
class Store:
    """What stands in all object folders of a repository.

    packs: open. loose: id (hex) -> file. problems: what could not be opened.
    """

    hash_size: int
    packs: tuple[Pack, ...]
    loose: dict[str, str]
    problems: tuple[Problem, ...]


def open_store(objects: str, hash_size: int) -> Store:
    """Everything under an `objects` folder and its alternates."""
    packs: list[Pack] = []
    loose: dict[str, str] = {}
    problems: list[Problem] = []
    for folder in _folders(objects, problems):
        packs += _look(folder, hash_size, loose, problems)
    packs.sort(key=lambda pack: (os.path.basename(pack.path), pack.path))
    lost = [replace(one, ids=_nowhere(one.ids, packs, loose)) for one in problems]
    return Store(hash_size, tuple(packs), loose, tuple(lost))


def _nowhere(ids: tuple[str, ...], packs: Sequence[Pack], loose: dict[str, str]) -> tuple[str, ...]:
    """Those of the ids that no open pack and no file holds."""
    import numpy as np

    left = [one for one in ids if one not in loose]
    for pack in packs:
        if left:
            names = np.array([bytes.fromhex(one) for one in left], pack.index.names.dtype)
            there = np.isin(names, pack.index.names).tolist()
            left = [one for one, found in zip(left, there, strict=True) if not found]
    return tuple(left)


def _look(
    folder: str, hash_size: int, loose: dict[str, str], problems: list[Problem]
) -> list[Pack]:
    """The packs of one folder; its loose objects are added to `loose`.

    Looked at until nothing moves: while git repacks, an object is in at least one place at any
    time, but an old place may be gone before it is read, and a new one come after it was listed.
    """
    opened: dict[str, Pack] = {}
    here = os.path.join(folder, "pack")
    before: list[str] | None = None
    unread: list[Problem] = []
    unopened: list[Problem] = []
    for _ in range(_MOST_LOOKS):
        unread = []
        for name, path in _loose(folder, hash_size, unread):
            loose.setdefault(name, path)
        names = _listed(here, unread)
        if names == before:
            break
        unopened = _open_packs(here, names, hash_size, opened)
        before = names
    else:
        unread.append(Problem(here, "packs come and go faster than they can be listed"))
    problems += unread + unopened
    return list(opened.values())


def _folders(objects: str, problems: list[Problem]) -> list[str]:
    """The folder and its alternates, theirs too, each once however they point at each other."""
    found: dict[str, None] = {}
    waiting = [objects]
    while waiting and len(found) < _MOST_ALTERNATES:
        folder = waiting.pop(0)
        real = "" if "\0" in folder else os.path.realpath(folder)
        if real in found:
            continue
        if not os.path.isdir(real):
            problems.append(Problem(folder, "a folder of objects (an alternate) is missing"))
            continue
        found[real] = None
        waiting += _alternates(real, problems)
    if waiting:
        problems.append(Problem(objects, f"names more than {_MOST_ALTERNATES} alternates"))
    return list(found)


def _alternates(folder: str, problems: list[Problem]) -> list[str]:
    path = os.path.join(folder, "info", "alternates")
    try:
        with open_file(path) as stream:
            lines = stream.read(_LONGEST_ALTERNATES + 1)
    except FileNotFoundError:
        return []
    except OSError as problem:
        problems.append(Problem(path, (problem.strerror or "cannot be read").lower()))
        return []
    if len(lines) > _LONGEST_ALTERNATES:
        problems.append(Problem(path, "is too long"))
        lines = lines[: lines.rfind(b"\n", 0, _LONGEST_ALTERNATES) + 1]
    names = [_unquoted(line) for line in lines.split(b"\n") if line and not line.startswith(b"#")]
    return [os.path.normpath(os.path.join(folder, os.fsdecode(name))) for name in names]


def _unquoted(name: bytes) -> bytes:
    """Git quotes odd paths like a C string."""
    if not _QUOTED.fullmatch(name):
        return name
    return _ESCAPE.sub(lambda found: _unescaped(found[1]), name[1:-1])


def _unescaped(escape: bytes) -> bytes:
    if len(escape) == 3:
        return bytes([int(escape, 8)])
    return _ESCAPED.get(escape, escape)


def _open_packs(
    folder: str, names: list[str], hash_size: int, opened: dict[str, Pack]
) -> list[Problem]:
    """Open what is listed and not in `opened` yet; what could not be opened."""
    problems: list[Problem] = []
    indexed = {name[:-4] for name in names if name.endswith(".idx")}
    packed = {name[:-5] for name in names if name.endswith(".pack")}
    combined = _combined(folder, hash_size, packed - indexed, problems)
    for name in sorted((indexed | packed) - set(opened)):
        path = os.path.join(folder, f"{name}.pack")
        index = combined.get(name)
        try:
            if name in indexed:
                index = read_index(os.path.join(folder, f"{name}.idx"), hash_size)
            if index is None:
                problems.append(Problem(path, "the pack has no index"))
            elif name not in packed:
                reason = "the index has no pack"
                problems.append(Problem(path, reason, _ids(index)))
            else:
                opened[name] = Pack(path, index)
        except BrokenPackError as problem:
            problems.append(Problem(path, str(problem), _ids(index)))
        except (OSError, ValueError) as problem:
            reason = str(getattr(problem, "strerror", None) or problem).lower()
            problems.append(Problem(path, reason, _ids(index)))
    return problems


def _ids(index: Index | None) -> tuple[str, ...]:
    if index is None:
        return ()
    return tuple(index.name(number).hex() for number in range(len(index.names)))


def _combined(
    folder: str, hash_size: int, needed: set[str], problems: list[Problem]
) -> dict[str, Index]:
    """Indexes of packs that only the multi-pack index lists."""
    path = os.path.join(folder, "multi-pack-index")
    if not needed or not os.path.exists(path):
        return {}
    try:
        return read_multi_pack_index(path, hash_size)
    except (BrokenPackError, OSError) as problem:
        problems.append(Problem(path, str(problem)))
        return {}


def _listed(folder: str, problems: list[Problem]) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    except OSError as problem:
        problems.append(Problem(folder, (problem.strerror or "cannot be read").lower()))
        return []


def _loose(folder: str, hash_size: int, problems: list[Problem]) -> Iterator[tuple[str, str]]:
    rest = 2 * hash_size - 2
    for part in _listed(folder, problems):
        if len(part) == 2 and _HEX.issuperset(part):
            here = os.path.join(folder, part)
            for name in _listed(here, problems):
                if len(name) == rest and _HEX.issuperset(name):
                    yield part + name, os.path.join(here, name)


def read_loose(path: str, most: int) -> tuple[str, int, bytes | None]:
    """(kind, size, content) of a loose object; the content is None when it is larger than `most`
    bytes.

    OSError; BrokenPackError when it is damaged.
    """
    with open_file(path) as stream:
        packed = stream.read(min(os.fstat(stream.fileno()).st_size, most) + (1 << 16))
        inflater = zlib.decompressobj()
        try:
            head = inflater.decompress(packed, 64)
            header, separator, content = head.partition(b"\0")
            kind, _, digits = header.partition(b" ")
            if not separator or not digits.isdigit() or len(digits) > 18:
                raise BrokenPackError("the object has no header")
            size = int(digits)
            if size > most:
                return kind.decode("ascii", "replace"), size, None
            rest = size - len(content) + 1
            content += inflater.decompress(inflater.unconsumed_tail, max(1, rest))
            while not inflater.eof and len(content) <= size:
                more = inflater.unconsumed_tail or stream.read(1 << 16)
                piece = inflater.decompress(more, 1 << 16) if more else b""
                if not more:
                    break
                content += piece
        except zlib.error as problem:
            raise BrokenPackError("its compressed bytes are damaged") from problem
    if len(content) != size or not inflater.eof:
        raise BrokenPackError("it inflates to another size than it says")
    return kind.decode("ascii", "replace"), size, content
