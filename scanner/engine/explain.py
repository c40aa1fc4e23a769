"""What moved a score, in words: the model's contributions gathered under a few reasons."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 3  # reasons for, and as many against
_LEAST = 0.05  # log-odds

# what a reason says for and against a candidate, and the columns that count towards it
REASONS: tuple[tuple[str, str, frozenset[str]], ...] = (
    (
        "the name says secret",
        "the name does not say secret",
        frozenset((
            "name length", "name parts", "name strong", "name surprise", "name about",
            "name labels", "name acts", "name looks up", "name digest", "name public",
            "name context",
        )),
    ),
    (
        "what stands around it speaks of secrets",
        "what stands around it speaks of something else",
        frozenset((
            "context", "around context", "line secrets", "assertion", "above secrets",
            "above login", "above same", "below secrets", "below login", "below same",
            "above length", "below length",
        )),
    ),
    (
        "letters in no language's order",
        "made of words",
        frozenset((
            "surprise", "worst surprise", "word cover", "longest word", "words", "longest run",
            "commonest word", "rarest word", "vowels",
        )),
    ),
    (
        "shaped as people choose passwords",
        "not shaped as people choose passwords",
        frozenset(("common password", "word and tail", "lower", "upper", "first kind")),
    ),
    (
        "mixed as by chance",
        "not mixed as by chance",
        frozenset((
            "length", "distinct", "entropy", "digits", "turns", "last kind", "repeats",
            "hexadecimal", "base64", "padding", "hash length", "uuid",
        )),
    ),
    (
        "its form fits a secret",
        "written like an identifier, a path or a sentence",
        frozenset((
            "signs", "other", "blanks", "identifier", "snake", "constant", "sentence",
            "underscores", "hyphens", "dots", "slashes", "colons", "braces", "percents",
            "backslashes", "equals", "ats", "dollars", "commas",
        )),
    ),
    (
        "does not say what it is",
        "says what it is instead of being it",
        frozenset(("samples", "says secret", "in name", "name in value", "shares word")),
    ),
    (
        "stands where a value stands",
        "stands where code or prose stands",
        frozenset((
            "quote", "rule", "separator", "gap", "indent", "comment", "closes", "after length",
            "calls", "line length", "line quotes", "line numbers",
        )),
    ),
    (
        "in a kind of file that holds secrets",
        "in a kind of file that seldom holds secrets",
        frozenset(("place",)),
    ),
)  # fmt: skip
_NUMBER = {column: i for i, (_, _, columns) in enumerate(REASONS) for column in columns}


def reasons(contributions: Iterable[tuple[float, str]]) -> tuple[str, ...]:
    """Up to MOST reasons for, strongest first, then up to MOST against; log-odds before each."""
    moved = [0.0] * len(REASONS)
    for weight, column in contributions:
        moved[_NUMBER[column]] += weight
    said = sorted(zip(moved, REASONS, strict=True), key=lambda pair: -abs(pair[0]))
    said = [pair for pair in said if abs(pair[0]) >= _LEAST]
    good = [f"{weight:+.2f} {yes}" for weight, (yes, _, _) in said if weight > 0]
    bad = [f"{weight:+.2f} {no}" for weight, (_, no, _) in said if weight < 0]
    return (*good[:MOST], *bad[:MOST])
