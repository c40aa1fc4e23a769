"""Filter expressions of betterleaks -> conditions of a rule; what is not known is named.

A filter is true for what is to be discarded. Of the language (https://expr-lang.org) this reads
what rules are mostly made of: `||`, `&&`, `!`, comparisons of `entropy(...)`, `matchesAny`,
`containsAny` and equality, over the secret, the match, its line and the path. An alternative that
holds anything else is left out, which keeps more findings, never fewer.
"""

from __future__ import annotations

import re

from scanner.foreign.go_classes import GoRegexError
from scanner.foreign.go_regex import search_pattern
from scanner.record import record

# (kind, pattern); kind: what the pattern is searched in, "!" before it for "does not match"
Condition = tuple[str, str]

_TOKEN = re.compile(
    r"""\s+|(?P<comment>//[^\n]*|/\*.*?\*/|\#[^\n]*)
    |(?P<text>r?\"\"\".*?\"\"\"|`[^`]*`|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)
    |(?P<sign>\|\||&&|\?\?|\?\.|<=|>=|==|!=|.)""",
    re.VERBOSE | re.DOTALL,
)
_SUBJECTS = {
    "finding[secret]": "secret", "finding.secret": "secret", "finding[match]": "match",
    "finding.match": "match", "finding[line]": "line", "finding.line": "line",
    "attributes[path]": "path", "attributes.path": "path", "attributes[?path]orValue()": "path",
    "attributes[?path].orValue()": "path", "attributes.?path.orValue()": "path",
}  # fmt: skip
_MOST_LISTS = 32
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@record
class Filter:
    """lists: what is discarded: where all conditions of one hold. entropy: floor in bits a
    character, 0 for none. unknown: alternatives that are not understood, as they are written."""

    lists: tuple[tuple[Condition, ...], ...] = ()
    entropy: float = 0.0
    unknown: tuple[str, ...] = ()


class _UnknownError(Exception):
    pass


Token = tuple[str, str]
Alternatives = list[list[Condition]]


def read_filter(text: str) -> Filter:
    """The conditions of one expression."""
    lists: list[tuple[Condition, ...]] = []
    floor, unknown = 0.0, []
    for tokens in _split(_tokens(text)):
        try:
            reader = _Reader(tokens)
            alternatives = reader.either()
            reader.end()
        except (_UnknownError, GoRegexError, IndexError):
            unknown.append(_shown(tokens))
            continue
        for conditions in alternatives:
            if len(conditions) == 1 and conditions[0][0] == "entropy":
                floor = max(floor, float(conditions[0][1]))
            else:
                lists.append(tuple(conditions))
    return Filter(tuple(lists), floor, tuple(unknown))


