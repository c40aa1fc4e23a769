"""Passwords as people choose them, from lists of words, names and known passwords."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

_LEET = str.maketrans({"a": "@", "e": "3", "i": "1", "o": "0", "s": "$", "t": "7"})
_LEET_SOME = str.maketrans({"a": "4", "e": "3", "o": "0", "i": "!"})
_SEASONS = ("Spring", "Summer", "Autumn", "Winter", "Fall", "January", "March", "October", "Friday")
_THINGS = (
    "db", "root", "admin", "mysql", "postgres", "redis", "mongo", "app", "prod", "dev", "test",
    "server", "service", "user", "login", "ftp", "smtp", "mail", "backup", "stage", "web", "api",
)  # fmt: skip
_ROWS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc",
    "qazwsxedc",
    "1q2w3e4r5t",
    "zaq12wsx",
)
_SIGNS = "!@#$%&*?._-"


@dataclass(frozen=True, slots=True)
class Lists:
    """What passwords are made from, lower case, the most common first."""

    passwords: Sequence[str]
    words: Sequence[str]
    names: Sequence[str]


def password(lists: Lists, source: random.Random) -> str:
    """One password of 4 to 40 characters, of a kind drawn by chance."""
    while True:
        made = source.choice(_KINDS)(lists, source)
        if 4 <= len(made) <= 40:
            return made


def _common(lists: Lists, source: random.Random) -> str:
    return source.choice(lists.passwords)


def _word(lists: Lists, source: random.Random) -> str:
    return source.choice(source.choice((lists.words, lists.names)))


def _digits(source: random.Random) -> str:
    kind = source.randrange(5)
    if kind == 0:
        return str(source.randint(1950, 2026))
    if kind == 1:
        return source.choice(("1", "12", "123", "1234", "12345", "321", "01", "007", "99", "69"))
    return str(source.randint(0, 10 ** source.randint(1, 4)))


def _tailed(lists: Lists, source: random.Random) -> str:
    word = _word(lists, source)
    return source.choice((word, word.capitalize(), word.upper())) + _digits(source)


def _signed(lists: Lists, source: random.Random) -> str:
    word = _word(lists, source).capitalize()
    sign = source.choice(_SIGNS)
    return source.choice(
        (word + _digits(source) + sign, word + sign + _digits(source), word + sign, sign + word)
    )


def _leet(lists: Lists, source: random.Random) -> str:
    word = source.choice((_word, _common))(lists, source)
    made = word.translate(source.choice((_LEET, _LEET_SOME)))
    made = made.capitalize() if source.random() < 0.5 else made
    return made + (_digits(source) if source.random() < 0.5 else "")


def _season(_lists: Lists, source: random.Random) -> str:
    year = source.choice((str(source.randint(1998, 2026)), f"{source.randint(10, 26)}"))
    season = source.choice(_SEASONS)
    season = season.lower() if source.random() < 0.3 else season
    return season + source.choice(("", "", "@", "-")) + year + source.choice(("", "", "!", "#"))


def _thing(lists: Lists, source: random.Random) -> str:
    thing = source.choice(_THINGS)
    other = source.choice(
        (_word(lists, source), "pass", "password", "pw", "secret", _digits(source))
    )
    joint = source.choice(("", "", "_", "-", "@", "."))
    both = [thing, other] if source.random() < 0.5 else [other, thing]
    return joint.join(both) + source.choice(("", "", _digits(source), "!"))


def _keyboard(_lists: Lists, source: random.Random) -> str:
    row = source.choice(_ROWS)
    size = source.randint(4, len(row))
    made = row[:size] if source.random() < 0.7 else row[:size][::-1]
    made = made.capitalize() if source.random() < 0.3 else made
    return made + source.choice(("", "", _digits(source), "!"))


def _phrase(lists: Lists, source: random.Random) -> str:
    count = source.randint(2, 4)
    parts = [source.choice(lists.words) for _ in range(count)]
    if source.random() < 0.4:
        parts = [part.capitalize() for part in parts]
    made = source.choice(("", "-", "_", ".", " ", "", "-")).join(parts)
    return made + source.choice(("", "", _digits(source), "!"))


def _two(lists: Lists, source: random.Random) -> str:
    made = _word(lists, source) + _word(lists, source)
    return made + source.choice(("", _digits(source)))


def _number(_lists: Lists, source: random.Random) -> str:
    return str(source.randint(10**5, 10 ** source.randint(6, 10)))


_KINDS = (
    _common, _common, _common, _word, _tailed, _tailed, _tailed, _signed, _signed, _leet, _season,
    _thing, _keyboard, _phrase, _two, _number,
)  # fmt: skip
