import json
import random
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from scanner.references.masking import MASK, Masker

VALUE = b"".join([b"Corr3ct", b"/Horse+", b'"Battery"'])


def whole(values, data):
    masker = Masker(values)
    return masker.feed(data) + masker.finish()


def test_a_value_is_hidden():
    assert whole([VALUE], b"a " + VALUE + b" b") == b"a " + MASK + b" b"
    assert whole([], b"abc") == b"abc"


@pytest.mark.parametrize(
    "spelled",
    [
        quote(VALUE, safe="").encode(),
        json.dumps(VALUE.decode()).encode()[1:-1],
        VALUE + b"\n",
    ],
)
def test_other_spellings(spelled):
    assert whole([VALUE], b"<" + spelled + b">").startswith(b"<" + MASK)
    assert b"Horse" not in whole([VALUE], b"<" + spelled + b">")


@pytest.mark.parametrize("around", [b"", b"x", b"xy", b"user:"])
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_base64_at_every_alignment(around, encode):
    shown = whole([VALUE], encode(around + VALUE + b"tail of it"))
    core = encode(VALUE)[4:16]
    assert MASK in shown
    assert core not in shown


def test_each_line_of_a_key_is_hidden():
    key = b"-----BEGIN-----\nfirstlinehere\nsecondlinehere\n-----END-----\n"
    assert b"linehere" not in whole([key], b"  firstlinehere\n  secondlinehere\n")


def test_short_values_would_hide_words():
    assert whole([b"abc", b"", b"  \n"], b"abc") == b"abc"


def test_pieces_make_no_difference():
    rng = random.Random(7)
    values = [b"abcd", b"abcdef", b"defgh", b"cdab", b"aaaa", b"hhhhhhhh"]
    for _ in range(300):
        data = bytes(rng.choice(b"abcdefgh") for _ in range(60))
        for value in rng.sample(values, 3):
            at = rng.randrange(60)
            data = data[:at] + value + data[at:]
        expected = whole(values, data)
        masker, shown, at = Masker(values), b"", 0
        while at < len(data):
            size = rng.randrange(1, 6)
            shown += masker.feed(data[at : at + size])
            at += size
        assert shown + masker.finish() == expected
        assert not any(value in expected for value in values)


def test_overlapping_values_leave_no_tail():
    assert whole([b"abcdX", b"Xyzw"], b"1abcdXyzw2") == b"1" + MASK + b"2"


def test_a_prompt_is_not_held_back():
    masker = Masker([VALUE])
    assert masker.feed(b"continue? ") == b"continue? "
    assert masker.feed(VALUE[:4]) == b""
    assert masker.feed(b"no") == VALUE[:4] + b"no"
