"""`.unleak.toml` and `[tool.unleak]` of pyproject.toml -> one frozen Config.

The file belongs to the scanned repository, which may be hostile: it cannot name a command, its
paths must stay inside the root, and its patterns run with a time limit. A folder may hold its own
`.unleak.toml`: it applies from there down; its lists add to its parents', its single values win.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scanner.config_file import (
    Document,
    Key,
    leads_out,
    speaks_of_us,
    wrong_glob,
    wrong_regex,
)
from scanner.errors import UsageError
from scanner.record import field, record, replace

FILE = ".unleak.toml"
_SIZES = {"": 0, "b": 0, "k": 10, "kb": 10, "m": 20, "mb": 20, "g": 30, "gb": 30}  # 2 ** n
_MOST_JOBS = 256
_CHOICES = {
    "min-confidence": ("low", "medium", "high"),
    "severity": ("info", "low", "medium", "high", "critical"),
}
_VAULTS = ("sops",)


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
        config = _merged(config, Document(path, root, "", trusted=bool(explicit)), every_key=True)
    here = ""
    for part in filter(None, folder.split("/")):
        here = f"{here}/{part}" if here else part
        nested = os.path.join(root, here, FILE)
        if os.path.lexists(nested):
            config = _merged(config, Document(nested, root, here), every_key=False)
    return config


def nested_folders(root: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Folders above the given relative file paths that hold a configuration of their own."""
    seen: dict[str, bool] = {}
    for path in paths:
        folder = os.path.dirname(path)
        while folder and folder not in seen:
            seen[folder] = os.path.lexists(os.path.join(root, folder, FILE))
            folder = os.path.dirname(folder)
    return tuple(sorted(folder for folder, there in seen.items() if there))


def parse_size(text: str) -> int:
    """Bytes of a size such as 500, 64KB, 10MB or 2GB; UsageError for anything else."""
    number = text.strip().lower().rstrip("kmgb")
    unit = text.strip().lower()[len(number) :]
    if not (number.isascii() and number.isdigit()) or len(number) > 15 or unit not in _SIZES:
        shown = text if len(text) < 30 else f"{text[:30]}..."
        raise UsageError(f"{shown!r} is no size", "write it as 500KB, 10MB or 2GB")
    return int(number) << _SIZES[unit]


def _file_of(root: str) -> str:
    own = os.path.join(root, FILE)
    if os.path.lexists(
        own
    ):  # what is no file is an error, not a setting that is silently not there
        return own
    project = os.path.join(root, "pyproject.toml")
    return project if os.path.exists(project) and speaks_of_us(project) else ""


def _merged(config: Config, document: Document, *, every_key: bool) -> Config:
    changes: dict[str, Any] = {}
    origins = dict(config.origins)
    for key, value in document.table.items():
        _check(document, key, value)
        if not every_key and key not in _PER_FOLDER:
            raise document.error((key,), f"{key}: belongs into the root's configuration")
        name = key.replace("-", "_")
        changes[name] = _value(document, key, value, getattr(config, name))
        here = f"{document.shown}:{document.line_of(key)}"
        adds = key in _ADDING and key in origins
        origins[key] = f"{origins[key]}, {here}" if adds else here
    return replace(config, **changes, origins=origins)


def _check(document: Document, key: str, value: object) -> None:
    kind = _KINDS.get(key)
    if kind is None:
        raise document.error((key,), f"{key}: unknown key", _near(key, _KINDS))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        wrong = f"wrong type, {type(value).__name__}; it must be {_word(kind)}"
        raise document.error((key,), f"{key}: {wrong}")
    if isinstance(value, list):
        _texts(document, (key,), value)
    choices = _CHOICES.get(key)
    if choices and value not in choices:
        raise document.error((key,), f"{key}: must be one of {', '.join(choices)}")
    if isinstance(value, int) and key == "jobs" and not 0 <= value <= _MOST_JOBS:
        raise document.error((key,), f"jobs: must be from 0 to {_MOST_JOBS}")


