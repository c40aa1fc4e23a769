"""Object stores: a repository's object folders, its alternates', and what is in them.

Listing starts no git. What cannot be opened is named, never dropped.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator

from scanner.git.index import BrokenPackError, Index, read_index, read_multi_pack_index
from scanner.git.packs import Pack
from scanner.record import record

_HEX = frozenset("0123456789abcdef")
_MOST_ALTERNATES = 1000


@record
class Problem:
    """Something of a store that could not be used. ids: the objects that it would have held."""

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
    packs: dict[str, Pack] = {}
    loose: dict[str, str] = {}
    problems: list[Problem] = []
    for folder in _folders(objects, problems):
        for pack in _packs(os.path.join(folder, "pack"), hash_size, problems):
            packs.setdefault(os.path.basename(pack.path), pack)
        for name, path in _loose(folder, hash_size, problems):
            loose.setdefault(name, path)
    ordered = tuple(packs[name] for name in sorted(packs))
    return Store(hash_size, ordered, loose, tuple(problems))


def _folders(objects: str, problems: list[Problem]) -> list[str]:
    """The folder and its alternates, theirs too, each once however they point at each other."""
    found: dict[str, None] = {}
    waiting = [objects]
    while waiting and len(found) < _MOST_ALTERNATES:
        folder = waiting.pop(0)
        real = os.path.realpath(folder)
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
        with open(path, "rb") as stream:
            lines = stream.read(1 << 20).split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as problem:
        problems.append(Problem(path, (problem.strerror or "cannot be read").lower()))
        return []
    names = [os.fsdecode(line) for line in lines if line and not line.startswith(b"#")]
    return [os.path.normpath(os.path.join(folder, _unquoted(name))) for name in names]


def _unquoted(name: str) -> str:
    """Git quotes odd paths like a C string; only the common escapes occur in practice."""
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    return name[1:-1].replace('\\"', '"').replace("\\\\", "\\")


def _packs(folder: str, hash_size: int, problems: list[Problem]) -> Iterator[Pack]:
    names = _listed(folder, problems)
    indexed = {name[:-4] for name in names if name.endswith(".idx")}
    packed = {name[:-5] for name in names if name.endswith(".pack")}
    combined = _combined(folder, hash_size, packed - indexed, problems)
    for name in sorted(indexed | packed):
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
                yield Pack(path, index)
        except BrokenPackError as problem:
            problems.append(Problem(path, str(problem), _ids(index)))
        except (OSError, ValueError) as problem:
            reason = str(getattr(problem, "strerror", None) or problem).lower()
            problems.append(Problem(path, reason, _ids(index)))


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
    """(kind, size, content) of a loose object; the content is None when it is larger than `most`.

    OSError; BrokenPackError when it is damaged.
    """
    with open(path, "rb") as stream:
        packed = stream.read(most + (1 << 16))
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
