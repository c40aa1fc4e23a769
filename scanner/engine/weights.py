"""The trained model: how a candidate's features become a score, and what each of them said.

The file beside this module is made by training/train.py; its digest stands here, so that a file
that was damaged or exchanged is noticed. A score is log-odds: what the place says, a bounded
number, plus what the trees say of the features, in which the words around a value are summed up by
one weight a word.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from scanner.engine import features
from scanner.engine.features import Candidate
from scanner.engine.language import SIDE, Language
from scanner.errors import ModelError
from scanner.record import record

DIGEST = "d80273b7c7c928c887a902b4232fb2673182f29a06178e3e6b565d0bd03621b7"
FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "judgement.model")
_MAGIC = b"unleak judgement 1\n"
_AROUND_MARKS = ("b:", "a:", "u:", "d:")
COLUMNS = features.NUMBERS
GRAIN = 100  # weights of words and places are kept in hundredths, whose sums are exact
FIRST, HOPELESS = 60, -3.0  # trees, and log-odds that the others would not make up for

# A tree is a leaf (float) or (column, edge, low, high, value): low when number <= edge. `value` is
# what the tree would say if it stopped there.
Tree = Any
Contribution = tuple[float, str]


@record
class Model:
    """What training found.

    rules: ids in the order of the feature "rule". places, words: weights in hundredths by name, the
    constant under "". lowest, highest: bounds of what places add.
    """

    language: Language
    rules: tuple[str, ...]
    places: Mapping[str, int]
    words: Mapping[str, int]
    lowest: float
    highest: float
    trees: tuple[Tree, ...]

    def score(self, one: Candidate, *, anywhere: bool = False) -> float:
        """Log-odds that the value is a secret; anywhere: in the place that speaks most for it."""
        place = self.highest if anywhere else self.place(one)
        return self._trees(self.row(one), place + self.places[""] / GRAIN)

    def place(self, one: Candidate) -> float:
        """What the place adds, within its bounds."""
        get = self.places.get
        told = sum(get(word, 0) for word in features.place_words(one)) / GRAIN
        return max(self.lowest, min(self.highest, told))

    def row(self, one: Candidate) -> list[float]:
        """The trees' inputs, see `features.NUMBERS`."""
        row = features.numbers(one, self.language, self.rules)
        row[-3:] = self.context(features.words(one))
        return row

    def context(self, words: Iterable[str]) -> tuple[float, float, float]:
        """(all, of the name, of the text around) that the word weights add up to."""
        get = self.words.get
        name = around = 0
        for word in words:
            weight = get(word)
            if weight is None:
                continue
            if word[:2] in _AROUND_MARKS:
                around += weight
            else:
                name += weight
        return (self.words[""] + name + around) / GRAIN, name / GRAIN, around / GRAIN

    def _trees(self, row: Sequence[float], total: float) -> float:
        """`total` and what the trees add; most candidates are hopeless after the first of them."""
        for trees in (self.trees[:FIRST], self.trees[FIRST:]):
            for root in trees:
                node = root
                while node.__class__ is tuple:
                    node = node[2] if row[node[0]] <= node[1] else node[3]
                total += node
            if total < HOPELESS:
                break
        return total

    def contributions(self, one: Candidate) -> list[Contribution]:
        """(log-odds, column) of everything that moved the score, a place's last as "place".

        Each step down a tree moves its value; the column that decided the step gets the difference
        (A. Saabas, Interpreting random forests).
        """
        row = self.row(one)
        told = [0.0] * len(COLUMNS)
        for root in self.trees:
            node = root
            while node.__class__ is tuple:
                child = node[2] if row[node[0]] <= node[1] else node[3]
                told[node[0]] += (child[4] if child.__class__ is tuple else child) - node[4]
                node = child
        parts = [(moved, name) for moved, name in zip(told, COLUMNS, strict=True) if moved]
        return [*parts, (self.place(one), "place")]


def chance(log_odds: float) -> float:
    """0 to 1."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, log_odds))))


@cache
def model() -> Model:
    """The model of this version. ModelError when its file is missing or another one."""
    import hashlib

    try:
        with open(FILE, "rb") as stream:
            data = stream.read()
    except OSError as problem:
        raise ModelError(
            f"the model of the judgement cannot be read: {problem.strerror}",
            "install unleak anew",
        ) from problem
    if hashlib.sha256(data).hexdigest() != DIGEST:
        raise ModelError(
            "the model of the judgement is not the one of this version: its digest differs",
            "install unleak anew",
        )
    return decode(data)


def decode(data: bytes) -> Model:
    """The content of a model file."""
    import json
    import zlib

    document = json.loads(zlib.decompress(data[len(_MAGIC) :]))
    tongue = document["language"]
    levels = {int(level): text.encode().split(b" ") for level, text in tongue["words"].items()}
    words = {word: level for level, some in sorted(levels.items()) for word in some}
    passwords = frozenset(tongue["passwords"].encode().split(b" "))
    language = Language(words, passwords, bytes.fromhex(tongue["trigrams"]))
    return Model(
        language, tuple(document["rules"]), document["places"], document["words"],
        document["lowest"], document["highest"], tuple(map(_tree, document["trees"])),
    )  # fmt: skip


def encode(one: Model) -> bytes:
    """The content of a model file, the same bytes for the same model."""
    import json
    import zlib

    levels: dict[int, list[bytes]] = {}
    for word, level in sorted(one.language.words.items()):
        levels.setdefault(level, []).append(word)
    document = {
        "language": {
            "words": {str(n): b" ".join(some).decode() for n, some in sorted(levels.items())},
            "passwords": b" ".join(sorted(one.language.passwords)).decode(),
            "trigrams": one.language.trigrams.hex(),
        },
        "rules": one.rules, "places": one.places, "words": one.words,
        "lowest": one.lowest, "highest": one.highest, "trees": [_flat(tree) for tree in one.trees],
    }  # fmt: skip
    assert len(one.language.trigrams) == SIDE**3
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return _MAGIC + zlib.compress(text.encode(), 9)


def _flat(tree: Tree) -> Any:  # noqa: ANN401 -- nested lists for JSON
    if not isinstance(tree, tuple):
        return tree
    column, edge, low, high, value = tree
    return [column, edge, _flat(low), _flat(high), value]


def _tree(flat: Any) -> Tree:  # noqa: ANN401 -- nested lists of JSON
    if not isinstance(flat, list):
        return flat
    return (flat[0], flat[1], _tree(flat[2]), _tree(flat[3]), flat[4])
