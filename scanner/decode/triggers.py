"""Where encoded text could stand: cheap expressions for the fast stage.

Each fires at least once inside every run that could hide a secret, and seldom elsewhere. Base64 of
ASCII text is recognised by its bits: the eighth bit of each byte is zero, which leaves about a
tenth of all groups of four characters, so that three groups in a row after a character that is no
letter or digit are rare in source code and in lock files. Hexadecimal text likewise. Escapes fire
where they spell what a rule needs to see: letters, digits, and the marks around a value.
"""

from __future__ import annotations

from scanner.record import record


@record
class Trigger:
    """One expression. kind: what `encoded` looks for around a hit. width: most bytes of a match.

    grouped: of base64 and hex, the characters of whole groups that end the match: they tell the
    alignment. 0: the match ends with the padding of the last group.
    """

    kind: str
    expression: str
    width: int
    grouped: int = 0


# The groups of base64 (RFC 4648, section 4) whose three bytes are printable ASCII or white space.
_FIRST = "[CDI-Za-f]"
_SECOND = "[ACDEFGHQSTUVWXgijklmnwyz0123]"
_THIRD = "[ABEFIJMNQRUVYZcdghklopstwx014589]"
_GROUP = f"(?:{_FIRST}{_SECOND}{_THIRD}[A-Za-z0-9+/_-])"
_UTF16 = "(?:[I-Za-f][AQgw][AB].A[C-H][AEIMQUYcgkosw048]A)"  # three ASCII characters, two units
_MAGIC = (  # zip, gzip, bzip2, xz, zstd, PDF, ELF, SQLite: as literals, the cheapest of all
    "(?:UEsDB[AB]|H4sI[A-I].|QlpoO[A-Z]|/Td6WF|_Td6WF|KLUv/.|KLUv_.|JVBERi|f0VMRg|U1FMaX)"
)
_EDGE = r"(?:^|[^A-Za-z0-9]|\\[nrt])"  # a spelled newline is an edge too
_TAIL = f"(?:{_FIRST}[AQgw]==|{_FIRST}{_SECOND}[AEIMQUYcgkosw048]=)"

_HEX_TEXT = "(?:[2-7][0-9A-Fa-f]){12}"
_HEX_MAGIC = (
    "(?:504b0304|504B0304|1f8b08..|1F8B08..|425a68..|425A68..|fd377a58|FD377A58|28b52ffd|28B52FFD"
    "|25504446|7f454c46|7F454C46|53514c69|53514C69)"
)
_PLAIN = "(?:[46][1-9A-Fa-f]|[57][0-9Aa]|3[0-9]|5[Ff])"  # a letter, a digit or _
_MARK = "(?:2[2267BbDdFf]|3[AaDd])"  # " & ' + - / : =
_NUMBER = "(?:&#(?:[xX][2-7][0-9A-Fa-f]|0?[3-9][0-9]|1[0-2][0-9]);)"
_QUOTE = "&(?:quot|apos|#0?3[49]|#x2[27]);"

_WORD = "[A-Za-z0-9+/_=-]"

TRIGGERS: tuple[Trigger, ...] = (
    Trigger("base64", f"{_EDGE}{_GROUP}{{3}}", 14, 12),
    Trigger("base64", f"{_EDGE}{_UTF16}{{2}}", 18, 16),
    Trigger("base64", _MAGIC, 6, 6),
    # Too short for the above: of use as the value of something, as in a Kubernetes Secret.
    Trigger("base64", f"[ \"']{_GROUP}{{1,2}}{_TAIL}", 13),
    Trigger("base64", f"[ \"']{_GROUP}{{2}}[ \"'\r\n]", 10, 8),
    Trigger("hex", f"{_EDGE}(?:0[xX])?{_HEX_TEXT}", 28, 24),
    Trigger("hex", "(?i)(?:[2-7][0-9a-f]00){6}", 24, 24),
    Trigger("hex", _HEX_MAGIC, 8, 8),
    Trigger("hex list", r"(?:0[xX][2-7][0-9A-Fa-f][, \t\r\n]{1,4}){6}", 48),
    Trigger("percent", r"%[2-7][0-9A-Fa-f]%[2-7][0-9A-Fa-f]", 6),
    Trigger("percent", "%(?:[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|2[dD])", 3),
    Trigger("percent", "[A-Za-z0-9_]%3[AaDd](?:%2[027])?[A-Za-z0-9+/_-]{6}", 13),
    Trigger("percent", "%25[2-7][0-9A-Fa-f]", 5),  # encoded twice
    Trigger("percent", "[A-Za-z0-9]{6}%2[BbFf][A-Za-z0-9]{6}", 15),
    Trigger("backslash", rf"\\u00(?:{_PLAIN}|{_MARK})", 6),
    Trigger("backslash", rf"\\u\{{0{{0,4}}(?:{_PLAIN}|{_MARK})\}}", 10),
    Trigger("backslash", r"(?:\\x[2-7][0-9A-Fa-f]){2}", 8),
    Trigger("backslash", rf"[A-Za-z0-9]\\x(?:{_MARK}|5[fF])[A-Za-z0-9]", 6),
    Trigger("backslash", r"(?:\\[01][0-7]{2}){3}", 12),
    Trigger("html", f"[:=] ?{_QUOTE}", 8),
    Trigger("html", f"{_QUOTE} ?[:=]", 8),
    Trigger("html", f"{_NUMBER}{{2}}", 12),
    Trigger("html", f"[A-Za-z0-9]{_NUMBER}[A-Za-z0-9]", 8),
    Trigger("quoted-printable", "=3[dD][A-Za-z0-9\"'/ +_-]", 4),
    Trigger("quoted-printable", r"[^\r\n]{60}[A-Za-z0-9+/_.-]=\r?\n[A-Za-z0-9+/_=-]", 65),
    # The first halves of joins alone: whole ones are dear, since they count white space.
    Trigger("joined", f"{_WORD}[\"'] ?[+.&~][ \"'\r\n]", 5),
    Trigger("joined", f"[ \t][+.&~] ?[\"']{_WORD}", 5),
    Trigger("joined", f"{_WORD}[\"'][ \t]{{1,2}}[\"']{_WORD}", 6),
    Trigger("joined", f"{_WORD}[\"']\r?\n[ \t]{{1,40}}[\"']{_WORD}", 46),
    Trigger("joined", "[\"'] ?\\\\\r?\n", 5),
    Trigger("continued", rf"{_WORD}\\\r?\n[ \t]{{0,24}}{_WORD}", 29),
)  # fmt: skip
