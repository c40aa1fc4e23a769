"""Candidates with their truth -> the model."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scanner.engine import features, score
from scanner.engine.features import Candidate
from scanner.engine.language import Language
from scanner.engine.weights import COLUMNS, GRAIN, Model
from scanner.record import replace
from training import boost, linear
from training.boost import Tree
from training.labelled import Example, File
from training.people import Lists, password

UNLABELLED = 0.4  # weight of a candidate on a line that nobody judged
CLEAN = 0.15
HUMAN = 0.5
COPIES = 3
HIGHEST, LOWEST = 0.5, -4.0  # what a place may add
PLACE_PENALTY, WORD_PENALTY = 20.0, 2.0
# Names and rules whose values people choose.
_PASSWORD = re.compile(
    rb"pass(?!ed|ing|age|ive|enger|port)|pwd|pswd|_pw$|contrase|\xd0\xbf\xd0\xb0\xd1\x80|\xe5\xaf\x86\xe7\xa0\x81|^-u$|--user|identified|secret",
    re.IGNORECASE,
)
_PASSWORD_RULES = ("-url-password", "-uri-password", "-short-option", "-curl-user", "-sql-password")
PARTS = 4  # of the data, so that no row's context was learned from the row
GROVES = 2  # grown apart and averaged: one alone depends much on its seed
TREES = boost.Settings(trees=90, leaves=16, rate=0.13, least=8.0, ridge=3.0)


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate with its truth. like: number of the row that it was made from, or -1."""

    candidate: Candidate
    truth: float
    weight: float
    group: str
    like: int = -1


def rows_of(files: Sequence[File], without: frozenset[bytes] = frozenset()) -> list[Row]:
    """What the model is to learn from labelled files; true values of `without` are left out."""
    rows = []
    for file in files:
        for one in file.examples:
            candidate = one.proposal.candidate
            known = one.truth == 1 and candidate.value in without
            if one.truth is None or known or score.settled(candidate):
                continue
            weight = UNLABELLED if one.truth == -1 else 1.0
            rows.append(Row(candidate, float(one.truth == 1), weight, file.repo))
    return rows


def is_password(one: Example) -> bool:
    """Whether people could have chosen the value: true, under a password's name, not long."""
    candidate = one.proposal.candidate
    return one.truth == 1 and of_password(candidate)


def of_password(candidate: Candidate) -> bool:
    """Whether a person could have chosen a value of this length under this name."""
    named = _PASSWORD.search(candidate.name) or candidate.rule.endswith(_PASSWORD_RULES)
    return 4 <= len(candidate.value) <= 24 and bool(named)


def human_rows(rows: Sequence[Row], lists: Lists, seed: int) -> list[Row]:
    """Each true password once more, with a value that a person would choose."""
    source = random.Random(seed)
    out = []
    for number, row in enumerate(rows):
        for _ in range(COPIES if row.truth and of_password(row.candidate) else 0):
            value = password(lists, source).encode()
            changed = replace(row.candidate, value=value)
            out.append(Row(changed, 1.0, HUMAN, row.group, number))
    return out


def clean_rows(found: Sequence[tuple[str, Candidate]]) -> list[Row]:
    return [Row(one, 0.0, CLEAN, name) for name, one in found if not score.settled(one)]


def fit(
    labelled: Sequence[Row],
    clean: Sequence[Row],
    human: Sequence[Row],
    language: Language,
    seed: int,
) -> Model:
    """Places first, then the words around, then the trees on top of both."""
    rules = tuple(sorted({row.candidate.rule for row in (*labelled, *clean)}))
    truth = np.array([row.truth for row in labelled])
    weight = np.array([row.weight for row in labelled])
    groups = [row.group for row in labelled]
    where = [features.place_words(row.candidate) for row in labelled]
    places = linear.fit(where, truth, weight, groups, penalty=PLACE_PENALTY, least=3)
    around = [sorted(features.words(row.candidate)) for row in labelled]
    words = linear.fit(around, truth, weight, groups, penalty=WORD_PENALTY)
    model = Model(language, rules, places, words, LOWEST, HIGHEST, ())
    contexts = _contexts(model, around, truth, weight, groups, seed)

    every = (*labelled, *clean, *human)
    data = np.array([model.row(row.candidate) for row in every])
    data[: len(labelled), -3:] = contexts
    for number, row in enumerate(every):
        if row.like >= 0:
            data[number, -3:] = contexts[row.like]
    start = np.array([model.place(row.candidate) for row in every]) + places[""] / GRAIN
    groves = [
        boost.grow(
            data,
            np.array([row.truth for row in every]),
            np.array([row.weight for row in every]),
            start, TREES, seed + number,
        )
        for number in range(GROVES)
    ]  # fmt: skip
    trees = [tree for together in zip(*groves, strict=True) for tree in together]
    return replace(model, trees=tuple(_nested(tree, 0) for tree in trees))


def _contexts(
    model: Model,
    around: Sequence[Sequence[str]],
    truth: np.ndarray,
    weight: np.ndarray,
    groups: Sequence[str],
    seed: int,
) -> np.ndarray:
    """Each row's context by word weights that were learned without its repository."""
    names = sorted(set(groups))
    random.Random(seed).shuffle(names)
    part = {name: number % PARTS for number, name in enumerate(names)}
    out = np.zeros((len(around), 3))
    for number in range(PARTS):
        inside = np.array([part[group] == number for group in groups])
        learn = np.flatnonzero(~inside)
        words = linear.fit(
            [around[i] for i in learn], truth[learn], weight[learn],
            [groups[i] for i in learn], penalty=WORD_PENALTY,
        )  # fmt: skip
        partial = replace(model, words=words)
        for i in np.flatnonzero(inside):
            out[i] = partial.context(around[i])
    return out


def _nested(tree: Tree, node: int) -> object:
    if tree.column[node] < 0:
        return round(tree.value[node] / GROVES, 4)
    low, high = _nested(tree, tree.low[node]), _nested(tree, tree.high[node])
    return (tree.column[node], tree.edge[node], low, high, round(tree.value[node] / GROVES, 4))


def scores(model: Model, rows: Sequence[Candidate]) -> np.ndarray:
    """Log-odds of each."""
    return np.array([model.score(row) for row in rows])


assert COLUMNS[-3:] == ("context", "name context", "around context")
