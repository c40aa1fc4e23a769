"""Formats that are checked by decoding them: JSON Web Tokens, PEM keys, user:password in base64.

`PAIRS` maps a name to (verify, complete), as in checksums.py. A `complete` here makes a value of
the right structure from any body, which is only the seed of the made-up bytes in it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable

_JOINT = re.compile(rb"[\"'`][ \t]*[+.,&]?[ \t]*\\?\r?\n[ \t]*(?:[+.&][ \t]*)?[\"'`]")
_ARMOR_NOISE = re.compile(rb"\\[nrt\\]|[\s\"'`,;]|^[ \t]*[#>|*]", re.MULTILINE)
_FRAME = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 ]{0,40}?)-----")
_HEADERS = re.compile(
    rb"(?:^|\\n|\n)[ \t\"'#]*(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID)"
    rb":[^\n\\]*"
)
_OPENSSH = b"openssh-key-v1\0"
_SHORTEST_BODY = 100
_ED25519 = b"MC4CAQAwBQYDK2V"


def _decode(text: bytes, *, urlsafe: bool = False) -> bytes | None:
    """Base64 with or without its padding; None if it is something else."""
    text = text.rstrip(b"=")
    if len(text) % 4 == 1:
        return None
    alphabet = b"-_" if urlsafe else None
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), alphabet, validate=True)
    except binascii.Error:
        return None


def _object(part: bytes) -> dict[str, object] | None:
    decoded = _decode(part, urlsafe=True)
    try:
        value = json.loads(decoded or b"")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _claims(token: bytes) -> dict[str, object] | None:
    """The payload of a JSON Web Token whose header names an algorithm, RFC 7519."""
    parts = token.split(b".")
    if len(parts) != 3:
        return None
    header = _object(parts[0])
    if header is None or not isinstance(header.get("alg"), str) or header["alg"] == "none":
        return None
    return _object(parts[1])


def _is_jwt(token: bytes) -> bool:
    return _claims(token) is not None


def _is_service_role(token: bytes) -> bool:
    return (_claims(token) or {}).get("role") in ("service_role", "supabase_admin")


def _jwt(payload: dict[str, object], body: bytes) -> bytes:
    header: dict[str, object] = {"alg": "HS256", "typ": "JWT"}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, payload)]
    parts.append(hashlib.sha256(body).digest())
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)


def _make_jwt(body: bytes) -> bytes:
    return _jwt({"sub": body.decode(), "iat": 1516239022}, body)


def _make_service_role(body: bytes) -> bytes:
    return _jwt({"iss": "supabase", "ref": body.decode(), "role": "service_role"}, body)


def _der_fits(data: bytes) -> bool:
    """A DER SEQUENCE whose length says that nothing is missing, X.690 8.1.3."""
    if len(data) < 40 or data[0] != 0x30:
        return False
    if data[1] < 0x80:
        return abs(2 + data[1] - len(data)) <= 2
    width = data[1] & 0x7F
    size = 2 + width + int.from_bytes(data[2 : 2 + width], "big")
    return 0 < width <= 4 and abs(size - len(data)) <= 2


def _body(block: bytes) -> tuple[bytes, bytes]:
    """(label, base64 text) of a PEM block, also as it stands in a string literal or in YAML."""
    frames = list(_FRAME.finditer(block))
    if len(frames) < 2:
        return b"", b""
    inner = _HEADERS.sub(b"", _JOINT.sub(b"", block[frames[0].end() : frames[-1].start()]))
    return frames[0].group(2), _ARMOR_NOISE.sub(b"", inner)


def _is_pem(block: bytes) -> bool:
    """A private key that opens without a passphrase."""
    label, text = _body(block)
    if b"ENCRYPTED" in block or (len(text) < _SHORTEST_BODY and text[:15] != _ED25519):
        return False
    data = _decode(text)
    if data is None:
        return False
    if label.startswith(b"OPENSSH"):
        return data.startswith(_OPENSSH) and data[19:23] == b"none"
    return _der_fits(data)


def _is_pem_encrypted(block: bytes) -> bool:
    """A private key under a passphrase."""
    label, text = _body(block)
    data = _decode(text) if len(text) >= _SHORTEST_BODY else None
    if data is None:
        return False
    if label.startswith(b"OPENSSH"):
        return data.startswith(_OPENSSH) and data[19:23] != b"none"
    return not label.startswith(b"ENCRYPTED") or _der_fits(data) or data[:1] == b"{"


def _is_pgp(block: bytes) -> bool:
    """Armor that decodes; its CRC-24 (RFC 4880 6.1) must be right where there is one."""
    _, text = _body(block)
    text, _, check = text.rpartition(b"=") if text[-5:-4] == b"=" else (text, b"", b"")
    data = _decode(text) if len(text) >= _SHORTEST_BODY else None
    if data is None:
        return False
    return not check or _decode(check) == _crc24(data).to_bytes(3, "big")


def _crc24(data: bytes) -> int:
    state = 0xB704CE
    for byte in data:
        state ^= byte << 16
        for _ in range(8):
            state <<= 1
            state ^= 0x1864CFB if state & 0x1000000 else 0
    return state


def _armor(label: bytes, text: bytes, tail: bytes = b"", width: int = 64) -> bytes:
    lines = [text[i : i + width] for i in range(0, len(text), width)]
    frame = b"-----%s " + label + b"-----"
    return b"\n".join([frame % b"BEGIN", *lines, *([tail] if tail else []), frame % b"END"])


def _make_pem(body: bytes) -> bytes:
    """body: the label, a blank and a seed. The DER inside is a frame around random bytes."""
    label, _, seed = body.rpartition(b" ")
    if label.startswith(b"OPENSSH"):
        data = _OPENSSH + b"\0\0\0\x04none" + hashlib.shake_256(seed).digest(300)
    else:
        size = 117 if label.startswith(b"EC") else 1188
        head = b"\x30\x75" if size == 117 else b"\x30\x82" + size.to_bytes(2, "big")
        data = head + hashlib.shake_256(seed).digest(size)
    return _armor(label, base64.b64encode(data))


def _make_pem_encrypted(body: bytes) -> bytes:
    label, _, seed = body.rpartition(b" ")
    if label.startswith(b"OPENSSH"):
        head = _OPENSSH + b"\0\0\0\x0aaes256-ctr"
        return _armor(label, base64.b64encode(head + hashlib.shake_256(seed).digest(300)))
    text = base64.b64encode(b"\x30\x82\x02\x00" + hashlib.shake_256(seed).digest(512))
    block = _armor(label, text)
    if label.startswith(b"ENCRYPTED"):
        return block
    headers = b"-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n"
    return block.replace(b"-----\n", headers, 1)


def _make_pgp(body: bytes) -> bytes:
    data = b"\x95" + hashlib.shake_256(body).digest(400)
    check = b"=" + base64.b64encode(_crc24(data).to_bytes(3, "big"))
    block = _armor(b"PGP PRIVATE KEY BLOCK", base64.b64encode(data), check)
    return block.replace(b"-----\n", b"-----\n\n", 1)


def _is_pem_base64(text: bytes) -> bool:
    data = _decode(re.sub(rb"\s|\\[nr]", b"", text))
    return data is not None and _is_pem(data.strip())


def _is_user_password(text: bytes) -> bool:
    """Base64 of printable user:password, RFC 7617; an empty or templated password is none."""
    data = _decode(text)
    if data is None or not data.isascii() or not data.decode().strip().isprintable():
        return False
    user, colon, password = data.strip().partition(b":")
    return bool(user and colon and len(password) > 2 and password[:1] not in b"${<%*")


def _is_printable(text: bytes) -> bool:
    """Base64 of a printable text: the password that .npmrc keeps in `_password`."""
    data = _decode(text)
    return data is not None and len(data) > 3 and data.isascii() and data.decode().isprintable()


def _is_aws_secret(token: bytes) -> bool:
    """40 characters of base64 that are neither a hash in hexadecimal nor a word or a path."""
    text = token.decode("ascii", "replace")
    kinds = (str.isupper, str.islower, str.isdigit)
    return len(token) == 40 and all(any(map(kind, text)) for kind in kinds)


def _is_pypi(token: bytes) -> bool:
    """A macaroon of version 2: version, location, identifier, caveats; http://macaroons.io."""
    data = _decode(token.removeprefix(b"pypi-"), urlsafe=True)
    if data is None or len(data) < 40 or data[:2] != b"\x02\x01":
        return False
    return data[3 : 3 + data[2]].endswith(b".org")


