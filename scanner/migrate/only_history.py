"""Findings that live only in history -> steps to review: their values go into the vault, so that
they can be rotated and purged later. No file changes.

Pure. Such a step has a literal of the language "history" that holds the value, and no edits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from scanner.model import Finding, Literal, Origin, Reference, Secret, Step
from scanner.record import record, replace
from scanner.references.names import Wish, distinct_names

LANGUAGE = "history"
_SHOWN = 3  # refs that a reason names
_LOST = "(unreachable object "
# What stands in the place of a path where a finding is in no file.
_NO_FILE = (
    "(commit message)", "(tag message)", "(file name)", "(branch name)", "(ref name)",
    _LOST,
)  # fmt: skip
_STILL_NAMED = "in the name of a file that is still there; rename it, then run again"
_NOT_TEXT = "its bytes are not UTF-8 text, which the vault cannot hold; rotate it by hand"


@record
class Past:
    """What a scan of history has beside the files. only: nowhere else. at_head: the last commit
    holds it, but no file as it is now."""

    only: tuple[Finding, ...]
    at_head: tuple[Finding, ...]


def apart(found: Iterable[Finding], tree: Iterable[Finding]) -> Past:
    """Findings of history without those that the files have: same rule, value and key."""
    known = {_identity(one) for one in tree}
    only: list[Finding] = []
    at_head: list[Finding] = []
    for one in found:
        if _identity(one) not in known:
            (at_head if _at_head(one) and not in_no_file(one) else only).append(one)
    return Past(tuple(only), tuple(at_head))


def is_history(step: Step) -> bool:
    """Whether the step is for a value that only history holds, and can be stored."""
    return step.literal is not None and step.literal.language == LANGUAGE


def in_no_file(finding: Finding) -> bool:
    """Whether it stands in a message, a name or an object without a path."""
    return finding.path.startswith(_NO_FILE)


def history_steps(
    findings: Sequence[Finding],
    reference: Callable[[str], Reference],
    taken: Mapping[str, bytes],
    providers: Mapping[str, str],
) -> list[Step]:
    """A step for each finding. taken: names with the digests of their values; a value that has
    a name already keeps it."""
    ordered = sorted(findings, key=lambda one: (_where(one), one.key, one.line))
    ids = _ids(ordered)
    why = [_refusal(one) for one in ordered]
    kept = [one for one, reason in zip(ordered, why, strict=True) if not reason]
    named = _names(kept, taken, providers)
    steps = []
    for finding, step_id, reason in zip(ordered, ids, why, strict=True):
        step = Step(step_id, finding, finding.path, "", "refused", reason)
        if not reason:
            name = named[finding.secret.digest]
            step = replace(
                step,
                disposition="review",
                reason=reason_of(finding),
                name=name,
                reference=reference(name),
                literal=literal_of(finding.secret),
            )
        steps.append(step)
    return steps


def literal_of(secret: Secret) -> Literal:
    """What holds the value of such a step: no bytes of any file."""
    return Literal(LANGUAGE, 0, 0, secret.reveal(), (), "whole")


def commit_count(finding: Finding) -> int:
    """How many commits hold it; a message or a name counts once for each commit it belongs to."""
    count = finding.origin.commits if finding.origin else 0
    return count or len({one.commit for one in finding.places if one.commit})


def reason_of(finding: Finding) -> str:
    """Where it was, in a few words; commits by the first 12 digits of their ids."""
    origin = finding.origin or Origin()
    if not origin.commit:
        return "only in history: no commit holds it"
    said = f"only in history: brought in by {origin.commit[:12]}"
    count = commit_count(finding)
    if count > 1:
        said += f", in {count} commits"
        said += f", last {origin.last[:12]}" if origin.commits else ""
    names = [_short(name) for name in origin.refs[:_SHOWN]]
    more = max(origin.refs_total, len(origin.refs)) - len(names)
    if names and more > 0:
        names.append(f"{more} more")
    return f"{said} ({', '.join(names)})" if names else said


def _short(ref: str) -> str:
    for prefix in ("refs/heads/", "refs/remotes/", "refs/tags/"):
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    return ref


def _identity(finding: Finding) -> tuple[str, bytes, str]:
    return finding.rule, finding.secret.digest, finding.key


def _at_head(finding: Finding) -> bool:
    return finding.origin is not None and finding.origin.at_head


def _refusal(finding: Finding) -> str:
    if _at_head(finding):
        return _STILL_NAMED  # apart() leaves no other finding of HEAD
    try:
        finding.secret.reveal().decode("utf-8")
    except UnicodeDecodeError:
        return _NOT_TEXT
    return ""


def _names(
    findings: Sequence[Finding], taken: Mapping[str, bytes], providers: Mapping[str, str]
) -> dict[bytes, str]:
    """Digest of a value -> its name; what stood in files is named before what did not."""
    named: dict[bytes, str] = {}
    for loose in (False, True):
        group = [one for one in findings if in_no_file(one) == loose]
        wishes = [_wish(one, providers) for one in group]
        held = {**taken, **{name: digest for digest, name in named.items()}}
        for one, name in zip(group, distinct_names(wishes, held), strict=True):
            named[one.secret.digest] = name
    return named


def _wish(finding: Finding, providers: Mapping[str, str]) -> Wish:
    """Without a file its kind of place tells two values apart; without a key the rule names it."""
    path, called = finding.path, finding.key
    if in_no_file(finding):
        path = "" if path.startswith(_LOST) else path.strip("()")
        called = called or finding.rule
    called = called or path.rpartition("/")[2]
    return Wish(finding.secret.digest, path, (called,), providers.get(finding.rule, ""))


def _where(finding: Finding) -> tuple[str, ...]:
    """What stays the same of a finding when history grows: where it began."""
    begin = finding.origin.commit if finding.origin else ""
    paths = [one.path for one in finding.places if one.commit == begin] or [finding.path]
    return min(paths), finding.rule, begin, *finding.decoded_by


def _ids(ordered: Sequence[Finding]) -> list[str]:
    """Stable names of steps, made of where they are: never of a value."""
    ids: dict[str, None] = {}
    for finding in ordered:
        text = "\0".join(("history", *_where(finding), finding.key))
        number = 0
        while (step_id := _digest(f"{text}\0{number}")) in ids:
            number += 1
        ids[step_id] = None
    return list(ids)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:10]
