"""`.unleak.toml` and `[tool.unleak]` of pyproject.toml -> one frozen Config.

The file belongs to the scanned repository, which may be hostile: it cannot name a command, its
paths must stay inside the root, and its patterns run with a time limit. A folder may hold its own
`.unleak.toml`: it applies from there down; its lists add to its parents', its single values win.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scanner.errors import ConfigError, UsageError
from scanner.record import field, record, replace

FILE = ".unleak.toml"
_SIZES = {"": 0, "b": 0, "k": 10, "kb": 10, "m": 20, "mb": 20, "g": 30, "gb": 30}  # 2 ** n
_MOST_REPEATS = 250_000  # about 70 MB
_CONFIDENCES = ("low", "medium", "high")
_SEVERITIES = ("info", "low", "medium", "high", "critical")


@record
class Allow:
    """One `[allow]` table, or one `[[allow.entry]]` whose conditions must all hold.

    paths: gitignore patterns relative to `folder`; regexes are searched in the value; values are
    digests as `unleak config digest` prints them, never plaintext.
    """

    paths: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    regexes: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    reason: str = ""
    all_of: bool = False
    folder: str = ""


@record
class Config:
    """The effective configuration. Sizes in bytes, 0 for no limit; paths are absolute.

    origins: key -> "file:line" of each value that is no default, several where lists add up.
    """

    min_confidence: Any = "medium"
    severity: Any = "info"
    rule: tuple[str, ...] = ()
    exclude_rule: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_file_size: int = 0
    jobs: int = 0
    inline_ignores: bool = True
    gitignore: bool = True
    baseline: str = ""
    rules: tuple[str, ...] = ()
    allow: tuple[Allow, ...] = ()
    vault: Mapping[str, Any] = field(default_factory=dict)
    rewrite: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs_fingerprints(self) -> bool:
        """Whether a filter compares values by their digest."""
        return any(entry.values for entry in self.allow)


_KINDS: dict[str, type] = {
    "min-confidence": str, "severity": str, "rule": list, "exclude-rule": list, "exclude": list,
    "max-file-size": object, "jobs": int, "inline-ignores": bool, "gitignore": bool,
    "baseline": str, "rules": list, "allow": dict, "vault": dict, "rewrite": dict,
}  # fmt: skip
_ALLOW_LISTS = ("paths", "rules", "regexes", "values", "keys")
_ADDING = ("exclude", "exclude-rule", "allow")
_PER_FOLDER = frozenset(("exclude", "allow", "min-confidence", "severity", "exclude-rule"))


def load(root: str, *, explicit: str | None = None, folder: str = "") -> Config:
    """The configuration of `root`, or of the folder (relative to it) inside a monorepo.

    explicit: a file to read instead of the root's. ConfigError names file and line.
    """
    config = Config()
    path = explicit or _file_of(root)
    if path:
        config = _merged(config, _Document(path, root, ""), every_key=True)
    here = ""
    for part in filter(None, folder.split("/")):
        here = f"{here}/{part}" if here else part
        nested = os.path.join(root, here, FILE)
        if os.path.isfile(nested):
            config = _merged(config, _Document(nested, root, here), every_key=False)
    return config


def nested_folders(root: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Folders above the given relative file paths that hold a configuration of their own."""
    seen: dict[str, bool] = {}
    for path in paths:
        folder = os.path.dirname(path)
        while folder and folder not in seen:
            seen[folder] = os.path.isfile(os.path.join(root, folder, FILE))
            folder = os.path.dirname(folder)
    return tuple(sorted(folder for folder, there in seen.items() if there))


def parse_size(text: str) -> int:
    """Bytes of a size such as 500, 64KB, 10MB or 2GB; UsageError for anything else."""
    number = text.strip().lower().rstrip("kmgb")
    unit = text.strip().lower()[len(number) :]
    if not (number.isascii() and number.isdigit()) or unit not in _SIZES:
        raise UsageError(f"{text!r} is no size", "write it as 500KB, 10MB or 2GB")
    return int(number) << _SIZES[unit]


def _file_of(root: str) -> str:
    own = os.path.join(root, FILE)
    if os.path.isfile(own):
        return own
    project = os.path.join(root, "pyproject.toml")
    try:
        with open(project, "rb") as stream:
            return project if b"[tool.unleak" in stream.read() else ""
    except OSError:
        return ""


class _Document:
    """One configuration file: its table, and where each key stands."""

    def __init__(self, path: str, root: str, folder: str) -> None:
        import tomllib

        self.path, self.root, self.folder = path, root, folder
        self.shown = os.path.relpath(path, root) if path.startswith(root) else path
        try:
            with open(path, "rb") as stream:
                raw = stream.read()
            self.text = raw.decode()
            document = tomllib.loads(self.text)
        except OSError as problem:
            raise ConfigError(f"{path}: cannot be read: {problem.strerror}") from problem
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise ConfigError(f"{self.shown}: not valid TOML: {problem}") from problem
        project = os.path.basename(path) == "pyproject.toml"
        self._from = max(self.text.find("[tool.unleak"), 0) if project else 0
        table = document.get("tool", {}).get("unleak", {}) if project else document
        if not isinstance(table, dict):
            raise self.error("unleak", "must be a table", "write [tool.unleak]")
        self.table: dict[str, Any] = table

    def line_of(self, key: str) -> int:
        """The line where a key is first given, 1 if it cannot be told."""
        spelled = rf"^[^#\n]*?(?<![\w-]){re.escape(key)}(?![\w-])\"?\s*[=.\]]"
        found = re.compile(spelled, re.MULTILINE).search(self.text, self._from)
        return self.text.count("\n", 0, found.start()) + 1 if found else 1

    def error(self, key: str, said: str, hint: str = "") -> ConfigError:
        """An error at the key's line."""
        return ConfigError(f"{self.shown}:{self.line_of(key)}: {key}: {said}", hint)


