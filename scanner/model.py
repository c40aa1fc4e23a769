"""The data that flows: what a secret, a place, a finding, a literal, a reference and a plan are.

Everything here is frozen and slotted; everything may be shown to a person except what
`Secret.reveal` returns. Offsets are byte offsets, half-open. Paths are `str` with `/` separators,
relative to the scanned root, decoded with `os.fsdecode` (surrogate escapes keep other bytes).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from typing import Literal as OneOf

from scanner.record import field, record, replace

Confidence = OneOf["low", "medium", "high"]
Severity = OneOf["info", "low", "medium", "high", "critical"]
Disposition = OneOf["safe", "review", "refused"]
Form = OneOf["uri", "environment"]

CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")
SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")

_PROCESS_KEY = os.urandom(32)


class Secret:
    """A plaintext credential. repr, str, format and json never show it; `reveal` alone opens it."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def reveal(self) -> bytes:
        """The plaintext bytes. Every call site is a place to review."""
        return self._raw

    @property
    def digest(self) -> bytes:
        """HMAC-SHA256 under a key of this process: equal secrets, equal digests; never stored."""
        import hmac  # not on the way to the first finding

        return hmac.digest(_PROCESS_KEY, self._raw, "sha256")

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __bytes__(self) -> NoReturn:
        raise TypeError("a Secret does not become bytes by itself; call reveal()")


def mask(raw: bytes, public_prefix: str = "") -> str:
    """What a report may show of a secret.

    Of a token (its format has a public prefix) the prefix and, when 16 or more characters stay
    hidden, the last two; of anything else only its length class. Never any part of a short value.
    """
    if public_prefix and raw.startswith(public_prefix.encode()) and len(raw) > len(public_prefix):
        hidden = len(raw) - len(public_prefix)
        tail = raw[-2:].decode("ascii", "replace") if hidden >= 18 else ""
        return f"{public_prefix}***{tail if tail.isalnum() else ''}"
    for limit, name in ((8, "under 8"), (16, "8-15"), (32, "16-31"), (64, "32-63")):
        if len(raw) < limit:
            return f"*** ({name} characters)"
    return "*** (64 or more characters)"


@record
class Place:
    """Where content stands: a path, and for history the commit that holds it."""

    path: str
    commit: str | None = None
    author: str | None = None
    time: int | None = None


@record
class Blob:
    """Content to scan. `read(offset, length)` gives fewer bytes only at the end of the content.

    Small content is in `data`; large content has `data` None and is read block by block.
    """

    id: str
    size: int
    places: tuple[Place, ...]
    data: bytes | None = None
    read: Callable[[int, int], bytes] | None = None


@record
class Skipped:
    """Content that was not scanned, and why. Any of these makes a run incomplete (exit 3)."""

    place: Place
    reason: str


@record
class Origin:
    """Where in history a finding was, all its places taken together. Ids of commits are hex.

    commit: brought it in first; merged_by: the merge that took it to the main line, "" if none.
    first, last: the first and the last commit that hold it, commits how many do. refs: full names
    of refs that hold it, the first ones; refs_total: how many do. All are empty when no commit
    holds it (an unreachable or staged object). author: `name <mail>`. time: seconds since 1970.
    """

    commit: str = ""
    author: str = ""
    time: int = 0
    merged_by: str = ""
    first: str = ""
    last: str = ""
    commits: int = 0
    refs: tuple[str, ...] = ()
    refs_total: int = 0
    at_head: bool = False
    in_branch: bool = False


