"""What each escape means, and which lines are decoded together."""

from __future__ import annotations

import pytest

from scanner.decode.escapes import REACH, views


def texts(kind: str, data: bytes, *ends: int) -> list[bytes]:
    return [one.data for one in views(kind, data, list(ends))]


@pytest.mark.parametrize(
    ("kind", "text", "decoded"),
    [
        ("percent", b"a%3Db%2fc%zz%4", b"a=b/c%zz%4"),
        ("backslash", rb"\u0041\x42\103\"\/\\", b'ABC"/\\'),
        ("backslash", rb"\ud83d\ude00 \u00e9 \u{1F600}", "\U0001f600 \u00e9 \U0001f600".encode()),
        ("backslash", rb"\ud83d \u{110000} A", rb"\ud83d \u{110000} A"[:0]),
        ("backslash", rb"a\nb\tc\q", b"a\nb\tc\\q"),
        ("backslash", rb"\\u0041", rb"\u0041"),
        ("html", b"&quot;&amp;&lt;&gt;&apos;&#65;&#x42;&nope;&#xD800;", b"\"&<>'AB&nope;&#xD800;"),
        ("quoted-printable", b"a=3Db=\r\nc=\nd", b"a=bcd"),
        ("hex list", b"{0x41, 0x42,\n  0X43u, 0x44}", b"{ABCD}"),
        ("continued", b"ab\\\ncd\\\r\n  ef", b"abcdef"),
    ],
)
def test_units(kind: str, text: bytes, decoded: bytes) -> None:
    found = texts(kind, text, *range(1, len(text) + 1))
    assert found == ([decoded] if decoded else [])


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        (b'"ab" + "cd"', b'"abcd"'),
        (b"'ab' . 'cd'", b"'abcd'"),
        (b'"ab" & "cd"', b'"abcd"'),
        (b"'ab' ~ 'cd'", b"'abcd'"),
        (b'"ab"  "cd"', b'"abcd"'),
        (b'"ab" +\n    "cd"', b'"abcd"'),
        (b'"ab"\n  + "cd"', b'"abcd"'),
        (b'"ab"\r\n\t"cd"', b'"abcd"'),
        (b'"ab" \\\n  "cd"', b'"abcd"'),
        (b"'ab' + b'cd'", b"'abcd'"),
        (b"'ab' + \"cd\"", b"'abcd\""),
    ],
)
def test_joins(text: bytes, decoded: bytes) -> None:
    assert texts("joined", b"k = " + text + b"\nz", 8) == [b"k = " + decoded]


@pytest.mark.parametrize(
    "text",
    [
        b'"ab", "cd"',
        b'"a message " + "in parts"',
        b'"ab"\n"cd"',
        b'["", "x"]',
        b'"""text"""',
        b"x = ''abc",
        b'"ab" + cd',
        b'f("ab") + "cd"',
    ],
)
def test_what_is_no_join(text: bytes) -> None:
    joined = texts("joined", b"k = " + text + b"\nz", *range(4, 4 + len(text)))
    assert not any(b"abcd" in one or b"partsin" in one or b"''" in one for one in joined)
    if text != b'"ab"\n"cd"':
        assert joined == []


def test_a_whole_line_is_decoded_and_no_other() -> None:
    data = b"first%41\nname = p%40ss%21 # more\nlast%41\n"
    hit = data.index(b"%40") + 3
    (one,) = views("percent", data, [hit])
    assert one.data == b"name = p@ss! # more"
    assert (one.start, one.end) == (9, 32)
    low = one.data.index(b"p@ss!")
    assert data[slice(*one.back(low, low + 5))] == b"p%40ss%21"


def test_lines_next_to_each_other_are_one_view() -> None:
    data = b"a%41\nb%42\nc\n"
    (one,) = views("percent", data, [4, 9])
    assert one.data == b"aA\nbB"


def test_of_a_long_line_the_neighbourhood_is_decoded() -> None:
    data = b"x" * 5000 + b"%41" + b"y" * 5000
    (one,) = views("percent", data, [5003])
    assert (one.start, one.end) == (5003 - REACH, 5003 + REACH)
    assert len(one.data) == 2 * REACH - 2
