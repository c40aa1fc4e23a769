"""However a text is encoded and wherever it stands, it is found, and found again in any piece."""

from __future__ import annotations

import base64
import html
import quopri
import random
from collections.abc import Callable

import hyperscan
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.decode.encodings import GUARD, TRIGGERS, WIDTH, Encoded, encoded

CALM = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SEEDS = st.integers(0, 2**32)
TEXTS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60)
TRICKY = st.sampled_from(
    [
        " ",
        "\n",
        '"',
        "'",
        "=",
        "/",
        "%",
        "\\",
        "&",
        ";",
        "+",
        "a",
        "Zz9",
        "words here ",
        "\u4e2d",
        "\0",
    ]
)
AROUND = st.lists(TRICKY, max_size=12).map(lambda parts: "".join(parts).encode())
DATABASE = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
DATABASE.compile(
    expressions=[trigger.expression.encode() for trigger in TRIGGERS],
    ids=list(range(len(TRIGGERS))),
    elements=len(TRIGGERS),
    flags=[hyperscan.HS_FLAG_DOTALL] * len(TRIGGERS),
)


def hits(data: bytes) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    if data:
        DATABASE.scan(
            data, match_event_handler=lambda number, _s, end, _f, _c: found.append((number, end))
        )
    return found


def facts(one: Encoded) -> tuple[str, int, int, bytes]:
    return one.kind, one.start, one.end, one.data


def word(seed: int, size: int = 24) -> str:
    return "".join(random.Random(seed).choices(LETTERS, k=size))


def wrapped(text: bytes, width: int = 76, indent: bytes = b"    ") -> bytes:
    whole = base64.b64encode(text)
    parts = [whole[at : at + width] for at in range(0, len(whole), width)]
    return b"|\n" + b"\n".join(indent + part for part in parts) + b"\n"


def escaped(form: str) -> Callable[[bytes], bytes]:
    return lambda text: "".join(form.format(byte) for byte in text).encode()


def split(glue: str) -> Callable[[bytes], bytes]:
    def spell(text: bytes) -> bytes:
        parts = [text[at : at + 5].decode() for at in range(0, len(text), 5)]
        return ('"' + glue.join(parts) + '"').encode()

    return spell


WHOLE: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "url-safe, without padding": lambda text: base64.urlsafe_b64encode(text).rstrip(b"="),
    "base64 in lines": wrapped,
    "base64 in short lines": lambda text: wrapped(text, 64, b"\t"),
    "hex": lambda text: text.hex().encode(),
    "upper-case hex": lambda text: b"0x" + text.hex().upper().encode(),
    "base64 of UTF-16": lambda text: base64.b64encode(text.decode().encode("utf-16-le")),
}
SPELLED: dict[str, Callable[[bytes], bytes]] = {
    "percent": escaped("%{:02X}"),
    "unicode escapes": escaped("\\u{:04x}"),
    "braced escapes": escaped("\\u{{{:x}}}"),
    "byte escapes": escaped("\\x{:02x}"),
    "octal escapes": escaped("\\{:03o}"),
    "decimal entities": escaped("&#{};"),
    "hexadecimal entities": escaped("&#x{:x};"),
}
JOINED: dict[str, Callable[[bytes], bytes]] = {
    "plus": split('" + "'),
    "tight plus": split('"+"'),
    "plus over lines": split('" +\n      "'),
    "plus first": split('"\n      + "'),
    "dot": split('" . "'),
    "ampersand": split('" & "'),
    "tilde": split('" ~ "'),
    "adjacent": split('" "'),
    "adjacent over lines": split('"\n      "'),
    "backslash between": split('" \\\n      "'),
    "bytes": split('" + b"'),
    "continued": split("\\\n"),
}


@pytest.mark.parametrize("name", WHOLE)
@CALM
@given(seed=SEEDS, before=TEXTS, after=TEXTS, left=AROUND, right=AROUND)
def test_a_whole_text_is_found(
    name: str, seed: int, before: str, after: str, left: bytes, right: bytes
) -> None:
    planted = word(seed).encode()
    text = before.encode() + planted + after.encode()
    spelled = WHOLE[name](text)
    data = left + b"\nvalue: " + spelled + b"\n" + right
    start = data.index(spelled)
    for one in encoded(data, hits(data)):
        low = one.data.find(planted)
        if low >= 0 and start <= one.start < start + len(spelled):
            first, end = one.back(low, low + len(planted))
            assert one.touches(low, low + len(planted))
            assert _holds(data[first:end], planted)
            assert end - first <= 4 * len(planted) + 200
            return
    pytest.fail("not found")


def _holds(text: bytes, planted: bytes) -> bool:
    plain = b"".join(text.split())
    if len(plain) % 2 == 0 and all(c in b"0123456789abcdefABCDEF" for c in plain):
        return planted in bytes.fromhex(plain.decode())
    raw = base64.b64decode(
        plain + b"=" * (-len(plain) % 4), altchars=b"-_" if b"-" in plain or b"_" in plain else None
    )
    return planted in raw.replace(b"\0", b"")


