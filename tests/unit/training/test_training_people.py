"""Passwords as people choose them: of a sane length, repeatable, of many kinds."""

from __future__ import annotations

import random

from training import people
from training.people import Lists, password

LISTS = Lists(["letmein", "sunshine"], ["river", "stone", "cloud"], ["maria", "peter"])


def test_length_and_seed() -> None:
    made = [password(LISTS, random.Random(seed)) for seed in range(300)]
    assert all(4 <= len(one) <= 40 for one in made)
    assert made == [password(LISTS, random.Random(seed)) for seed in range(300)]
    assert len(set(made)) > 200


def test_every_kind_makes_one() -> None:
    for kind in people._KINDS:
        assert kind(LISTS, random.Random(4))
