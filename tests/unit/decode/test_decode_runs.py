"""Base64 and hexadecimal runs: where they begin and end, and what is dropped."""

from __future__ import annotations

import base64
import gzip
import hashlib

import pytest

from scanner.decode.runs import runs
from scanner.decode.spans import Encoded

TEXT = b"name = value, and so on for a while; name2 = value2"


def base64_at(data: bytes, run: bytes, grouped: int = 12) -> list[Encoded]:
    return runs("base64", data, [(data.index(run) + 12, grouped)])


def test_padding_belongs_to_the_run() -> None:
    for text in (TEXT, TEXT + b"1", TEXT + b"12"):
        run = base64.b64encode(text)
        data = b"<" + run + b">"
        (one,) = base64_at(data, run)
        assert (one.start, one.end, one.data) == (1, 1 + len(run), text)


def test_a_prefix_of_the_same_characters_is_left_out() -> None:
    run = base64.b64encode(TEXT).rstrip(b"=")
    data = b"some/path/" + run
    (one,) = base64_at(data, run)
    assert (one.start, one.data) == (10, TEXT)


def test_lines_with_indentation_are_one_run() -> None:
    whole = base64.b64encode(TEXT * 4)
    lines = [whole[at : at + 64] for at in range(0, len(whole), 64)]
    data = b"key: |\n" + b"".join(b"    " + line + b"\r\n" for line in lines) + b"other: text\n"
    for line in lines:
        (one,) = base64_at(data, line)
        assert one.data == TEXT * 4
        assert data[one.start : one.end].split() == lines
    low = len(TEXT) * 2
    assert base64.b64decode(b"".join(data[slice(*one.back(low, low + 20))].split())).find(
        one.data[low : low + 20]
    ) in (0, 1, 2)


def test_lines_written_as_escapes_are_one_run() -> None:
    whole = base64.b64encode(TEXT * 3)
    lines = [whole[at : at + 76] for at in range(0, len(whole), 76)]
    data = b'{"k": "' + rb"\n".join(lines) + b'"}'
    (one,) = base64_at(data, lines[1])
    assert one.data == b'k": "' + TEXT * 3 + b'"'


def test_values_of_a_mapping_are_runs_of_their_own() -> None:
    first, second = base64.b64encode(b"x" * 24), base64.b64encode(b"y" * 12)
    data = b"a: " + first + b"\nb: " + second + b"\nc: d\n"
    (one,) = base64_at(data, first)
    (two,) = base64_at(data, second)
    assert (one.data, two.data) == (b"a: " + b"x" * 24, b"b: " + b"y" * 12)


@pytest.mark.parametrize(
    ("before", "after", "view"),
    [
        (b"  password: ", b"\n", b"password: "),
        (b'let token = "', b'";', b'token = "'),
        (b'{"db.key":"', b'"}', b'db.key":"'),
        (b"token: !!binary ", b"\n", b"token: !!binary "),
        (b"plain words ", b"\n", b""),
    ],
)
def test_the_name_of_a_value_is_in_the_decoded_text(
    before: bytes, after: bytes, view: bytes
) -> None:
    run = base64.b64encode(b"marker, 16 bytes")
    data = before + run + after
    (one,) = base64_at(data, run)
    assert one.data.removesuffix(b'"') == view + b"marker, 16 bytes"
    assert not one.touches(0, len(view))
    assert one.back(0, 1) == (
        (one.start, one.start + 4) if not view else (len(before) - len(view),) * 2
    ) or one.back(0, 1) == (len(before) - len(view), len(before) - len(view) + 1)
    assert one.back(len(view), len(view) + 16) == (one.start, one.end)


def test_short_values_need_a_name() -> None:
    run = base64.b64encode(b"abc123")
    assert runs("base64", b"say " + run + b" ", [(4 + len(run), 8)]) == []
    (one,) = runs("base64", b"key: " + run + b"\n", [(6 + len(run), 8)])
    assert one.data == b"key: abc123"


def test_digests_are_dropped() -> None:
    digest = hashlib.sha512(b"1").digest()
    run = base64.b64encode(digest)
    assert base64_at(b" " + run, run) == []
    hexed = hashlib.sha512(b"1").hexdigest().encode()
    assert runs("hex", b" " + hexed, [(25, 24)]) == []


def test_containers_are_kept() -> None:
    packed = gzip.compress(TEXT, mtime=0)
    run = base64.b64encode(packed)
    (one,) = runs("base64", b'"' + run + b'"', [(7, 6)])
    assert one.data == packed
    (one,) = runs("hex", b'"' + packed.hex().encode() + b'"', [(9, 8)])
    assert one.data == packed


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_read(encoding: str) -> None:
    run = base64.b64encode("name = value, encoded".encode(encoding))
    (named,) = base64_at(b"key: " + run, run)
    assert named.data == b"key: name = value, encoded"
    (one,) = base64_at(b" " + run, run)
    assert one.data == b"name = value, encoded"
    assert one.back(0, len(one.data)) == (one.start, one.end)
    assert one.back(0, 3) == (1, 9)


def test_groups_hold_the_bytes() -> None:
    run = base64.b64encode(TEXT)
    (one,) = base64_at(b" " + run, run)
    assert one.back(3, 9) == (5, 13)
    assert one.back(4, 5) == (5, 9)
    assert one.back(0, len(TEXT)) == (1, 1 + len(run))


def test_hex_spans_are_exact() -> None:
    data = b"0x" + TEXT.hex().encode() + b";"
    (one,) = runs("hex", data, [(26, 24)])
    assert one.data == TEXT
    assert one.back(4, 6) == (10, 14)
    assert (one.start, one.end) == (2, len(data) - 1)


def test_an_odd_hex_digit_is_left_out() -> None:
    data = b" " + TEXT.hex().encode() + b"7 "
    (one,) = runs("hex", data, [(25, 24)])
    assert one.data == TEXT
