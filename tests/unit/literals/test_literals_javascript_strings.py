"""JavaScript string tokens, held against node where it is there."""

import json
import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import LiteralError, RewriteError
from scanner.literals.javascript_strings import read, read_jsx, spell
from scanner.model import Literal

node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")

TABLE = {
    '"val"': "val",
    "'val'": "val",
    "`val`": "val",
    r'"\b\f\n\r\t\v\0\\\'\"\a"': "\b\f\n\r\t\v\0\\'\"a",
    r'"\x41é\u{1F600}"': "A\u00e9\U0001f600",
    r'"\ud83d\ude00"': "\U0001f600",
    r"'\101\08\400\8'": "A\x008 08",
    '"a\\\nb\\\r\nc\\\u2028d"': "abcd",
    "`a\r\nb\\\r\nc`": "a\nbc",
    r"`\`\${x}$`": "`${x}$",
    "''": "",
}


def literal(style: str, *context: str) -> Literal:
    return Literal("javascript", 0, 0, b"", (), style, context)


def in_node(tokens: list[str]) -> list[bytes]:
    """What node makes of each token; None in its answer stands for no token."""
    script = (
        "const tokens = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "process.stdout.write(JSON.stringify(tokens.map(t => (0, eval)('(' + t + ')'))))"
    )
    done = subprocess.run(
        ["node", "-e", script], input=json.dumps(tokens).encode(), capture_output=True, check=True
    )
    return [text.encode("utf-8", "surrogatepass") for text in json.loads(done.stdout)]


@pytest.mark.parametrize(("token", "value"), TABLE.items())
def test_read(token: str, value: str) -> None:
    assert read(token) == value.encode()


@node
def test_the_table_is_what_node_says() -> None:
    assert in_node(list(TABLE)) == [value.encode() for value in TABLE.values()]


@node
def test_spelled_values_are_what_node_reads() -> None:
    draw = random.Random(3)
    letters = "ab'\"`$"
    letters += "{}\\\n\r\t\0\x01\x7f\xa0é\u2028\u2029\ud800\udc00\U0001f600\U000e0001 08x"
    texts = ["".join(draw.choices(letters, k=draw.randrange(12))) for _ in range(300)]
    values = [
        text.encode("utf-16-le", "surrogatepass")
        .decode("utf-16-le", "surrogatepass")
        .encode("utf-8", "surrogatepass")
        for text in texts
    ]
    for style in "\"'`":
        tokens = [spell(value, literal(style)).decode() for value in values]
        assert in_node(tokens) == values


@pytest.mark.parametrize("token", [r'"\x4"', r"'\u12'", r'"\u{110000}"', r"`\1`", r"`\00`"])
def test_read_refuses_what_is_no_token(token: str) -> None:
    with pytest.raises(LiteralError):
        read(token)


@given(st.text(), st.sampled_from("\"'`"))
def test_text_in_every_style(text: str, style: str) -> None:
    token = spell(text.encode(), literal(style)).decode()
    assert token[0] == token[-1] == style
    assert read(token) == text.encode()
    assert "${" not in token.replace("\\${", "")


@given(st.text(), st.sampled_from(['jsx"', "jsx'"]))
def test_attributes(text: str, style: str) -> None:
    token = spell(text.encode(), literal(style)).decode()
    assert token[0] == token[-1] == style[-1]
    assert style[-1] not in token[1:-1]
    assert read_jsx(token[1:-1]) == text.encode()


@given(st.text(min_size=1))
def test_text_of_elements(text: str) -> None:
    token = spell(text.encode(), literal("jsx-text")).decode()
    assert not set("{}<>") & set(token)
    assert token.strip() == token
    assert read_jsx(token) == text.encode()


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("a&amp;b&#65;&#x42;&eacute;&apos;", "a&bAB\u00e9'"),
        ("a&nothing;&", "a&nothing;&"),
        ("\\n", "\\n"),
        ("a\n   b\n", "a b"),
        ("  a ", "  a "),
    ],
)
def test_read_jsx(raw: str, value: str) -> None:
    assert read_jsx(raw) == value.encode()


@pytest.mark.parametrize(
    "token",
    ['"it\'s"', r"'it\'s'", r'"a\\b\n"', "`two\nlines ${`".replace("${", r"\${"), r'"\x00"'],
)
def test_canonical_tokens_come_back_as_they_were(token: str) -> None:
    assert spell(read(token), literal(token[0])).decode() == token


def test_line_ends_of_the_file_are_kept() -> None:
    assert spell(b"a\nb", literal("`", "newline:crlf")) == b"`a\r\nb`"


@pytest.mark.parametrize(
    ("value", "style", "context"),
    [
        (b"x", "`", "template"),
        (b"", "jsx-text", ""),
        (b"\xed\xa0\x80", "jsx'", ""),
        (b"\xff", '"', ""),
    ],
)
def test_what_has_no_spelling(value: bytes, style: str, context: str) -> None:
    with pytest.raises(RewriteError):
        spell(value, literal(style, context))
