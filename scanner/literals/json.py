r"""Values of JSON files, each with its exact place; also of JSONC, JSON5 and JSON lines.

Comments, trailing commas, single quotes, unquoted keys and several values in a row are taken.
Grammars: https://www.rfc-editor.org/rfc/rfc8259, https://spec.json5.org. Styles: "double" (only
what must be escaped is), "double-ascii" (not ASCII as \uXXXX), "double-slash" (`/` escaped too),
the same for "single", and "bare" for a number, true, false or null (contexts "number", "bool",
"null").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.errors import LiteralError
from scanner.literals.text import Offsets, as_bytes, as_text, broken, decode
from scanner.model import Literal

_SPACE = re.compile(r"(?:[\s\ufeff]|//[^\r\n]*|/\*[\s\S]*?\*/)*")
_STRING = {
    '"': re.compile(r'"((?:[^"\\\r\n]|\\(?:\r\n|[\s\S]))*)"'),
    "'": re.compile(r"'((?:[^'\\\r\n]|\\(?:\r\n|[\s\S]))*)'"),
}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))")
_BARE = re.compile(r"[^\s,:\[\]{}\"'/]+")
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|Infinity|NaN)"
)
_JSON_NUMBER = re.compile(rb"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS = {"true": "bool", "false": "bool", "null": "null"}
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_NAMES = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
_GONE = ("\n", "\r", "\r\n", "\u2028", "\u2029")
_WAYS = ("", "-ascii", "-ascii-upper", "-slash", "-ascii-slash")
_QUOTES = {"double": '"', "single": "'"}


def literals(data: bytes) -> Iterator[Literal]:
    """Every key (context "key") and value; LiteralError with the line if it does not parse."""
    text, at = decode(data)
    return iter(_Reader(text, at).read())


class _Reader:
    """One pass over the text with an explicit stack, so that depth is bounded by memory alone."""

    __slots__ = ("at", "found", "path", "position", "stack", "text")

    def __init__(self, text: str, at: Offsets) -> None:
        self.text = text
        self.at = at
        self.position = 0
        self.path: list[str] = []
        self.stack: list[tuple[str, int]] = []
        self.found: list[Literal] = []

    def read(self) -> list[Literal]:
        """All literals of the text."""
        while self.peek():
            self.value()
            while self.stack:
                self.step()
            if self.peek() == ",":
                raise self.fail()
        return self.found

    def peek(self) -> str:
        """The next character that is neither space nor comment, "" at the end."""
        match = _SPACE.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return self.text[self.position : self.position + 1]

    def fail(self) -> LiteralError:
        """The error for what stands here."""
        return broken("JSON", self.text.count("\n", 0, self.position) + 1)

    def step(self) -> None:
        """Read the next member or item of the innermost container, or its end."""
        kind, count = self.stack[-1]
        char = self.peek()
        if char == kind:
            self.position += 1
            self.stack.pop()
            if self.stack:
                self.path.pop()
                self.separator()
            return
        self.stack[-1] = (kind, count + 1)
        if kind == "]":
            self.path.append(str(count))
        else:
            self.path.append(self.key())
        if not self.value():
            self.path.pop()
            self.separator()

    def separator(self) -> None:
        """A comma, or the end of the container that follows."""
        char = self.peek()
        if char == ",":
            self.position += 1
        elif char != self.stack[-1][0]:
            raise self.fail()

    def key(self) -> str:
        """Read a member's name and the colon behind it."""
        char = self.peek()
        start = self.position
        if char in _STRING and char:
            name = self.string(char)[0]
        else:
            match = _BARE.match(self.text, self.position)
            if match is None:
                raise self.fail()
            name = match.group()
            self.position = match.end()
        place = (self.at(start), self.at(self.position))
        self.found.append(Literal("json", *place, as_bytes(name), (), "key", ("key",)))
        if self.peek() != ":":
            raise self.fail()
        self.position += 1
        return name

    def string(self, quote: str) -> tuple[str, str]:
        """The value and the raw text of the string here."""
        match = _STRING[quote].match(self.text, self.position)
        if match is None:
            raise self.fail()
        self.position = match.end()
        return _unescape(match.group(1)), match.group(1)

    def value(self) -> bool:
        """Read a value; True if it opened a container."""
        char = self.peek()
        start = self.position
        if char and char in "{[":
            self.position += 1
            self.stack.append(("}" if char == "{" else "]", 0))
            return True
        if char in _STRING and char:
            value, raw = self.string(char)
            kind = "double" if char == '"' else "single"
            ways = (way for way in _WAYS if _body(value, kind, way) == raw)
            self.add(start, value, kind + next(ways, ""), ())
            return False
        match = _BARE.match(self.text, self.position)
        word = match.group() if match else ""
        number = bool(_NUMBER.fullmatch(word))
        if match is None or not (number or word in _WORDS):
            raise self.fail()
        self.position = match.end()
        self.add(start, word, "bare", ("number" if number else _WORDS[word],))
        return False

    def add(self, start: int, value: str, style: str, context: tuple[str, ...]) -> None:
        """Keep a value that ends here."""
        place = (self.at(start), self.at(self.position))
        path = tuple(self.path)
        self.found.append(Literal("json", *place, as_bytes(value), path, style, context))


def _unescape(raw: str) -> str:
    def one(match: re.Match[str]) -> str:
        digits = match.group(1) or match.group(2)
        if digits:
            return chr(int(digits, 16))
        other = match.group(3)
        return "" if other in _GONE else _NAMED.get(other, other)

    if "\\" not in raw:
        return raw
    units = _ESCAPE.sub(one, raw)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _body(value: str, kind: str, way: str) -> str:
    """What stands between the quotes."""
    quote = _QUOTES[kind]
    digits = "04X" if "upper" in way else "04x"
    pieces = []
    for char in value:
        if char in _NAMES:
            pieces.append(_NAMES[char])
        elif char == quote or (char == "/" and "slash" in way):
            pieces.append("\\" + char)
        elif char >= " " and (char <= "~" or not ("ascii" in way or "\ud800" <= char < "\ue000")):
            pieces.append(char)
        else:
            units = char.encode("utf-16-be", "surrogatepass")
            pairs = (units[index : index + 2] for index in range(0, len(units), 2))
            pieces.extend("\\u" + format(int.from_bytes(pair), digits) for pair in pairs)
    return "".join(pieces)


def spell(value: bytes, literal: Literal) -> bytes:
    """The bytes for `value`. A number, true, false or null stays bare if `value` is one of the
    same kind; anything else becomes a string in double quotes.
    """
    if literal.style == "bare":
        number = "number" in literal.context and _JSON_NUMBER.fullmatch(value)
        if (
            number
            or value == literal.value
            or _WORDS.get(value.decode("latin-1")) in literal.context
        ):
            return value
    kind, dash, way = literal.style.partition("-")
    kind = kind if kind in _QUOTES else "double"
    quote = _QUOTES[kind]
    return as_bytes(quote + _body(as_text(value), kind, dash + way) + quote)
