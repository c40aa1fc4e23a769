"""What unpacking gives, and how much of it: leaves, refusals, limits and the budget they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from scanner.record import record

MIB = 1 << 20
FREE = MIB  # bytes a stream may give whatever its ratio is

LONGEST_NAME = 500  # characters of a member's name that are kept

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@record
class Limits:
    """How much one top-level file may unfold to. total and member: bytes.

    depth: levels of containers that are opened, the outermost is the first; a tar or cpio directly
    inside a compressed stream is on the level of that stream. ratio: decoded to encoded bytes of
    one stream, once it gives more than 1 MiB. members: parts and refusals, all levels together.
    """

    depth: int = 4
    total: int = 256 * MIB
    member: int = 64 * MIB
    ratio: int = 200
    members: int = 10_000


@record
class Leaf:
    """Content to scan that is no further container.

    chain: names from the outside in, printable, the top-level file's own name left out; a name in
    parentheses is a view that has no name of its own ("(text)", "(strings)"). Bytes of names that
    are not UTF-8 are surrogate escapes.
    """

    chain: tuple[str, ...]
    data: bytes


@record
class Refused:
    """What a limit or damage left out: never silent. chain: as in Leaf; reason: never a value."""

    chain: tuple[str, ...]
    reason: str


@record
class View:
    """Text made from a container by its reader: content to scan that is never opened again."""

    chain: tuple[str, ...]
    data: bytes


Part: TypeAlias = Leaf | View | Refused


class Budget:
    """What may still be given, shared by all containers of one top-level file."""

    __slots__ = ("left", "limits", "members")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = limits.total
        self.members = 0

    def cap(self, encoded: int, *, rolled: bool = False) -> tuple[int, str]:
        """How many bytes a stream of `encoded` bytes may give, and why no more than that.

        rolled: the stream is an archive, whose members are limited one by one.
        """
        limits = self.limits
        steep = max(FREE, encoded * limits.ratio)
        size = min(steep, self.left if rolled else limits.member, self.left)
        if size == self.left:
            return size, self.total_reason()
        if size == limits.member:
            return size, f"larger than {shown(limits.member)}"
        return size, f"expands more than {limits.ratio} times"

    def total_reason(self) -> str:
        """The reason when nothing more may be given."""
        return f"the whole unpacks to more than {shown(self.limits.total)}"

    def members_reason(self) -> str:
        """The reason when no more members may be given."""
        return f"more than {self.limits.members:,} members"


Members: TypeAlias = Callable[[str, bytes, Budget], Iterator[Part]]
"""members(kind, data, budget): the parts of one container in stored order, chains relative to it.

Each family module has one. It keeps every single part below budget.cap of what it was made of,
gives the part that fits and a Refused for the rest, and holds one part at a time.
"""


def shown(size: int) -> str:
    """A size for a person."""
    return f"{size // MIB:,} MiB" if size >= MIB else f"{size:,} bytes"


def printable(name: bytes | str) -> str:
    """A member's name fit for a line of a report: control characters shown, never empty."""
    text = name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")
    text = text[:LONGEST_NAME]
    if not text.isprintable():
        text = _CONTROL.sub(_escape, text)
    return text or "(no name)"


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def clipped(chain: tuple[str, ...], data: bytes, budget: Budget) -> Iterator[Part]:
    """A part that was not decoded (a slice of its container): whole, or its start and why."""
    yield from _clipped(Leaf, chain, data, budget)


def viewed(chain: tuple[str, ...], data: bytes, budget: Budget) -> Iterator[Part]:
    """As `clipped`, for a View."""
    yield from _clipped(View, chain, data, budget)


def _clipped(
    kind: type[Leaf | View], chain: tuple[str, ...], data: bytes, budget: Budget
) -> Iterator[Part]:
    most = budget.limits.member
    if data:
        yield kind(chain, data[:most])
    if len(data) > most:
        yield Refused(chain, f"larger than {shown(most)}")
