"""Python string tokens, held against the interpreter."""

import ast
import warnings
from io import StringIO
from tokenize import TokenError, generate_tokens

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import LiteralError, RewriteError
from scanner.literals.python_strings import read, spell
from scanner.model import Literal


def evaluated(token: str) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = ast.literal_eval(token)
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def literal(style: str, *context: str) -> Literal:
    return Literal("python", 0, 0, b"", (), style, context)


@pytest.mark.parametrize(
    "token",
    [
        r'"\a\b\f\n\r\t\v\\\'\""',
        r"'\0\7\12\123\1234\400\777'",
        r"b'\0\777\x41\u0041\N{DASH}'",
        r'"\x41é\U0001F600\N{SNOWMAN}\N{latin small letter a}"',
        '"a\\\nb"',
        '"""a\\\r\nb\r\nc\rd"""',
        r'"\d\8\ "',
        r"r'\d\'\x'",
        r"R'\N{x}'",
        r"u'ä'",
        '"\\ud83d\\ude00"',
        "''''a'''",
        '""',
        "r'''a\\\nb'''",
    ],
)
def test_read(token: str) -> None:
    assert read(token) == evaluated(token)


@pytest.mark.parametrize(
    ("token", "value"),
    [("f'a{{b}}'", b"a{b}"), (r"f'\N{DIGIT ONE}\x7b'", b"1{"), (r"fr'\{{'", b"\\{")],
)
def test_read_formatted(token: str, value: bytes) -> None:
    assert read(token) == value


@pytest.mark.parametrize(
    "token", [r"'\x4'", r"'\u12'", r"'\N{no such name}'", r"'\U00110000'", "ur'a'", "b'é'", "x"]
)
def test_read_refuses_what_python_refuses(token: str) -> None:
    with pytest.raises(LiteralError):
        read(token)


@given(st.text(alphabet=st.sampled_from("\\'\"nxuUN{}01a\n \té\udc80"), max_size=12))
def test_read_equals_the_interpreter(body: str) -> None:
    for style in ('"', "'", '"""', "'''", 'r"', "u'"):
        token = style + body + style.lstrip("ru")
        try:
            tokens = [one.string for one in generate_tokens(StringIO(token).readline)]
            expected = evaluated(token)
        except (SyntaxError, ValueError, TokenError):
            continue
        if tokens[0] == token:  # else there are several strings side by side
            assert read(token) == expected


@given(
    st.text(st.characters(exclude_categories=())),
    st.sampled_from(['"', "'", '"""', "'''", "u'", 'f"', "F'''"]),
)
def test_text_in_every_style(text: str, style: str) -> None:
    value = text.encode("utf-8", "surrogatepass")
    token = spell(value, literal(style)).decode()
    assert token.startswith(style)
    assert read(token) == value
    if "f" not in style.lower():
        assert evaluated(token) == value


@given(st.binary(), st.sampled_from(['b"', "B'''"]))
def test_bytes_in_every_style(value: bytes, style: str) -> None:
    token = spell(value, literal(style, "bytes")).decode()
    assert read(token) == evaluated(token) == value


@given(
    st.text(st.sampled_from("\\'\"a\né\r\0{"), max_size=8),
    st.sampled_from(["r'", 'r"', "r'''", 'R"""', 'fr"']),
)
def test_raw_styles_hold_the_value_or_say_they_cannot(text: str, style: str) -> None:
    try:
        token = spell(text.encode(), literal(style)).decode()
    except RewriteError:
        return
    assert read(token) == text.encode()
    if "f" not in style:
        assert evaluated(token) == text.encode()


@pytest.mark.parametrize(
    "token",
    [
        '"val"',
        "'it\"s'",
        r"'it\'s'",
        '"a\\nb\\tc\\\\d"',
        'r"C:\\dir"',
        '"""two\nlines"""',
        "b'\\x00\\xff'",
        "u'ä'",
        "f'{{x}}'",
    ],
)
def test_canonical_tokens_come_back_as_they_were(token: str) -> None:
    quote = '"""' if '"""' in token else token.rstrip()[-1]
    style = token[: token.index(quote)] + quote
    assert spell(read(token), literal(style)).decode() == token


def test_line_ends_of_the_file_are_kept() -> None:
    assert spell(b"a\nb", literal('"""', "newline:crlf")) == b'"""a\r\nb"""'


def test_adjacent_strings_become_one() -> None:
    assert spell(b"a\\", literal("joined:r'")) == b"'a\\\\'"


def test_formatted_strings_with_fields_have_no_spelling() -> None:
    with pytest.raises(RewriteError):
        spell(b"a", literal('f"', "f-string"))


def test_bytes_need_text_in_a_text_style() -> None:
    with pytest.raises(RewriteError):
        spell(b"\xff", literal('"'))
