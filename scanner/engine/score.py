"""How likely a candidate is a secret: 0 to 1, with named reasons.

A hand-set linear score over few features: what the name says, what the value looks like, where the
line stands. `judge` is the seam: a learned model replaces `_weigh` and keeps the rest.
"""

from __future__ import annotations

import re
from functools import lru_cache

from scanner.engine import harmless
from scanner.engine.entropy import shannon
from scanner.engine.letters import surprise
from scanner.model import Confidence
from scanner.record import record, replace

HIGH = 0.80
MEDIUM = 0.50
LOW = 0.20


@record
class Candidate:
    """A value under a name. value: bytes without quotes. quote: b"" for a bare value.

    role: "code", "config", "text" or "binary", of the file. aside: "test", "docs", "" by its path.
    """

    rule: str
    name: bytes
    value: bytes
    quote: bytes
    role: str
    aside: str
    line: bytes = b""


Reason = tuple[float, str]

_STRONG = re.compile(
    rb"pass(?:word|wd|phrase|code)|passwort|pwd|pswd|secret|api[_.\-]?key|access[_.\-]?key|private[_.\-]?key|auth[_.\-]?(?:key|token)"
    rb"|(?:access|refresh|bearer|bot|api|deploy|personal|session)[_.\-]?token|client[_.\-]?secret|encrypt(?:ion)?[_.\-]?key"
    rb"|contrase|passe|\xd0\xbf\xd0\xb0\xd1\x80|\xe5\xaf\x86\xe7\xa0\x81|^-u$|--user|identified|[_.\-]pass$|_pw$|connection",
    re.IGNORECASE,
)
_PASSWORD = re.compile(
    rb"pass(?!ed|ing|age|ive|enger|port)|pwd|pswd|_pw$|contrase|\xd0\xbf\xd0\xb0\xd1\x80|\xe5\xaf\x86\xe7\xa0\x81|^-u$|--user|identified|secret",
    re.IGNORECASE,
)
# A name that ends so speaks about a secret and does not hold one.
_ABOUT = re.compile(
    rb"(?:[_.\-]|(?<=[a-z])(?=[A-Z]))(?:name|names|file|files|filename|path|paths|dir|url|uri|urls|field|fields|label|type|types|kind|id|ids|length|len|size|"
    rb"policy|regex|regexp|pattern|format|header|headers|prefix|suffix|endpoint|ttl|expiry|expires|expiration|expire|count|limit|max|min|"
    rb"enabled|disabled|required|reset|hint|placeholder|message|msg|error|errors|env|var|class|style|text|title|help|desc|description|"
    rb"confirm|confirmation|method|mode|alg|algorithm|scheme|strategy|provider|manager|service|store|storage|handler|factory|validator|"
    rb"input|form|page|view|link|button|icon|tooltip|prompt|question|column|table|param|params|parameter|attr|attribute|property|"
    rb"status|state|valid|version|date|time|timestamp|at|age|interval|timeout|scope|scopes|source|ref|reference|selector|index|idx|"
    rb"start|end|begin|pos|position|offset|range|re|list|set|map|dict|template|tmpl|example|hash|digest|encoder|encoding|check|checker|char|chars|"
    rb"resolver|rotation|lifetime|duration|usage|lookup|generator|func|function|callback|cmd|command|tag|node|expr|stream|iter|value_from|valuefrom|owner|group|groups|role|user|username|email|host|port|region|zone|arn|location|namespace|ns|mount|backend|engine|plugin|extension|module|package|feature|option|options|config|cfg|settings|spec|schema|def|definition|ast|separator|sep|delimiter|delim|indicator|action|actions|encode|decode|get|strip|split|replace|join|startswith|endswith|lower|upper|pop|update|append|add|find|match|search|compile|sub|mgr|identity|terminator|keywords)s?$",
    re.IGNORECASE,
)
_LABEL = re.compile(
    rb"(?:^|[_.\-])(?:label|msg|lbl|txt|str|i18n|error|err|hint|help|title|no|is|has|need|needs|show|hide|toggle|forgot|reset|"
    rb"change|new|repeat|confirm|update|invalid|wrong|missing|enter|public)[_.\-]|publickeytoken|dummy|fake|example|sample|mock|next_?token|next_?page_?token|page_?token|continuation|marker_?token|forward_?token|backward_?token|starting-?token|idempotency_?token|client_?request_?token|^(?:is|has|use|show|hide|forgot|reset|change|confirm|invalid)[A-Z]",
    re.IGNORECASE,
)
_ACTION = re.compile(
    rb"(?:^|[._])(?:validate|verify|check|get|is|has|hash|compare|reset|make|generate|encode|decode|parse|find|read|load|fetch|need|require|"
    rb"delete|remove|list|describe|test|assert\w*|expect|print|log|warn|error|raise|ask|prompt|_?mock|patch)(?=[A-Z_]|Password)[\w]*$",
    re.IGNORECASE,
)
_LOOKUP_KEY = re.compile(
    rb"(?:translation|cache|sort|primary|foreign|object|partition|routing|public|row|hash|range|lookup|group|dict|json|event|config|setting|"
    rb"i18n|message|index|unique|composite|data|state|attr|param|option|feature|metric|idempotency|registry|shard|item|field|column|map|hot|"
    rb"short|s3|tag|resource|product|activation|site)[_-]?key$|^(?:S3)?Key$|\bt\.key$",
)
_WORDY = re.compile(rb"^[A-Za-z]+(?:[_\-. /:]+[A-Za-z]+)*[_\-.:/]?$")
_PARTS = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_HUMAN = re.compile(rb"^[A-Za-z]+[^A-Za-z]+$")  # a word and a tail, as people choose passwords
_CONSTANT = re.compile(rb"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+){1,}$")
_ESCAPED = re.compile(rb"\\u\{?([0-9a-fA-F]{4})\}?")
_PATTERN = re.compile(rb"\(\?[:=!<P]|\\[sdwbSDWB]|\[\^|\]\+|\.\*|\.\+|\]\*|\{\d+,\d*\}")
_SENTENCE = re.compile(
    rb"[A-Za-z']{2,} +[A-Za-z']{2,} +[A-Za-z']{2,}|[.!?:] +[A-Z]|[A-Za-z]{3,}[:;,] [A-Za-z]"
)
_HEX = re.compile(rb"^[0-9a-f]+$|^[0-9A-F]+$")
_HASH = re.compile(
    rb"^\$(?:2[abxy]|1|5|6|y|argon2\w*|pbkdf2[\w-]*|scrypt|P|H|apr1)\$|^\{(?:SSHA|SHA|MD5|CRYPT|bcrypt)\}|^sha(?:1|256|384|512)[-:$]|^pbkdf2_|^md5[0-9a-f]{32}$"
    rb"|^(?:md5|sha1|sha256|bcrypt\w*|argon2\w*|pbkdf2\w*)\$"
)
_SECRETISH = re.compile(rb"pass|pwd|secret|token|key|credential|auth|login|user", re.IGNORECASE)


