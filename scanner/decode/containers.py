"""Which kind of container content is, by its first bytes, and which module opens that kind."""

from __future__ import annotations

HEAD = 512  # bytes of a file that are enough to tell

_HERE = "scanner.decode."

# kind -> module with `members(kind, data, budget)`; see limits.Members.
MODULES = {
    "zip": _HERE + "archives",
    "tar": _HERE + "archives",
    "gzip": _HERE + "compressed",
    "bzip2": _HERE + "compressed",
    "xz": _HERE + "compressed",
    "lzma": _HERE + "compressed",
    "zstd": _HERE + "compressed",
    "ar": _HERE + "packages",
    "cpio": _HERE + "packages",
    "rpm": _HERE + "packages",
    "sqlite": _HERE + "sqlite",
    "notebook": _HERE + "notebooks",
    "pyc": _HERE + "bytecode",
    "class": _HERE + "binaries",
    "elf": _HERE + "binaries",
    "pe": _HERE + "binaries",
    "macho": _HERE + "binaries",
    "dex": _HERE + "binaries",
    "wasm": _HERE + "binaries",
    "ole": _HERE + "binaries",
    "png": _HERE + "pictures",
    "jpeg": _HERE + "pictures",
    "pdf": _HERE + "documents",
    "7z": _HERE + "compressed",
    "rar": _HERE + "compressed",
    "lz4": _HERE + "compressed",
    "compress": _HERE + "compressed",
    "lzip": _HERE + "compressed",
}

STREAMS = frozenset(("gzip", "bzip2", "xz", "lzma", "zstd"))  # one nameless stream inside
ROLLS = frozenset(("tar", "cpio"))  # archives that usually stand inside such a stream
UNREAD = frozenset(("7z", "rar", "lz4", "compress", "lzip"))  # known, but nothing here reads them

# (magic, kind) by first byte, so that text costs one look-up. Signatures:
# https://www.iana.org/assignments/media-types and each format's own specification.
_MAGIC: dict[int, tuple[tuple[bytes, str], ...]] = {}
for _magic, _kind in (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08PK\x03\x04", "zip"),  # one part of a spanned archive that has only one part
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x1f\x9d", "compress"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x5d\x00\x00", "lzma"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"!<arch>\n", "ar"),
    (b"070701", "cpio"),
    (b"070702", "cpio"),
    (b"070707", "cpio"),
    (b"\xed\xab\xee\xdb", "rpm"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"{", "notebook"),
    (b"\xca\xfe\xba\xbe", "class"),
    (b"\xcf\xfa\xed\xfe", "macho"),
    (b"\xce\xfa\xed\xfe", "macho"),
    (b"\xfe\xed\xfa\xcf", "macho"),
    (b"\xfe\xed\xfa\xce", "macho"),
    (b"\x7fELF", "elf"),
    (b"MZ", "pe"),
    (b"dex\n0", "dex"),
    (b"\x00asm\x01\x00\x00\x00", "wasm"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"%PDF-", "pdf"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"LZIP\x01", "lzip"),
    (b"#!", "zip"),
    (b"\xef\xbb\xbf{", "notebook"),
):
    _MAGIC[_magic[0]] = (*_MAGIC.get(_magic[0], ()), (_magic, _kind))

# Leading spaces may stand before the brace of a notebook and before the header of a PDF.
_SPACES = frozenset(b" \t\r\n")

_PYTHON_2 = range(60_000, 63_000)
_PYTHON_3 = range(3_000, 5_000)


def container_of(head: bytes, size: int, path: str = "") -> str | None:
    """The kind of container (a key of MODULES), or None for content to scan as it is.

    head: the first HEAD bytes, or all of shorter content; size: bytes of the whole; path: only its
    suffix counts, and only where a format has no magic. Cheap for ordinary text.
    """
    if size < 8 or not head:
        return None
    first = head[0]
    for magic, kind in _MAGIC.get(first, ()):
        if head.startswith(magic):
            found = _confirmed(kind, head, size, path)
            if found:
                return found
    if head[257:262] == b"ustar":
        return "tar"
    if head[2:4] == b"\r\n" and _is_pyc(head):
        return "pyc"
    if first in _SPACES or path.endswith((".tar", ".pdf")):
        return _by_suffix(head, path)
    return None


def _confirmed(kind: str, head: bytes, size: int, path: str) -> str | None:
    """The kind, when what follows a short or ambiguous magic fits it."""
    sure = True
    if kind == "notebook":
        sure = path.endswith(".ipynb") or b'"cell_type"' in head or b'"nbformat"' in head
    elif kind == "bzip2":
        sure = head[3:4] in b"123456789" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90")
    elif kind == "pe":
        sure = _is_pe(head, size)
    elif kind == "class":
        # a fat Mach-O file has its number of architectures there
        return "class" if int.from_bytes(head[6:8], "big") >= 45 else "macho"
    elif kind == "lzma":
        length = int.from_bytes(head[5:13], "little")
        sure = len(head) > 13 and head[13] == 0 and (length == (1 << 64) - 1 or length < 1 << 40)
    elif kind == "cpio":
        sure = _is_cpio(head)
    elif kind == "gzip":
        sure = size >= 18 and len(head) > 3 and head[3] < 0x20
    elif kind == "zip" and head.startswith(b"#!"):
        sure = b"PK\x03\x04" in head  # a Python zip application
    return kind if sure else None


def _is_pe(head: bytes, size: int) -> bool:
    at = int.from_bytes(head[60:64], "little")
    if 64 <= at <= len(head) - 4:
        return head[at : at + 4] == b"PE\x00\x00"
    return 64 <= at < size and b"\x00" in head[:64]


def _is_cpio(head: bytes) -> bool:
    number = head[6:76] if head.startswith(b"070707") else head[6:110]
    return len(number) >= 70 and number.isalnum()


def _is_pyc(head: bytes) -> bool:
    """Whether the number before CR LF is Python's and a code object follows one of its headers."""
    magic = int.from_bytes(head[:2], "little")
    if magic in _PYTHON_2:
        return head[8:9] in (b"c", b"\xe3")
    if magic not in _PYTHON_3:
        return False
    return any(head[at : at + 1] in (b"c", b"\xe3") for at in (16, 12, 8))


def _by_suffix(head: bytes, path: str) -> str | None:
    if path.endswith(".tar") and _is_old_tar(head):
        return "tar"
    if path.endswith(".pdf") and b"%PDF-" in head:
        return "pdf"
    return _confirmed("notebook", head, 0, path) if head.lstrip()[:1] == b"{" else None


def _is_old_tar(head: bytes) -> bool:
    """Whether the checksum of a header before POSIX fits."""
    try:
        given = int(head[148:156].strip(b"\x00 "), 8)
    except ValueError:
        return False
    return given == sum(head[:148]) + 8 * 32 + sum(head[156:512])
