"""Gradient-boosted trees for a yes or no, in numpy: histograms, leaf by leaf, the same each time.

Gradients are rounded to integers before they are summed, so that no order of additions shows in
the result.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

BINS = 64
_GRAIN = 1 << 20


@dataclass(slots=True)
class Tree:
    """Nodes by number, 0 the root. column -1: a leaf. value: the node's own score (all nodes).

    A row goes to `low` when its number in `column` is <= `edge`, else to `high`.
    """

    column: list[int] = field(default_factory=list)
    edge: list[float] = field(default_factory=list)
    low: list[int] = field(default_factory=list)
    high: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def add(self, value: float) -> int:
        for side, fresh in ((self.column, -1), (self.low, -1), (self.high, -1)):
            side.append(fresh)
        self.edge.append(0.0)
        self.value.append(value)
        return len(self.value) - 1


@dataclass(frozen=True, slots=True)
class Settings:
    """How trees are grown."""

    trees: int = 200
    leaves: int = 16
    rate: float = 0.1
    least: float = 8.0  # weight a leaf
    ridge: float = 3.0
    columns: float = 0.5  # share of columns that a tree may look at
    rows: float = 0.8


def edges_of(data: np.ndarray) -> list[np.ndarray]:
    """Up to BINS - 1 edges a column, between values that occur."""
    out = []
    for column in data.T:
        values = np.unique(column)
        if len(values) > BINS:
            values = np.unique(np.quantile(column, np.linspace(0, 1, BINS), method="lower"))
        out.append(np.round((values[:-1] + values[1:]) / 2, 4))
    return out


def binned(data: np.ndarray, edges: list[np.ndarray]) -> np.ndarray:
    """Each number as the count of edges below it, uint8."""
    return np.stack(
        [np.searchsorted(e, c, side="left") for e, c in zip(edges, data.T, strict=True)], axis=1
    ).astype(np.uint8)


def grow(
    data: np.ndarray,
    truth: np.ndarray,
    weight: np.ndarray,
    start: np.ndarray,
    settings: Settings,
    seed: int,
) -> list[Tree]:
    """Trees whose sum, added to `start`, is the log-odds of the truth. data: rows by columns."""
    source = np.random.default_rng(seed)
    edges = edges_of(data)
    cells = binned(data, edges)
    score = start.copy()
    trees = []
    for _ in range(settings.trees):
        chance = 1 / (1 + np.exp(-score))
        slope = np.round(weight * (truth - chance) * _GRAIN)
        curve = np.round(weight * np.maximum(chance * (1 - chance), 1e-4) * _GRAIN)
        rows = np.flatnonzero(source.random(len(truth)) < settings.rows)
        width = max(1, round(settings.columns * data.shape[1]))
        columns = np.sort(source.permutation(data.shape[1])[:width])
        tree = _tree(cells, edges, slope, curve, rows, columns, settings)
        score += predict(tree, data)
        trees.append(tree)
    return trees


def _tree(
    cells: np.ndarray,
    edges: list[np.ndarray],
    slope: np.ndarray,
    curve: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    settings: Settings,
) -> Tree:
    tree = Tree()
    part = np.ascontiguousarray(cells[:, columns]).astype(np.int32)
    part += np.arange(len(columns), dtype=np.int32) * BINS
    root = tree.add(_value(slope[rows], curve[rows], settings))
    sums = _histogram(part, slope, curve, rows, len(columns))
    leaves = [(root, rows, sums, _best(*sums, settings))]
    while len(leaves) < settings.leaves:
        leaves.sort(key=lambda leaf: (-leaf[3][0], leaf[0]))
        node, inside, both, (gain, column, cut) = leaves[0]
        if gain <= 0:
            break
        below = cells[inside, columns[column]] <= cut
        sides = (inside[below], inside[~below])
        small = 0 if len(sides[0]) <= len(sides[1]) else 1
        one = _histogram(part, slope, curve, sides[small], len(columns))
        other = (both[0] - one[0], both[1] - one[1])
        parts = (one, other) if small == 0 else (other, one)
        tree.column[node] = int(columns[column])
        tree.edge[node] = float(edges[columns[column]][cut])
        children = [tree.add(_value(slope[side], curve[side], settings)) for side in sides]
        tree.low[node], tree.high[node] = children
        leaves = leaves[1:] + [
            (child, side, sums, _best(*sums, settings))
            for child, side, sums in zip(children, sides, parts, strict=True)
        ]
    return tree


def _value(slope: np.ndarray, curve: np.ndarray, settings: Settings) -> float:
    """A leaf's score in thousandths."""
    step = slope.sum() / (curve.sum() + settings.ridge * _GRAIN)
    return float(np.round(settings.rate * step, 3))


def _histogram(
    part: np.ndarray, slope: np.ndarray, curve: np.ndarray, rows: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray]:
    flat = part[rows].ravel()
    size = width * BINS
    first = np.bincount(flat, weights=np.repeat(slope[rows], width), minlength=size)
    second = np.bincount(flat, weights=np.repeat(curve[rows], width), minlength=size)
    return first.reshape(width, BINS), second.reshape(width, BINS)


def _best(slopes: np.ndarray, curves: np.ndarray, settings: Settings) -> tuple[float, int, int]:
    """(gain, column, last bin below) of the best cut; gain 0 or less when there is none."""
    ridge, least = settings.ridge * _GRAIN, settings.least * _GRAIN / 4
    left, left_curve = slopes.cumsum(axis=1), curves.cumsum(axis=1)
    total, total_curve = left[:, -1:], left_curve[:, -1:]
    right, right_curve = total - left, total_curve - left_curve
    gain = (
        left**2 / (left_curve + ridge)
        + right**2 / (right_curve + ridge)
        - total**2 / (total_curve + ridge)
    )
    gain[(left_curve < least) | (right_curve < least)] = 0.0
    at = int(gain.argmax())
    column, cut = divmod(at, gain.shape[1])
    return float(gain[column, cut]) - 1e-6, column, cut


def predict(tree: Tree, data: np.ndarray) -> np.ndarray:
    """The tree's score of every row."""
    column, edge = np.array(tree.column), np.array(tree.edge)
    low, high, value = np.array(tree.low), np.array(tree.high), np.array(tree.value)
    node = np.zeros(len(data), dtype=np.int64)
    while True:
        inner = np.flatnonzero(column[node] >= 0)
        if not len(inner):
            return value[node]
        here = node[inner]
        below = data[inner, column[here]] <= edge[here]
        node[inner] = np.where(below, low[here], high[here])
