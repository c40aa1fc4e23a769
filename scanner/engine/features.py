"""What the judgement of a candidate looks at: numbers for the trees, words for the weights.

Nothing here depends on the file beyond the lines around a candidate and the role of its path, so
that a candidate of a version in history is judged as the same one in a tree. What the path says
beyond its role adds to the score by itself (`path_words`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import log2

from scanner.engine.language import Language, runs
from scanner.record import record

_NAME_PARTS = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[\x80-\xff]+|\d+")
_JOINED = re.compile(
    rb"(passwords?|passwd|passphrase|passcode|pass$|pwd$|secret|token|(?:api)?key$)"
)
_WORDS = re.compile(rb"[A-Za-z\x80-\xff]{2,24}")
_PATH_PARTS = re.compile(r"[a-z]{2,20}")
_TURN = re.compile(rb"[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])|[A-Z](?=[a-z])")
_WORD_RUN = re.compile(rb"[A-Za-z0-9_\-]+")
_LAST_WORD = re.compile(rb"([A-Za-z_][\w\-]{1,40})[^\w]{0,8}$")
_COMMENT = re.compile(rb"^\s*(?:#|//|/\*|\*|--|;|<!--|rem\b|')")
_IDENTIFIER = re.compile(rb"^[A-Za-z_][A-Za-z0-9_]*$")
_SNAKE = re.compile(rb"^[a-z][a-z0-9]*(?:[_\-.][a-z0-9]+)+$")
_CONSTANT = re.compile(rb"^[A-Z][A-Z0-9]*(?:[_\-.][A-Z0-9]+)*$")
_WORD_TAIL = re.compile(rb"^[A-Za-z]{3,}[0-9!@#$%^&*._\-]{1,8}$")
_REPEAT = re.compile(rb"(.)\1\1")
_SENTENCE = re.compile(rb"[A-Za-z']{2,} +[A-Za-z']{2,}")
_LOGIN = re.compile(rb"user|login|host|email|server|database|account|uid\b|port\b", re.IGNORECASE)
_SECRETISH = re.compile(rb"pass|pwd|secret|token|key|cred|auth", re.IGNORECASE)
_ASSERT = re.compile(rb"assert|expect|should|equal|test|mock", re.IGNORECASE)
_STRONG = re.compile(
    rb"pass(?:word|wd|phrase|code)?(?![a-z])|passwort|pwd|pswd|secret|contrase|"
    rb"\xd0\xbf\xd0\xb0\xd1\x80|\xe5\xaf\x86\xe7\xa0\x81",
    re.IGNORECASE,
)
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
    rb"(?i:translation|cache|sort|primary|foreign|object|partition|routing|public|row|hash|range|lookup|group|dict|json|event|config|setting|"
    rb"i18n|message|index|unique|composite|data|state|attr|param|option|feature|metric|idempotency|registry|shard|item|field|column|map|hot|"
    rb"short|s3|tag|resource|product|activation|site)[_-]?(?i:key)$|^(?:S3)?Key$|\bt\.key$",
)
_DIGEST = re.compile(
    rb"sha\d*|md5|hash|digest|etag|checksum|commit|integrity|fingerprint|revision|guid|uuid|node_?id|"
    rb"thumbprint|signature|\bsig\b|crc|version|_?ids?$|I[dD]s?$|parent|tree|blob|ref",
    re.IGNORECASE,
)
_PUBLIC = re.compile(rb"public|publish|cert|verify|site_?key|client_?id|username", re.IGNORECASE)
_UUID = re.compile(rb"^[{]?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}[}]?$")
_HASH_LENGTHS = frozenset((32, 40, 56, 64, 96, 128))
_SAMPLES = re.compile(
    rb"your|example|sample|change|replace|dummy|fake|test|foo|bar|xxx|\.\.\.|\*\*\*|todo|here|my[_\-]",
    re.IGNORECASE,
)
_KINDS = bytes(
    0 if 97 <= b <= 122 else 1 if 65 <= b <= 90 else 2 if 48 <= b <= 57 else 3 if b < 128 else 4
    for b in range(256)
)
_CLOSERS = re.compile(rb"^[\"'`]?\s*(?:[,;)\]}>]|$|</)")
_LOOK = 160  # bytes on either side of a value on its line
QUOTES = (b"", b'"', b"'", b"`")


@record
class Candidate:
    """A value under a name, where it stands. All bytes as they are in the file.

    before, after: the rest of its line, the name included; above, below: the lines around.
    quote: b"" for a bare value. role: "code", "config", "text" or "generated", of the file; "" when
    its place is not known.
    path: what else the path says, see `path_words`.
    """

    rule: str
    name: bytes
    value: bytes
    quote: bytes
    role: str
    path: tuple[str, ...] = ()
    before: bytes = b""
    after: bytes = b""
    above: bytes = b""
    below: bytes = b""


NUMBERS = (
    "length", "distinct", "entropy", "lower", "upper", "digits", "signs", "other", "blanks",
    "turns", "first kind", "last kind", "repeats", "surprise", "worst surprise", "word cover",
    "longest word", "words", "longest run", "commonest word", "rarest word", "vowels",
    "common password", "hexadecimal", "base64", "padding", "identifier", "snake", "constant",
    "word and tail", "sentence", "underscores", "hyphens", "dots", "slashes", "colons", "braces",
    "percents", "backslashes", "equals", "ats", "dollars", "commas", "samples", "says secret",
    "in name", "name in value", "shares word", "name length", "name parts", "name strong",
    "name surprise", "name about", "name labels", "name acts", "name looks up", "name digest",
    "name public", "hash length", "uuid", "quote", "rule", "separator", "gap", "indent",
    "comment", "closes",
    "after length", "calls", "line length", "line secrets", "line quotes", "line numbers",
    "assertion", "above secrets", "above login", "above same", "below secrets", "below login",
    "below same", "above length", "below length", "context", "name context", "around context",
)  # fmt: skip


def numbers(one: Candidate, language: Language, rules: tuple[str, ...]) -> list[float]:
    """The trees' inputs, in the order of NUMBERS; the last three are filled in by
    the model from its word weights."""
    value = one.value
    return [
        *_shape(value),
        *_language(value, language),
        *_form(value),
        *_name(one, language),
        *_line(one, rules),
        *_around(one),
        0.0, 0.0, 0.0,
    ]  # fmt: skip


def _shape(value: bytes) -> list[float]:
    size = len(value)
    kinds = value.translate(_KINDS)
    counts = [value.count(byte) for byte in set(value)]
    bits = sum(n * log2(n) for n in counts) / -size + log2(size)
    by_kind = [kinds.count(kind) for kind in range(5)]
    return [
        size, len(counts) / size, round(bits, 6), *(count / size for count in by_kind),
        value.count(b" ") / size, len(_TURN.findall(value)) / size, kinds[0], kinds[-1],
        len(_REPEAT.findall(value)),
    ]  # fmt: skip


def _language(value: bytes, language: Language) -> list[float]:
    parts = runs(value)
    letters = sum(map(len, parts))
    if not letters:
        return [0, 0, 0, 0, 0, 0, 0, 0, 0, language.common(value)]
    surprises = [language.surprise(part) for part in parts if len(part) > 2]
    covers = [language.cover(part) for part in parts]
    levels = [language.words.get(part, 0) for part in parts if len(part) > 2]
    vowels = sum(part.count(v) for part in parts for v in (b"a", b"e", b"i", b"o", b"u"))
    total = sum(len(p) for p in parts if len(p) > 2)
    mean = sum(s * len(p) for s, p in zip(surprises, (p for p in parts if len(p) > 2), strict=True))
    return [
        mean / total if total else 0, max(surprises, default=0), sum(covers) / letters,
        max(covers) / len(value), len(parts), max(map(len, parts)),
        max(levels, default=0), min(levels, default=0), vowels / letters, language.common(value),
    ]  # fmt: skip


def _form(value: bytes) -> list[float]:
    plain = value.translate(None, b"0123456789abcdefABCDEF")
    base = value.translate(
        None, b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/=_-"
    )
    return [
        not plain, not base, value.count(b"=", -2) if value[-1:] == b"=" else 0,
        bool(_IDENTIFIER.match(value)), bool(_SNAKE.match(value)), bool(_CONSTANT.match(value)),
        bool(_WORD_TAIL.match(value)), len(_SENTENCE.findall(value)),
        *(value.count(sign) for sign in (b"_", b"-", b".", b"/", b":")),
        sum(value.count(sign) for sign in (b"{", b"(", b"<", b"[")),
        *(value.count(sign) for sign in (b"%", b"\\", b"=", b"@", b"$", b",")),
        len(_SAMPLES.findall(value)), len(_SECRETISH.findall(value)),
    ]  # fmt: skip


def name_parts(name: bytes) -> list[bytes]:
    """The words of a name in lower case: dbPassword2 -> db, password, 2; dbpasswd -> db, passwd."""
    parts = [part.lower() for part in _NAME_PARTS.findall(name)[-8:]]
    if not any(len(part) > 6 for part in parts):
        return parts
    return [inner for part in parts for inner in _JOINED.split(part) if inner]


def _name(one: Candidate, language: Language) -> list[float]:
    name, value = one.name.lower(), one.value.lower()
    parts, strong, told = _name_facts(one.name or _nearest(one.before), real=bool(one.name))
    return [
        value in name if len(value) > 2 else 0, bool(name) and name in value,
        sum(part in value for part in parts if len(part) > 3) if name else 0,
        len(name), len(parts) if name else 0, strong,
        max((language.surprise(p) for p in parts if p.isalpha() and p.isascii()), default=0)
        if name else 0,
        *told, len(value) in _HASH_LENGTHS, bool(_UUID.match(value)),
    ]  # fmt: skip


@lru_cache(maxsize=1 << 13)
def _name_facts(name: bytes, *, real: bool) -> tuple[list[bytes], bool, list[bool]]:
    """(words of a name, whether it says secret, what else it says); a name is met many times."""
    kinds = (_ABOUT, _LABEL, _ACTION, _LOOKUP_KEY, _DIGEST, _PUBLIC)
    strong = real and bool(_STRONG.search(name))
    return name_parts(name), strong, [bool(known.search(name)) for known in kinds]


def _nearest(before: bytes) -> bytes:
    """The last word before a value that has no name."""
    found = _LAST_WORD.search(before[-80:])
    return found[1] if found else b""


def _line(one: Candidate, rules: tuple[str, ...]) -> list[float]:
    before, after = one.before[-_LOOK:], one.after[:_LOOK]
    found = before.rfind(one.name) if one.name else -1
    between = before[found + len(one.name) :] if found >= 0 else b""
    sign = between.strip(b" \t\"'`\\])")
    line = before + after
    return [
        QUOTES.index(one.quote) if one.quote in QUOTES else 4,
        rules.index(one.rule) if one.rule in rules else -1, _separator(sign), len(between),
        len(before) - len(before.lstrip()), bool(_COMMENT.match(before)),
        bool(_CLOSERS.match(after)), len(after.strip()), before.count(b"(") - before.count(b")"),
        len(line) + len(one.value), len(_SECRETISH.findall(line)),
        line.count(b'"') + line.count(b"'"), len(line) - len(line.translate(None, b"0123456789")),
        len(_ASSERT.findall(line)),
    ]  # fmt: skip


def _separator(sign: bytes) -> int:
    if not sign:
        return 0
    for number, known in enumerate((b"==", b"!=", b"=>", b":=", b"=", b":", b"(", b",", b">"), 1):
        if sign.startswith(known):
            return number
    return 10


def _around(one: Candidate) -> list[float]:
    form = _outline(one.before)
    above, below = _neighbour(one.above), _neighbour(one.below)
    return [
        above[0], above[1], above[2] == form, below[0], below[1], below[2] == form,
        len(one.above), len(one.below),
    ]  # fmt: skip


@lru_cache(maxsize=1 << 12)
def _neighbour(line: bytes) -> tuple[int, int, bytes]:
    """What a line beside a candidate says; where candidates are dense it is asked again."""
    return len(_SECRETISH.findall(line)), len(_LOGIN.findall(line)), _outline(line)


def _outline(line: bytes) -> bytes:
    """How a line begins: its indent and the signs between its first words."""
    return _WORD_RUN.sub(b"a", line[:60])[:8]


def words(one: Candidate) -> set[str]:
    """Names of what stands around the value, each at most once, for the word weights."""
    kind = one.rule.removeprefix("generic-")
    before = one.before[-_LOOK:]
    found = set(_name_words(one.name or _nearest(one.before), kind))
    if one.name and one.name in before:
        before = before[: before.rfind(one.name)]
    found.update(["b:" + word for word in _text_words(before)[-10:]])
    found.update(["a:" + word for word in _text_words(one.after[:_LOOK])[:8]])
    found.update(_line_words("u:", one.above[:_LOOK]))
    found.update(_line_words("d:", one.below[:_LOOK]))
    return found


@lru_cache(maxsize=1 << 13)
def _name_words(name: bytes, kind: str) -> tuple[str, ...]:
    parts = [part.decode("utf-8", "replace") for part in name_parts(name)]
    if not parts:
        return (f"r:{kind}",)
    return (
        f"r:{kind}", *(f"n:{part}" for part in parts), f"l:{parts[-1]}", f"f:{parts[0]}",
        "w:" + "_".join(parts[-2:]), f"{kind}:{parts[-1]}",
    )  # fmt: skip


@lru_cache(maxsize=1 << 12)
def _line_words(mark: str, line: bytes) -> tuple[str, ...]:
    return tuple(mark + word for word in _text_words(line)[:10])


def _text_words(text: bytes) -> list[str]:
    return [w.decode("utf-8", "replace").lower() for w in _WORDS.findall(text)]


def path_words(path: str, aside: str) -> tuple[str, ...]:
    """What a path says beside its role: its suffix, the words of its folders, its aside."""
    folder, _, name = path.lower().rpartition("/")
    end = name.rpartition(".")[2] if "." in name else ""
    found = {f"e:{end}", f"s:{aside or 'none'}"}
    found.update(f"p:{part}" for part in _PATH_PARTS.findall(folder))
    return tuple(sorted(found))


def place_words(one: Candidate) -> tuple[str, ...]:
    """Names of all that the path says about a candidate, for the weights of places."""
    form = "quoted" if one.quote else "bare"
    kind = one.rule.removeprefix("generic-")
    return (*one.path, f"q:{one.role}:{form}", f"k:{one.role}:{kind}")
