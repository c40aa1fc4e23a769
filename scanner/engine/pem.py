"""PEM blocks and their kin: whether a private key opens, and what a block is that does not.

A block that parses is sure. One with a body like a key's that does not parse is still reported, a
step lower: a letter changed by hand, or by whoever shortened it for a test, makes no key harmless.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from functools import lru_cache

from scanner.engine.example_keys import armor, private_key
from scanner.model import Confidence

_JOINT = re.compile(rb"[\"'`][ \t]*[+.,&]?[ \t]*\\?\r?\n[ \t]*(?:[+.&][ \t]*)?[\"'`]")
_ARMOR_NOISE = re.compile(rb"\\[nrt\\]|[\s\"'`,;]|^[ \t]*[#>|*]", re.MULTILINE)
_FRAME = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 ]{0,40}?)-----")
_HEADERS = re.compile(
    rb"(?:^|\\n|\n)[ \t\"'#]*(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID)"
    rb":[^\n\\]*"
)
_RUN = re.compile(rb"[A-Za-z0-9+/]{40}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]")
_OPENSSH = b"openssh-key-v1\0"
_SHORTEST_BODY = 100
_FEWEST, _FEWEST_DISTINCT = 60, 20
_LARGEST = 16 << 10  # bytes that are given to the parser
_ED25519 = b"MC4CAQAwBQYDK2V"


def decode(text: bytes) -> bytes | None:
    """Base64 with or without its padding; None if it is something else."""
    text = text.rstrip(b"=")
    if len(text) % 4 == 1:
        return None
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _der_fits(data: bytes) -> bool:
    """A DER SEQUENCE whose length says that nothing is missing, X.690 8.1.3."""
    if len(data) < 40 or data[0] != 0x30:
        return False
    if data[1] < 0x80:
        return abs(2 + data[1] - len(data)) <= 2
    width = data[1] & 0x7F
    size = 2 + width + int.from_bytes(data[2 : 2 + width], "big")
    return 0 < width <= 4 and abs(size - len(data)) <= 2


def body(block: bytes) -> tuple[bytes, bytes]:
    """(label, base64 text) of a PEM block, also as it stands in a string literal or in YAML."""
    frames = list(_FRAME.finditer(block))
    if len(frames) < 2:
        return b"", b""
    inner = _HEADERS.sub(b"", _JOINT.sub(b"", block[frames[0].end() : frames[-1].start()]))
    return frames[0].group(2), _ARMOR_NOISE.sub(b"", inner)


def is_encrypted(block: bytes) -> bool:
    """Whether a block says, or an OpenSSH key has inside, that a passphrase protects it."""
    if b"ENCRYPTED" in block:
        return True
    label, text = body(block)
    data = decode(text) if label.startswith(b"OPENSSH") else None
    return data is not None and data.startswith(_OPENSSH) and data[19:23] != b"none"


def looks_like_key(block: bytes) -> bool:
    """A private key's block with a body like a key's and no passphrase: 60 characters of base64,
    40 of them in a row, 20 different ones."""
    if is_encrypted(block):
        return False
    label, text = body(block)
    if b"PRIVATE KEY" not in label or label.startswith(b"ENCRYPTED"):
        return False
    letters = _BASE64.findall(text)
    enough = len(letters) >= _FEWEST and len(set(letters)) >= _FEWEST_DISTINCT
    return enough and _RUN.search(block) is not None


@lru_cache(maxsize=256)
def opens(block: bytes) -> bool:
    """Whether it parses as a private key without a passphrase. Never raises."""
    label, text = body(block)
    data = decode(text) if len(text) <= _LARGEST else None
    if data is None or (len(text) < _SHORTEST_BODY and text[:15] != _ED25519):
        return False
    if label.startswith(b"OPENSSH"):
        return data.startswith(_OPENSSH) and data[19:23] == b"none" and _parses(data, ssh=True)
    return _der_fits(data) and _parses(data, ssh=False)


def _parses(data: bytes, *, ssh: bool) -> bool:
    """What the library says of the bytes; what it cannot know (old curves, DSA) is no fault."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization as form
    except Exception:  # noqa: BLE001 -- a broken installation must not stop a scan
        return True
    try:
        if ssh:
            form.load_ssh_private_key(armor(b"OPENSSH PRIVATE KEY", data, width=70), None)
        else:
            form.load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True)
    except UnsupportedAlgorithm:
        return True
    except BaseException as problem:  # the library's own panics are no Exception
        if isinstance(problem, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        return False
    return True


def grade(block: bytes) -> tuple[Confidence, str] | None:
    """What lowers a key's block: that it does not parse."""
    return None if opens(block) else ("medium", "looks like a private key; its body does not parse")


def is_encrypted_key(block: bytes) -> bool:
    """A private key under a passphrase."""
    label, text = body(block)
    data = decode(text) if len(text) >= _SHORTEST_BODY else None
    if data is None:
        return False
    if label.startswith(b"OPENSSH"):
        return data.startswith(_OPENSSH) and data[19:23] != b"none"
    return not label.startswith(b"ENCRYPTED") or _der_fits(data) or data[:1] == b"{"


def _pgp(block: bytes) -> tuple[bytes, bytes, bytes]:
    """(label, base64 text, checksum text) of an armored block."""
    label, text = body(block)
    if text[-5:-4] == b"=":
        text, _, check = text.rpartition(b"=")
        return label, text, check
    return label, text, b""


def pgp_opens(block: bytes) -> bool:
    """Armor that decodes; its CRC-24 (RFC 4880 6.1) must be right where there is one."""
    _, text, check = _pgp(block)
    data = decode(text) if len(text) >= _SHORTEST_BODY else None
    if data is None:
        return False
    return not check or decode(check) == crc24(data).to_bytes(3, "big")


def pgp_grade(block: bytes) -> tuple[Confidence, str] | None:
    """What lowers it: that the armor does not decode or its checksum is wrong."""
    if pgp_opens(block):
        return None
    return "medium", "looks like a PGP private key; its armor does not decode"


def crc24(data: bytes) -> int:
    """RFC 4880 6.1."""
    state = 0xB704CE
    for byte in data:
        state ^= byte << 16
        for _ in range(8):
            state <<= 1
            state ^= 0x1864CFB if state & 0x1000000 else 0
    return state


def _inner(text: bytes) -> bytes:
    """The block that stands encoded in base64 once more, b"" for none."""
    data = decode(re.sub(rb"\s|\\[nr]", b"", text))
    return data.strip() if data else b""


def base64_is_key(text: bytes) -> bool:
    """A key's block in base64."""
    return looks_like_key(_inner(text))


def base64_grade(text: bytes) -> tuple[Confidence, str] | None:
    """As for the block inside."""
    return grade(_inner(text))


def make(body_: bytes) -> bytes:
    """body_: the label, a blank and a seed."""
    label, _, seed = body_.rpartition(b" ")
    return armor(label, private_key(label, seed))


def make_scrambled(body_: bytes) -> bytes:
    """The same with a body that decodes to nothing: letters replaced, as some test data has it."""
    label, _, seed = body_.rpartition(b" ")
    return armor(label, b"\x30\x82\x04\xa4" + hashlib.shake_256(seed).digest(600))


def make_encrypted(body_: bytes) -> bytes:
    """body_: the label, a blank and a seed. What the cipher hides is random bytes."""
    label, _, seed = body_.rpartition(b" ")
    if label.startswith(b"OPENSSH"):
        head = _OPENSSH + b"\0\0\0\x0aaes256-ctr"
        return armor(label, head + hashlib.shake_256(seed).digest(300))
    block = armor(label, b"\x30\x82\x02\x00" + hashlib.shake_256(seed).digest(512))
    if label.startswith(b"ENCRYPTED"):
        return block
    headers = b"-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n"
    return block.replace(b"-----\n", headers, 1)


def make_pgp(body_: bytes) -> bytes:
    """Armor around random bytes that begin as a secret-key packet does."""
    data = b"\x95" + hashlib.shake_256(body_).digest(400)
    check = b"=" + base64.b64encode(crc24(data).to_bytes(3, "big"))
    block = armor(b"PGP PRIVATE KEY BLOCK", data, check)
    return block.replace(b"-----\n", b"-----\n\n", 1)


def make_base64(body_: bytes) -> bytes:
    """The whole block in base64."""
    return base64.b64encode(make(body_))
