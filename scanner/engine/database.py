"""The fast stage: one Vectorscan database from every rule, compiled once and cached.

The cache file holds the checked rules beside the serialised database, so that a hook neither parses
TOML nor compiles. Its name is a digest of the rule files (path, size, time), of this program's and
the library's version and of the machine; a file that does not read back whole is made anew.
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from scanner.errors import RuleError
from scanner.model import CONFIDENCES, Confidence
from scanner.record import record, replace, values
from scanner.rules import Rule, load_rules, rule_files

MAX_REACH = 1 << 20
MARGIN = 64  # bytes of look-around beyond the longest match
_FORMAT = b"unleak-rules-7\n"
_HEADER = struct.Struct("<IIIII")  # checksum; sizes of facts, numbers, rules, compiled
_NOT_CACHED = ("match", "no_match")


class CachedRules:
    """The rules of a cache file, each read when it is asked for: most runs need few or none."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self._read: dict[int, Rule] = {}

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, number: int) -> Rule:
        rule = self._read.get(number)
        if rule is None:
            import json

            fields = json.loads(self.lines[number])
            rule = self._read[number] = Rule(**_tuples(fields))
        return rule

    def __iter__(self) -> Iterator[Rule]:
        return (self[number] for number in range(len(self)))


@record
class Database:
    """Rules and their compiled anchors. A hit is (number, end); `owner[number]` is its rule.

    reach: bytes, the longest of all rules. width: bytes, the longest match of any anchor; None when
    one of them has no end.
    """

    rules: tuple[Rule, ...] | CachedRules
    owner: tuple[int, ...]
    compiled: Any
    reach: int
    width: int | None


def load_database(
    minimum: Confidence = "medium", extra: Sequence[str] = (), *, cache: str | None = None
) -> Database:
    """The database of every rule that can reach the confidence `minimum`.

    extra: further rule files. cache: folder to use, None for the user's own; a cache that cannot be
    read or written costs time, never correctness.
    """
    files = rule_files(extra)
    level = "low" if minimum == "low" else "medium"
    folder = cache_folder() if cache is None else cache
    facts = _facts(files, level)
    path = os.path.join(folder, f"rules-{zlib.crc32(facts):08x}.bin")
    cached = _read(path, facts)
    if cached is not None:
        return cached
    rules = tuple(prepare(r) for r in load_rules(files) if _reaches(r, level))
    database, serialised = _compile(rules)
    _write(path, facts, database, serialised)
    return database


def prepare(rule: Rule) -> Rule:
    """The rule with its anchors and reach filled in; RuleError if they cannot be."""
    from scanner.engine.anchors import AnchorError, derive
    from scanner.engine.checksums import TABLE

    where = f"rule {rule.id}"
    if rule.checksum and rule.checksum not in TABLE:
        raise RuleError(f"{where}: checksum: unknown {rule.checksum!r}")
    try:
        anchor, longest = derive(rule.pattern)
    except AnchorError as problem:
        if not rule.anchors or not rule.reach:
            raise RuleError(f"{where}: pattern: {problem}", "give anchors and reach") from problem
        anchor, longest = "", 0
    reach = rule.reach or longest + MARGIN
    if not 0 < reach <= MAX_REACH:
        hint = "bound every repetition, or give reach in bytes"
        raise RuleError(f"{where}: reach: must be 1 to {MAX_REACH} bytes", hint)
    return replace(rule, anchors=rule.anchors or (anchor,), reach=reach)


def rules_digest(database: Database) -> str:
    """A digest of what decides whether content is clean: the rules, and the code that applies them.

    The same on every machine that has the same program and rules.
    """
    import hashlib
    import json

    if isinstance(database.rules, CachedRules):
        lines = database.rules.lines
    else:
        lines = [json.dumps(_cached_fields(rule)).encode() for rule in database.rules]
    digest = hashlib.sha256(b"\n".join(lines))
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for room in ("engine", "decode", "history", "git"):
        folder = os.path.join(package, room)
        for name in sorted(os.listdir(folder)):
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as stream:
                    digest.update(b"%s/%s\n" % (room.encode(), name.encode()) + stream.read())
    return digest.hexdigest()


def cache_folder() -> str:
    """The user's cache folder for unleak (UNLEAK_CACHE_DIR overrides); "" when there is none."""
    given = os.environ.get("UNLEAK_CACHE_DIR")
    if given:
        return given
    if sys.platform == "linux":  # the common case, without an import on the hot path
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        return os.path.join(base, "unleak") if os.path.isabs(base) else ""
    import platformdirs

    return platformdirs.user_cache_dir("unleak", appauthor=False)


def _reaches(rule: Rule, level: str) -> bool:
    """Parts of others are looked for at every level: they count when their other half does."""
    return bool(rule.part_of) or CONFIDENCES.index(rule.confidence) >= CONFIDENCES.index(level)


