"""`.unleak/history.jsonl`: which entries of the vault hold what only history holds, where it was.

One JSON object a line, for people and for whoever purges later: name, reference, rule, key, the
places with the commits that brought them in, first and last commit, refs. No value is in it. Lines
are only added, and an undo takes out just its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from scanner.migrate.only_history import commit_count
from scanner.model import Origin, Step
from scanner.references.syntax import format_reference

HISTORY_PATH = ".unleak/history.jsonl"
_MOVING = ("refs", "refs_total")  # a new branch is no reason for a new line


def facts_of(step: Step) -> dict[str, Any]:
    """What may be said of such a step; ids of commits are whole."""
    finding = step.finding
    origin = finding.origin or Origin()
    places = [{"commit": one.commit or "", "path": one.path} for one in finding.places]
    return {
        "name": step.name,
        "reference": format_reference(step.reference) if step.reference else "",
        "rule": finding.rule,
        "key": finding.key,
        "brought_in_by": origin.commit,
        "first": origin.first,
        "last": origin.last,
        "commits": commit_count(finding),
        "places": places,
        "refs": list(origin.refs),
        "refs_total": origin.refs_total,
    }


def with_steps(data: bytes, steps: Sequence[Step]) -> bytes:
    """The file's bytes with a line for each step of which it does not say the same already."""
    known = [_steady(one) for line in data.splitlines() if (one := _parsed(line))]
    text = data if data.endswith(b"\n") or not data else data + b"\n"
    added = b""
    for step in steps:
        facts = facts_of(step)
        if _steady(facts) not in known:
            known.append(_steady(facts))
            added += json.dumps(facts).encode() + b"\n"
    return text + added if added else data


def without(data: bytes, lines: Iterable[bytes]) -> bytes:
    """The file's bytes without these lines (given without their ends)."""
    gone = set(lines)
    kept = [line for line in data.splitlines(keepends=True) if line.rstrip(b"\r\n") not in gone]
    return b"".join(kept)


def _steady(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in _MOVING}


def _parsed(line: bytes) -> dict[str, Any]:
    """A line that somebody broke says nothing, and stays."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
