"""What stands encoded or packed is matched, and leads back to the bytes it was made from."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
from collections.abc import Callable
from urllib.parse import quote

import pytest

from scanner.decode.limits import Limits, Refused
from scanner.engine.database import load_database
from scanner.engine.decoding import Decoder, Revealed
from scanner.engine.matcher import Matcher
from scanner.engine.triggers import load_triggers


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(Matcher(load_database("medium")), load_triggers())


def only(found: list[Revealed | Refused], value: str) -> Revealed:
    here = [
        one
        for one in found
        if isinstance(one, Revealed) and one.content[one.match[1] : one.match[2]] == value.encode()
    ]
    assert here
    return here[0]


def test_base64(decoder: Decoder, made: Callable[..., str]) -> None:
    value = made("a", 24)
    text = base64.b64encode(f'password = "{value}"'.encode())
    data = b"config: " + text + b"\n"
    one = only(decoder.text(data), value)
    assert one.chain == ("base64",)
    assert value.encode() in base64.b64decode(data[one.start : one.end] + b"==")


def test_nested(decoder: Decoder, made: Callable[..., str]) -> None:
    value = made("b", 24)
    inner = quote(f'password="{value}"', safe="")
    data = b"x: " + base64.b64encode(base64.b64encode(inner.encode())) + b"\n"
    one = only(decoder.text(data), value)
    assert one.chain == ("base64", "base64", "percent")
    assert 3 <= one.start < one.end <= len(data) - 1


def test_container_inside_of_text(decoder: Decoder, made: Callable[..., str]) -> None:
    value = made("c", 24)
    packed = gzip.compress(f"password = '{value}'\n".encode() * 3)
    data = b"blob: " + base64.b64encode(packed) + b"\n"
    one = only(decoder.text(data), value)
    assert one.chain[0] == "base64"
    assert len(one.chain) == 2


def test_member_of_an_archive(decoder: Decoder, made: Callable[..., str]) -> None:
    value = made("d", 24)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("conf/app.env", f"DB_PASSWORD={value}\n")
    one = only(list(decoder.container("zip", stream.getvalue())), value)
    assert (one.chain, one.path, one.start, one.end) == (("conf/app.env",), "conf/app.env", 0, 0)


def test_depth_has_an_end(made: Callable[..., str]) -> None:
    value = made("e", 24)
    data = f'password = "{value}"'.encode()
    for _ in range(3):
        data = base64.b64encode(data)
    shallow = Decoder(Matcher(load_database("medium")), load_triggers(), Limits(depth=2))
    deep = Decoder(Matcher(load_database("medium")), load_triggers(), Limits(depth=3))
    assert not [one for one in shallow.text(b" " + data) if isinstance(one, Revealed)]
    assert only(deep.text(b" " + data), value)


def test_what_cannot_be_opened_is_said(decoder: Decoder) -> None:
    found = list(decoder.container("gzip", gzip.compress(b"x" * 5000)[:-12]))
    assert [one for one in found if isinstance(one, Refused)]


def test_plain_text_is_not_found_again(decoder: Decoder, made: Callable[..., str]) -> None:
    data = f'password = "{made("f", 20)}"  # 100%25 of it\n'.encode()
    assert decoder.text(data) == []