def _facts(files: Sequence[str], level: str) -> bytes:
    """Everything that a cache depends on; it stands in the cache and must be equal."""
    import hyperscan

    version = str(getattr(hyperscan, "__version__", ""))
    facts = [version, level, os.uname().machine if hasattr(os, "uname") else ""]
    for path in files:
        try:
            status = os.stat(path)
        except OSError as problem:
            raise RuleError(f"{path}: cannot be read: {problem.strerror}") from problem
        facts.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(facts).encode("utf-8", "surrogateescape")


def _compile(rules: tuple[Rule, ...]) -> tuple[Database, bytes]:
    import hyperscan

    from scanner.engine.anchors import longest

    expressions: list[bytes] = []
    owner: list[int] = []
    for number, rule in enumerate(rules):
        for anchor in rule.anchors:
            expressions.append(anchor.encode())
            owner.append(number)
    compiled = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    if not expressions:
        raise RuleError("no rules are left to scan with", "give fewer conditions")
    flags = [hyperscan.HS_FLAG_DOTALL] * len(expressions)
    try:
        compiled.compile(
            expressions=expressions,
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=flags,
        )
    except hyperscan.HyperscanError as problem:
        raise _which(rules, expressions, owner, str(problem)) from problem
    serialised: bytes = hyperscan.dumpb(compiled)
    reach = max((rule.reach for rule in rules), default=0)
    width = longest([anchor for rule in rules for anchor in rule.anchors])
    return Database(rules, tuple(owner), compiled, reach, width), serialised


def _which(
    rules: Sequence[Rule], expressions: Sequence[bytes], owner: Sequence[int], problem: str
) -> RuleError:
    """Name the rule whose anchor does not compile: the library does not say it."""
    import hyperscan

    for expression, number in zip(expressions, owner, strict=True):
        try:
            hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile([expression], [0], 1, 0)
        except hyperscan.HyperscanError as own:
            rule = rules[number].id
            return RuleError(f"rule {rule}: anchors: {own}", "the fast stage has no look-around")
    return RuleError(f"the rules do not compile together: {problem}")


def _read(path: str, facts: bytes) -> Database | None:
    """The cached database, None unless the file is whole and made from the same facts."""
    import hyperscan

    try:
        with open(path, "rb", buffering=0) as stream:
            head = stream.read(len(_FORMAT) + _HEADER.size)
            if head[: len(_FORMAT)] != _FORMAT:
                return None
            check, *sizes = _HEADER.unpack(head[len(_FORMAT) :])
            parts = [stream.read(size) for size in sizes]
            if parts[0] != facts or check != _checksum(parts):
                return None
        numbers = [int(number) for number in parts[1].split()]
        compiled = hyperscan.loadb(parts[3], mode=hyperscan.HS_MODE_BLOCK)
        compiled.scratch = hyperscan.Scratch(compiled)
        rules = CachedRules(parts[2].split(b"\n"))
        width = None if numbers[1] < 0 else numbers[1]
        return Database(rules, tuple(numbers[2:]), compiled, numbers[0], width)
    except (OSError, ValueError, IndexError, struct.error, hyperscan.HyperscanError):
        return None


def _checksum(parts: Sequence[bytes]) -> int:
    check = 0
    for part in parts:
        check = zlib.crc32(part, check)
    return check


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in fields.items()}


def _write(path: str, facts: bytes, database: Database, serialised: bytes) -> None:
    """Best effort: the rename makes it whole or absent for every other run."""
    import json
    import tempfile

    width = -1 if database.width is None else database.width
    numbers = " ".join(map(str, (database.reach, width, *database.owner))).encode()
    rules = "\n".join(json.dumps(_cached_fields(rule)) for rule in database.rules).encode()
    parts = (facts, numbers, rules, serialised)
    header = _FORMAT + _HEADER.pack(_checksum(parts), *map(len, parts))
    body = b"".join(parts)
    folder = os.path.dirname(path)
    if not folder:
        return
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".rules-", dir=folder)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(header + body)
        os.replace(temporary, path)
        _drop_old(folder, path)
    except OSError:
        os.unlink(temporary)


def _cached_fields(rule: Rule) -> dict[str, Any]:
    fields = zip(Rule.__match_args__, values(rule), strict=True)
    return {k: v for k, v in fields if v and k not in _NOT_CACHED}


def _drop_old(folder: str, keep: str, most: int = 8) -> None:
    """Keep the newest few caches: versions and rule sets come and go."""
    names = [n for n in os.listdir(folder) if n.startswith("rules-") and n.endswith(".bin")]
    paths = sorted((os.path.join(folder, n) for n in names), key=os.path.getmtime, reverse=True)
    for path in paths[most:]:
        if path != keep:
            os.unlink(path)
