"""Objects of a repository's packs and loose files -> findings to be: the work of one process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from scanner.git.delta import Kept
from scanner.git.index import BrokenPackError
from scanner.git.packs import BLOB, COMMIT, KINDS, TAG, TREE, Forest, Pack
from scanner.git.stores import Store, read_loose
from scanner.git.walk import LARGEST, TOO_LARGE, Branches, walk
from scanner.history.messages import message_of, names_of, title_of
from scanner.history.versions import Position, Version, Versions
from scanner.record import record

if TYPE_CHECKING:
    from scanner.engine.increments import Placed

SCANNED = frozenset(("blob", "commit", "tag"))


@record
class Packed:
    """One pack, ready to be walked."""

    pack: Pack
    forest: Forest
    branches: Branches
    wanted: memoryview  # of bytes, by entry: scan it, or only make what stands on it
    cuts: frozenset[int]


@record
class Work:
    """What one process does at a time: entries of a pack to begin with, or loose objects."""

    pack: int
    starts: tuple[int, ...]
    loose: tuple[str, ...]
    weight: int


@record
class Item:
    """An object that something came of. kind: "blob", "commit", "tag"; or "path", "ref": then its
    id is the name itself. path: what stands for one where there is none. slow: rules that ran out
    of time. positions: as in Version."""

    id: str
    kind: str
    size: int
    binary: bool
    found: tuple[Placed, ...]
    positions: tuple[Position, ...]
    path: str = ""
    slow: tuple[str, ...] = ()


class Part:
    """What came of some work: items, what could not be read, and counts."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.failed: list[tuple[str, str]] = []  # (object id, reason)
        self.names: set[bytes] = set()  # in trees that no log speaks of
        self.trees: set[str] = set()  # those trees
        self.counts = dict.fromkeys(COUNTS, 0)

    def add(self, other: Part) -> None:
        """Take another part's results in."""
        self.items += other.items
        self.failed += other.failed
        self.names |= other.names
        self.trees |= other.trees
        for name, count in other.counts.items():
            self.counts[name] += count


COUNTS = ("blobs", "commits", "tags", "inflated_bytes", "delta_bytes", "decoded")
_PLURAL = {"blob": "blobs", "commit": "commits", "tag": "tags"}


class Shards:
    """Does work on one store. One per process; it holds the engine."""

    def __init__(self, store: Store, packs: Sequence[Packed], versions: Versions) -> None:
        self._store = store
        self._packs = packs
        self._versions = versions

    def do(self, work: Work) -> Part:
        """Scan what the work names."""
        part = Part()
        before = self._versions.decoder.members if self._versions.decoder else 0
        if work.starts:
            self._walk(self._packs[work.pack], work.starts, part)
        for object_id in work.loose:
            self._loose(object_id, part)
        after = self._versions.decoder.members if self._versions.decoder else 0
        part.counts["decoded"] += after - before
        return part

    def _walk(self, packed: Packed, starts: Sequence[int], part: Part) -> None:
        index, forest = packed.pack.index, packed.forest
        kinds, position = forest.kind.data, forest.position.data
        wanted = packed.wanted

        def visit(node: int, data: bytes, base: Any, kept: Kept | None) -> Any:  # noqa: ANN401
            kind = kinds[node]
            if kind == BLOB:
                version = self._versions.blob(data, base, kept)
                if wanted[node]:
                    self._note(index.name(position[node]), "blob", len(data), version, part)
                return version.marks
            if wanted[node] and kind == TREE:
                part.trees.add(index.name(position[node]).hex())
                part.names |= names_of(data, index.hash_size)
            elif wanted[node] and kind in (COMMIT, TAG):
                version = self._versions.text(message_of(data))
                self._note(index.name(position[node]), KINDS[kind], len(data), version, part)
            return None

        def report(node: int, reason: str) -> None:
            if wanted[node]:
                part.failed.append((index.name(position[node]).hex(), reason))

        walk(packed.pack, forest, packed.branches, starts, packed.cuts, visit, report)

    def _loose(self, object_id: str, part: Part) -> None:
        try:
            kind, _, data = read_loose(self._store.loose[object_id], LARGEST)
        except (OSError, BrokenPackError) as problem:
            reason = str(getattr(problem, "strerror", None) or problem).lower()
            part.failed.append((object_id, reason))
            return
        if data is None:
            if kind != "tree":  # of whatever kind: git is asked, or it is named
                part.failed.append((object_id, TOO_LARGE))
        elif kind in SCANNED:
            self.object(object_id, kind, data, part)
        elif kind == "tree":
            part.trees.add(object_id)
            part.names |= names_of(data, self._store.hash_size)
        else:
            part.failed.append((object_id, f"is an object of an unknown kind, {kind[:20]!r}"))

    def large(self, object_id: str, size: int, pieces: Iterable[bytes], part: Part) -> None:
        """Scan one blob that comes in pieces."""
        version = self._versions.large(pieces)
        self._note(bytes.fromhex(object_id), "blob", size, version, part)

    def object(self, object_id: str, kind: str, data: bytes, part: Part) -> None:
        """Scan one object that is in memory."""
        if kind == "blob":
            version = self._versions.blob(data)
        else:
            version = self._versions.text(message_of(data))
        self._note(bytes.fromhex(object_id), kind, len(data), version, part)

    def _note(self, name: bytes, kind: str, size: int, version: Version, part: Part) -> None:
        part.counts[_PLURAL[kind]] += 1
        part.counts["inflated_bytes"] += size
        slow = tuple(sorted(set(self._versions.matcher.slow)))
        self._versions.matcher.slow.clear()
        if version.found or slow:
            part.items.append(
                Item(
                    name.hex(),
                    kind,
                    size,
                    version.binary,
                    version.found,
                    version.positions,
                    title_of(kind),
                    slow,
                )
            )
