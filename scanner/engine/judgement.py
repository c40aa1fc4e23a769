"""One match -> is it a secret, how sure, and why: checksum, entropy, references, then the score."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from scanner.engine import harmless, score
from scanner.engine.checksums import TABLE, graded
from scanner.engine.entropy import BATCH, shannon, shannon_many
from scanner.engine.features import Candidate, path_words
from scanner.engine.matcher import Match, Read
from scanner.engine.roles import LINE_FORMATS, aside_of, role_of, suffix
from scanner.engine.uuids import is_plain_uuid
from scanner.model import CONFIDENCES, Confidence
from scanner.record import record, replace
from scanner.rules import Rule

_FORMAT_SCORE = {"high": 0.95, "medium": 0.65, "low": 0.35}
_AROUND = 1024
LOOK = 512  # bytes of the lines around a value that its judgement sees
_LINE_STARTS = frozenset((b"", b"-", b"export", b"set", b"- -", b"'", b'"'))
_ESCAPED = re.compile(rb"\\u\{?([0-9a-fA-F]{4})\}?")
_NAME = re.compile(r"[\w.\-*?]+$")  # what gitignore and fnmatch read alike
_QUOTES = b"\"'`"


@record
class Judged:
    """A match that survived: offsets in the matched content, and why."""

    rule: Rule
    start: int
    end: int
    key: str
    value: bytes
    score: float
    confidence: Confidence
    reasons: tuple[str, ...]


@record
class Proposal:
    """A match that could be a secret: its place, and what a judgement looks at."""

    rule: Rule
    start: int
    end: int
    key: bytes
    value: bytes
    candidate: Candidate


class Judgement:
    """Judges the matches of one file. read: (offset, length) -> bytes of the matched content."""

    def __init__(self, path: str, read: Read, *, binary: bool, anywhere: bool = False) -> None:
        self._path = path
        self._anywhere = anywhere  # in the place that speaks most for each match
        self._read = read
        self._entropies: dict[bytes, float] = {}
        role, self._aside, line_format, self._words = _facts(path)
        # A role can settle what a value is, so of a place that is not known it is none of them.
        self._role = "" if anywhere else "binary" if binary else role
        self._line_format = line_format and not binary

    def all(self, matches: Sequence[Match]) -> Iterator[Judged | None]:
        """Each match judged, in order; many entropies are counted in one batch."""
        asked = [m for m in matches if m[0].entropy]
        if len(asked) >= BATCH:
            values = [self._read(start, end - start) for _, start, end, _, _ in asked]
            self._entropies.update(zip(values, shannon_many(values), strict=True))
        return map(self.of, matches)

    def _entropy(self, value: bytes) -> float:
        known = self._entropies.get(value)
        return shannon(value) if known is None else known

    def of(self, match: Match) -> Judged | None:
        """The judged finding, or None when it is none at any confidence."""
        one = self.proposed(match)
        return self._scored(one) if isinstance(one, Proposal) else one

    def proposed(self, match: Match) -> Judged | Proposal | None:
        """What a match is before its score: of a format the verdict, of a generic rule a proposal,
        None where the syntax says that it is no value."""
        rule, start, end, key_start, key_end = match
        if not self._anywhere and rule.paths and not _path_matches(rule.paths, self._path):
            return None
        if rule.allow and self._is_allowed(rule, start, end):
            return None
        value = self._read(start, end - start)
        key = self._read(key_start, key_end - key_start) if key_start >= 0 else b""
        if rule.kind != "format":
            return self._generic(rule, start, end, key_start, key, value)
        if self._is_translated(rule, value):
            return None
        judged = Judged(rule, start, end, _name(key), value, 0.0, rule.confidence, ())
        return _of_format(judged)

    def _is_allowed(self, rule: Rule, start: int, end: int) -> bool:
        from scanner.engine.conditions import allowed  # only rules of other scanners have any

        path = None if self._anywhere else self._path
        return allowed(rule, start, end, self._read, path)

    def _is_translated(self, rule: Rule, value: bytes) -> bool:
        """The word for "password" in an example that was translated: `user:contraseña@host`."""
        if rule.checksum or rule.prefix:
            return False
        return self._aside == "a translation" and value.decode("utf-8", "replace").isalpha()

    def _generic(
        self, rule: Rule, start: int, end: int, key_start: int, key: bytes, value: bytes
    ) -> Proposal | None:
        if self._role == "binary":
            return None
        before = self._read(max(0, start - 1), min(1, start))
        quote = before if before and before in _QUOTES else b""
        if not quote and self._line_format and rule.id == "generic-secret-assignment":
            value = self._whole_value(start, key_start, value)
            end = start + len(value)
        if rule.entropy and self._entropy(value) < rule.entropy:
            return None
        if not quote and self._reads_on(start, end, key_start):
            return None
        if self._is_expression(end, quote) or self._is_expansion(key_start, value):
            return None
        candidate = self._candidate(rule, start, end, key, value, quote)
        return Proposal(rule, start, end, key, value, candidate)

    def _scored(self, one: Proposal) -> Judged | None:
        candidate, rule = one.candidate, one.rule
        if self._anywhere:
            points, reasons = score.best(candidate)
        else:
            points, reasons = score.judge(candidate)
        confidence = score.confidence_of(points)
        if confidence is None:
            return None
        ceiling = min(CONFIDENCES.index(confidence), CONFIDENCES.index(rule.confidence))
        name, confidence = _name(one.key), CONFIDENCES[ceiling]
        return Judged(rule, one.start, one.end, name, one.value, points, confidence, reasons)

    def _candidate(
        self, rule: Rule, start: int, end: int, key: bytes, value: bytes, quote: bytes
    ) -> Candidate:
        """The match with what stands around it, as far as a judgement looks."""
        above, before = _last_lines(self._read(max(0, start - LOOK), min(start, LOOK)))
        after, _, below = self._read(end, LOOK).partition(b"\n")
        if rule.kind == "password":
            key = key or b"password"
        if b"\\u" in value:
            value = _ESCAPED.sub(_character, value)
        return Candidate(
            rule.id, key, value, quote, self._role, self._words,
            before, after, above, below.partition(b"\n")[0],
        )  # fmt: skip

    def _whole_value(self, start: int, key_start: int, value: bytes) -> bytes:
        """In formats of one value a line a bare value ends where the line or a comment does."""
        before = self._read(max(0, key_start - _AROUND), min(key_start, _AROUND))
        if before[before.rfind(b"\n") + 1 :].strip(b" \t\xef\xbb\xbf") not in _LINE_STARTS:
            return value
        line, newline, _ = self._read(start, _AROUND).partition(b"\n")
        if not newline and len(line) == _AROUND:
            return value  # no end in sight
        line = line.rstrip(b"\r")
        for comment in (b" #", b"\t#", b" ;"):
            line = line.split(comment, 1)[0]
        return line.rstrip() or value

    def _reads_on(self, start: int, end: int, key_start: int) -> bool:
        """A sentence: `..., passwords: delete the old one`, with the name inside of the line."""
        if self._read(max(0, start - 2), 2) != b": " or self._read(end, 1) != b" ":
            return False
        before = self._read(max(0, key_start - _AROUND), min(key_start, _AROUND))
        return before[before.rfind(b"\n") + 1 :].strip() not in _LINE_STARTS

    def _is_expansion(self, key_start: int, value: bytes) -> bool:
        """`${NAME:?message}` says what is missing; it holds no value."""
        before = self._read(max(0, key_start - 2), min(key_start, 2))
        return before == b"${" and value.startswith(b"?")

    def _is_expression(self, end: int, quote: bytes) -> bool:
        """A bare word that is called or indexed is code: `token = read(x)`, `secret = cfg["x"]`."""
        if quote:
            return False
        return self._read(end, 1) in (b"(", b"[", b"{")


def anywhere(read: Read) -> Iterator[Judgement]:
    """Judgements for the places that speak most for a match: what all of them reject is none.

    What a place adds to a score is bounded, and the bound is what is taken here, with no role to
    settle anything; whether a bare value ends with its line is the only thing that a path can
    change beside.
    """
    for path in ("settings", "settings.env"):
        yield Judgement(path, read, binary=False, anywhere=True)


@lru_cache(maxsize=1024)
def _facts(path: str) -> tuple[str, str, bool, tuple[str, ...]]:
    aside = aside_of(path)
    return role_of(path), aside, suffix(path) in LINE_FORMATS, path_words(path, aside)


def _last_lines(text: bytes) -> tuple[bytes, bytes]:
    """The line above the last one, and the last one as far as it goes."""
    rest, _, last = text.rpartition(b"\n")
    return rest.rpartition(b"\n")[2], last


def _character(match: re.Match[bytes]) -> bytes:
    r"""`\uXXXX` read as its character, so that text in another language shows as what it is."""
    return chr(int(match[1], 16)).encode("utf-8", "surrogatepass")


def _name(key: bytes) -> str:
    return key.decode("utf-8", "backslashreplace")


def _is_hollow(rule: Rule, value: bytes) -> bool:
    """The shape of a secret with nothing in it: the same letters over and over, a reference."""
    if rule.entropy and shannon(value) < rule.entropy:
        return True
    reference = harmless.reference(value) == "reference"
    return reference or harmless.placeholder(value) == "placeholder"


def _of_format(judged: Judged) -> Judged | None:
    rule, value = judged.rule, judged.value
    if rule.checksum:
        if not TABLE[rule.checksum].verify(value):
            return None
        doubt = graded(rule, value)
        if doubt:
            level, why = doubt
            if rule.entropy and _is_hollow(rule, value):
                return None
            return replace(judged, score=_FORMAT_SCORE[level], confidence=level, reasons=(why,))
        reasons = (f"{rule.name}: format and checksum fit",)
        return replace(judged, score=_FORMAT_SCORE[rule.confidence] + 0.04, reasons=reasons)
    if is_plain_uuid(value) or _is_hollow(rule, value):
        return None
    points = _FORMAT_SCORE[rule.confidence]
    if harmless.well_known_default(value):
        return replace(judged, score=0.30, confidence="low", reasons=("well-known default",))
    return replace(judged, score=points, reasons=(f"{rule.name}: the format fits",))


@lru_cache(maxsize=1024)
def _path_matches(patterns: tuple[str, ...], path: str) -> bool:
    names, others = _by_kind(patterns)
    if names and any(map(names.match, path.split("/"))):
        return True
    clean = path.encode("utf-8", "replace").decode()  # the matcher takes no lone surrogates
    return bool(others) and bool(_spec(others).match_file(clean))


@lru_cache(maxsize=256)
def _by_kind(patterns: tuple[str, ...]) -> tuple[re.Pattern[str] | None, tuple[str, ...]]:
    """(one expression for patterns of a name alone, the others): to import the library that knows
    them all takes longer than to judge a thousand matches."""
    from fnmatch import translate

    plain = {one: one.removeprefix("**/") for one in patterns}
    names = [name for name in plain.values() if _NAME.match(name)]
    others = tuple(one for one, name in plain.items() if not _NAME.match(name))
    return (re.compile("|".join(map(translate, names))) if names else None), others


@lru_cache(maxsize=256)
def _spec(patterns: tuple[str, ...]) -> Any:  # noqa: ANN401 -- the class is an import we avoid
    import pathspec

    # The default backend compiles a database for each spec: far too much for a few patterns.
    return pathspec.GitIgnoreSpec.from_lines(patterns, backend="simple")
