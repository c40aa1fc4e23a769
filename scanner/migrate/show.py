"""A plan and its outcome as text for people: masked, escaped, nothing printed here."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from scanner.migrate.edit import moved, spliced
from scanner.migrate.only_history import in_no_file, is_history
from scanner.model import Edit, Plan, RuleInfo, Step

Escape = Callable[[str], str]


def plan_text(
    plan: Plan,
    read: Callable[[str], bytes],
    escape: Escape,
    rules: Mapping[str, RuleInfo] | None = None,
) -> Iterator[str]:
    """A unified diff of every file with masked values, then what is not safe, with reasons, then
    what only history holds, with where it would go. rules: say how a value is rotated."""
    past = [step for step in plan.steps if is_history(step)]
    present = [step for step in plan.steps if not is_history(step)]
    files: dict[str, list[Step]] = defaultdict(list)
    for step in present:
        files[step.path].append(step)
    for path, steps in files.items():
        if any(step.edits for step in steps):
            yield from _diff(path, steps, read(path), escape)
    counts = dict.fromkeys(("safe", "review", "refused"), 0)
    for step in present:
        counts[step.disposition] += 1
    for word, title in (("review", "to be reviewed (--all applies them)"), ("refused", "refused")):
        chosen = [step for step in present if step.disposition == word]
        if chosen:
            yield f"\n{title}:\n"
        for step in chosen:
            yield _reason_line(step, escape)
    yield from _past(past, rules or {}, escape)
    yield f"\nplan: {counts['safe']} safe, {counts['review']} to review, "
    yield f"{counts['refused']} refused"
    yield f", {len(past)} only in history" if past else ""
    names = {step.name for step in plan.steps if step.name and step.disposition != "refused"}
    yield f"; {len(names)} entries in the vault '{plan.vault}'\n"


def _past(steps: Sequence[Step], rules: Mapping[str, RuleInfo], escape: Escape) -> Iterator[str]:
    if steps:
        yield "\nonly in history (--apply --history stores them in the vault, no file changes):\n"
    for step in steps:
        yield _reason_line(step, escape)
        info = rules.get(step.finding.rule)
        yield f"    would be {step.name} in the vault; rotate it: {escape(_rotate(info))}\n"


def _reason_line(step: Step, escape: Escape) -> str:
    where = step.path if in_no_file(step.finding) else f"{step.path}:{step.finding.line}"
    return f"  {escape(where)}  {escape(step.finding.masked)}  {escape(step.reason)}\n"


def _diff(path: str, steps: Sequence[Step], data: bytes, escape: Escape) -> Iterator[str]:
    old = _masked(data, steps)
    edits = sorted({edit for step in steps for edit in step.edits}, key=lambda e: e.start)
    left = [step for step in steps if not step.edits]
    new_data = spliced(data, edits)
    new = _masked(new_data, left, edits)
    shown = escape(path)
    lines = difflib.unified_diff(old, new, f"a/{shown}", f"b/{shown}", lineterm="", n=2)
    for line in lines:
        yield (line[:1] + escape(line[1:]) if line[:3] not in ("---", "+++") else line) + "\n"


def _masked(data: bytes, steps: Sequence[Step], edits: Sequence[Edit] = ()) -> list[str]:
    """The file's lines with every value of `steps` replaced by its mask."""
    masks: dict[tuple[int, int], bytes] = {}
    for step in steps:
        start, end = step.finding.start, step.finding.end
        if step.literal is not None:
            start, end = min(start, step.literal.start), max(end, step.literal.end)
        if any(edit.start < end and start < edit.end for edit in edits):
            continue
        span = moved(edits, start), moved(edits, start) + end - start
        masks.setdefault(span, step.finding.masked.encode())
    free = 0
    parts = []
    for (start, end), mask in sorted(masks.items()):
        if start >= free:
            parts += [data[free:start], mask]
        free = max(free, end)
    text = b"".join([*parts, data[free:]]).decode("utf-8", "backslashreplace")
    return text.splitlines()


def by_hand(steps: Sequence[Step], escape: Escape) -> Iterator[str]:
    """What stays a finding, and why."""
    if steps:
        yield "\nleft for you:\n"
    for step in steps:
        yield _reason_line(step, escape)


def aftermath(
    steps: Sequence[Step],
    rules: Mapping[str, RuleInfo],
    commits: Callable[[Step], int | None],
    escape: Escape,
) -> Iterator[str]:
    """What is still true after the move: the history holds the values; each must be rotated."""
    yield "\nthe values are still in git's history until it is purged, and others may have them:\n"
    yield "rotate each of these.\n\n"
    seen = set()
    for step in steps:
        if step.name in seen:
            continue
        seen.add(step.name)
        info = rules.get(step.finding.rule)
        count = commits(step)
        held = "unknown" if count is None else str(count)
        provider = info.provider if info else "?"
        yield f"  {step.name}  ({escape(provider)}; in commits: {held})\n"
        yield f"    {escape(_rotate(info))}\n"


def _rotate(info: RuleInfo | None) -> str:
    return info.rotate if info and info.rotate else "where the value was issued"
