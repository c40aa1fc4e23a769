"""The text of a SOPS file whose data is one flat map: read it, and write back only what changed.

Lines of untouched entries, comments and unknown metadata stay byte for byte. Facts:
https://github.com/getsops/sops (stores/yaml/store.go, stores/stores.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scanner.errors import VaultError
from scanner.vaults.sops_cipher import Plain, is_token, plain_scalar

NEW_VERSION = "3.9.0"
_NEWEST_MAJOR = 3

_FAST = re.compile(r'"?([A-Za-z_][A-Za-z0-9_]*)"?: (ENC\[AES256_GCM,[^\]\s]*\]|"")[ \t]*\n?')
# Lead (comments, blank lines), then a line at the margin with the indented lines below it.
_CHUNK = re.compile(
    r"((?:(?:#[^\n]*|[ \t]*)\n)*)"
    r"([^\s#][^\n]*(?:\n|$)(?:(?:[ \t]*\n)*[ \t]+[^\s][^\n]*(?:\n|$))*)"
)
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})(\s|$)", re.MULTILINE)
# Words that YAML 1.1 or 1.2 would not read as text.
_NOT_TEXT = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
_RESTORE = "restore the file from git, and change it with 'unleak vault set' or sops only"
_SELECTORS = ("unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. lead: comments and blank lines above it; text: its own lines; token: the
    encrypted value, "" when `plain` holds a value that is not encrypted."""

    lead: str
    name: str
    text: str
    token: str
    plain: Plain | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file: entries in order, then the `sops:` block (its lead, its lines, what they say)."""

    lines: tuple[Line, ...]
    lead: str
    block: str
    metadata: Mapping[str, Any]
    newline: str = "\n"

    @property
    def wrapped(self) -> tuple[tuple[str, str], ...]:
        """(recipient, armored data key) of every age recipient."""
        return tuple((item["recipient"], item["enc"]) for item in self.metadata.get("age", ()))

    @property
    def other_keys(self) -> tuple[str, ...]:
        """Kinds of keys beside age that open the file, such as "kms" and "pgp"."""
        kinds = ("kms", "gcp_kms", "azure_kv", "hc_vault", "pgp", "hckms")
        return tuple(kind for kind in kinds if self.metadata.get(kind))

    def covers(self, name: str) -> bool:
        """Whether the file's own rule says that an entry of this name is encrypted."""
        rule = next((s for s in _SELECTORS if self.metadata.get(s)), "")
        pattern = str(self.metadata.get(rule, ""))
        if not rule:
            return not name.endswith("_unencrypted")
        suffix = rule.endswith("_suffix")
        hit = name.endswith(pattern) if suffix else _searches(pattern, name, rule)
        return hit == (not rule.startswith("un"))


def parse(data: bytes) -> Document:
    """Read a file; VaultError says what is wrong with it, and what to do."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise VaultError("the vault file is not UTF-8 text", _RESTORE) from None
    if mark := _CONFLICT.search(text):
        line = text.count("\n", 0, mark.start()) + 1
        raise VaultError(
            f"the vault file holds merge-conflict markers (line {line})",
            "take one side (git checkout --ours or --theirs), then add the other side's entries "
            "with 'unleak vault set'",
        )
    newline = "\r\n" if "\r\n" in text else "\n"
    lines: list[Line] = []
    block = lead = ""
    for above, chunk in _chunks(text.replace("\r\n", "\n")):
        if re.match(r"sops:(\s|$)", chunk):
            if block:
                raise VaultError("the vault file has two 'sops' sections", _RESTORE)
            lead, block = above, chunk
        elif chunk:
            lines.append(_line(above, chunk))
        else:
            lead += above
    if not block:
        raise VaultError("the vault file has no 'sops' section: it is cut off or not one", _RESTORE)
    _refuse_twice(line.name for line in lines)
    return Document(tuple(lines), lead, block, _metadata(block), newline)


def render(document: Document) -> bytes:
    """The file's bytes."""
    parts = [part for line in document.lines for part in (line.lead, line.text)]
    text = "".join((*parts, document.lead, document.block))
    return text.replace("\n", document.newline).encode()


def new_document(wrapped: Sequence[tuple[str, str]]) -> Document:
    """An empty file for these (recipient, armored data key) pairs; its MAC has still to be set."""
    head = "sops:\n"
    tail = '    lastmodified: ""\n    mac: ""\n    unencrypted_suffix: _unencrypted\n'
    block = f"{head}{_age_lines(wrapped, '    ')}{tail}    version: {NEW_VERSION}\n"
    return Document((), "", block, _metadata(block, fresh=True))


def entry_line(name: str, token: str, lead: str = "") -> Line:
    """The line of an entry; an empty token is an empty value."""
    key = f'"{name}"' if name.lower() in _NOT_TEXT else name
    plain = None if token else Plain("str", b"")
    return Line(lead, name, f"{key}: {token or chr(34) * 2}\n", token, plain)


def with_stamp(document: Document, lastmodified: str, mac: str) -> Document:
    """The document with another time and message authentication code."""
    block = _set_scalar(document.block, "lastmodified", f'"{lastmodified}"')
    block = _set_scalar(block, "mac", mac)
    metadata = {**document.metadata, "lastmodified": lastmodified, "mac": mac}
    return replace(document, block=block, metadata=metadata)


