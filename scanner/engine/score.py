"""How likely a candidate is a secret: 0 to 1, with named reasons.

What a value says of itself is settled by rules: it refers to something, it stands where a secret
will be, everybody knows it. All else is a matter of degree, and the trained model's (weights.py).
"""

from __future__ import annotations

import re
from functools import lru_cache

from scanner.engine import harmless
from scanner.engine.features import Candidate
from scanner.model import Confidence

HIGH = 0.90
MEDIUM = 0.55
LOW = 0.25

Reason = tuple[float, str]

_NUMERIC = re.compile(rb"\d{1,9}(?:\.\d{0,9})?$")
_HASH = re.compile(
    rb"^\$(?:2[abxy]|1|5|6|y|argon2\w*|pbkdf2[\w-]*|scrypt|P|H|apr1)\$|^\{(?:SSHA|SHA|MD5|CRYPT|bcrypt)\}|^sha(?:1|256|384|512)[-:$]|^pbkdf2_|^md5[0-9a-f]{32}$"
    rb"|^(?:md5|sha1|sha256|bcrypt\w*|argon2\w*|pbkdf2\w*)\$"
)
_LOOKUP = re.compile(
    rb"(?:foreign|primary|sort|partition|cache|translation|object|group|index|unique)[_-]?key$",
    re.IGNORECASE,
)
_STATEMENT = re.compile(rb"\b(?:user|role|login|grant|create|alter)\b", re.IGNORECASE)
_MARKER = re.compile(
    rb"(?:next|page|continuation|marker|forward|backward|starting|previous|prev|sync)[_\-]?"
    rb"(?:page)?[_\-]?token|publickeytoken|idempotency[_\-]?token|client[_\-]?request[_\-]?token",
    re.IGNORECASE,
)
_OTHERS = (
    (_LOOKUP, "a key to look something up"),
    (_MARKER, "marks a place in a list, or a request"),
)
_MOST_SEEN = 1 << 16


def confidence_of(score: float) -> Confidence | None:
    """The confidence of a score; None when it is no finding at all."""
    if score >= HIGH:
        return "high"
    if score >= MEDIUM:
        return "medium"
    return "low" if score >= LOW else None


def settled(one: Candidate) -> Reason | None:
    """(score, reason) where rules alone decide; None where the model does."""
    value = one.value
    # First, since some files hold little else: "max_tokens": 128000, "cost_per_token": 0.2
    counts = b"." in value or one.name[-6:].lower() == b"tokens"
    if counts and value[:1].isdigit() and _NUMERIC.match(value):
        return 0.05, "a number"
    if one.quote == b"`" and one.role == "config":
        return 0.0, "output of a command"
    why = harmless.reference(value)
    if why and not (why == "expression" and one.quote and b"(" not in value):
        return 0.0, why
    if harmless.well_known_default(value):
        return 0.30, "well-known default"
    if one.rule == "generic-sql-password" and not one.quote and _is_prose(one):
        return 0.05, "prose"
    told = next((why for names, why in _OTHERS if names.search(one.name)), "")
    if told:
        return 0.05, told
    why = harmless.placeholder(value)
    if why and why != "uuid":
        return 0.05, why
    if not value.isascii() and "s:a translation" in one.path and _is_word(value):
        return 0.05, "a word of another language"
    if _HASH.search(value):
        return 0.30, "password hash, not a password"
    return None


def _is_prose(one: Candidate) -> bool:
    """`identified by means of`, but not `create user me identified by tiger`."""
    return one.value.isalpha() and not _STATEMENT.search(one.before)


def _is_word(value: bytes) -> bool:
    return value.decode("utf-8", "replace").isalpha()


@lru_cache(maxsize=_MOST_SEEN)
def judge(one: Candidate) -> tuple[float, tuple[str, ...]]:
    """(score, reasons: what spoke for it strongest first, then what spoke against it).

    Of what is no finding at any confidence no reasons are given, unless a rule settled it.
    """
    return _judged(one, anywhere=False)


@lru_cache(maxsize=_MOST_SEEN)
def best(one: Candidate) -> tuple[float, tuple[str, ...]]:
    """The score in the place that speaks most for the candidate, without reasons."""
    return _judged(one, anywhere=True)[0], ()


def _judged(one: Candidate, *, anywhere: bool) -> tuple[float, tuple[str, ...]]:
    known = settled(one)
    if known:
        return known[0], (known[1],)
    from scanner.engine.weights import chance, model

    score = round(chance(model().score(one, anywhere=anywhere)), 3)
    if anywhere or score < LOW:
        return score, ()
    from scanner.engine.explain import reasons

    return score, reasons(model().contributions(one))