@pytest.mark.parametrize("name", SPELLED)
@CALM
@given(seed=SEEDS, left=AROUND, right=AROUND)
def test_escapes_go_back_to_their_spelling(name: str, seed: int, left: bytes, right: bytes) -> None:
    planted = word(seed).encode()
    spelled = SPELLED[name](planted)
    data = left + b'\nkey = "' + spelled + b'"\n' + right
    start = data.index(spelled)
    found = [one for one in encoded(data, hits(data)) if b'key = "' + planted in one.data]
    assert found
    low = found[0].data.index(b'key = "' + planted)
    assert found[0].back(low + 7, low + 7 + len(planted)) == (start, start + len(spelled))
    assert found[0].touches(low + 7, low + 7 + len(planted))
    assert not found[0].touches(low, low + 7)
    assert found[0].back(low, low + 7) == (start - 7, start)


@pytest.mark.parametrize("name", JOINED)
@CALM
@given(seed=SEEDS, left=AROUND, right=AROUND)
def test_joined_literals_read_as_one(name: str, seed: int, left: bytes, right: bytes) -> None:
    planted = word(seed).encode()
    spelled = JOINED[name](planted)
    data = left + b"\nkey = (" + spelled + b")\n" + right
    start = data.index(spelled)
    found = [one for one in encoded(data, hits(data)) if planted in one.data]
    assert found
    low = found[0].data.index(planted)
    assert b"key = (" in found[0].data
    assert found[0].back(low, low + len(planted)) == (start + 1, start + len(spelled) - 1)
    assert found[0].touches(low, low + len(planted))
    assert not found[0].touches(low, low + 2)


@CALM
@given(seed=SEEDS, before=TEXTS, left=AROUND)
def test_quoted_printable_lines_are_joined(seed: int, before: str, left: bytes) -> None:
    planted = word(seed, 40).encode()
    text = b"token=" + planted + b" " + before.encode() + b"=" + planted[::-1]
    spelled = quopri.encodestring(text)
    data = left + b"\n" + spelled + b"\n"
    found = [one for one in encoded(data, hits(data)) if b"token=" + planted in one.data]
    assert found
    low = found[0].data.index(planted)
    first, end = found[0].back(low, low + len(planted))
    assert quopri.decodestring(data[first:end]) == planted


@CALM
@given(seed=SEEDS)
def test_json_inside_an_attribute(seed: int) -> None:
    planted = word(seed)
    data = ('<a data="' + html.escape('{"key":"' + planted + '"}') + '">').encode()
    found = [one for one in encoded(data, hits(data)) if f'"key":"{planted}"'.encode() in one.data]
    assert found


def pieces(random_: random.Random) -> bytes:
    """Content of every kind, some of it far apart."""
    every = [*WHOLE.values(), *SPELLED.values(), *JOINED.values(), quopri.encodestring]
    parts = []
    for _ in range(random_.randrange(1, 9)):
        text = "".join(random_.choices(LETTERS + " =\"':", k=random_.randrange(8, 400))).encode()
        parts.append(random_.choice([b"x = ", b"\n", b"", b"path/to/", b'"', b"a: "]))
        parts.append(random_.choice(every)(text))
        filler = random_.choice(
            [b"\n", b"some plain words; ", b"x", b"AAAA", b"\n" + b"QUJD" * 16 + b"\n"]
        )
        parts.append(filler * random_.choice([0, 1, 2, 300, 900]))
    return b"".join(parts)


@settings(CALM, max_examples=60)
@given(seed=SEEDS)
def test_each_result_depends_on_its_neighbourhood_alone(seed: int) -> None:
    random_ = random.Random(seed)
    data = pieces(random_)
    found = encoded(data, hits(data))
    for one in random_.sample(found, min(len(found), 12)):
        base = max(0, one.start - GUARD)
        part = data[base : one.end + GUARD]
        again = {facts(other): other for other in encoded(part, hits(part))}
        same = again.get((one.kind, one.start - base, one.end - base, one.data))
        assert same is not None
        for low in range(0, len(one.data), 1 + len(one.data) // 7):
            start, end = one.back(low, low + 1)
            assert same.back(low, low + 1) == (start - base, end - base)
            assert 0 <= start <= end <= len(data)


@CALM
@given(seed=SEEDS)
def test_order_and_repetition_of_hits_do_not_matter(seed: int) -> None:
    random_ = random.Random(seed)
    data = pieces(random_)
    all_hits = hits(data)
    shuffled = all_hits * 2
    random_.shuffle(shuffled)
    assert [facts(one) for one in encoded(data, shuffled)] == [
        facts(one) for one in encoded(data, all_hits)
    ]


@settings(CALM, max_examples=40)
@given(seed=SEEDS)
def test_no_match_of_a_trigger_is_wider_than_it_says(seed: int) -> None:
    data = pieces(random.Random(seed))
    every = hits(data)
    for number, end in every[:: 1 + len(every) // 50]:
        base = max(0, end - TRIGGERS[number].width)
        assert (number, end - base) in hits(data[base:end])
    assert max(trigger.width for trigger in TRIGGERS) == WIDTH


@CALM
@given(data=st.binary(max_size=400), ends=st.lists(st.integers(0, 400), max_size=20))
def test_any_bytes_and_any_hits_are_safe(data: bytes, ends: list[int]) -> None:
    for number in range(len(TRIGGERS)):
        for one in encoded(data, [(number, min(end, len(data))) for end in ends]):
            for low in range(len(one.data)):
                start, end = one.back(low, low + 1)
                assert 0 <= start <= end <= len(data)
