"""Logistic regression over named words: one weight a word, quantised, few of them kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scanner.engine.weights import GRAIN

STEPS = 220
RATE = 0.15
LEAST = 3  # hundredths: smaller weights are dropped


def fit(
    rows: Sequence[Sequence[str]],
    truth: np.ndarray,
    weight: np.ndarray,
    groups: Sequence[str],
    *,
    penalty: float,
    least: int = 2,
) -> dict[str, int]:
    """Weights in hundredths by word. A word counts that stands in rows of `least` groups or more.

    truth: 0.0 or 1.0 a row. penalty: of the squared weights.
    The weight under "" is the constant.
    """
    seen: dict[str, set[str]] = {}
    for row, group in zip(rows, groups, strict=True):
        for word in row:
            seen.setdefault(word, set()).add(group)
    kept = sorted(word for word, where in seen.items() if len(where) >= least)
    number = {word: i + 1 for i, word in enumerate(kept)}
    pairs = [(i, number[w]) for i, row in enumerate(rows) for w in row if w in number]
    pairs += [(i, 0) for i in range(len(rows))]
    at, column = (np.array(side) for side in zip(*pairs, strict=True))
    found = _descend(at, column, len(kept) + 1, truth, weight, penalty)
    rounded = np.round(found * GRAIN).astype(int)
    return {"": int(rounded[0])} | {
        word: int(rounded[i]) for word, i in number.items() if abs(rounded[i]) >= LEAST
    }


def _descend(
    at: np.ndarray,
    column: np.ndarray,
    width: int,
    truth: np.ndarray,
    weight: np.ndarray,
    penalty: float,
) -> np.ndarray:
    """Adam over the whole data: few columns matter in a row, so plain steps would crawl."""
    beta = np.zeros(width)
    mean, square = np.zeros(width), np.zeros(width)
    ridge = np.full(width, penalty)
    ridge[0] = 0.0
    for step in range(1, STEPS + 1):
        score = np.bincount(at, weights=beta[column], minlength=len(truth))
        error = weight * (1 / (1 + np.exp(-score)) - truth)
        slope = np.bincount(column, weights=error[at], minlength=width) + ridge * beta
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope * slope
        rate = RATE * min(1.0, 3 * (1 - step / STEPS) + 0.05)
        beta -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return beta
