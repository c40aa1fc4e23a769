"""Words are expected, chance is surprising."""

from __future__ import annotations

import random

from scanner.engine.letters import surprise


def test_words_surprise_less_than_chance() -> None:
    words = [b"password", b"configuration", b"kubernetes", b"administrator", b"dragonfly"]
    assert max(map(surprise, words)) < 4.8
    chance = random.Random(3)
    runs = [
        bytes(chance.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in range(14)) for _ in range(200)
    ]
    assert sum(surprise(run) > 5.2 for run in runs) > 180


def test_case_does_not_matter_and_short_runs_are_silent() -> None:
    assert surprise(b"PassWord") == surprise(b"password")
    assert surprise(b"a") == 0.0
