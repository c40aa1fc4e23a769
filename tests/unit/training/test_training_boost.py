"""Boosted trees: they learn what is there, give the same each time, and say what they count."""

from __future__ import annotations

import numpy as np
import pytest

from training import boost

SMALL = boost.Settings(trees=30, leaves=8, rate=0.3, least=2.0, ridge=1.0, columns=1.0, rows=1.0)


def data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth is a rule over two of four columns, the others are chance."""
    source = np.random.default_rng(seed)
    numbers = source.integers(0, 40, size=(600, 4)).astype(float)
    return numbers, ((numbers[:, 0] > 20) ^ (numbers[:, 2] > 10)).astype(float)


def grown(seed: int = 1, settings: boost.Settings = SMALL) -> tuple[list[boost.Tree], np.ndarray]:
    numbers, truth = data(3)
    ones, zeros = np.ones(len(truth)), np.zeros(len(truth))
    trees = boost.grow(numbers, truth, ones, zeros, settings, seed)
    return trees, sum(boost.predict(tree, numbers) for tree in trees)


def test_an_exclusive_or_is_learned() -> None:
    _, truth = data(3)
    _, score = grown()
    assert np.mean((score > 0) == (truth == 1)) > 0.98


def test_the_same_seed_gives_the_same_trees() -> None:
    settings = boost.Settings(trees=5, columns=0.5, rows=0.7)
    assert grown(7, settings)[0] == grown(7, settings)[0]
    assert grown(7, settings)[0] != grown(8, settings)[0]


def test_no_tree_has_more_leaves_than_asked() -> None:
    trees, _ = grown()
    assert max(tree.column.count(-1) for tree in trees) <= SMALL.leaves
    for tree in trees:
        for node, column in enumerate(tree.column):
            assert (column < 0) == (tree.low[node] < 0) == (tree.high[node] < 0)


def test_weight_zero_teaches_nothing() -> None:
    numbers, truth = data(3)
    weight = (numbers[:, 1] > 20).astype(float)
    other = np.where(weight > 0, truth, 1 - truth)
    zeros = np.zeros(len(truth))
    one = boost.grow(numbers, truth, weight, zeros, SMALL, 1)
    two = boost.grow(numbers, other, weight, zeros, SMALL, 1)
    assert one == two


@pytest.mark.parametrize("count", [3, 64, 500])
def test_cells_keep_the_order_of_numbers(count: int) -> None:
    column = np.sort(np.random.default_rng(2).integers(0, count, size=(400, 1)), axis=0).astype(
        float
    )
    edges = boost.edges_of(column)
    cells = boost.binned(column, edges)[:, 0]
    assert len(edges[0]) < boost.BINS
    assert (np.diff(cells.astype(int)) >= 0).all()