def _make_pypi(body: bytes) -> bytes:
    location = body.partition(b" ")[0]
    rest = b"\x02\x24" + hashlib.shake_256(body).digest(110)
    data = bytes([2, 1, len(location)]) + location + rest
    return b"pypi-" + base64.urlsafe_b64encode(data).rstrip(b"=")


def _is_discord(token: bytes) -> bool:
    """The first part is the decimal id of the bot."""
    data = _decode(token.partition(b".")[0], urlsafe=True)
    return data is not None and data.isdigit() and 17 <= len(data) <= 20


def _make_discord(body: bytes) -> bytes:
    """body: id, stamp and signature, joined by dots; the id stands in decimal."""
    number, rest = body.split(b".", 1)
    return base64.urlsafe_b64encode(number).rstrip(b"=") + b"." + rest


def _is_wireguard(token: bytes) -> bool:
    """A clamped Curve25519 scalar, https://cr.yp.to/ecdh.html."""
    key = _decode(token)
    return key is not None and len(key) == 32 and not key[0] & 7 and key[31] & 0xC0 == 0x40


def _make_wireguard(body: bytes) -> bytes:
    key = bytearray(hashlib.sha256(body).digest())
    key[0] &= 0xF8
    key[31] = key[31] & 0x3F | 0x40
    return base64.b64encode(key)


def _same(body: bytes) -> bytes:
    return body


def _encoded(make: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda body: base64.b64encode(make(body))


PAIRS: dict[str, tuple[Callable[[bytes], bool], Callable[[bytes], bytes]]] = {
    "jwt": (_is_jwt, _make_jwt),
    "jwt-service-role": (_is_service_role, _make_service_role),
    "pem": (_is_pem, _make_pem),
    "pem-encrypted": (_is_pem_encrypted, _make_pem_encrypted),
    "pem-base64": (_is_pem_base64, _encoded(_make_pem)),
    "pgp": (_is_pgp, _make_pgp),
    "user-password": (_is_user_password, base64.b64encode),
    "base64-text": (_is_printable, base64.b64encode),
    "aws-secret": (_is_aws_secret, _same),
    "pypi": (_is_pypi, _make_pypi),
    "discord": (_is_discord, _make_discord),
    "wireguard": (_is_wireguard, _make_wireguard),
}
