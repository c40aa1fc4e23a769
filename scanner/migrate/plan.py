"""What a migration would do: findings -> steps with a name, a reference, edits and a disposition.

Pure: reads files through a function it is given and writes nothing. A step is "safe", "review"
(works, but a person should look first) or "refused" (stays a finding), with the reason.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from scanner.errors import EditError, LiteralError, RewriteError, UnleakError
from scanner.literals import locate
from scanner.migrate.edit import spliced
from scanner.migrate.only_history import history_steps
from scanner.model import (
    Disposition,
    Edit,
    Finding,
    Literal,
    Plan,
    Reference,
    Rewrite,
    Secret,
    Step,
)
from scanner.references.names import Wish, distinct_names
from scanner.references.syntax import format_reference
from scanner.rewriters import choose

Read = Callable[[str], bytes]
PRIVATE_KEY = "a private key in its own file"


@dataclass(frozen=True, slots=True)
class Target:
    """Where secrets go. taken: names in the vault with the digest of their values (b"" unknown)."""

    vault: str
    reference: Callable[[str], Reference]
    taken: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Place:
    """A finding with the literal that holds it, or why it cannot be moved."""

    finding: Finding
    digest: str
    literal: Literal | None = None
    refused: str = ""


def make_plan(
    root: str,
    findings: Sequence[Finding],
    read: Read,
    target: Target,
    *,
    providers: Mapping[str, str],
    private_keys: bool = False,
    past: Sequence[Finding] = (),
) -> Plan:
    """The plan for `findings`. read: relative path -> bytes, EditError if it cannot be read.

    providers: rule id -> provider, a hint for names. private_keys: move whole key files too.
    past: findings that only history holds; their steps come last.
    """
    files: dict[str, bytes] = {}
    halves = [half for finding in findings for half in finding.halves]
    places = [_place(half, read, files, private_keys=private_keys) for half in halves]
    wanted = _one_a_literal(places)
    wishes = [_wish(place, providers) for place in wanted]
    names = distinct_names(wishes, target.taken)
    steps = [_step(p, n, files, target) for p, n in zip(wanted, names, strict=True)]
    steps = _reviewed_values(steps)
    steps = _without_clashes(steps, files)
    steps += [_refused(place) for place in places if place.refused]
    steps.sort(key=lambda step: (step.path, step.finding.start, step.id))
    digest = tree_digest(steps)
    past = [half for finding in past for half in finding.halves]
    steps += history_steps(past, target.reference, _taken(target, steps), providers)
    return Plan(root, target.vault, tuple(steps), digest)


def _taken(target: Target, steps: Sequence[Step]) -> dict[str, bytes]:
    """The names that are not free any more: what files hold now is named before what they held."""
    named = {
        step.name: Secret(step.literal.value).digest
        for step in steps
        if step.literal is not None and step.name
    }
    return {**target.taken, **named}


def tree_digest(steps: Sequence[Step]) -> str:
    """One digest of all files that the steps are for."""
    facts = sorted({(step.path, step.file_digest) for step in steps})
    text = "\n".join(f"{path}\0{digest}" for path, digest in facts)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def file_digest(data: bytes) -> str:
    """SHA-256 of a file's bytes, hex: only for this process, never stored."""
    return hashlib.sha256(data).hexdigest()


def _place(finding: Finding, read: Read, files: dict[str, bytes], *, private_keys: bool) -> _Place:
    path = finding.path
    try:
        data = files[path] if path in files else files.setdefault(path, read(path))
    except EditError as problem:
        return _Place(finding, "", refused=_why(problem, path))
    digest = file_digest(data)
    if finding.decoded_by:
        return _Place(finding, digest, refused=f"inside {finding.decoded_by[0]} content")
    why = choose.refusal(path, data)
    if why.startswith(PRIVATE_KEY) and private_keys:
        return _Place(finding, digest, _whole_file(data))
    if why:
        return _Place(finding, digest, refused=why)
    try:
        literal = locate.locate(path, data, finding.start, finding.end)
        choose.choose(path, literal)
    except (LiteralError, RewriteError) as problem:
        return _Place(finding, digest, refused=_why(problem, path))
    return _Place(finding, digest, literal)


def _why(problem: UnleakError, path: str) -> str:
    """What is in the way, and what to do by hand."""
    message = problem.message.removeprefix(f"{path}: ")
    return f"{message}; {problem.hint}" if problem.hint else message


def _whole_file(data: bytes) -> Literal:
    return Literal("file", 0, len(data), data, (), "whole")


def _one_a_literal(places: Sequence[_Place]) -> list[_Place]:
    """Of several findings in one literal the first stands for all."""
    seen: dict[tuple[str, int], _Place] = {}
    for place in places:
        if place.literal is not None:
            seen.setdefault((place.finding.path, place.literal.start), place)
    return list(seen.values())


