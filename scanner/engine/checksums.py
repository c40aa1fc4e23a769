"""Offline checks of token formats that carry a checksum or a structure of their own.

A rule names one entry of `TABLE`; a value that fails it is not that kind of secret. Each entry can
also `complete` a made-up body, so that the examples beside the rules are valid tokens that nobody
ever issued. Arithmetic stands here; formats that are checked by decoding stand in structures.py.
"""

from __future__ import annotations

import binascii
import hashlib
import zlib
from collections.abc import Callable, Sequence

from scanner.engine import azure_keys, structures
from scanner.model import CONFIDENCES, Confidence
from scanner.record import record
from scanner.rules import Rule

DIGITS_UPPER_LOWER = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS_LOWER_UPPER = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
BASE36 = b"0123456789abcdefghijklmnopqrstuvwxyz"
BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


Doubt = tuple[Confidence, str]  # the most that a value can be, and why


@record
class Checksum:
    """verify: whether a whole token is well made. complete: a well-made token from a body. grade:
    of a value that verifies, what lowers it (expired, an example, a body that does not parse), None
    for nothing; the checks never raise, whatever the bytes."""

    verify: Callable[[bytes], bool]
    complete: Callable[[bytes], bytes]
    grade: Callable[[bytes], Doubt | None] | None = None


def graded(rule: Rule, value: bytes) -> Doubt | None:
    """What lowers a value that its rule's check lets pass, never above the rule's own."""
    grade = TABLE[rule.checksum].grade
    doubt = grade(value) if grade else None
    if doubt is None:
        return None
    level = min(CONFIDENCES.index(doubt[0]), CONFIDENCES.index(rule.confidence))
    return CONFIDENCES[level], doubt[1]


def to_base(number: int, alphabet: bytes, width: int) -> bytes:
    """`number` >= 0 in the base of the alphabet's length, most significant first, padded."""
    digits = bytearray()
    while number:
        number, digit = divmod(number, len(alphabet))
        digits.append(alphabet[digit])
    return bytes(reversed(digits)).rjust(width, alphabet[:1])


def _tail(length: int, compute: Callable[[bytes], bytes]) -> Checksum:
    """The last `length` bytes are computed from everything before them."""

    def verify(token: bytes) -> bool:
        return len(token) > length and compute(token[:-length]) == token[-length:]

    return Checksum(verify, lambda body: body + compute(body))


def _after_underscore(body: bytes) -> bytes:
    return body[body.rfind(b"_") + 1 :]


def _crc_base62_body(body: bytes) -> bytes:
    return to_base(zlib.crc32(_after_underscore(body)), DIGITS_UPPER_LOWER, 6)


def _crc_base62_all(body: bytes) -> bytes:
    return to_base(zlib.crc32(body), DIGITS_LOWER_UPPER, 6)


def _crc_base62_joined(body: bytes) -> bytes:
    return b"_" + to_base(zlib.crc32(body), DIGITS_UPPER_LOWER, 6)


def _crc_base62_reversed(body: bytes) -> bytes:
    digits = to_base(zlib.crc32(body), DIGITS_UPPER_LOWER, 1)
    return b"_" + digits[::-1].rjust(6, b"0")


def _crc_base36(body: bytes) -> bytes:
    return to_base(zlib.crc32(body), BASE36, 7)


def _crc_hex_all(body: bytes) -> bytes:
    return b"%08x" % zlib.crc32(body)


def _crc_hex_upper(body: bytes) -> bytes:
    return b"%08X" % zlib.crc32(body)


def _crc_hex_body(body: bytes) -> bytes:
    return b"%08x" % zlib.crc32(_after_underscore(body))


def _crc_hex_joined(body: bytes) -> bytes:
    return b"_%08x" % zlib.crc32(_after_underscore(body))


def _crc_hex_little(body: bytes) -> bytes:
    return b"_" + binascii.hexlify(zlib.crc32(body).to_bytes(4, "little"))


def _sha256_base32(body: bytes) -> bytes:
    import base64

    return base64.b32encode(hashlib.sha256(body).digest())[:8]


def _github_fine_grained_verify(token: bytes) -> bool:
    return _sha256_base32(token[:-16]) == token[-16:-8]


def _github_fine_grained_complete(body: bytes) -> bytes:
    """The last eight characters of the body are the ones whose meaning is not known."""
    return body[:-8] + _sha256_base32(body[:-8]) + body[-8:]


def _review_board(token: bytes) -> bool:
    tail = to_base(zlib.crc32(_after_underscore(token[:-6])), DIGITS_UPPER_LOWER, 6)
    return token[-6:] in (tail, tail.swapcase())


def _polymod(values: Sequence[int]) -> int:
    """BIP-173, https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki."""
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            state ^= generator if top >> bit & 1 else 0
    return state


def _bech32_parts(text: str) -> tuple[list[int], list[int]] | None:
    part, _, data = text.lower().rpartition("1")
    values = [BECH32.find(letter) for letter in data]
    if not part or -1 in values or text not in (text.lower(), text.upper()):
        return None
    return [ord(c) >> 5 for c in part] + [0] + [ord(c) & 31 for c in part], values


def _bech32_verify(token: bytes) -> bool:
    parts = _bech32_parts(token.decode("ascii", "replace"))
    return parts is not None and _polymod(parts[0] + parts[1]) == 1


def _bech32_complete(body: bytes) -> bytes:
    """The body's case is kept: `AGE-SECRET-KEY-1` and 52 characters, or `nsec1` and 52."""
    parts = _bech32_parts(body.decode("ascii"))
    if parts is None:
        raise ValueError("the body is not in the bech32 alphabet")
    sum_ = _polymod([*parts[0], *parts[1], 0, 0, 0, 0, 0, 0]) ^ 1
    tail = "".join(BECH32[sum_ >> 5 * (5 - i) & 31] for i in range(6))
    return body + (tail.upper() if body.isupper() else tail).encode()


