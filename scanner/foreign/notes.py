"""What a person should know of a foreign rule file: what of it is not done, and where."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.foreign.gitleaks import Foreign


def notes_of(found: Foreign) -> tuple[str, ...]:
    """What a person should know: each rule that was left out, each part that is not done."""
    path, notes = found.path, []
    for said, pairs in (("left out", found.left_out), ("not supported", found.partly)):
        by_reason: dict[str, list[str]] = {}
        for name, why in pairs:
            by_reason.setdefault(why, []).append(name)
        for why, names in by_reason.items():
            rules = [name for name in names if name]
            notes.append(f"{path}: {said}: {_listed(rules)}{why}")
    if found.everywhere:
        notes.append(f"{path}: extends the default rules: its allowlists hold for ours, too")
    return tuple(notes)


def _listed(rules: Sequence[str], most: int = 6) -> str:
    if not rules:
        return ""
    more = f" and {len(rules) - most} more" if len(rules) > most else ""
    return f"rule{'s' * (len(rules) > 1)} {', '.join(rules[:most])}{more}: "