def _wish(place: _Place, providers: Mapping[str, str]) -> Wish:
    literal = place.literal
    assert literal is not None
    path = place.finding.path
    key_path = literal.key_path or _named(place.finding)
    provider = providers.get(place.finding.rule, "")
    return Wish(Secret(literal.value).digest, path, key_path, provider)


def _named(finding: Finding) -> tuple[str, ...]:
    """A name where the file gives none: what the finding was called, or the file's name."""
    return (finding.key or finding.path.rsplit("/", 1)[-1],)


def _step(place: _Place, name: str, files: Mapping[str, bytes], target: Target) -> Step:
    finding, literal = place.finding, place.literal
    assert literal is not None
    path = finding.path
    reference = target.reference(name)
    base = Step(
        id=_id(path, literal.start, finding.rule),
        finding=finding,
        path=path,
        file_digest=place.digest,
        disposition="review",
        name=name,
        reference=reference,
        literal=literal,
    )
    try:
        rewrite = rewrite_of(path, files[path], literal, reference, name)
    except RewriteError as problem:
        return replace(
            base, disposition="refused", reason=_why(problem, path), name="", reference=None
        )
    reasons = [
        choose.review(path),
        "" if _is_whole(finding, literal) else choose.inside(literal, finding.secret.reveal()),
        rewrite.reason if rewrite.disposition != "safe" else "",
        "its confidence is low" if finding.confidence == "low" else "",
    ]
    said = "; ".join(reason for reason in reasons if reason)
    disposition: Disposition = "review" if said else "safe"
    return replace(
        base, disposition=disposition, reason=said, edits=rewrite.edits, form=rewrite.form
    )


def _is_whole(finding: Finding, literal: Literal) -> bool:
    """Whether the finding is all that stands between the literal's quotes, as it is spelled."""
    return finding.start - literal.start <= 1 and literal.end - finding.end <= 1


def rewrite_of(
    path: str, data: bytes, literal: Literal, reference: Reference, name: str
) -> Rewrite:
    """How a file that holds `data` changes so that the literal holds the reference or looks the
    variable `name` up; RewriteError if it cannot."""
    if literal.language == "file":
        return _key_file(data, reference)
    return _rewriter(choose.choose(path, literal))(data, literal, reference, name)


def _rewriter(name: str) -> Callable[..., Rewrite]:
    from scanner.registry import REWRITERS, load

    found: Callable[..., Rewrite] = load(REWRITERS, name).rewrite
    return found


def _key_file(data: bytes, reference: Reference) -> Rewrite:
    """A whole file becomes its reference; `unleak render` gives the file back."""
    new = format_reference(reference).encode()  # no line end: rendered, it is the key again
    reason = "whoever reads this file must read a rendered copy from now on"
    return Rewrite((Edit(0, len(data), new),), "uri", "review", reason)


def _reviewed_values(steps: Sequence[Step]) -> list[Step]:
    """A value that stands under different names may mean different things: a person decides."""
    names: dict[str, set[str]] = defaultdict(set)
    for step in steps:
        if step.literal is not None and step.name:
            names[step.name].add(_meaning(step.literal))
    return [
        _also(step, "the same value has other names elsewhere")
        if len(names[step.name]) > 1
        else step
        for step in steps
    ]


def _meaning(literal: Literal) -> str:
    """The last word of the key path, by its letters: DB_PASSWORD, dbPassword and password differ
    only where they say something else."""
    last = literal.key_path[-1] if literal.key_path else ""
    letters = "".join(char for char in last.lower() if char.isalnum())
    for word in ("password", "passwd", "pwd", "secret", "token", "key"):
        if letters.endswith(word):
            return "password" if word in ("passwd", "pwd") else word
    return letters


def _also(step: Step, reason: str) -> Step:
    if step.disposition == "refused":
        return step
    said = f"{step.reason}; {reason}" if step.reason else reason
    return replace(step, disposition="review", reason=said)


def _without_clashes(steps: Sequence[Step], files: Mapping[str, bytes]) -> list[Step]:
    """Edits of one file must not touch each other; equal ones (an added import) are one."""
    kept: list[Step] = []
    edits: dict[str, tuple[Edit, ...]] = defaultdict(tuple)
    for step in sorted(steps, key=lambda one: (one.path, one.finding.start)):
        wanted = (*edits[step.path], *step.edits)
        try:
            spliced(files[step.path], wanted)
        except EditError:
            why = "its change would touch another one in the same file; run again afterwards"
            kept.append(replace(step, disposition="refused", reason=why, edits=()))
            continue
        edits[step.path] = wanted
        kept.append(step)
    return kept


def _refused(place: _Place) -> Step:
    finding = place.finding
    return Step(
        id=_id(finding.path, finding.start, finding.rule),
        finding=finding,
        path=finding.path,
        file_digest=place.digest,
        disposition="refused",
        reason=place.refused,
    )


def _id(path: str, start: int, rule: str) -> str:
    text = f"{path}\0{start}\0{rule}".encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:10]