def _double_sha256(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]


def _base58_decode(token: bytes) -> bytes | None:
    number = 0
    for letter in token:
        digit = BASE58.find(letter)
        if digit < 0:
            return None
        number = number * 58 + digit
    zeros = len(token) - len(token.lstrip(b"1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base58check_verify(token: bytes) -> bool:
    decoded = _base58_decode(token)
    return decoded is not None and len(decoded) > 4 and _double_sha256(decoded[:-4]) == decoded[-4:]


def _base58check_complete(version: bytes, length: int, end: bytes = b"") -> Checksum:
    """complete: any body becomes a payload of `length` bytes under the version bytes."""

    def complete(body: bytes) -> bytes:
        payload = version + hashlib.shake_256(body).digest(length) + end
        return to_base(int.from_bytes(payload + _double_sha256(payload), "big"), BASE58, 1)

    return Checksum(_base58check_verify, complete)


def _crc16(data: bytes) -> bytes:
    return binascii.crc_hqx(data, 0).to_bytes(2, "little")


def _strkey(version: bytes, length: int) -> Checksum:
    """Base32 of version, key and CRC-16/XMODEM: NATS nkeys and Stellar seeds."""
    import base64

    def verify(token: bytes) -> bool:
        try:
            decoded = base64.b32decode(token + b"=" * (-len(token) % 8))
        except binascii.Error:
            return False
        return len(decoded) > 2 and _crc16(decoded[:-2]) == decoded[-2:]

    def complete(body: bytes) -> bytes:
        payload = version + hashlib.shake_256(body).digest(length)
        return base64.b32encode(payload + _crc16(payload)).rstrip(b"=")

    return Checksum(verify, complete)


def _azure(*seeds: bytes) -> Checksum:
    return Checksum(*azure_keys.identifiable(*seeds))


def _azure_doubted(signature: bytes, size: int, *seeds: bytes) -> Checksum:
    """Where nobody could recompute it on a real key, the checksum only lowers."""
    verify, complete = azure_keys.identifiable(*seeds)
    return Checksum(azure_keys.signed(signature, size), complete, azure_keys.doubted(verify))


def _bip38_verify(token: bytes) -> bool:
    """BIP-38: an encrypted key, 39 bytes from 0x0142 or 0x0143."""
    decoded = _base58_decode(token) or b""
    return decoded[:2] in (b"\x01\x42", b"\x01\x43") and _base58check_verify(token)


_BUS = (b"Send0000", b"Listen00", b"Manage00", b"System00", b"Unknown0")
_COSMOS = (
    *(b"MastRW00", b"MastRO00", b"SystRO00", b"SystRW00"),
    *(b"SysAll00", b"Resour00", b"Encryp00"),
)

TABLE: dict[str, Checksum] = {
    "crc32-base62": _tail(6, _crc_base62_body),
    "crc32-base62-prefixed": _tail(6, _crc_base62_all),
    "crc32-base62-joined": _tail(7, _crc_base62_joined),
    "crc32-base62-reversed": _tail(7, _crc_base62_reversed),
    "crc32-base36": _tail(7, _crc_base36),
    "crc32-hex": _tail(8, _crc_hex_all),
    "crc32-hex-upper": _tail(8, _crc_hex_upper),
    "crc32-hex-body": _tail(8, _crc_hex_body),
    "crc32-hex-joined": _tail(9, _crc_hex_joined),
    "crc32-hex-little": _tail(9, _crc_hex_little),
    "github-fine-grained": Checksum(_github_fine_grained_verify, _github_fine_grained_complete),
    "review-board": Checksum(_review_board, _tail(6, _crc_base62_body).complete),
    "bech32": Checksum(_bech32_verify, _bech32_complete),
    "bitcoin-wif": _base58check_complete(b"\x80", 32, b"\x01"),
    "bitcoin-xprv": _base58check_complete(b"\x04\x88\xad\xe4", 74),
    "nats-nkey": _strkey(b"\x95\x00", 32),
    "stellar-seed": _strkey(b"\x90", 32),
    "azure-storage": _azure(b"Default0"),
    "azure-batch": _azure(b"AbAcct00"),
    "azure-redis": _azure(b"Access00"),
    "azure-search": _azure(b"PAdmin00", b"Query000"),
    "azure-functions": _azure(b"Functi00", b"Master00", b"System00"),
    "azure-iot": _azure(b"IoTHub00", b"Device00", b"DpsKey00"),
    "azure-apim": _azure(b"IoTHub00", b"Tenant00", b"Gatewy00", b"GitKey00"),
    "azure-bus": _azure(*_BUS),
    "azure-cosmos": _azure(*_COSMOS),
    "azure-event-grid": _azure_doubted(b"AZEG", 32, b"SendRecv", b"Default0"),
    "azure-container-registry": _azure_doubted(b"+ACR", 39, b"ACRDflt0"),
    "azure-ml-classic": _azure_doubted(b"+AMC", 64, b"Classic0"),
    "azure-cask": Checksum(
        azure_keys.is_cask,
        azure_keys.cask_complete,
        azure_keys.doubted(azure_keys.cask_fits),
    ),
    "entra-secret": Checksum(
        azure_keys.is_entra,
        azure_keys.entra_complete,
        azure_keys.doubted(azure_keys.entra_fits),
    ),
    "bitcoin-bip38": Checksum(_bip38_verify, _base58check_complete(b"\x01\x42", 37).complete),
    **{name: Checksum(*three) for name, three in structures.CHECKS.items()},
}
