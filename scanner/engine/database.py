"""The fast stage: one Vectorscan database from every rule, compiled once and cached.

The cache file holds the checked rules beside the serialised database, so that a hook neither parses
TOML nor compiles; cache.py says what its name stands for. A file that does not read back whole is
made anew, and one that cannot be written costs time on every run: both are said in `notes`.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from scanner.engine import cache as cache_file
from scanner.engine import confirming
from scanner.engine.cache import cache_folder
from scanner.errors import RuleError
from scanner.model import CONFIDENCES, Confidence
from scanner.record import record, replace, values
from scanner.rules import Rule, foreign_files, load_rules, rule_files

MAX_REACH = 1 << 20
MARGIN = 64  # bytes of look-around beyond the longest match
_FORMAT = b"unleak-rules-9\n"
_HEADER = struct.Struct("<7I")  # checksum; sizes of facts, numbers, rules, notes, patterns, rest
MANY = 200  # rules that take longer than a moment to compile
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
    one has no end. notes: what a person should know of the rules and their cache. patterns: see
    confirming.py.
    """

    rules: tuple[Rule, ...] | CachedRules
    owner: tuple[int, ...]
    compiled: Any
    reach: int
    width: int | None
    notes: tuple[str, ...] = ()
    patterns: bytes = b""

    def noted(self, note: str) -> Database:
        """The same with one more note."""
        return replace(self, notes=(*self.notes, note))


Say = Callable[[int], None]
_SAID: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
_UNKEPT: dict[bytes, Database] = {}  # compiled in this process and nowhere else


def load_database(
    minimum: Confidence = "medium",
    extra: Sequence[str] = (),
    *,
    cache: str | None = None,
    say: Say | None = None,
) -> Database:
    """The database of every rule that can reach the confidence `minimum`.

    extra: further rule files. cache: folder to use, None for the user's own; a cache that cannot be
    read or written costs time, never correctness. say: told how many rules are to be compiled, when
    that takes longer than a moment.
    """
    level = "low" if minimum == "low" else "medium"
    folder = cache_folder() if cache is None else cache
    found = _load(rule_files(extra), level, folder, say)
    _SAID.setdefault((level, tuple(extra)), found.notes)
    return found


def notes_of(minimum: Confidence, extra: Sequence[str]) -> tuple[str, ...]:
    """The notes of the first load of these rules in this process."""
    return _SAID.get(("low" if minimum == "low" else "medium", tuple(extra)), ())


def _load(files: Sequence[str], level: str, folder: str, say: Say | None) -> Database:
    facts = cache_file.facts_of(files, level, folder)
    path = cached_path(folder, facts)
    cached, damaged = _read(path, facts)
    if cached is not None:
        return cached
    if facts in _UNKEPT:
        return _UNKEPT[facts]
    with cache_file.Turn(folder) as turn:
        if turn.waited:
            cached, _ = _read(path, facts)
            if cached is not None:
                return cached
        database, serialised = _made(files, level, say)
        why = _write(path, facts, database, serialised) if folder else "there is no folder for it"
    if not why:
        return database.noted(f"{path} was damaged and is made anew") if damaged else database
    hint = "UNLEAK_CACHE_DIR names another folder"
    unkept = database.noted(f"compiled rules are not kept in {folder or '~'}: {why}; {hint}")
    _UNKEPT[facts] = unkept
    return unkept


def cached_path(folder: str, facts: bytes) -> str:
    """Where what was made from these facts is kept."""
    return os.path.join(folder, f"rules-{zlib.crc32(facts):08x}.bin")


def is_current(minimum: Confidence, extra: Sequence[str] = (), *, cache: str | None = None) -> bool:
    """Whether the next run finds its rules compiled."""
    level = "low" if minimum == "low" else "medium"
    folder = cache_folder() if cache is None else cache
    facts = cache_file.facts_of(rule_files(extra), level, folder)
    return _read(cached_path(folder, facts), facts)[0] is not None


def _made(files: Sequence[str], level: str, say: Say | None) -> tuple[Database, bytes]:
    """Compile what the files say."""
    rules, notes = _usable(files, level)
    if say and len(rules) >= MANY:
        say(len(rules))
    database, serialised = _compile(rules)
    return replace(database, notes=notes, patterns=confirming.kept(rules)), serialised


