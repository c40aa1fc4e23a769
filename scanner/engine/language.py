"""How much a run of letters reads like language: words that are known, and letters that follow.

The tables are part of the trained model (see weights.py): words of English and of source code, the
passwords that people choose most often, and how surprising each letter is after the two before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanner.record import record

_RUNS = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST_WORD = 16
_LONGEST_RUN = 48  # letters: of longer runs the start is looked at
_MOST_RUNS = 16
_DIVISOR = 16.0  # a table entry in bits
_LEET = (
    bytes.maketrans(b"013457@$!", b"oleastasi"), bytes.maketrans(b"013457@$!", b"oieastasi"),
)  # fmt: skip
SIDE = 27  # 26 letters and a border


@record
class Language:
    """words: lower-case -> 1 rare to 4 common. passwords: lower-case. trigrams: SIDE ** 3 bytes,
    the surprise of the third letter after two others in sixteenths of a bit, 0 stands for the
    border of a run."""

    words: Mapping[bytes, int]
    passwords: frozenset[bytes]
    trigrams: bytes

    def surprise(self, run: bytes) -> float:
        """Mean bits a letter of a lower-case run with its end; 0.0 for an empty one."""
        table, at, total = self.trigrams, 0, 0
        for letter in run:
            at = at % (SIDE * SIDE) * SIDE + letter - 96
            total += table[at]
        return total / _DIVISOR / len(run) if run else 0.0

    def cover(self, run: bytes) -> int:
        """How many letters of a lower-case run are covered by known words of three or more."""
        words = self.words
        if run in words:
            return len(run)
        covered, at, size = 0, 0, len(run)
        while at <= size - 3:
            for length in range(min(_LONGEST_WORD, size - at), 2, -1):
                if run[at : at + length] in words and (length > 3 or words[run[at : at + 3]] > 1):
                    covered += length
                    at += length
                    break
            else:
                at += 1
        return covered

    def common(self, value: bytes) -> int:
        """2 for a password that many people choose, 1 for one with a tail or in leet, else 0."""
        low = value.lower()
        if low in self.passwords:
            return 2
        base = low.rstrip(b"0123456789!@#$%^&*.?_-+=").lstrip(b"0123456789!@#$_-")
        if len(base) < 4:
            return 0
        spelled = (base, *(base.translate(table) for table in _LEET))
        return int(any(word in self.passwords for word in spelled))


def runs(value: bytes) -> list[bytes]:
    """The runs of ASCII letters in a value, parted where case says so, in lower case."""
    return [run[:_LONGEST_RUN].lower() for run in _RUNS.findall(value)[:_MOST_RUNS]]
