"""Entropy is in bits a character, alone and in batches."""

from __future__ import annotations

import random

import pytest

from scanner.engine.entropy import shannon, shannon_many


def test_known_values() -> None:
    assert shannon(b"") == 0.0
    assert shannon(b"aaaa") == 0.0
    assert shannon(b"abcd") == pytest.approx(2.0)
    assert shannon(b"aabb") == pytest.approx(1.0)


def test_batches_agree_with_single_values() -> None:
    chance = random.Random(7)
    values = [
        bytes(chance.randrange(256) for _ in range(chance.randrange(1, 40))) for _ in range(2500)
    ]
    assert shannon_many(values) == pytest.approx([shannon(value) for value in values])


def test_small_batches_agree_too() -> None:
    assert shannon_many([b"ab", b""]) == [1.0, 0.0]