@record
class Finding:
    """A secret in a file.

    start, end: bytes in the file, half-open. line, end_line: from 1. column, end_column: from 1,
    in characters, end exclusive. key: the name the value is assigned to, "" if none. score: 0 to 1.
    reasons: named grounds of the score, strongest first. fingerprint: see fingerprint.py; "" until
    a report or baseline needs it. masked: safe to show. decoded_by: how it was encoded or packed,
    from the outside in; start and end are then those of the encoded text, or 0 inside a container.
    origin: set by scans of history, whose places are all places of the same secret under the same
    key; line, column, start and end belong to the first of them. parts: what belongs to the same
    credential and was found near it (the key id beside its secret), in order of the file; parts
    have none of their own.
    """

    rule: str
    secret: Secret
    blob_id: str
    places: tuple[Place, ...]
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int
    key: str
    severity: Severity
    confidence: Confidence
    score: float
    masked: str
    reasons: tuple[str, ...] = ()
    fingerprint: str = ""
    decoded_by: tuple[str, ...] = ()
    origin: Origin | None = None
    parts: tuple[Finding, ...] = ()

    @property
    def path(self) -> str:
        """The first place's path."""
        return self.places[0].path

    @property
    def halves(self) -> tuple[Finding, ...]:
        """The finding and its parts, each by itself."""
        return (replace(self, parts=()), *self.parts) if self.parts else (self,)


@record
class RuleInfo:
    """What a report says about a rule."""

    id: str
    name: str
    provider: str
    severity: Severity
    confidence: Confidence
    description: str = ""
    rotate: str = ""
    references: tuple[str, ...] = ()


@record
class Summary:
    """What a run did. suppressed: reason (inline, ignore file, baseline ...) -> count.

    counts: further numbers of a history scan, by name: commits, blobs and tags that were scanned,
    unique (those, and objects known_clean), packed_bytes (as they are stored), inflated_bytes,
    decoded_members (of archives and documents), skipped.
    """

    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    skipped: tuple[Skipped, ...] = ()
    suppressed: Mapping[str, int] = field(default_factory=dict)
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was read."""
        return not self.skipped


@record
class Literal:
    """One value in a file, located by a parser.

    start, end: the whole spelling in the file, quotes included. value: what the format's own reader
    would give, UTF-8 (source bytes literals: the bytes). key_path: logical path to it, outermost
    first. language: the locator's name ("yaml", "python" ...). style: how it is spelled, a word
    that the same language's `spell` understands ("plain", "single", "double" ...). context: facts
    a rewriter needs ("f-string", "bytes", "key", "annotation" ...).
    """

    language: str
    start: int
    end: int
    value: bytes
    key_path: tuple[str, ...]
    style: str
    context: tuple[str, ...] = ()


@record
class Edit:
    """Replace bytes [start, end) of the original file by `new`. Edits of a file never overlap."""

    start: int
    end: int
    new: bytes


@record
class Reference:
    """An entry of a vault, written as a `ref+` URI.

    vault: kind ("sops", "vault", "awssecrets" ...); name: the entry or file; key: the field in it;
    version: "" for the latest; options: query pairs in order.
    """

    vault: str
    name: str
    key: str = ""
    version: str = ""
    options: tuple[tuple[str, str], ...] = ()


@record
class Rewrite:
    """What a rewriter wants done to a file so that a literal holds a reference instead.

    form: "uri" when the file now holds the `ref+` URI, "environment" when it reads a variable.
    """

    edits: tuple[Edit, ...]
    form: Form
    disposition: Disposition = "safe"
    reason: str = ""


@record
class Step:
    """One secret in one file: where it goes and how the file changes.

    id: stable within the plan. file_digest: SHA-256 of the file the edits are for, hex.
    """

    id: str
    finding: Finding
    path: str
    file_digest: str
    disposition: Disposition
    reason: str = ""
    name: str = ""
    reference: Reference | None = None
    literal: Literal | None = None
    edits: tuple[Edit, ...] = ()
    form: Form = "uri"


@record
class Plan:
    """What a migration would do: pure data, printable, saved without values."""

    root: str
    vault: str
    steps: tuple[Step, ...]
    tree_digest: str


@record
class Entry:
    """One line of the journal: digests and references, never values."""

    run: str
    phase: str
    step: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
