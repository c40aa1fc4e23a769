"""PDF streams and strings, and office text without its runs."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable

import pytest
from support.containers import make_pdf

from scanner.decode import documents
from scanner.decode.documents import members, run_text, shown_text
from scanner.decode.limits import MIB, Budget, Leaf, Limits, Part, Refused, View

PAGE = b"BT /F1 12 Tf (Hello) Tj 0 -14 Td [(wo) -20 (rl\\144) -300 (\\(x\\))] TJ ET"


def parts_of(data: bytes) -> list[Part]:
    return list(members("pdf", data, Budget(Limits())))


def stream_of(filters: bytes, content: bytes) -> list[Part]:
    return [
        part for part in parts_of(make_pdf((filters, content))) if part.chain[0] == "(stream 1)"
    ]


@pytest.mark.parametrize(
    ("filters", "encode"),
    [
        (b"", lambda raw: raw),
        (b"/FlateDecode", zlib.compress),
        (b"[/Fl]", zlib.compress),
        (b"/ASCIIHexDecode", lambda raw: raw.hex().encode() + b">"),
        (b"[ /ASCII85Decode /FlateDecode ]", lambda raw: base64.a85encode(zlib.compress(raw), wrapcol=60) + b"~>"),
        (b"/RunLengthDecode", lambda raw: bytes([len(raw) - 1]) + raw + b"\x80"),
    ],
)  # fmt: skip
def test_filters(filters: bytes, encode: Callable[[bytes], bytes]) -> None:
    leaf, text = stream_of(filters, encode(PAGE))
    assert leaf == Leaf(("(stream 1)",), PAGE)
    assert text == View(("(stream 1)", "(text)"), b"Hello\nworld (x)")


def test_strings_of_objects(made: Callable[..., str]) -> None:
    value = made("title").encode()
    wide = b"(\xfe\xff" + "\u00e9-word".encode("utf-16-be") + b")"
    data = make_pdf(
        objects=b"9 0 obj << /Title ("
        + value[:9]
        + b"\\\n"
        + value[9:]
        + b") /A "
        + wide
        + b" >> endobj"
    )
    *_, text = parts_of(data)
    assert text == View(("(objects)", "(text)"), value + b"\n" + "\u00e9-word".encode())


def test_bombs_and_towers_of_filters() -> None:
    once = zlib.compress(bytes(64 * MIB))
    leaf, refused = stream_of(b"/FlateDecode", once)
    assert isinstance(leaf, Leaf)
    assert len(leaf.data) == 200 * len(once)
    assert refused == Refused(("(stream 1)",), "expands more than 200 times")
    twice = zlib.compress(once)
    leaf, refused = stream_of(b"[/FlateDecode /FlateDecode]", twice)
    assert isinstance(leaf, Leaf)
    assert len(leaf.data) == MIB
    tower = stream_of(b"[" + b"/FlateDecode " * 5 + b"]", once)
    assert tower == [Refused(("(stream 1)",), "more than 4 filters")]
    runs = stream_of(b"/RunLengthDecode", b"\x81x" * 100_000)
    assert runs[-1] == Refused(("(stream 1)",), "expands more than 200 times") or len(runs) == 1


def test_unknown_filters_and_damage_are_said() -> None:
    assert stream_of(b"/LZWDecode", b"x") == [
        Refused(("(stream 1)",), "filter LZWDecode is not known")
    ]
    assert stream_of(b"/FlateDecode", b"junk") == [
        Refused(("(stream 1)",), "damaged: bad compressed data")
    ]
    assert stream_of(b"/ASCII85Decode", b"\x7f\x7f~>") == [
        Refused(("(stream 1)",), "damaged: bad compressed data")
    ]
    picture = stream_of(b"[/FlateDecode /DCTDecode]", zlib.compress(b"\xff\xd8\xff\xe0"))
    assert picture == [Leaf(("(stream 1)",), b"\xff\xd8\xff\xe0")]


def test_rows_of_a_predictor_are_undone() -> None:
    rows = b"\x00abcd" + b"\x02\x01\x01\x01\x01" + b"\x01a\x01\x01\x01"
    head = b"/FlateDecode /DecodeParms << /Predictor 12 /Columns 4 >>"
    assert stream_of(head, zlib.compress(rows)) == [Leaf(("(stream 1)",), b"abcdbcdeabcd")]


def test_encrypted_documents_are_said() -> None:
    assert parts_of(make_pdf(objects=b"trailer << /Encrypt 5 0 R >>"))[0] == Refused(
        (), "encrypted"
    )


def test_streams_without_an_end_or_in_number() -> None:
    parts = parts_of(b"%PDF-1.4\n1 0 obj << >> stream\nthe rest of the file")
    assert parts[0] == Leaf(("(stream 1)",), b"the rest of the file")
    many = b"%PDF-1.4\n" + b"stream\nendstream\n" * 30
    limited = list(members("pdf", many, Budget(Limits(members=20))))
    assert limited == [Refused((), "more than 20 members")]


def test_text_of_giant_pages_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LONGEST_TEXT", 40)
    page = b"BT (Hello) Tj ET\n" * 10
    leaf, text, refused = stream_of(b"", page)
    assert leaf == Leaf(("(stream 1)",), page)
    assert text == View(("(stream 1)", "(text)"), b"Hello\nHello\nHe")
    assert refused == Refused(("(stream 1)", "(text)"), "pages larger than 40 bytes")


def test_bytes_of_a_picture_show_no_text() -> None:
    assert len(stream_of(b"", bytes(range(256)) * 9 + b"(a) Tj")) == 1


def test_shown_text() -> None:
    assert shown_text(b"no text here") == b""
    assert shown_text(b"(never closed") == b"never closed"
    assert (
        shown_text(b"<48656c6c6f> Tj (\\050a\\051) ' (nested (pair)) Tj")
        == b"Hello(a)\nnested (pair)"
    )
    # Python before 3.11.4 backtracks in what should be possessive: then the parentheses are shown.
    assert shown_text(b"(" * 5000).strip(b"(") == b""
    assert len(shown_text(b"(\\" * 50_000)) > 49_000


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        (b"<w:p><w:r><w:t>ab</w:t></w:r><w:r><w:t xml:space='preserve'>cd</w:t></w:r></w:p><w:p><w:t>e</w:t></w:p>", b"abcd\ne"),
        (b"<a:p><a:r><a:t>ab</a:t></a:r><a:r><a:t>cd</a:t></a:r></a:p>", b"abcd"),
        (b"<sst><si><r><t>ab</t></r><r><t>cd</t></r></si><si><t>e</t></si></sst>", b"abcd\ne"),
        (b"<text:p>ab<text:span>cd</text:span></text:p><text:p>a&amp;b&#x41;</text:p>", b"abcd\na&bA"),
        (b"<w:tbl><w:tc><w:t>key</w:t></w:tc><w:tc><w:t>value</w:t></w:tc></w:tbl>", b"key\tvalue"),
        (b"<w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t>", b"a\nb\tc"),
        (b"<project><name>x</name></project>", None),
        (b"<w:t></w:t>", None),
    ],
)  # fmt: skip
def test_runs_are_joined(xml: bytes, text: bytes | None) -> None:
    assert run_text(xml) == text
