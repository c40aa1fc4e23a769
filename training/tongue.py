"""The tables of language: words with how common they are, passwords, surprise of letters."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from scanner.engine.language import SIDE, Language

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
LEAST = 3  # repositories that must hold a word: no made-up value of one gets in


def counted(texts: Iterable[tuple[str, str]]) -> Counter[str]:
    """Word -> number of repositories. texts: (repository, text)."""
    seen: set[tuple[str, str]] = set()
    for repo, text in texts:
        seen.update((repo, word.lower()) for word in _WORD.findall(text) if 3 <= len(word) <= 16)
    return Counter(word for _, word in seen)


def language(code: Mapping[str, int], prose: Sequence[str], passwords: Sequence[str]) -> Language:
    """prose: words, the most common first. passwords: the ones to know, lower case."""
    levels: dict[str, int] = {}
    for rank, word in enumerate(prose):
        if len(word) >= 3 and word.isascii() and word.isalpha():
            levels[word] = 4 if rank < 1500 else 3 if rank < 6000 else 2 if rank < 15000 else 1
    for word, repos in code.items():
        if repos >= LEAST:
            level = 4 if repos >= 25 else 3 if repos >= 8 else 2
            levels[word] = max(level, levels.get(word, 0))
    known = frozenset(word.encode() for word in passwords if word.isascii())
    return Language({w.encode(): n for w, n in levels.items()}, known, _trigrams(levels))


def _trigrams(levels: Mapping[str, int]) -> bytes:
    """Sixteenths of a bit, from the words weighted by how common they are."""
    counts = [0.0] * SIDE**3
    pairs = [0.0] * SIDE**2
    for word, level in levels.items():
        before = 0
        for letter in word:
            now = ord(letter) - 96
            counts[before * SIDE + now] += level
            pairs[before] += level
            before = before % SIDE * SIDE + now
    singles = [sum(counts[i] for i in range(n, SIDE**3, SIDE)) + 1 for n in range(SIDE)]
    total = sum(singles)
    out = bytearray(SIDE**3)
    for at, count in enumerate(counts):
        chance = (count + 4 * singles[at % SIDE] / total) / (pairs[at // SIDE] + 4)
        out[at] = min(255, round(-math.log2(chance) * 16))
    return bytes(out)
