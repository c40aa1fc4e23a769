"""Reads one Go expression, writing the same over bytes as it goes; see go_regex.py."""

from __future__ import annotations

from scanner.foreign.go_classes import (
    ALL,
    ANY_LONG,
    PERL,
    POSIX,
    SIMPLE,
    GoRegexError,
    character,
    class_of,
    either,
)


class Reader:
    """Reads one expression once, writing the other as it goes."""

    def __init__(self, text: str, chosen: frozenset[int], bound: int) -> None:
        self.text = text
        self.chosen = chosen
        self.bound = bound
        self.at = 0
        self.groups = 0
        self.outermost: list[int] = []
        self.unbounded = False
        self.wider = ""
        self._inside = 0  # captures around the place

    def whole(self) -> str:
        """The pattern; case-insensitive ones begin with `(?i)`."""
        head = self._leading_i()
        body = self._alternation(Flags(i=head), written_i=head)
        if self.at < len(self.text):
            raise GoRegexError(f"a closing parenthesis without its opening one at {self.at}")
        return ("(?i)" if head else "") + body

    def _leading_i(self) -> bool:
        """Whether all of the expression is case-insensitive: `(?i)` stands first."""
        if self.text.startswith("(?i)"):
            self.at = 4
            return True
        return False

    def _alternation(self, flags: Flags, *, written_i: bool) -> str:
        """Up to the group's end. written_i: whether what stands around ignores case."""
        branches: list[str] = []
        runs: list[tuple[bool, list[str]]] = []
        while True:
            char = self._peek()
            if char in ("", ")", "|"):
                branches.append(_joined(runs, written_i=written_i))
                runs = []
                if char != "|":
                    return "|".join(branches)
                self.at += 1
                continue
            if self._flags_alone(flags):
                continue
            atom = self._atom(flags)
            atom = self._repeated(atom, flags)
            if atom:
                if not runs or runs[-1][0] != flags.i:
                    runs.append((flags.i, []))
                runs[-1][1].append(atom)

    def _peek(self, ahead: int = 0) -> str:
        return self.text[self.at + ahead : self.at + ahead + 1]

    def _flags_alone(self, flags: Flags) -> bool:
        """`(?i)` holds to the end of its group."""
        end = self.text.find(")", self.at)
        body = self.text[self.at + 2 : end]
        if not self.text.startswith("(?", self.at) or end < 0 or not body:
            return False
        if not set(body) <= set("imsU-"):
            return False
        flags.set(body)
        self.at = end + 1
        return True

    def _atom(self, flags: Flags) -> str:
        char = self._peek()
        if char == "(":
            return self._group(flags)
        if char == "[":
            return self._class()
        self.at += 1
        if char == ".":
            return r"[\x00-\xff]" if flags.s else r"[^\n]"
        if char == "^":
            return r"(?<![^\n])" if flags.m else r"\A"
        if char == "$":
            return r"(?![^\n])" if flags.m else r"\Z"
        if char == "\\":
            return self._escape()
        if char in "*+?":
            raise GoRegexError(f"nothing to repeat at {self.at - 1}")
        return character(ord(char))

    def _group(self, flags: Flags) -> str:
        text, start = self.text, self.at
        inner, opening, captured = flags.copy(), "(?:", False
        if text.startswith(("(?P<", "(?<"), start) and text[start + 3 : start + 4] not in "=!":
            self.at = text.find(">", start) + 1
            if not self.at:
                raise GoRegexError(f"a group's name without its end at {start}")
            captured = True
        elif text.startswith("(?", start):
            colon = text.find(":", start)
            letters = text[start + 2 : colon] if colon >= 0 else "!"
            if not set(letters) <= set("imsU-"):
                raise GoRegexError(f"look-around or an unknown group, {text[start : start + 4]!r}")
            inner.set(letters)
            self.at = colon + 1
        else:
            self.at += 1
            captured = True
        if captured:
            self.groups += 1
            if not self._inside:
                self.outermost.append(self.groups)
            if self.groups in self.chosen:
                opening = "(?P<secret>"
        self._inside += captured
        # A group that is all of another case writes so inside of itself.
        body = self._alternation(inner, written_i=flags.i)
        self._inside -= captured
        if self._peek() != ")":
            raise GoRegexError(f"an opening parenthesis without its closing one at {start}")
        self.at += 1
        return f"{opening}{body})"

    def _repeated(self, atom: str, flags: Flags) -> str:
        quantifier = self._quantifier()
        if not quantifier:
            return atom
        lazy = self._peek() == "?"
        self.at += lazy
        if (self._peek() and self._peek() in "*+?") or self._is_count():
            raise GoRegexError(f"a repetition of a repetition at {self.at}")
        if not atom or atom in (r"\A", r"\Z", r"\b", r"\B") or atom.startswith(("(?<!", "(?!")):
            return atom if not quantifier.startswith(("?", "{0,")) else ""
        return atom + quantifier + ("?" if lazy != flags.U else "")

    def _quantifier(self) -> str:
        char = self._peek()
        if char == "?":
            self.at += 1
            return "?"
        if char and char in "*+":
            self.at += 1
            self.unbounded = True
            return f"{{{int(char == '+')},{self.bound}}}"
        if not self._is_count():
            return ""
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        self.at = end + 1
        if max(int(low), int(high or 0)) > 1000:
            raise GoRegexError(f"a count over 1,000, {low}{comma}{high}")
        if comma and not high:
            self.unbounded = True
            high = str(int(low) + self.bound)
        return f"{{{int(low)}}}" if not comma else f"{{{int(low)},{int(high)}}}"

    def _is_count(self) -> bool:
        """`{n}`, `{n,}` or `{n,m}`; anything else in braces is itself."""
        if self._peek() != "{":
            return False
        end = self.text.find("}", self.at)
        low, _, high = self.text[self.at + 1 : end].partition(",") if end >= 0 else ("", "", "")
        return _is_number(low) and (not high or _is_number(high))

    def _escape(self) -> str:
        char = self._peek()
        if char == "Q":
            end = self.text.find("\\E", self.at)
            quoted = self.text[self.at + 1 : end if end >= 0 else len(self.text)]
            self.at = end + 2 if end >= 0 else len(self.text)
            return "".join(character(ord(one)) for one in quoted)  # a repetition means the last
        if char in PERL:
            self.at += 1
            return class_of(PERL[char])
        if char in ("b", "B"):
            self.at += 1
            return f"\\{char}"
        if char in ("A", "z"):
            self.at += 1
            return r"\A" if char == "A" else r"\Z"
        return character(self._escaped_code())

    def _escaped_code(self) -> int:
        """The character that an escape stands for; `at` is behind the backslash."""
        char = self._peek()
        self.at += 1
        if char in ("p", "P"):
            raise GoRegexError(f"a Unicode class, \\{char}{self.text[self.at : self.at + 8]}")
        if char == "x":
            return self._hexadecimal()
        if char in SIMPLE:
            return SIMPLE[char]
        if char and char in "01234567":
            digits = char
            while len(digits) < 3 and self._peek() and self._peek() in "01234567":
                digits += self._peek()
                self.at += 1
            if char != "0" and len(digits) == 1:
                raise GoRegexError(f"a back reference, \\{char}")
            return int(digits, 8)
        if not char or char.isalnum():
            raise GoRegexError(f"an unknown escape, \\{char}")
        return ord(char)

    def _hexadecimal(self) -> int:
        if self._peek() == "{":
            end = self.text.find("}", self.at)
            digits, self.at = self.text[self.at + 1 : end], end + 1
        else:
            digits = self.text[self.at : self.at + 2]
            self.at += 2
        try:
            code = int(digits, 16)
            chr(code)
        except (ValueError, OverflowError):
            raise GoRegexError(f"no character, \\x{digits[:8]}") from None
        return code

    def _class(self) -> str:
        start = self.at
        self.at += 1
        negated = self._peek() == "^"
        self.at += negated
        members: set[int] = set()
        beyond: set[str] = set()
        first = True
        while first or self._peek() != "]":
            if not self._peek():
                raise GoRegexError(f"a class without its end at {start}")
            first = False
            whole = self._named_class()
            if whole is not None:
                members |= whole
                continue
            low = self._member()
            high = low
            if self._peek() == "-" and self._peek(1) not in ("]", ""):
                self.at += 1
                high = self._member()
            members |= set(range(low, min(high, 127) + 1))
            if high > 127:
                beyond.add(character(high) if low == high else ANY_LONG)
        self.at += 1
        if beyond and (negated or ANY_LONG in beyond):
            self.wider = "a class of characters beyond ASCII takes any of them"
        if negated:
            return class_of(ALL - members)
        return either(frozenset(members), beyond)

    def _named_class(self) -> frozenset[int] | None:
        text, at = self.text, self.at
        if text.startswith("[:", at):
            end = text.find(":]", at)
            name = text[at + 2 : end].removeprefix("^")
            if end < 0 or name not in POSIX:
                raise GoRegexError(f"an unknown class, {text[at : at + 12]!r}")
            self.at = end + 2
            return ALL - POSIX[name] if text[at + 2] == "^" else POSIX[name]
        if text.startswith("\\", at) and text[at + 1 : at + 2] in PERL:
            self.at += 2
            return PERL[text[at + 1]]
        return None

    def _member(self) -> int:
        char = self._peek()
        self.at += 1
        return self._escaped_code() if char == "\\" else ord(char)


class Flags:
    """What is set at a place: case, lines, dot, greed."""

    def __init__(
        self, *, i: bool = False, m: bool = False, s: bool = False, u: bool = False
    ) -> None:
        self.i, self.m, self.s, self.U = i, m, s, u

    def copy(self) -> Flags:
        """The same, for the inside of a group."""
        return Flags(i=self.i, m=self.m, s=self.s, u=self.U)

    def set(self, letters: str) -> None:
        """As `i`, `s-m`."""
        on = True
        for letter in letters:
            if letter == "-":
                on = False
            else:
                setattr(self, letter, on)


def _joined(runs: list[tuple[bool, list[str]]], *, written_i: bool) -> str:
    out = ""
    for ignores, atoms in runs:
        text = "".join(atoms)
        out += text if ignores == written_i else f"(?{'i' if ignores else '-i'}:{text})"
    return out


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6
