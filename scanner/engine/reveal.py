"""Matches in decoded content -> findings of the file that holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from scanner.engine.decoding import Revealed
from scanner.engine.judgement import Judged
from scanner.engine.matcher import Match, Read
from scanner.engine.text import Lines
from scanner.model import Blob, Finding, Secret, mask
from scanner.rules import Rule

# (path, matches, read) -> what of them counts, without overlaps
Judge = Callable[..., list[Judged]]


def named(chain: tuple[str, ...]) -> tuple[str, ...]:
    """The chain without views that only show the same content another way: `(text)`."""
    return tuple(name for name in chain if not name.startswith("("))


def is_echo(rule: Rule, start: int, end: int, plain: Iterable[tuple[int, int]]) -> bool:
    """Whether a finding in decoded text says what one in the plain text says already.

    A value that is base64 is found as it stands; that it decodes to something under the same name
    is no second secret. A known format inside of it is.
    """
    return rule.kind == "generic" and any(low < end and start < high for low, high in plain)


def findings_in(
    blob: Blob, read: Read, revealed: Sequence[Revealed], plain: Sequence[Finding], judge: Judge
) -> list[Finding]:
    """The findings, sorted by place and chain; each value once in each member."""
    groups: dict[tuple[tuple[str, ...], int], list[Revealed]] = {}
    for one in revealed:
        groups.setdefault((one.chain, id(one.content)), []).append(one)
    spans = [(one.start, one.end) for one in plain]
    found: dict[tuple[str, bytes, tuple[str, ...], int], Finding] = {}
    lines = Lines(read)
    for (chain, _), members in groups.items():
        content = members[0].content
        matches: dict[tuple[int, str], Revealed] = {
            (one.match[1], one.match[0].id): one for one in members
        }
        path = members[0].path or blob.places[0].path
        for judged in judge(
            path, _matches(members), _reader(content), binary=b"\0" in content[:4096]
        ):
            one = matches[judged.start, judged.rule.id]
            if one.end and is_echo(judged.rule, one.start, one.end, spans):
                continue
            finding = _finding(blob, one, judged, lines)
            found.setdefault((judged.rule.id, judged.value, named(chain), one.start), finding)
    return sorted(found.values(), key=lambda f: (f.start, f.end, f.decoded_by, f.line, f.rule))


def _matches(members: Iterable[Revealed]) -> list[Match]:
    return [one.match for one in members]


def _reader(content: bytes) -> Read:
    return lambda offset, length: content[offset : offset + length]


def _finding(blob: Blob, one: Revealed, judged: Judged, lines: Lines) -> Finding:
    if one.end:
        line, column = lines.position(one.start)
        end_line, end_column = lines.position(one.end)
    else:  # in a container: lines are those of the member
        line = end_line = one.content.count(b"\n", 0, judged.start) + 1
        column = end_column = 1
    return Finding(
        rule=judged.rule.id,
        secret=Secret(judged.value),
        blob_id=blob.id,
        places=blob.places,
        start=one.start,
        end=one.end,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        key=judged.key,
        severity=judged.rule.severity,
        confidence=judged.confidence,
        score=judged.score,
        masked=mask(judged.value, judged.rule.prefix),
        reasons=judged.reasons,
        decoded_by=one.chain,
    )
