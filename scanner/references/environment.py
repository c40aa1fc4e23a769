"""`.unleak/env.yaml`: which variable gets its value from which reference, and where the root is.

The file is one flat YAML map, `NAME: ref+...`, that `vals exec -f` reads as it is.
"""

from __future__ import annotations

import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scanner.errors import ConfigError, ReferenceSyntaxError
from scanner.model import Reference
from scanner.references.names import is_reserved
from scanner.references.syntax import format_reference, parse_reference

ENV_PATH = ".unleak/env.yaml"
_HEAD = b"# variable: where its value is (read by 'unleak run' and 'vals exec -f')\n"
_ENTRY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*):[ ]+(ref\+[^\s\"'`]+)[ \t]*(?:[ \t]#.*)?")
_KEY = re.compile(rb"""^(["']?)([A-Za-z_][A-Za-z0-9_]*)\1[ \t]*:""", re.MULTILINE)
_FORM = "write one 'NAME: ref+...' a line"


def find_root(start: str) -> str:
    """The nearest folder at or above `start` that holds .unleak/ or .git; else `start` itself."""
    top = here = os.path.abspath(start)
    while True:
        if os.path.isdir(os.path.join(here, ".unleak")) or os.path.exists(f"{here}/.git"):
            return here
        above = os.path.dirname(here)
        if above == here:
            return top
        here = above


def allowed_addresses(environ: Mapping[str, str]) -> frozenset[str]:
    """What the user's own environment allows beyond the repository: UNLEAK_ALLOWED_VAULTS, texts
    like those of syntax.address_of between blanks. A repository cannot set it."""
    return frozenset(environ.get("UNLEAK_ALLOWED_VAULTS", "").split())


def read_env_file(root: str) -> bytes:
    """The bytes of `.unleak/env.yaml`, b"" when there is none; a link or FIFO is a ConfigError."""
    path = os.path.join(root, *ENV_PATH.split("/"))
    try:
        if os.path.islink(os.path.dirname(path)):
            raise ConfigError(f"cannot read {ENV_PATH}: it stands behind a symbolic link")
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise ConfigError(f"{ENV_PATH} is not a regular file")
            return stream.read()
    except FileNotFoundError:
        return b""
    except OSError as problem:
        raise ConfigError(f"cannot read {ENV_PATH}: {(problem.strerror or '').lower()}") from None


def load_env_map(root: str) -> dict[str, Reference]:
    """The map in the file's order; ConfigError names file and line of what is wrong."""
    return parse_env_map(read_env_file(root))


def parse_env_map(data: bytes) -> dict[str, Reference]:
    """The map that these bytes spell. A variable that changes how programs start is refused: the
    file comes with the repository, and must not choose what else runs."""
    found: dict[str, Reference] = {}
    for line, name, text in _entries(data):
        where = f"{ENV_PATH}, line {line}"
        if name in found:
            raise ConfigError(f"{where}: {name} is there twice", "keep one of them")
        if is_reserved(name):
            raise ConfigError(
                f"{where}: {name} changes how programs start and is not set from here",
                "choose another name",
            )
        try:
            found[name] = parse_reference(text)
        except ReferenceSyntaxError as problem:
            raise ConfigError(f"{where}: {name}: {problem.message}", problem.hint) from None
    return found


def edited_env_map(data: bytes, add: Mapping[str, Reference]) -> bytes:
    """`data` with these variables added; comments, order and line ends stay.

    A new line goes behind the last entry whose name sorts before it. A variable that is there with
    the same reference is no change; with another one it is a ConfigError.
    """
    present = parse_env_map(data)
    clash = sorted(name for name in add if present.get(name, add[name]) != add[name])
    if clash:
        raise ConfigError(
            f"{ENV_PATH}: {', '.join(clash)} already refers to something else",
            "remove that line, or choose another name",
        )
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    text = data or _HEAD
    if not text.endswith(b"\n"):
        text += newline
    starts = [(match.start(), match[2].decode()) for match in _KEY.finditer(text)]
    lines: dict[int, list[bytes]] = defaultdict(list)
    for name in sorted(name for name in add if name not in present):
        line = f"{name}: {format_reference(add[name])}".encode() + newline
        lines[_place(text, starts, name)].append(line)
    for at in sorted(lines, reverse=True):
        text = text[:at] + b"".join(lines[at]) + text[at:]
    try:
        if parse_env_map(text) == {**present, **add}:
            return text
    except ConfigError:
        pass  # said below: the file was right before the line was added
    raise ConfigError(f"{ENV_PATH}: its layout is too unusual to add a line", _FORM)


def _place(text: bytes, starts: Sequence[tuple[int, str]], name: str) -> int:
    """Where a line for `name` goes: after the last smaller name, else before the first entry."""
    smaller = [start for start, other in starts if other < name]
    if smaller:
        return text.index(b"\n", smaller[-1]) + 1
    return starts[0][0] if starts else len(text)


def _entries(data: bytes) -> Iterator[tuple[int, str, str]]:
    """(line from 1, name, text of the value) of every entry."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{ENV_PATH} is not UTF-8 text", _FORM) from None
    simple = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _ENTRY.fullmatch(line.rstrip("\r"))
        if not match:
            yield from _yaml_entries(text)
            return
        simple.append((number, match[1], match[2]))
    yield from simple


def _yaml_entries(text: str) -> Iterator[tuple[int, str, str]]:
    """The same by a YAML parser, for quoted values and other spellings."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        node: Any = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, ValueError) as problem:
        mark = problem.problem_mark if isinstance(problem, MarkedYAMLError) else None
        where = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{ENV_PATH}{where}: not valid YAML", _FORM) from None
    if node is None:
        return
    pairs = node.value
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        raise ConfigError(f"{ENV_PATH}: not a map of variables to references", _FORM)
    for key, value in pairs:
        line = key.start_mark.line + 1
        if not isinstance(key.value, str) or not isinstance(value.value, str):
            raise ConfigError(f"{ENV_PATH}, line {line}: not a variable with one reference", _FORM)
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key.value):
            raise ConfigError(f"{ENV_PATH}, line {line}: not the name of a variable", _FORM)
        yield line, key.value, value.value