def with_recipients(document: Document, wrapped: Sequence[tuple[str, str]]) -> Document:
    """The document with another list of age recipients, in the old one's place."""
    match = re.search(r"^( +)age:.*\n(?:\1[ -].*\n|[ \t]*\n)*", document.block, re.MULTILINE)
    if not match:
        raise VaultError("the vault's list of age recipients has an unusual layout", _RESTORE)
    lines = _age_lines(wrapped, match[1])
    block = document.block[: match.start()] + lines + document.block[match.end() :]
    return replace(document, block=block, metadata=_metadata(block, fresh=True))


def _age_lines(wrapped: Sequence[tuple[str, str]], indent: str) -> str:
    parts = [f"{indent}age:\n"]
    for recipient, armor in wrapped:
        parts.append(f"{indent}    - recipient: {recipient}\n{indent}      enc: |\n")
        parts.extend(f"{indent}        {line}\n" for line in armor.strip().split("\n"))
    return "".join(parts)


def _set_scalar(block: str, name: str, value: str) -> str:
    changed, count = re.subn(
        rf"^( +{name}:).*$", lambda match: f"{match[1]} {value}", block, flags=re.MULTILINE
    )
    if count != 1:
        raise VaultError(f"the vault's '{name}' has an unusual layout", _RESTORE)
    return changed


def _chunks(text: str) -> Iterable[tuple[str, str]]:
    """(comments and blank lines above, lines of one top-level entry); at the end (rest, "")."""
    at = 0
    while match := _CHUNK.match(text, at):
        yield match[1], match[2] if match[2].endswith("\n") else match[2] + "\n"
        at = match.end()
    rest = text[at:]
    if any(line.strip() and not line.startswith("#") for line in rest.split("\n")):
        raise VaultError("the vault file is not a flat YAML map", _RESTORE)
    yield rest, ""


def _line(lead: str, chunk: str) -> Line:
    if match := _FAST.fullmatch(chunk):
        token = match[2] if match[2] != '""' else ""
        return Line(lead, match[1], chunk, token, None if token else Plain("str", b""))
    node = _composed(chunk)
    if len(node.value) != 1:
        raise VaultError("the vault file is not a flat map of names to values", _RESTORE)
    key, value = node.value[0]
    if not isinstance(value.value, str) or not isinstance(key.value, str):
        raise VaultError(
            f"the vault's entry {key.value} is not one value",
            "keep the embedded vault flat: one name, one value",
        )
    name = str(key.value)
    if is_token(value.value):
        return Line(lead, name, chunk, value.value)
    return Line(lead, name, chunk, "", plain_scalar(str(value.tag), value.value))


def _composed(text: str) -> Any:  # noqa: ANN401 -- a ruamel.yaml node
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, ValueError):
        node = None
    if node is None or not hasattr(node, "flow_style") or not isinstance(node.value, list):
        raise VaultError("the vault file is not a flat YAML map", _RESTORE)
    if not all(isinstance(item, tuple) for item in node.value):
        raise VaultError("the vault file is not a flat YAML map", _RESTORE)
    return node


def _metadata(block: str, *, fresh: bool = False) -> dict[str, Any]:
    """What the `sops:` lines say, every scalar as its text; checked unless just written."""
    found = _as_text(_composed(block)).get("sops")
    if not isinstance(found, dict):
        raise VaultError("the vault's 'sops' section is cut off or empty", _RESTORE)
    if not fresh:
        _check_metadata(found)
    return found


def _check_metadata(found: Mapping[str, Any]) -> None:
    version = str(found.get("version", ""))
    if not re.match(r"\d+\.\d+\.\d+", version):
        raise VaultError("the vault file has no sops version: it is cut off or damaged", _RESTORE)
    if int(version.partition(".")[0]) > _NEWEST_MAJOR:
        raise VaultError(
            f"the vault file was written by sops {version}, newer than this program understands",
            "upgrade unleak, or write it with a 3.x version of sops",
        )
    if found.get("shamir_threshold") or found.get("key_groups"):
        raise VaultError("the vault file splits its key into groups, which is not supported")
    if any(found.get(f"{kind}encrypted_comment_regex") for kind in ("", "un")):
        raise VaultError("the vault file chooses entries by comments, which is not supported")
    for item in found.get("age") or ():
        if not isinstance(item, dict) or not {"recipient", "enc"} <= item.keys():
            raise VaultError("the vault's list of age recipients is damaged", _RESTORE)
    for name in ("mac", "lastmodified"):
        if not found.get(name):
            raise VaultError(f"the vault file has no '{name}': it is cut off or damaged", _RESTORE)


def _as_text(node: Any) -> Any:  # noqa: ANN401 -- a ruamel.yaml node
    if isinstance(node.value, str):
        return "" if str(node.tag).endswith(":null") else node.value
    if node.value and isinstance(node.value[0], tuple):
        return {str(key.value): _as_text(value) for key, value in node.value}
    return [_as_text(item) for item in node.value]


def _searches(pattern: str, name: str, rule: str) -> bool:
    """Whether a pattern from the file fits; it may be hostile, so it has a time limit."""
    import regex

    try:
        return regex.search(pattern, name, timeout=0.5) is not None
    except (regex.error, TimeoutError):
        raise VaultError(f"the vault's {rule} cannot be used", _RESTORE) from None


def _refuse_twice(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise VaultError(f"the vault file holds {name} twice", _RESTORE)
        seen.add(name)
