"""What the rules of a scan say beside what they find: notes, and commits that they allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scanner.engine.database import Say, load_database, notes_of
from scanner.errors import UsageError
from scanner.model import Confidence, Finding

Ids = frozenset[str]
Filter = tuple[str, Callable[[Finding], bool]]


class RulesUsed:
    """The rules of a scan that was done with these files, whose database is there.

    notes: what a person should know of them. filters: (name, what it covers).
    """

    def __init__(self, minimum: Confidence, extra: Sequence[str]) -> None:
        self.notes = notes_of(minimum, extra)
        self.filters: tuple[Filter, ...] = ()
        if extra:
            self.filters = _commits(minimum, extra)


def active_ids(only: Ids, never: Ids, extra: Sequence[str], say: Say | None) -> Ids:
    """Ids of the rules to use: `only` these (empty: all), without `never`; UsageError for others.

    extra: further rule files.
    """
    known = {rule.id for rule in load_database("low", extra, say=say).rules}
    unknown = sorted((only | never) - known)
    if unknown:
        raise UsageError(f"no rule is called {unknown[0]}", "'unleak rules list' names them all")
    return frozenset((only or known) - never)


def _commits(minimum: Confidence, extra: Sequence[str]) -> tuple[Filter, ...]:
    """Of rule files of other scanners: commits whose findings do not count."""
    from scanner.engine.conditions import commits_of

    by_rule = commits_of(load_database(minimum, extra).rules)
    if not by_rule:
        return ()

    def covers(finding: Finding) -> bool:
        names = by_rule.get(finding.rule, frozenset())
        commits = {place.commit for place in finding.places}
        if finding.origin is not None and finding.origin.commit:
            commits = {finding.origin.commit}  # the one that brought it in
        return bool(names) and all(one in names for one in commits)

    return (("rule file", covers),)
