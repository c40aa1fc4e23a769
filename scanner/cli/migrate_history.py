"""What `unleak migrate --history` looks at beside the files: values that only history holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from scanner.cli import output
from scanner.errors import UsageError
from scanner.migrate.only_history import apart
from scanner.model import Finding, Summary
from scanner.record import record, replace
from scanner.survey import Request, Survey, survey


@record
class Seen:
    """What only history holds, and what the scans that tell so did."""

    findings: tuple[Finding, ...]
    summary: Summary


def look_back(request: Request, done: Survey) -> Seen:
    """Findings of all of history that no file of the whole tree has; `done` is the survey of the
    files that were asked for. Says what a person should know. UsageError outside a repository."""
    whole = _whole_tree(request, done)
    found = _history(request, done.root)
    there = _halves(whole)
    past = apart(_masked(_halves(found), there), there)
    if past.at_head:
        output.note(
            f"unleak: {len(past.at_head)} at HEAD that no file holds as it is now; "
            "commit, and they count as history"
        )
    for line in found.summary.notes:
        output.note(f"unleak: {output.escape(line)}")
    skipped = dict.fromkeys((*whole.summary.skipped, *found.summary.skipped))
    rules = {**found.summary.rules, **whole.summary.rules}
    return Seen(past.only, replace(found.summary, skipped=tuple(skipped), rules=rules))


def both(done: Survey, seen: Seen) -> Survey:
    """The survey of the files, incomplete if history could not be read."""
    skipped = tuple(dict.fromkeys((*done.summary.skipped, *seen.summary.skipped)))
    rules = {**done.summary.rules, **seen.summary.rules}
    return replace(done, summary=replace(done.summary, skipped=skipped, rules=rules))


def _halves(done: Survey) -> list[Finding]:
    return [half for one in done.findings for half in one.halves]


def _whole_tree(request: Request, done: Survey) -> Survey:
    """Everything that the files hold, also what comments or the baseline excuse there."""
    top = os.path.realpath(done.root)
    asked = any(os.path.realpath(path) == top for path in request.paths)
    if asked and not done.summary.suppressed:
        return done
    return survey(replace(request, paths=(done.root,), inline_ignores=False, baseline=""))


def _history(request: Request, root: str) -> Survey:
    from scanner.git.repository import top_of
    from scanner.history.request import HistoryRequest

    if top_of(root) is None:
        raise UsageError(f"{root} is in no work tree of a git repository", "--history needs one")
    return survey(replace(request, paths=(root,), history=HistoryRequest()))


def _masked(found: Sequence[Finding], tree: Sequence[Finding]) -> list[Finding]:
    """Paths, refs and authors without any value that was found: they go into files and journals."""
    from scanner.history.findings import without_secrets

    raw = {one.secret.reveal() for one in (*found, *tree)}
    texts = (value.decode("utf-8", "surrogateescape") for value in raw if len(value) > 3)
    names = "\0".join({name for one in found for name in _names_of(one)})
    values = sorted((one for one in texts if one in names), key=lambda text: (-len(text), text))
    return [without_secrets(one, values) for one in found] if values else list(found)


def _names_of(finding: Finding) -> Iterator[str]:
    """Everything of it that `without_secrets` looks at."""
    for place in finding.places:
        yield place.path
        yield place.author or ""
    if finding.origin:
        yield finding.origin.author
        yield from finding.origin.refs
    yield from finding.decoded_by