def confidence_of(score: float) -> Confidence | None:
    """The confidence of a score; None when it is no finding at all."""
    if score >= HIGH:
        return "high"
    if score >= MEDIUM:
        return "medium"
    return "low" if score >= LOW else None


@lru_cache(maxsize=1 << 16)
def judge(candidate: Candidate) -> tuple[float, tuple[str, ...]]:
    """(score, reasons: strongest first, each with its sign)."""
    reasons = _weigh(candidate)
    score = max(0.0, min(1.0, sum(weight for weight, _ in reasons)))
    ordered = sorted(reasons, key=lambda reason: -abs(reason[0]))
    return round(score, 3), tuple(f"{weight:+.2f} {text}" for weight, text in ordered)


def _weigh(candidate: Candidate) -> list[Reason]:
    if _ESCAPED.search(candidate.value):
        candidate = replace(candidate, value=_unescaped(candidate.value))
    if candidate.quote == b"`" and candidate.role == "config":
        return [(0.0, "output of a command")]
    why = harmless.reference(candidate.value)
    if why == "expression" and candidate.quote and b"(" not in candidate.value:
        why = ""
    if why:
        return [(0.0, why)]
    if harmless.well_known_default(candidate.value):
        return [(0.30, "well-known default"), *_place(candidate)]
    why = harmless.placeholder(candidate.value)
    if why == "uuid":
        return [(0.30, "uuid")]
    if why:
        return [(0.05, why)]
    if _HASH.search(candidate.value):
        return [(0.30, "password hash, not a password")]
    return [*_name(candidate), *_value(candidate), *_place(candidate)]