def _tokens(text: str) -> list[Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind and kind != "comment":
            found.append((kind, match[0]))
    return found


def _split(tokens: list[Token]) -> list[list[Token]]:
    """The alternatives that `||` joins outside of brackets; one when there are names of its own."""
    if any(token in (("name", "let"), ("sign", ";")) for token in tokens):
        return [tokens]
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        kind, text = token
        if kind == "sign":
            depth += (text in "([{") - (text in ")]}")
        if depth == 0 and token in (("sign", "||"), ("name", "or")):
            parts.append([])
        else:
            parts[-1].append(token)
    whole = parts[0]
    if len(parts) == 1 and len(whole) > 2 and _is_wrapped(whole):
        return _split(whole[1:-1])
    return [part for part in parts if part]


def _is_wrapped(tokens: list[Token]) -> bool:
    depth = 0
    for number, (_, text) in enumerate(tokens):
        depth += (text == "(") - (text == ")")
        if depth == 0:
            return number == len(tokens) - 1 and text == ")"
    return False


def _shown(tokens: list[Token]) -> str:
    names = [text for kind, text in tokens if kind == "name" and text not in ("finding", "let")]
    return f"filter with {names[0]}" if names else "filter"


class _Reader:
    """Reads one alternative into a disjunction of conjunctions."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def end(self) -> None:
        """Raise unless all was read."""
        if self.at < len(self.tokens):
            raise _UnknownError

    def either(self) -> Alternatives:
        """Read alternatives to their end."""
        found = self._both()
        while self._takes("||", "or"):
            found = found + self._both()
        if len(found) > _MOST_LISTS:
            raise _UnknownError
        return found

    def _both(self) -> Alternatives:
        found = self._one()
        while self._takes("&&", "and"):
            right = self._one()
            found = [left + more for left in found for more in right]
            if len(found) > _MOST_LISTS:
                raise _UnknownError
        return found

    def _one(self) -> Alternatives:
        if self._takes("!", "not"):
            return _negated(self._one())
        if self._takes("("):
            found = self.either()
            self._needs(")")
            return found
        return self._atom()

    def _atom(self) -> Alternatives:
        kind, name = self.tokens[self.at]
        if kind == "name" and name == "entropy":
            self.at += 1
            self._needs("(")
            if self._subject() != "secret":
                raise _UnknownError
            self._needs(")")
            return [[("entropy", self._floor())]]
        if kind == "name" and name in ("matchesAny", "containsAny"):
            self.at += 1
            self._needs("(")
            subject = self._subject()
            self._needs(",")
            words = self._texts()
            self._needs(")")
            return [[(subject, _any_of(words, plain=name == "containsAny"))]]
        subject = self._subject()
        if self._takes("=="):
            return [[(subject, f"\\A(?:{_quoted(self._text())})\\Z")]]
        if self._takes("!="):
            return [[(f"!{subject}", f"\\A(?:{_quoted(self._text())})\\Z")]]
        if self._takes("contains"):
            return [[(subject, _quoted(self._text()))]]
        if self._takes("matches"):
            return [[(subject, search_pattern(self._text()))]]
        raise _UnknownError

    def _floor(self) -> str:
        less = self._takes("<")
        if not less:
            self._needs("<=")
        kind, number = self.tokens[self.at]
        if kind != "number":
            raise _UnknownError
        self.at += 1
        # A floor is what a value must reach.
        return number if less else str(float(number) + 1e-9)

    def _subject(self) -> str:
        text = ""
        while self.at < len(self.tokens):
            kind, part = self.tokens[self.at]
            if kind == "text":
                part = _value(part)
            elif kind != "name" and part not in ("[", "]", ".", "?", "?.", "??", "(", ")"):
                break
            text += part
            self.at += 1
            if text in _SUBJECTS and self._is_done():
                return _SUBJECTS[text]
            if len(text) > 60:
                break
        raise _UnknownError

    def _is_done(self) -> bool:
        follows = self.tokens[self.at][1] if self.at < len(self.tokens) else ""
        return follows not in (".", "[", "?.")

    def _texts(self) -> list[str]:
        self._needs("[")
        found = []
        while not self._takes("]"):
            found.append(self._text())
            self._takes(",")
        if not found:
            raise _UnknownError
        return found

    def _text(self) -> str:
        kind, text = self.tokens[self.at]
        if kind != "text":
            raise _UnknownError
        self.at += 1
        return _value(text)

    def _takes(self, *signs: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at][1] in signs:
            self.at += self.tokens[self.at][0] != "text"
            return self.tokens[self.at - 1][1] in signs
        return False

    def _needs(self, sign: str) -> None:
        if not self._takes(sign):
            raise _UnknownError


def _negated(found: Alternatives) -> Alternatives:
    if len(found) != 1 or len(found[0]) != 1 or found[0][0][0] == "entropy":
        raise _UnknownError
    kind, pattern = found[0][0]
    return [[(kind[1:] if kind.startswith("!") else f"!{kind}", pattern)]]


def _any_of(words: list[str], *, plain: bool) -> str:
    parts = [_quoted(word) if plain else search_pattern(word) for word in words]
    return joined(parts)


def joined(parts: list[str]) -> str:
    """One pattern for several, each with its own `(?i)` kept to itself."""
    alone = [f"(?i:{one[4:]})" if one.startswith("(?i)") else f"(?:{one})" for one in parts]
    return "|".join(alone)


def _quoted(text: str) -> str:
    """A pattern that matches the text and nothing else."""
    return re.escape(text.encode("utf-8", "surrogateescape")).decode("latin-1").encode(
        "ascii", "backslashreplace").decode()  # fmt: skip


def _value(text: str) -> str:
    """What a text literal holds."""
    if text.startswith('r"""'):
        return text[4:-3]
    if text.startswith('"""'):
        return text[3:-3]
    if text.startswith("`"):
        return text[1:-1]
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL)
