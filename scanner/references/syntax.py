"""References as text: `ref+KIND://NAME?OPTIONS#/KEY`, the spelling that vals reads.

Grammar: https://github.com/helmfile/vals (README and pkg/expansion/expand_match.go). A reference
ends at white space, a quote or another character that no URI holds, or at a `+`, which belongs to
it and so closes it inside a longer text. What we write never needs that closing `+` where the
reference is the whole value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from scanner.errors import ReferenceSyntaxError, VaultError
from scanner.model import Reference

KINDS = ("vault", "openbao", "awssecrets", "azurekeyvault", "gcpsecrets", "sops")

# Where each kind keeps a version: a query option, or a third path segment ("/"), or nowhere ("").
_VERSION_AT = {
    "vault": "version",
    "openbao": "version",
    "awssecrets": "version_id",
    "azurekeyvault": "/",
    "gcpsecrets": "version",
    "sops": "",
}
# Where each kind says which server or account it means; sops names a file instead.
_ADDRESS_AT = {"vault": "address", "openbao": "address", "azurekeyvault": "/", "gcpsecrets": "/"}

_FOUND = re.compile(rb"""(?:secret)?ref\+([a-z][a-z0-9]*://[^\s+"'`<>{}|\\^\x00-\x1f\x7f]+)(\+?)""")
_WHOLE = re.compile(r"""(?:secret)?ref\+([a-z][a-z0-9]*)://([^\s+"'`<>{}|\\^\x00-\x1f\x7f]+)\+?""")
# Punctuation of the sentence or list around a reference, never its own last character.
_NOT_LAST = b".,;:!?)]"
_SAFE_NAME = "/:@"
_SAFE_OPTION = "/:@"


def parse_reference(text: str) -> Reference:
    """The reference that the whole of `text` spells; ReferenceSyntaxError says what is wrong."""
    match = _WHOLE.fullmatch(text)
    if not match:
        raise ReferenceSyntaxError(
            "this is not a reference",
            "write ref+KIND://NAME#/KEY, for example ref+sops://FILE#/KEY",
        )
    kind, rest = match.groups()
    if kind not in _VERSION_AT:
        raise ReferenceSyntaxError(
            f"a reference of the unknown kind '{kind}'", f"known kinds are {', '.join(KINDS)}"
        )
    rest, _, fragment = rest.partition("#")
    path, _, query = rest.partition("?")
    options = tuple(_option(pair) for pair in query.split("&") if pair)
    name, version, options = _take_version(kind, _decoded(path), options)
    if not name:
        raise ReferenceSyntaxError(f"a {kind} reference that names nothing", "give its path")
    key = _decoded(fragment.removeprefix("/"))
    return Reference(kind, name, key, version, options)


def format_reference(reference: Reference) -> str:
    """Spell a reference so that parse_reference gives it back; ReferenceSyntaxError if it has no
    spelling (an unknown kind, an empty name, a version where the kind has none)."""
    place = _VERSION_AT.get(reference.vault)
    if place is None:
        raise ReferenceSyntaxError(f"a reference of the unknown kind '{reference.vault}'")
    path = quote(reference.name, _SAFE_NAME, errors="strict")
    options = [*reference.options]
    if reference.version and place == "/":
        path += "/" + quote(reference.version, "", errors="strict")
    elif reference.version:
        options.append((place, reference.version))
    pairs = "&".join(f"{quote(k, '')}={quote(v, _SAFE_OPTION)}" for k, v in options)
    text = f"ref+{reference.vault}://{path}"
    text += f"?{pairs}" if pairs else ""
    text += f"#/{quote(reference.key, '/:@')}" if reference.key else ""
    if text.encode()[-1] in _NOT_LAST:
        text = f"{text[:-1]}%{ord(text[-1]):02X}"
    if parse_reference(text) != reference:
        raise ReferenceSyntaxError(f"this {reference.vault} reference has no spelling")
    return text


def find_texts(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Everything that starts like a reference: (start, end, text), bytes, half-open, whether or
    not it parses. A closing `+` belongs to the span, not to the text."""
    for match in _FOUND.finditer(data):
        start, end = match.span()
        if match[2]:
            yield start, end, data[start : end - 1].decode("utf-8", "replace")
            continue
        while data[end - 1] in _NOT_LAST:
            end -= 1
        yield start, end, data[start:end].decode("utf-8", "replace")


def find_references(data: bytes) -> Iterator[tuple[int, int, Reference]]:
    """Every well-formed reference of a known kind in `data`: (start, end, reference)."""
    for start, end, text in find_texts(data):
        try:
            yield start, end, parse_reference(text)
        except ReferenceSyntaxError:
            continue


def address_of(reference: Reference) -> str:
    """Which server, account or file a reference asks, as the user's configuration names it:
    "sops:FILE", "vault:https://HOST", "azurekeyvault:VAULT"; "" where the environment decides."""
    if reference.vault == "sops":
        return f"sops:{reference.name}"
    place = _ADDRESS_AT.get(reference.vault, "")
    if place == "/":
        return f"{reference.vault}:{reference.name.partition('/')[0]}"
    address = dict(reference.options).get(place, "")
    return f"{reference.vault}:{address}" if address else ""


def check_inside(reference: Reference, root: str, allowed: frozenset[str] = frozenset()) -> None:
    """Raise VaultError when a reference leaves what the user trusts.

    A file has to be inside `root`, also after symbolic links. A server or account named by the
    reference itself has to be in `allowed` (texts like those of address_of), which comes from the
    user's own configuration: the repository must not choose who is asked with the user's rights.
    """
    address = address_of(reference)
    if not address or address in allowed:
        return
    if reference.vault != "sops":
        raise VaultError(
            f"a reference asks {address}, which is not a configured vault",
            f"if you trust it, add {address} to the variable UNLEAK_ALLOWED_VAULTS",
        )
    top = os.path.realpath(root)
    target = os.path.realpath(os.path.join(top, reference.name))
    parts = reference.name.split("/")
    if os.path.isabs(reference.name) or ".." in parts or os.path.commonpath([top, target]) != top:
        raise VaultError(
            f"a reference leads out of the repository: {reference.name}",
            f"if you trust it, add {address} to the variable UNLEAK_ALLOWED_VAULTS",
        )


def _option(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return _decoded(name), _decoded(value)


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ReferenceSyntaxError("a reference holds percent-escapes that are not UTF-8") from None


def _take_version(
    kind: str, name: str, options: tuple[tuple[str, str], ...]
) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    place = _VERSION_AT[kind]
    if place == "/":
        vault, _, rest = name.partition("/")
        entry, _, version = rest.partition("/")
        return (f"{vault}/{entry}" if entry else vault), version, options
    version = dict(options).get(place, "") if place else ""
    left = tuple(pair for pair in options if not (version and pair[0] == place))
    return name, version, left