def _near(key: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(key, known, 1)
    return f"did you mean {near[0]}?" if near else "known: " + ", ".join(sorted(known))


def _word(kind: type) -> str:
    words = {str: "a text", list: "a list", dict: "a table", bool: "true or false"}
    return words.get(kind, "a number")


def _value(document: Document, key: str, value: Any, before: Any) -> Any:  # noqa: ANN401
    if key == "max-file-size":
        try:
            return parse_size(str(value))
        except UsageError as problem:
            raise document.error((key,), f"{key}: {problem.message}", problem.hint) from None
    if key == "baseline":
        return _inside(document, (key,), value)
    if key == "rules":
        return tuple(_inside(document, (key, n), item) for n, item in enumerate(value))
    if key == "exclude":
        _selects(document, (key,), value)
        return (*before, *(_scoped(pattern, document.folder) for pattern in value))
    if key == "exclude-rule":
        return (*before, *value)
    if key == "allow":
        return (*before, *_allows(document, value))
    if key in ("vault", "rewrite"):
        _settings(document, key, value)
    return tuple(value) if isinstance(value, list) else value


def _settings(document: Document, key: str, table: Mapping[str, object]) -> None:
    """[vault] names a kind and its settings; [rewrite] a way for each language."""
    for name, value in table.items():
        fine = isinstance(value, str) or (key == "vault" and isinstance(value, int))
        if not fine:
            raise document.error((key, name), f"{key}.{name}: must be a text")
    if key == "vault" and table.get("kind", _VAULTS[0]) not in _VAULTS:
        raise document.error((key, "kind"), f"vault.kind: must be one of {', '.join(_VAULTS)}")


def _scoped(pattern: str, folder: str) -> str:
    """A pattern of a folder's own file as one of the root's."""
    if not folder:
        return pattern
    negated = "!" if pattern.startswith("!") else ""
    body = pattern.removeprefix("!")
    anchored = "/" in body.rstrip("/")
    return f"{negated}/{folder}/{body.lstrip('/')}" if anchored else f"{negated}/{folder}/**/{body}"


def _inside(document: Document, keys: Sequence[Key], path: str) -> str:
    full = os.path.normpath(os.path.join(document.root, path))
    if os.path.isabs(path) or leads_out(full, document.root):
        raise document.error(keys, f"{keys[0]}: {path} leads out of the repository")
    if os.path.exists(full) and not os.path.isfile(full):  # whoever opens a pipe waits for ever
        raise document.error(keys, f"{keys[0]}: {path} is not a regular file")
    return full


def _allows(document: Document, table: dict[str, Any]) -> list[Allow]:
    own = {key: value for key, value in table.items() if key != "entry"}
    found = [_allow(document, ("allow",), own, all_of=False)] if own else []
    entries = table.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise document.error(("allow", "entry"), "entry: write each as [[allow.entry]]")
    for number, entry in enumerate(entries):
        here = ("allow", "entry", number)
        empty = [key for key, value in entry.items() if value == []]
        if empty or not entry.keys() & set(_ALLOW_LISTS):
            said = f"{empty[0]}: is empty" if empty else "entry: has no condition"
            raise document.error((*here, *empty[:1]), said, "it would mean less than it says")
        found.append(_allow(document, here, entry, all_of=True))
    return found


def _allow(
    document: Document, here: tuple[Key, ...], table: dict[str, Any], *, all_of: bool
) -> Allow:
    known = {*_ALLOW_LISTS, "reason"}
    for key, value in table.items():
        if key not in known:
            hint = _near(key, known)
            raise document.error((*here, key), f"{key}: unknown key under [allow]", hint)
        if key == "reason" and not isinstance(value, str):
            raise document.error((*here, key), "reason: must be a text")
        if key != "reason":
            _texts(document, (*here, key), value)
    for number, pattern in enumerate(table.get("regexes", ())):
        wrong = wrong_regex(pattern)
        if wrong:
            raise document.error((*here, "regexes", number), f"regexes: {wrong}")
    for number, value in enumerate(table.get("values", ())):
        if not re.fullmatch(r"[0-9a-f]{16}", value):
            said = "values: holds something that is no digest of 16 hexadecimal digits"
            hint = "'unleak config digest' prints what to write for a value"
            raise document.error((*here, "values", number), said, hint)
    _selects(document, (*here, "paths"), table.get("paths", ()))
    lists = {key: tuple(table.get(key, ())) for key in _ALLOW_LISTS}
    lists["paths"] = tuple(_scoped(p, document.folder) for p in lists["paths"])
    return Allow(**lists, reason=table.get("reason", ""), all_of=all_of, folder=document.folder)


def _texts(document: Document, keys: tuple[Key, ...], value: object) -> None:
    """Each must be a text."""
    if not isinstance(value, list):
        raise document.error(keys, f"{keys[-1]}: must be a list of texts")
    for number, item in enumerate(value):
        if not isinstance(item, str):
            raise document.error((*keys, number), f"{keys[-1]}: must be a list of texts")


def _selects(document: Document, keys: tuple[Key, ...], patterns: Sequence[str]) -> None:
    """Each must be a gitignore pattern."""
    for number, pattern in enumerate(patterns):
        wrong = wrong_glob(pattern)
        if wrong:
            raise document.error((*keys, number), f"{keys[-1]}: {wrong}")
