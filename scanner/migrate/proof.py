"""After an edit: does the file still parse, did only that value change, does it hold a reference,
and is it clean? Every doubt is an EditError, and the caller puts the file back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scanner.errors import EditError, LiteralError
from scanner.literals import locate
from scanner.migrate.edit import moved, new_spans
from scanner.model import Edit, Finding, Literal, Step
from scanner.references.syntax import format_reference

Rescan = Callable[[str, bytes], Sequence[Finding]]


def prove(path: str, before: bytes, after: bytes, steps: Sequence[Step], rescan: Rescan) -> None:
    """EditError with the reason unless `after` is `before` with just these steps' values moved."""
    edits = sorted({edit for step in steps for edit in step.edits}, key=lambda e: e.start)
    if any(step.literal is not None and step.literal.language == "file" for step in steps):
        _clean(path, after, edits, rescan)
        return
    try:
        old, new = locate.literals(path, before), locate.literals(path, after)
    except LiteralError as problem:
        raise EditError(f"{path}: does not parse after the change: {problem.message}") from None
    spans = [(start, end) for _, start, end in new_spans(edits)]
    _others_unchanged(path, old, new, edits, spans)
    for step in steps:
        _holds_reference(path, new, edits, step)
    _clean(path, after, edits, rescan)


def _others_unchanged(
    path: str,
    old: Sequence[Literal],
    new: Sequence[Literal],
    edits: Sequence[Edit],
    spans: Sequence[tuple[int, int]],
) -> None:
    """Every literal that no edit touches stands where it must, with the same value and path."""
    expected = [
        (moved(edits, one.start), one.value, one.key_path)
        for one in old
        if not any(_touches(one, e.start, e.end) for e in edits)
    ]
    found = [
        (one.start, one.value, one.key_path)
        for one in new
        if not any(_touches(one, start, end) for start, end in spans)
    ]
    if expected != found:
        raise EditError(f"{path}: more than that value would change")


def _holds_reference(path: str, new: Sequence[Literal], edits: Sequence[Edit], step: Step) -> None:
    """The edit's place now reads as the reference, or names the variable."""
    assert step.reference is not None
    assert step.literal is not None
    if step.form == "environment":
        if not any(step.name.encode() in edit.new for edit in step.edits):
            raise EditError(f"{path}: the change does not name {step.name}")
        return
    start = moved(edits, step.literal.start)
    wanted = format_reference(step.reference).encode()
    if not any(one.start == start and one.value.strip() == wanted for one in new):
        raise EditError(f"{path}: the reference would not be read back as it was written")


def _clean(path: str, after: bytes, edits: Sequence[Edit], rescan: Rescan) -> None:
    """No finding in what was written."""
    spans = [(start, end) for _, start, end in new_spans(edits)]
    for finding in rescan(path, after):
        if any(finding.start < end and start < finding.end for start, end in spans):
            raise EditError(f"{path}: what was written is still a finding ({finding.rule})")


def _touches(literal: Literal, start: int, end: int) -> bool:
    """Whether a span shares bytes with the literal, or is an insertion inside it."""
    if start == end:
        return literal.start < start < literal.end
    return literal.start < end and start < literal.end