def _merged(config: Config, document: _Document, *, every_key: bool) -> Config:
    changes: dict[str, Any] = {}
    origins = dict(config.origins)
    for key, value in document.table.items():
        _check(document, key, value)
        if not every_key and key not in _PER_FOLDER:
            raise document.error(key, "belongs into the root's configuration")
        name = key.replace("-", "_")
        changes[name] = _value(document, key, value, getattr(config, name))
        here = f"{document.shown}:{document.line_of(key)}"
        adds = key in _ADDING and key in origins
        origins[key] = f"{origins[key]}, {here}" if adds else here
    return replace(config, **changes, origins=origins)


def _check(document: _Document, key: str, value: object) -> None:
    kind = _KINDS.get(key)
    if kind is None:
        raise document.error(key, "unknown key", _near(key, _KINDS))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise document.error(key, f"wrong type, {type(value).__name__}; it must be {_word(kind)}")
    if kind is list and not _is_texts(value):
        raise document.error(key, "must be a list of texts")
    for name, choices in (("min-confidence", _CONFIDENCES), ("severity", _SEVERITIES)):
        if key == name and value not in choices:
            raise document.error(key, f"must be one of {', '.join(choices)}")


def _near(key: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(key, known, 1)
    return f"did you mean {near[0]}?" if near else "known: " + ", ".join(sorted(known))


def _word(kind: type) -> str:
    words = {str: "a text", list: "a list", dict: "a table", bool: "true or false"}
    return words.get(kind, "a number")


def _value(document: _Document, key: str, value: Any, before: Any) -> Any:  # noqa: ANN401
    if key == "max-file-size":
        try:
            return parse_size(str(value))
        except UsageError as problem:
            raise document.error(key, problem.message, problem.hint) from problem
    if key == "baseline":
        return _inside(document, key, value)
    if key == "rules":
        return tuple(_inside(document, key, item) for item in value)
    if key == "exclude":
        _selects(document, key, value)
        return (*before, *(_scoped(pattern, document.folder) for pattern in value))
    if key == "exclude-rule":
        return (*before, *value)
    if key == "allow":
        return (*before, *_allows(document, value))
    return tuple(value) if isinstance(value, list) else value


def _scoped(pattern: str, folder: str) -> str:
    """A pattern of a folder's own file as one of the root's."""
    if not folder:
        return pattern
    negated = "!" if pattern.startswith("!") else ""
    body = pattern.removeprefix("!")
    anchored = "/" in body.rstrip("/")
    return f"{negated}/{folder}/{body.lstrip('/')}" if anchored else f"{negated}/{folder}/**/{body}"


def _inside(document: _Document, key: str, path: str) -> str:
    full = os.path.normpath(os.path.join(document.root, path))
    real, top = os.path.realpath(full), os.path.realpath(document.root)
    if os.path.isabs(path) or not (real == top or real.startswith(top + os.sep)):
        raise document.error(key, f"{path} leads out of the repository")
    return full


def _allows(document: _Document, table: dict[str, Any]) -> list[Allow]:
    found = []
    own = {key: value for key, value in table.items() if key != "entry"}
    if own:
        found.append(_allow(document, own, all_of=False))
    entries = table.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise document.error("entry", "write each as [[allow.entry]]")
    found += [_allow(document, entry, all_of=True) for entry in entries]
    return found


def _allow(document: _Document, table: dict[str, Any], *, all_of: bool) -> Allow:
    known = {*_ALLOW_LISTS, "reason"}
    for key, value in table.items():
        if key not in known:
            raise document.error(key, "unknown key under [allow]", _near(key, known))
        if key == "reason" and not isinstance(value, str):
            raise document.error(key, "must be a text")
        if key != "reason" and not _is_texts(value):
            raise document.error(key, "must be a list of texts")
    for pattern in table.get("regexes", ()):
        _compiles(document, pattern)
    _selects(document, "paths", table.get("paths", ()))
    lists = {key: tuple(table.get(key, ())) for key in _ALLOW_LISTS}
    lists["paths"] = tuple(_scoped(p, document.folder) for p in lists["paths"])
    return Allow(**lists, reason=table.get("reason", ""), all_of=all_of, folder=document.folder)


def _selects(document: _Document, key: str, patterns: Sequence[str]) -> None:
    """Each must be a gitignore pattern."""
    for pattern in patterns:
        import pathspec

        try:
            pathspec.GitIgnoreSpec.from_lines((pattern,))
        except (ValueError, re.error, RecursionError) as problem:
            raise document.error(key, f"{pattern!r}: bad pattern: {problem}") from problem


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _compiles(document: _Document, pattern: str) -> None:
    """Repeats are unrolled when a pattern compiles, so their product is what memory it takes."""
    import regex

    repeats = regex.findall(r"\{(\d+)|\{,(\d+)|\{\d+,(\d+)", pattern, overlapped=True)
    if math.prod(max(1, int("".join(found)[:9])) for found in repeats) > _MOST_REPEATS:
        raise document.error("regexes", "repeats too often", "write + instead of large counts")
    try:
        regex.compile(pattern.encode())
    except (regex.error, RecursionError, MemoryError) as problem:
        raise document.error("regexes", f"does not compile: {problem}") from problem
