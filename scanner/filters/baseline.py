"""Known findings, one a line, without plaintext, line numbers or times, so that the file merges.

A finding is known by fingerprint and path: a moved line stays known; a changed value, or a copy in
another file, counts again. Lines may come in any order and twice, as a merge leaves them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.config_file import read_text
from scanner.errors import ConfigError
from scanner.model import Finding

DEFAULT_PATH = ".unleak/baseline.jsonl"
VERSION = 1
_LARGEST = 256 << 20  # bytes, more than a million findings
_HINT = "take the line out, then run 'unleak baseline update --add'"
_FIELDS = ("fingerprint", "key", "path", "rule")


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """One entry, in the order that the file is sorted by."""

    path: str
    rule: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of a baseline file. Path and fingerprint decide; rule and key are for people."""

    entries: frozenset[Known] = frozenset()
    names: frozenset[tuple[str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = frozenset((one.path, one.fingerprint) for one in self.entries)
        object.__setattr__(self, "names", names)

    def knows(self, finding: Finding) -> bool:
        """Whether the finding (with its fingerprint) is recorded for its path."""
        return (_text(finding.path), finding.fingerprint) in self.names


def known(finding: Finding) -> Known:
    """The entry that records a finding."""
    return Known(_text(finding.path), finding.rule, _text(finding.key), finding.fingerprint)


def dead_entries(baseline: Baseline, findings: Iterable[Finding]) -> list[Known]:
    """Entries that none of the findings has any more, sorted; a part of one is still there."""
    halves = (half for one in findings for half in one.halves)
    alive = {(_text(one.path), one.fingerprint) for one in halves}
    return sorted(one for one in baseline.entries if (one.path, one.fingerprint) not in alive)


def load_baseline(path: str) -> Baseline:
    """Read a baseline file; ConfigError names file and line."""
    text = read_text(path, path, most=_LARGEST)
    if text is None:
        hint = "make it with 'unleak baseline create'"
        raise ConfigError(f"{path}: there is no baseline", hint)
    return Baseline(frozenset(_parsed(path, text.split("\n"))))


def render_baseline(entries: Iterable[Known]) -> str:
    """The file's text: a header, then one sorted entry a line."""
    lines = [json.dumps({"unleak-baseline": VERSION})]
    for one in sorted(set(entries)):
        fields = {name: getattr(one, name) for name in _FIELDS}
        lines.append(json.dumps(fields, ensure_ascii=True))
    return "\n".join(lines) + "\n"


def _parsed(path: str, lines: Sequence[str]) -> Iterable[Known]:
    header = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||")):
            hint = "keep the lines of both sides and take the marker lines out"
            raise ConfigError(f"{path}:{number}: merge conflict", hint)
        fields = _fields(path, number, line)
        if "unleak-baseline" in fields:
            if fields["unleak-baseline"] != VERSION:
                raise ConfigError(f"{path}:{number}: version is not known", "update unleak")
            header = True
            continue
        if sorted(fields) != list(_FIELDS) or not all(isinstance(v, str) for v in fields.values()):
            raise ConfigError(f"{path}:{number}: not an entry of a baseline", _HINT)
        yield Known(**fields)
    if not header:
        raise ConfigError(f"{path}:1: not a baseline", "make it with 'unleak baseline create'")


def _fields(path: str, number: int, line: str) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise ConfigError(f"{path}:{number}: not JSON", _HINT) from None
    if not isinstance(fields, dict):
        raise ConfigError(f"{path}:{number}: not an entry of a baseline", _HINT)
    return fields


def _text(text: str) -> str:
    """Undecodable bytes of a path made visible, so that the file stays UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
