"""Containers of every kind, made by hand or with the standard library, for the tests of decode."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import sqlite3
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping


def make_zip(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return made.getvalue()


def make_tar(members: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


def make_ar(members: Mapping[str, bytes]) -> bytes:
    made = b"!<arch>\n"
    for name, content in members.items():
        made += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (
            name.encode() + b"/",
            0,
            0,
            0,
            b"100644",
            len(content),
        )
        made += content + b"\n" * (len(content) % 2)
    return made


def make_cpio(members: Mapping[str, bytes]) -> bytes:
    made = b""
    for name, content in [*members.items(), ("TRAILER!!!", b"")]:
        raw = name.encode() + b"\0"
        fields = (1, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(raw), 0)
        made += b"070701" + b"".join(b"%08x" % n for n in fields) + raw
        made += b"\0" * (-len(made) % 4) + content
        made += b"\0" * (-len(made) % 4)
    return made


def make_rpm(payload: bytes) -> bytes:
    store = b"name\0words\0"
    header = b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">2I", 1, len(store)) + bytes(16) + store
    return (
        b"\xed\xab\xee\xdb\x03\x00"
        + bytes(90)
        + header
        + b"\0" * (-len(header) % 8)
        + header
        + payload
    )


def make_sqlite(script: str, rows: Mapping[str, list[tuple[object, ...]]]) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA secure_delete=OFF")
    connection.executescript(script)
    for table, values in rows.items():
        for value in values:
            connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(value))})", value)
    connection.commit()
    return connection.serialize()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def make_png(*chunks: bytes, after: bytes = b"") -> bytes:
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0))
    return head + b"".join(chunks) + chunk(b"IEND", b"") + after


def make_jpeg(*segments: tuple[int, bytes], after: bytes = b"") -> bytes:
    body = b"".join(
        struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
        for marker, content in segments
    )
    return b"\xff\xd8" + body + b"\xff\xda\x00\x02scan\xff\x00scan\xff\xd0scan\xff\xd9" + after


def make_pdf(*streams: tuple[bytes, bytes], objects: bytes = b"") -> bytes:
    """Streams are pairs: what stands after /Filter (b"" for none), encoded bytes."""
    made = b"%PDF-1.7\n"
    for number, (filters, content) in enumerate(streams, 1):
        named = b" /Filter " + filters if filters else b""
        made += b"%d 0 obj\n<< /Length %d%s >>\nstream\n" % (number, len(content), named)
        made += content + b"\nendstream\nendobj\n"
    return made + objects + b"\ntrailer << >>\n%%EOF\n"


def make_notebook(source: str, *outputs: dict[str, object]) -> bytes:
    cell = {"cell_type": "code", "metadata": {}, "source": source.splitlines(keepends=True)}
    cell["outputs"] = list(outputs)
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}).encode()


def make_class(*texts: bytes) -> bytes:
    pool = b"\x05" + bytes(8) + b"".join(b"\x01" + struct.pack(">H", len(t)) + t for t in texts)
    return b"\xca\xfe\xba\xbe\0\0\0\x34" + struct.pack(">H", len(texts) + 3) + pool


def make_elf(*texts: bytes) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + b"\xf3\x0f\x1e\xfa" + b"\0".join((b"", *texts, b""))


def make_pyc(source: str) -> bytes:
    import importlib.util
    import marshal

    code = compile(source, "made.py", "exec")
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def every_kind(text: bytes) -> dict[str, bytes]:
    """A container of each kind of which `text` (printable ASCII, no quotes) comes out again."""
    word = text.decode()
    old: Callable[[bytes], bytes] = lambda raw: lzma.compress(raw, lzma.FORMAT_ALONE)  # noqa: E731
    shown = zlib.compress(b"BT (" + text + b") Tj ET")
    return {
        "zip": make_zip({"word/document.xml": b"<w:t>" + text + b"</w:t>", "b": b"other"}),
        "tar": make_tar({"a/b.txt": text, "n" * 120: b"other"}),
        "gzip": gzip.compress(text, mtime=0),
        "bzip2": bz2.compress(text),
        "xz": lzma.compress(text),
        "lzma": old(text),
        "ar": make_ar({"control": text, "x": b"other"}),
        "cpio": make_cpio({"etc/a": text, "etc/b": b"other"}),
        "rpm": make_rpm(gzip.compress(make_cpio({"etc/a": text}), mtime=0)),
        "sqlite": make_sqlite("CREATE TABLE t (name, value)", {"t": [("one", word)]}),
        "notebook": make_notebook(f"key = {word}", {"output_type": "stream", "text": [word]}),
        "pyc": make_pyc(f"key = '{word}'"),
        "class": make_class(b"Code", text),
        "elf": make_elf(b"main.c", text),
        "macho": b"\xcf\xfa\xed\xfe" + make_elf(text)[4:],
        "pe": b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(40) + text + b"\0",
        "dex": b"dex\n035\0" + bytes(40) + text + b"\0",
        "wasm": b"\0asm\1\0\0\0" + bytes(40) + text + b"\0",
        "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(504)
        + word.encode("utf-16-le")
        + b"\0\0",
        "png": make_png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text))),
        "jpeg": make_jpeg((0xFE, text)),
        "pdf": make_pdf((b"[/ASCII85Decode /FlateDecode]", base64.a85encode(shown) + b"~>")),
    }
