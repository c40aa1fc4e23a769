"""Labelled lines -> candidates with what people said about them.

A line of the input is one file: {file, repo, scope, segments, labels}. The whole engine runs over
each segment as over a file; what its generic rules match becomes an example, what its format rules
find is kept beside, since a person sees both.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scanner.engine.database import load_database
from scanner.engine.judgement import Judged, Judgement, Proposal
from scanner.engine.matcher import Matcher
from scanner.model import CONFIDENCES

IGNORED = frozenset(
    ("UUID", "Nonce", "Salt", "Firebase Domain", "AWS S3 Bucket", "Tencent WeChat API App ID")
)


@dataclass(frozen=True, slots=True)
class Label:
    """line, end: first and last line. start, stop: columns of the value in `line`, or -1."""

    line: int
    end: int
    start: int
    stop: int
    true: bool
    category: str

    @property
    def ignored(self) -> bool:
        return set(self.category.split(":")) <= IGNORED


@dataclass(frozen=True, slots=True)
class Example:
    """A generic candidate. first, last: its lines. spot: (segment, start, end) in bytes.

    truth: 1 a secret, 0 labelled as none, -1 on a line without a label, None not to be counted.
    """

    proposal: Proposal
    first: int
    last: int
    spot: tuple[int, int, int]
    truth: int | None
    category: str


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a format rule, at medium or surer."""

    first: int
    last: int
    spot: tuple[int, int, int]
    judged: Judged


@dataclass(frozen=True, slots=True)
class File:
    """One labelled file and all that the engine matched in it."""

    repo: str
    path: str
    labels: tuple[Label, ...]
    examples: tuple[Example, ...]
    formats: tuple[Found, ...]
    texts: tuple[tuple[int, bytes], ...]


def read(path: str) -> Iterator[dict[str, Any]]:
    """The files of a gzipped list of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def files(path: str) -> list[File]:
    """Every file with its candidates, in the order of the input."""
    matcher = Matcher(load_database("low"))
    return [_file(matcher, document) for document in read(path)]


def _file(matcher: Matcher, document: dict[str, Any]) -> File:
    path = place(document)
    labels = tuple(
        Label(v["line"], v["end"], v["start"], v["stop"], bool(v["true"]), v["category"])
        for v in document["labels"]
    )
    examples: list[Example] = []
    formats: list[Found] = []
    texts: list[tuple[int, bytes]] = []
    for number, segment in enumerate(document["segments"]):
        data = segment["text"].encode("utf-8", "surrogatepass")
        texts.append((segment["line"], data))
        _segment(matcher, path, number, segment["line"], data, labels, examples, formats)
    return File(document["repo"], path, labels, tuple(examples), tuple(formats), tuple(texts))


def place(document: dict[str, Any]) -> str:
    """A path that plays the part of the original one."""
    scope = document.get("scope") or "_"
    return (scope.replace(" ", "/") if scope != "_" else "x") + "/" + document["file"]


def _segment(
    matcher: Matcher,
    path: str,
    number: int,
    line: int,
    data: bytes,
    labels: tuple[Label, ...],
    examples: list[Example],
    formats: list[Found],
) -> None:
    def slice_of(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    judgement = Judgement(path, slice_of, binary=False)
    for match in matcher.matches(data):
        one = judgement.proposed(match)
        if one is None:
            continue
        first = line + data.count(b"\n", 0, one.start)
        last = line + data.count(b"\n", 0, one.end)
        spot = (number, one.start, one.end)
        if isinstance(one, Judged):
            if CONFIDENCES.index(one.confidence) >= CONFIDENCES.index("medium"):
                formats.append(Found(first, last, spot, one))
            continue
        truth, category = truth_of(labels, data, one.start, one.end, first, last)
        examples.append(Example(one, first, last, spot, truth, category))


def truth_of(
    labels: tuple[Label, ...], data: bytes, start: int, end: int, first: int, last: int
) -> tuple[int | None, str]:
    """(truth, category) of bytes [start, end) on lines first to last."""
    begin = data.rfind(b"\n", 0, start) + 1
    here = [one for one in labels if one.line <= last and first <= one.end]
    for one in here:
        if not one.true or one.ignored:
            continue
        if one.start < 0 or one.line != first:
            return 1, one.category
        text = data[begin:].partition(b"\n")[0].decode("utf-8", "surrogatepass")
        low = begin + len(text[: one.start].encode("utf-8", "surrogatepass"))
        high = begin + len(text[: one.stop].encode("utf-8", "surrogatepass"))
        if min(high, end) - max(low, start) > 0:
            return 1, one.category
    if any(one.true or one.ignored for one in here):
        return None, here[0].category
    return (0, here[0].category) if here else (-1, "")