def _unescaped(value: bytes) -> bytes:
    r"""`\uXXXX` read as its character, so that text in another language shows as what it is."""
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)).encode("utf-8", "surrogatepass"), value)


def _name(candidate: Candidate) -> list[Reason]:
    name = candidate.name
    if not name:
        return [(0.05, "no name")]
    if candidate.rule == "generic-secret-argument" and _ACTION.search(name):
        return [(-0.40, "the name asks for a secret")]
    if _ABOUT.search(name) or _LABEL.search(name):
        return [(-0.40, "the name is about a secret, not one")]
    if _STRONG.search(name):
        return [(0.35, "the name says secret")]
    if candidate.rule == "generic-key-assignment":
        if _LOOKUP_KEY.search(name):
            return [(-0.30, "the name is a key to look something up")]
        plain = (
            not re.search(rb"[0-9].*[0-9]", candidate.value) or word_share(candidate.value) > 0.3
        )
        return [(0.0 if plain else 0.15, "the name says key")]
    if candidate.rule == "generic-high-entropy":
        return [(0.0, "the name says nothing")]
    return [(0.15, "the name may mean a secret")]


def _value(candidate: Candidate) -> list[Reason]:
    value = candidate.value
    reasons: list[Reason] = []
    if _SENTENCE.search(value):
        return [(-0.50, "reads as a sentence")]
    if b" " in value and candidate.quote:
        reasons.append((-0.15, "has blanks"))
    if value.count(b"\\x") * 6 > len(value):
        return [(-0.30, "bytes written as escapes")]
    if any(byte < 32 for byte in value):
        return [(-0.50, "holds control characters")]
    if _PATTERN.search(value):
        return [(-0.50, "a pattern")]
    if candidate.quote and value.count(b"(") != value.count(b")") and candidate.role == "code":
        return [(-0.50, "a piece of code")]
    if _CONSTANT.match(value):
        return [(-0.35, "the name of a constant")]
    letters = sum(chr(b).isalpha() for b in value)
    if letters == 0 and not any(48 <= b <= 57 for b in value):
        return [(-0.50, "punctuation only")]
    if _WORDY.match(value):
        return [*reasons, *_words(candidate)]
    return [*reasons, *_shape(candidate, letters)]


def _words(candidate: Candidate) -> list[Reason]:
    """A value made of letters and joiners: a word, an identifier, or a passphrase."""
    value, name = candidate.value, candidate.name
    if candidate.rule == "generic-secret-argument" and len(value) < 20:
        return [(-0.35, "a word beside another, as in a list")]
    named = bool(_SECRETISH.search(value))
    if random_letters(value) and not (named and re.search(rb"[_\-. /:]", value)):
        return [(0.35, "letters in no language's order")]
    if named:
        return [(-0.35, "says what it is instead of being it")]
    if (
        _PASSWORD.search(name)
        and candidate.role == "config"
        and len(value) >= 5
        and value.islower()
    ):
        return [(0.12, "a word under a password name in configuration")]
    return [(-0.20, "made of words")]


def _shape(candidate: Candidate, letters: int) -> list[Reason]:
    """A value that is not made of letters alone: what speaks for chance, then against it."""
    value = candidate.value
    bits = shannon(value)
    if value.isdigit():
        good = bool(_PASSWORD.search(candidate.name)) and 6 <= len(value) <= 16
        return [(0.05 if good else -0.30, "digits only")]
    if _HEX.match(value) and len(value) >= 16:
        return [(0.40 if bits > 2.8 else -0.2, "hexadecimal of a key's length")]
    if value.startswith((b"http://", b"https://", b"git@", b"ssh://")):
        return [(-0.40, "an address")]
    return [_mixture(candidate, bits), *_doubts(value, bits, letters)]


