"""Pictures: comments, Exif, XMP and what somebody appended."""

from __future__ import annotations

import zlib

from support.containers import chunk, make_jpeg, make_png

from scanner.decode.limits import MIB, Budget, Leaf, Limits, Part, Refused, View
from scanner.decode.pictures import members


def parts_of(kind: str, data: bytes) -> list[Part]:
    return list(members(kind, data, Budget(Limits())))


def test_texts_of_a_png() -> None:
    packed = zlib.compress(b"packed")
    data = make_png(
        chunk(b"tEXt", b"Comment\0plain"), chunk(b"zTXt", b"Z\0\0" + packed),
        chunk(b"iTXt", b"I\0\0\0en\0tr\0\xc3\xa9"), chunk(b"iTXt", b"J\0\1\0\0\0" + packed),
        chunk(b"eXIf", b"II*\0" + b"some words\0"), chunk(b"IDAT", b"not a text"), after=b"behind",
    )  # fmt: skip
    assert parts_of("png", data) == [
        View(("tEXt Comment",), b"Comment = plain"),
        View(("zTXt Z",), b"Z = packed"),
        View(("iTXt I",), b"I = \xc3\xa9"),
        View(("iTXt J",), b"J = packed"),
        View(("eXIf",), b"some words"),
        Leaf(("(after the end)",), b"behind"),
    ]


def test_a_zlib_stream_without_its_header() -> None:
    raw = zlib.compress(b"a drawing", wbits=-15)
    assert parts_of("png", make_png(chunk(b"zTXt", b"Z\0\0" + raw))) == [
        View(("zTXt Z",), b"Z = a drawing")
    ]


def test_a_giant_text_is_cut() -> None:
    packed = zlib.compress(bytes(30 * MIB))
    view, refused = parts_of("png", make_png(chunk(b"zTXt", b"Z\0\0" + packed)))
    assert isinstance(view, View)
    assert len(view.data) == len(packed) * 200
    assert refused == Refused(("zTXt Z",), "expands more than 200 times")


def test_damaged_chunks_are_said() -> None:
    data = make_png(chunk(b"zTXt", b"Z\0\0junk"))
    assert parts_of("png", data) == [Refused(("zTXt Z",), "damaged: bad compressed data")]
    for cut in (
        make_png()[:-12] + bytes(3),
        make_png()[:-12] + b"\xff\xff\xff\xffIDATsome",
        make_png()[:-12] + bytes(40),
    ):
        parts = parts_of("png", cut + b"tail of the file")
        assert parts[0] == Refused((), "damaged: no chunk at 33")
        assert parts[1].chain == ("(bytes at 33)",)


def test_segments_of_a_jpeg() -> None:
    data = make_jpeg(
        (0xE0, b"JFIF\0"), (0xFE, b"a comment"), (0xE1, b"Exif\0\0II*\0" + b"some words\0"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"), (0xED, b"Photoshop 3.0\0\1\2other words\0"),
        after=b"behind",
    )  # fmt: skip
    assert parts_of("jpeg", data) == [
        Leaf(("COM",), b"a comment"),
        View(("Exif",), b"some words"),
        View(("XMP",), b"<x:xmpmeta/>"),
        View(("APP13",), b"Photoshop 3.0\nother words"),
        Leaf(("(after the end)",), b"behind"),
    ]


def test_damaged_segments_are_said() -> None:
    assert parts_of("jpeg", b"\xff\xd8\xff\xfe\0\x06text" + b"no segment") == [
        Leaf(("COM",), b"text"),
        Refused((), "damaged: no segment at 10"),
        Leaf(("(bytes at 10)",), b"no segment"),
    ]
    assert parts_of("jpeg", b"\xff\xd8" + b"\xff\xfe\0\0" * 40) == []
    assert parts_of("jpeg", b"\xff\xd8" + b"\xff" * 500) == []
