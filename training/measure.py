"""How well candidates are told apart: by labelled item, and by finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.model import CONFIDENCES
from training.labelled import Example, File, Found

SETTLED = -99.0  # the score of what rules alone refuse


@dataclass(slots=True)
class Figures:
    """hit, missed: true items. false: findings on lines labelled as none. other: on no label's.

    by_category: category -> [hit, all].
    """

    hit: int = 0
    missed: int = 0
    false: int = 0
    other: int = 0
    by_category: dict[str, list[int]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        return self.hit / max(1, self.hit + self.false)

    @property
    def strict(self) -> float:
        return self.hit / max(1, self.hit + self.false + self.other)

    @property
    def recall(self) -> float:
        return self.hit / max(1, self.hit + self.missed)

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def counted(
    files: Sequence[File], scores: Mapping[int, Sequence[float]], least: float, level: str
) -> Figures:
    """scores: file number -> a score an example. level: least confidence of format findings."""
    figures = Figures()
    for number, file in enumerate(files):
        sure = CONFIDENCES.index(level)  # type: ignore[arg-type]  # one of them
        chosen = [
            (score, one)
            for score, one in zip(scores[number], file.examples, strict=True)
            if score >= least and CONFIDENCES.index(one.proposal.rule.confidence) >= sure
        ]
        formats = [f for f in file.formats if CONFIDENCES.index(f.judged.confidence) >= sure]
        _count(file, without_overlaps(chosen, formats), figures)
    return figures


def without_overlaps(
    chosen: Iterable[tuple[float, Example]], formats: Sequence[Found]
) -> list[Example | Found]:
    """Of overlapping findings the specific one, then the surer."""
    kept: list[Example | Found] = []
    for one in (*formats, *(e for _, e in sorted(chosen, key=lambda pair: -pair[0]))):
        if all(
            one.spot[0] != other.spot[0]
            or one.spot[2] <= other.spot[1]
            or other.spot[2] <= one.spot[1]
            for other in kept
        ):
            kept.append(one)
    return kept


def _count(file: File, findings: Sequence[Example | Found], figures: Figures) -> None:
    count_lines(file, [(f.first, f.last, rule_of(f)) for f in findings], figures)


def rule_of(one: Example | Found) -> str:
    return one.judged.rule.id if isinstance(one, Found) else one.proposal.rule.id


def count_lines(file: File, findings: Sequence[tuple[int, int, str]], figures: Figures) -> None:
    """findings: (first line, last line, rule)."""
    found = {line for first, last, _ in findings for line in range(first, last + 1)}
    lines: dict[str, set[int]] = {"true": set(), "false": set(), "any": set()}
    for label in file.labels:
        here = range(label.line, label.end + 1)
        lines["any"].update(here)
        if label.true:
            lines["true"].update(here)
        if label.ignored:
            continue
        if not label.true:
            lines["false"].update(here)
            continue
        hit = any(line in found for line in here)
        figures.hit += hit
        figures.missed += not hit
        for name in label.category.split(":"):
            both = figures.by_category.setdefault(name, [0, 0])
            both[0] += hit
            both[1] += 1
    for first, last, rule in findings:
        here = range(first, last + 1)
        if any(line in lines["true"] for line in here):
            continue
        if any(line in lines["false"] for line in here):
            figures.false += 1
            figures.wrong[rule] += 1
        elif not any(line in lines["any"] for line in here):
            figures.other += 1
            figures.wrong[rule] += 1
