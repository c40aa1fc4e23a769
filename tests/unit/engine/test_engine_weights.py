"""The model: small, whole, the one of this version, and explained to the last bit."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.engine import weights
from scanner.engine.explain import REASONS
from scanner.engine.features import NUMBERS, Candidate
from scanner.engine.weights import COLUMNS, chance, decode, encode, model
from scanner.errors import EXIT_USAGE, ModelError


def candidate(value: str) -> Candidate:
    return Candidate(
        "generic-secret-assignment", b"password", value.encode(), b'"', "config",
        ("e:yml", "s:none"), b'password: "', b'"',
    )  # fmt: skip


def test_the_file_is_the_one_that_was_trained_and_small() -> None:
    data = Path(weights.FILE).read_bytes()
    assert hashlib.sha256(data).hexdigest() == weights.DIGEST
    assert len(data) < 1_000_000


def test_encoding_is_the_same_each_time() -> None:
    assert encode(decode(Path(weights.FILE).read_bytes())) == Path(weights.FILE).read_bytes()


def test_columns_and_rules_are_those_of_the_code() -> None:
    used = {node[0] for tree in model().trees for node in inner(tree)}
    assert used <= set(range(len(NUMBERS)))
    explained = [column for _, _, columns in REASONS for column in columns]
    assert sorted(explained) == sorted((*COLUMNS, "place"))


def inner(tree: object) -> list[tuple]:  # type: ignore[type-arg]  # nested as deep as a tree is
    if not isinstance(tree, tuple):
        return []
    return [tree, *inner(tree[2]), *inner(tree[3])]


def test_contributions_add_up_to_the_score(made: Callable[..., str]) -> None:
    """Up to what every score starts with: the constant and the trees' roots."""
    one = candidate(made("v"))
    start = model().places[""] / 100
    start += sum(tree[4] if isinstance(tree, tuple) else tree for tree in model().trees)
    told = sum(weight for weight, _ in model().contributions(one))
    assert math.isclose(start + told, model().score(one), abs_tol=1e-6)


def test_a_place_is_bounded() -> None:
    one = model()
    assert one.lowest <= one.place(candidate("x")) <= one.highest
    for value in ("abc", "Summer" + "2024", "xK9" + "mQ2vL8"):
        here, best = (one.score(candidate(value), anywhere=where) for where in (False, True))
        assert best >= here or max(best, here) < weights.HOPELESS


def test_chance() -> None:
    assert chance(0) == 0.5
    assert chance(-1e9) < 1e-9 < 1 - chance(1e9) + 2e-9


@pytest.mark.parametrize("harm", ["missing", "exchanged"])
def test_a_model_that_is_not_the_one_ends_the_run(
    harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "judgement.model"
    if harm == "exchanged":
        other.write_bytes(Path(weights.FILE).read_bytes() + b"x")
    monkeypatch.setattr(weights, "FILE", str(other))
    with pytest.raises(ModelError) as problem:
        model.__wrapped__()
    assert problem.value.exit_code == EXIT_USAGE
    assert problem.value.hint


def test_nothing_heavy_is_loaded_to_judge() -> None:
    code = (
        "import sys; from scanner.engine.weights import model; model();"
        "print(sorted({'numpy', 'regex', 'hyperscan', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