def _mixture(candidate: Candidate, bits: float) -> Reason:
    """How the kinds of characters are mixed, for the value's length."""
    value, classes = candidate.value, _classes(candidate.value)
    if len(value) >= 16 and bits >= 3.3 and classes >= 3:
        return 0.45, f"looks random ({bits:.1f} bits a character)"
    if len(value) >= 12 and bits >= 3.0 and classes >= 3:
        return 0.42, "looks random"
    if len(value) >= 20 and bits >= 3.5 and classes >= 2:
        return 0.40, "long and mixed"
    if len(value) >= 12 and bits >= 3.0 and classes >= 2 and word_share(value) < 0.4:
        return 0.30, "letters and digits in no word's order"
    if classes >= 2 and _PASSWORD.search(candidate.name):
        return (0.25 if len(value) >= 6 else 0.15), "shaped like a password"
    return (0.0 if len(value) >= 8 else -0.15), "short or plain"


def _doubts(value: bytes, bits: float, letters: int) -> list[Reason]:
    """What makes a mixed value look written rather than drawn."""
    reasons: list[Reason] = []
    if word_share(value) >= 0.55 and len(value) >= 10 and not _HUMAN.search(value):
        reasons.append((-0.35, "made of words"))
    if _SECRETISH.search(value) and bits < 4.2:
        reasons.append((-0.35, "says what it is instead of being it"))
    if not any(48 <= b <= 57 for b in value) and re.search(rb"[a-z]{3,}[_\-./:][a-z]{3,}", value):
        reasons.append((-0.25, "an identifier or a path"))
    if value.count(b"/") >= 2 and bits < 4.4:
        reasons.append((-0.20, "a path"))
    if not value.isascii():
        reasons.append((-0.40, "text in another language"))
    if letters * 2 < len(value) and _classes(value) == 1:
        reasons.append((-0.10, "mostly punctuation"))
    return reasons


def _place(candidate: Candidate) -> list[Reason]:
    reasons: list[Reason] = []
    if candidate.role == "code" and not candidate.quote:
        reasons.append((-0.60, "bare in source code: a name, not a value"))
    elif candidate.role == "config":
        reasons.append((0.10, "in configuration"))
    elif candidate.role == "generated":
        reasons.append((-0.30, "in generated code"))
    elif candidate.role == "text":
        reasons.append((-0.05, "in prose"))
    elif candidate.role == "binary":
        reasons.append((-0.40, "in binary content"))
    if candidate.aside:
        weight = -0.45 if candidate.aside == "a translation" else -0.05
        reasons.append((weight, f"in {candidate.aside}"))
    return reasons


def _classes(value: bytes) -> int:
    """How many of lower, upper, digit, other stand in the value."""
    return sum(
        bool(re.search(pattern, value))
        for pattern in (rb"[a-z]", rb"[A-Z]", rb"[0-9]", rb"[^A-Za-z0-9]")
    )


def word_share(value: bytes) -> float:
    """How much of a value is made of parts that read as words: 0 to 1."""
    words = [part for part in _PARTS.findall(value) if len(part) >= 3 and surprise(part) < 5.0]
    return sum(map(len, words)) / max(1, len(value))


def random_letters(value: bytes) -> bool:
    """Whether the letters of a value look drawn by chance rather than spelled."""
    letters = re.sub(rb"[^A-Za-z]", b"", value)
    if len(letters) < 5:
        return False
    turns = len(re.findall(rb"(?=[a-z][A-Z][a-z]?)", letters))
    if word_share(value) >= 0.6:
        return False
    mixed = len(letters) >= 10 and turns >= len(letters) / 4.5
    return surprise(letters) > (5.2 if len(letters) >= 10 else 5.9) or mixed
