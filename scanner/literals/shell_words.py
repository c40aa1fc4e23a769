r"""How a shell word is read and spelled: plain, '...', "...", $'...' and these side by side.

https://www.gnu.org/software/bash/manual/html_node/Quoting.html and, for `$'...'`,
https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html.
"""

from __future__ import annotations

import re

from scanner.errors import RewriteError
from scanner.literals.text import cannot_hold
from scanner.model import Literal

_PIECE = re.compile(
    rb"'(?P<single>[^']*)'|\"(?P<double>(?:[^\"\\]|\\[\s\S])*)\""
    rb"|\$'(?P<ansi>(?:[^'\\]|\\[\s\S])*)'|(?P<word>(?:[^'\"$\\]|\\[\s\S]|\$(?!'))+)"
)
_DOUBLE_ESCAPE = re.compile(rb"\\(?:([\\\"$`])|\n)")
_WORD_ESCAPE = re.compile(rb"\\(?:\n|([\s\S]))")
_ANSI_ESCAPE = re.compile(
    rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([\s\S]))"
)
_ANSI_NAMED = {
    b"a": b"\a",
    b"b": b"\b",
    b"e": b"\x1b",
    b"E": b"\x1b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
    b"\\": b"\\",
    b"'": b"'",
    b'"': b'"',
    b"?": b"?",
}
_ANSI_NAMES = {b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t", b"\\": b"\\\\", b"'": b"\\'"}
# A `name=` with something behind it; the `=` that pad base64 are no such thing.
NAMED = re.compile(rb"(-{0,2}[A-Za-z_][\w.-]*|\[[^\]]+\])\+?=(?==*[^=]|\Z)")
_SAFE = re.compile(rb"[\w@%+=:,./-][\w@%+=:,./#-]*", re.ASCII)
_SAFE_DEFAULT = re.compile(rb"[\w@%+=:,./-][\w@%+=:,./# -]*", re.ASCII)
_BEFORE_WORD = re.compile(rb"\A\Z|(?:\A|[^\\])[ \t\r\n;&|()<>`]\Z|[ \t]\\\r?\n\Z")
_HEREDOC_SAFE = re.compile(rb"[^\s\"']|[^\s\"'](?s:.*)[^\s\"',;]")
_WORD = re.compile(
    rb"(?:[^\s'\"$`\\;&|()<>]|\\[\s\S]|\$'(?:[^'\\]|\\[\s\S])*'|'[^']*'"
    rb"|\"(?:[^\"\\]|\\[\s\S])*\"|\$(?!'))*"
)


def word_at(source: bytes, start: int) -> bytes:
    """The word without expansions that the shell reads from `start` on."""
    match = _WORD.match(source, start)
    return match.group() if match else b""


def starts_word(source: bytes, start: int) -> bool:
    """Whether a blank or an operator, not an escaped one, stands in front of `start`."""
    return _BEFORE_WORD.search(source[max(start - 3, 0) : start]) is not None


def read(raw: bytes) -> tuple[str, bytes]:
    """Style and value of a word without expansions, as the shell gives it to a command."""
    pieces = [(str(match.lastgroup), match) for match in _PIECE.finditer(raw)]
    value = b"".join(_value(kind, match.group(kind)) for kind, match in pieces)
    if len(pieces) != 1:
        return ("joined" if pieces else "word"), value
    style = pieces[0][0]
    if style == "double" and _double(value, loose=False) != raw:
        style = "double-loose"
    return style, value


def _value(kind: str, body: bytes) -> bytes:
    if kind == "double":
        return _DOUBLE_ESCAPE.sub(lambda match: match.group(1) or b"", body)
    if kind == "word":
        return _WORD_ESCAPE.sub(lambda match: match.group(1) or b"", body)
    return _ANSI_ESCAPE.sub(_ansi_value, body) if kind == "ansi" else body


def _ansi_value(match: re.Match[bytes]) -> bytes:
    octal, two, four, eight, other = match.groups()
    if octal or two:
        return bytes([int(octal, 8) & 255 if octal else int(two, 16)])
    if four or eight:
        return chr(int(four or eight, 16)).encode("utf-8", "surrogatepass")
    return _ANSI_NAMED.get(other, b"\\" + other)


def spell(value: bytes, literal: Literal) -> bytes:
    """The bytes for `value` in the literal's style; a word that needs quotes gets single ones,
    and double ones where it holds a single one.
    RewriteError for a NUL byte, and for a line break in a line of a here-document.
    """
    if b"\0" in value:
        raise cannot_hold("the shell", "a NUL byte")
    style = literal.style
    if style == "heredoc":
        return _heredoc(value, literal)
    if style.startswith("double"):
        loose = _double(value, loose=True)
        good = style == "double-loose" and read(loose) == ("double-loose", value)
        return loose if good else _double(value, loose=False)
    if style == "default":
        return value if _SAFE_DEFAULT.fullmatch(value) else _double(value, loose=False)
    if style == "ansi":
        body = b"".join(map(_ansi, _characters(value)))
        # tree-sitter-bash takes a quote behind an escaped backslash for an escaped quote.
        body = body[:-2] + b"\\x5c" if value.endswith(b"\\") else body
        return b"$'" + body + b"'"
    if style in ("word", "joined") and (_stands_bare(value) or not value):
        empty = b"" if "absent" in literal.context else b"''"
        return value or empty
    return _double(value, loose=False) if b"'" in value else b"'" + value + b"'"


def _stands_bare(value: bytes) -> bool:
    """Whether the value needs no quotes and, as an argument, does not look like `name=value`."""
    named = NAMED.match(value)
    return bool(_SAFE.fullmatch(value)) and (named is None or named.end() == len(value))


def _double(value: bytes, *, loose: bool) -> bytes:
    """In double quotes; if `loose`, a backslash is doubled only where it would escape something."""
    special = rb'\\(?=[\\"$`\n]|\Z)|["$`]' if loose else rb'[\\"$`]'
    return b'"' + re.sub(special, rb"\\\g<0>", value) + b'"'


def _characters(value: bytes) -> list[bytes]:
    """Characters of a text, single bytes of anything else."""
    try:
        return [char.encode() for char in value.decode()]
    except UnicodeDecodeError:
        return [bytes([byte]) for byte in value]


def _ansi(char: bytes) -> bytes:
    if char in _ANSI_NAMES:
        return _ANSI_NAMES[char]
    if len(char) > 1 or b" " <= char <= b"~":
        return char
    return b"\\x%02x" % char[0]


def _heredoc(value: bytes, literal: Literal) -> bytes:
    """The text of a here-document's line, where quotes are no quotes."""
    if b"\n" in value or b"\r" in value:
        raise RewriteError("a line of a here-document cannot hold several lines", "move it by hand")
    if value != literal.value and not _HEREDOC_SAFE.fullmatch(value):
        raise cannot_hold("a here-document", "blanks, quotes or separators at its ends")
    if "quoted-heredoc" in literal.context:
        return value
    return re.sub(rb"([\\$`])", rb"\\\1", value)
