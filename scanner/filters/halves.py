"""Filters where a finding has parts: the key id that was merged into its secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from scanner.model import Finding


def passing(findings: Iterable[Finding], passes: Callable[[Finding], bool]) -> list[Finding]:
    """Findings that pass; where one does not, its parts stand for themselves. Parts of one that
    passes stay whatever they are."""
    kept: list[Finding] = []
    for one in findings:
        kept += [one] if passes(one) else [part for part in one.parts if passes(part)]
    return kept
