"""Open containers to a depth, within one budget: an iterator of leaves and refusals.

Nothing is written, started or asked over a network; names of members are only names. Whatever the
input is, `unpack` ends, holds a bounded amount of memory and raises nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from scanner.decode.containers import HEAD, MODULES, ROLLS, STREAMS, container_of
from scanner.decode.limits import Budget, Leaf, Limits, Members, Part, Refused

__all__ = ["Leaf", "Limits", "Refused", "unpack"]

DEFAULT = Limits()


class _Level:
    """A container that is open: its parts come one by one."""

    __slots__ = ("chain", "depth", "kind", "paid", "parts", "refused", "whole")

    def __init__(
        self, kind: str, data: bytes, chain: tuple[str, ...], depth: int, budget: Budget
    ) -> None:
        members: Members = import_module(MODULES[kind]).members
        self.kind = kind
        self.whole: Leaf | None = None  # what an inner container is if it only refuses
        self.refused = False
        self.chain = chain
        self.depth = depth
        self.paid = False  # whether its parts are slices of bytes that were counted already
        self.parts = members(kind, data, budget)


def unpack(kind: str, data: bytes, limits: Limits = DEFAULT) -> Iterator[Leaf | Refused]:
    """The content of a container of that kind (from `container_of`), all levels of it.

    Depth first, in stored order, each time the same. The raw bytes of `data` itself are no leaf;
    those of an inner container are one when it cannot be read at all. Raises nothing but KeyError,
    for a kind that is none.
    """
    budget = Budget(limits)
    stack = [_Level(kind, data, (), 1, budget)]
    while stack:
        level = stack[-1]
        part = _next(level)
        if part is None:
            stack.pop()
            if level.whole is not None and level.refused:
                yield level.whole
            continue
        chain = (*level.chain, *part.chain)
        budget.members += 1
        if budget.members > limits.members:
            yield Refused(level.chain, budget.members_reason())
            return
        if isinstance(part, Refused):
            level.refused = True
            yield Refused(chain, part.reason)
            continue
        level.whole = None
        if not level.paid:
            if len(part.data) > budget.left:
                if budget.left:
                    yield Leaf(chain, part.data[: budget.left])
                yield Refused(chain, budget.total_reason())
                return
            budget.left -= len(part.data)
        inner = None
        if isinstance(part, Leaf):
            name = part.chain[-1] if part.chain else ""
            inner = container_of(part.data[:HEAD], len(part.data), name)
        if inner is None:
            yield Leaf(chain, part.data)
            continue
        rolled = inner in ROLLS and level.kind in STREAMS
        depth = level.depth if rolled else level.depth + 1
        if depth > limits.depth:
            yield Leaf(chain, part.data)
            yield Refused(chain, f"nested deeper than {limits.depth}")
            continue
        opened = _Level(inner, part.data, level.chain if rolled else chain, depth, budget)
        opened.whole = Leaf(chain, part.data)
        opened.paid = rolled
        stack.append(opened)


def _next(level: _Level) -> Part | None:
    """The next part; what a reader raises on hostile input is a refusal, and ends this level."""
    try:
        return next(level.parts, None)
    except Exception as error:  # noqa: BLE001 -- whatever a reader raises, the rest goes on
        level.parts = iter(())
        return Refused((), f"damaged: {type(error).__name__}")
