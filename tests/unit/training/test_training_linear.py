"""Word weights: in hundredths, only of words that several groups hold."""

from __future__ import annotations

import numpy as np

from training import linear

ROWS = [["good", "a"], ["good", "b"], ["bad", "a"], ["bad", "b"]] * 10
TRUTH = np.array([1.0, 1.0, 0.0, 0.0] * 10)


def fitted(groups: list[str]) -> dict[str, int]:
    return linear.fit(ROWS, TRUTH, np.ones(len(ROWS)), groups, penalty=1.0)


def test_words_that_tell_have_weight_and_the_others_none() -> None:
    found = fitted([f"g{i % 5}" for i in range(40)])
    assert found["good"] > 50
    assert found["bad"] < -50
    assert abs(found.get("a", 0)) < 5
    assert all(isinstance(weight, int) for weight in found.values())


def test_a_word_of_one_group_is_left_out() -> None:
    groups = ["one" if "good" in row else f"g{i % 5}" for i, row in enumerate(ROWS)]
    assert "good" not in fitted(groups)


def test_the_same_each_time() -> None:
    groups = [f"g{i % 5}" for i in range(40)]
    assert fitted(groups) == fitted(groups)
