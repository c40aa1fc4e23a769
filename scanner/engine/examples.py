"""Templates of examples -> bytes, so that no token stands in the repository.

A template is text with placeholders in braces; `{{` and `}}` outside of placeholders are braces.
`{NAME:N}` gives N characters of an alphabet (hex, HEX, alnum, base64 ...), `{pick:CHARACTERS:N}`
of the given ones, `{uuid}` a UUID. Three placeholders hold a template themselves: `{sum:NAME:...}`
completes it with the checksum of that name, `{b64:...}` encodes it, `{json:...}` escapes it for a
JSON string. The same template and seed always give the same bytes.
"""

from __future__ import annotations

import random
import string

_LOWER = string.ascii_lowercase
_UPPER = string.ascii_uppercase
_DIGITS = string.digits
_ALNUM = _LOWER + _UPPER + _DIGITS

ALPHABETS = {
    "alnum": _ALNUM,
    "lowernum": _LOWER + _DIGITS,
    "uppernum": _UPPER + _DIGITS,
    "letters": _LOWER + _UPPER,
    "lower": _LOWER,
    "upper": _UPPER,
    "digits": _DIGITS,
    "hex": _DIGITS + "abcdef",
    "HEX": _DIGITS + "ABCDEF",
    "base32": _UPPER + "234567",
    "base32l": _LOWER + "234567",
    "base58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "base64": _ALNUM + "+/",
    "base64url": _ALNUM + "-_",
    "bech32": "qpzry9x8gf2tvdw0s3jn54khce6mua7l",
    "BECH32": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "password": _ALNUM + "!._~-",
}
_KINDS = (_LOWER, _UPPER, _DIGITS)


class TemplateError(ValueError):
    """A template cannot be expanded; the message says why and at which character."""


def expand(template: str, seed: str) -> bytes:
    """The example that `template` stands for. TemplateError if it is malformed."""
    source = random.Random(f"{seed}\0{template}")  # noqa: S311 -- examples, not secrets
    text, end = _text(template, 0, source, inside=False)
    if end != len(template):
        raise TemplateError(f"a closing brace without its opening one at {end}")
    return text


def _text(template: str, at: int, source: random.Random, *, inside: bool) -> tuple[bytes, int]:
    """Expand from `at` to the end, or (inside a placeholder) to its closing brace."""
    out = bytearray()
    while at < len(template):
        two = template[at : at + 2]
        if two == "{{" or (two == "}}" and not inside):
            out += two[:1].encode()
            at += 2
        elif two[0] == "{":
            value, at = _placeholder(template, at + 1, source)
            out += value
        elif two[0] == "}":
            return bytes(out), at
        else:
            out += two[0].encode("utf-8", "surrogateescape")
            at += 1
    return bytes(out), at


def _placeholder(template: str, at: int, source: random.Random) -> tuple[bytes, int]:
    for name, nested in (("sum:", _sum), ("b64:", _b64), ("json:", _json)):
        if template.startswith(name, at):
            return nested(template, at + len(name), source)
    end = template.find("}", at)
    if end < 0:
        raise TemplateError(f"an opening brace without its closing one at {at - 1}")
    return _characters(template[at:end], source), end + 1


def _nested(template: str, at: int, source: random.Random) -> tuple[bytes, int]:
    body, end = _text(template, at, source, inside=True)
    if end == len(template):
        raise TemplateError(f"an opening brace without its closing one before {at}")
    return body, end + 1


def _sum(template: str, at: int, source: random.Random) -> tuple[bytes, int]:
    from scanner.engine.checksums import TABLE

    name, colon, _ = template[at:].partition(":")
    if not colon or name not in TABLE:
        raise TemplateError(f"no such checksum at {at}: {name[:30]!r}")
    body, end = _nested(template, at + len(name) + 1, source)
    return TABLE[name].complete(body), end


def _b64(template: str, at: int, source: random.Random) -> tuple[bytes, int]:
    import base64

    body, end = _nested(template, at, source)
    return base64.b64encode(body), end


def _json(template: str, at: int, source: random.Random) -> tuple[bytes, int]:
    import json

    body, end = _nested(template, at, source)
    return json.dumps(body.decode())[1:-1].encode(), end


def _characters(text: str, source: random.Random) -> bytes:
    if text == "uuid":
        parts = [_draw(ALPHABETS["hex"], n, source) for n in (8, 4, 3, 3, 12)]
        variant = source.choice("89ab")
        return f"{parts[0]}-{parts[1]}-4{parts[2]}-{variant}{parts[3]}-{parts[4]}".encode()
    head, colon, count = text.rpartition(":")
    alphabet = head[5:] if head.startswith("pick:") else ALPHABETS.get(head, "")
    if not colon or not count.isascii() or not count.isdigit() or not alphabet:
        raise TemplateError(f"unknown placeholder {text[:40]!r}")
    return _draw(alphabet, int(count), source).encode()


def _draw(alphabet: str, count: int, source: random.Random) -> str:
    """Random characters; of a long value, one at least of each kind the alphabet has."""
    kinds = [set(kind) for kind in _KINDS if set(kind) & set(alphabet)]
    while True:
        value = "".join(source.choices(alphabet, k=count))
        if count < 8 or all(kind & set(value) for kind in kinds):
            return value