def _usable(files: Sequence[str], level: str) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """The rules, ready, and what of other scanners' files is not done."""
    from scanner.engine.fallbacks import left_out, lighter
    from scanner.foreign.notes import notes_of

    rules: list[Rule] = []
    notes = [note for found in foreign_files(files) for note in notes_of(found)]
    for rule in load_rules(files):
        if not _reaches(rule, level):
            continue
        if not rule.foreign:
            rules.append(prepare(rule))
            continue
        try:
            rules.append(lighter(prepare(rule)))
        except RuleError as problem:
            notes.append(left_out(rule, problem))
    return tuple(rules), tuple(notes)


def prepare(rule: Rule) -> Rule:
    """The rule with its anchors and reach filled in; RuleError if they cannot be."""
    from scanner.engine.anchors import AnchorError, derive
    from scanner.engine.checksums import TABLE

    where = f"rule {rule.id}"
    if rule.checksum and rule.checksum not in TABLE:
        raise RuleError(f"{where}: checksum: unknown {rule.checksum!r}")
    # Several groups may be the secret; only the library that confirms takes a name twice.
    pattern = rule.pattern.replace("(?P<secret>", "(?:") if rule.foreign else rule.pattern
    try:
        anchor, longest = derive(pattern)
    except AnchorError as problem:
        if not rule.anchors or not rule.reach:
            raise RuleError(f"{where}: pattern: {problem}", "give anchors and reach") from problem
        anchor, longest = "", 0
    reach = rule.reach or longest + rule.near + MARGIN
    if not 0 < reach <= MAX_REACH:
        hint = "bound every repetition, or give reach in bytes"
        raise RuleError(f"{where}: reach: must be 1 to {MAX_REACH} bytes", hint)
    return replace(rule, anchors=rule.anchors or (anchor,), reach=reach)


def rules_digest(database: Database) -> str:
    """A digest of what decides whether content is clean: the rules, and the code that applies them
    (the model's digest stands in it). The same on every machine."""
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


def _reaches(rule: Rule, level: str) -> bool:
    """Parts of others are looked for at every level: they count when their other half does."""
    return bool(rule.part_of) or CONFIDENCES.index(rule.confidence) >= CONFIDENCES.index(level)


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


def _read(path: str, facts: bytes) -> tuple[Database | None, bool]:
    """(the cached database or None, whether there is a file that is damaged)."""
    import hyperscan

    try:
        with open(path, "rb", buffering=0) as stream:
            begin = stream.read(len(_FORMAT) + _HEADER.size)
            if begin[: len(_FORMAT)] != _FORMAT:
                return None, not begin.startswith(_FORMAT[:13])
            check, *sizes = _HEADER.unpack(begin[len(_FORMAT) :])
            if sum(sizes) + len(begin) != os.fstat(stream.fileno()).st_size:
                return None, True
            parts = [stream.read(size) for size in sizes]  # apart: the last one is megabytes
    except struct.error:
        return None, True
    except OSError:
        return None, False
    try:
        if check != _checksum(parts):
            return None, True
        if parts[0] != facts:
            return None, False
        numbers = [int(number) for number in parts[1].split()]
        compiled = hyperscan.loadb(parts[5], mode=hyperscan.HS_MODE_BLOCK)
        compiled.scratch = hyperscan.Scratch(compiled)
    except (ValueError, IndexError, hyperscan.HyperscanError):
        return None, True
    rules = CachedRules(parts[2].split(b"\n"))
    width = None if numbers[1] < 0 else numbers[1]
    notes = tuple(parts[3].decode("utf-8", "surrogateescape").split("\n")) if parts[3] else ()
    owner = tuple(numbers[2:])
    return Database(rules, owner, compiled, numbers[0], width, notes, parts[4]), False


def _checksum(parts: Sequence[bytes]) -> int:
    check = 0
    for part in parts:
        check = zlib.crc32(part, check)
    return check


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: _frozen(value) for key, value in fields.items()}


def _frozen(value: Any) -> Any:  # noqa: ANN401
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _write(path: str, facts: bytes, database: Database, serialised: bytes) -> str:
    """Keep it for the next run; why it could not be, "" if it was."""
    import json

    width = -1 if database.width is None else database.width
    numbers = " ".join(map(str, (database.reach, width, *database.owner))).encode()
    rules = "\n".join(json.dumps(_cached_fields(rule)) for rule in database.rules).encode()
    notes = "\n".join(database.notes).encode("utf-8", "surrogateescape")
    parts = (facts, numbers, rules, notes, database.patterns, serialised)
    header = _FORMAT + _HEADER.pack(_checksum(parts), *map(len, parts))
    return cache_file.write(path, header + b"".join(parts))


def _cached_fields(rule: Rule) -> dict[str, Any]:
    fields = zip(Rule.__match_args__, values(rule), strict=True)
    return {k: v for k, v in fields if v and k not in _NOT_CACHED}
