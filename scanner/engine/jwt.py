"""JSON Web Tokens, RFC 7519: what header and payload say of a token, without any key.

A token is lowered, never dropped: one that has expired or stands in every tutorial is of little
use, and one whose header does not decode may be a real one with a letter changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time

from scanner.model import Confidence

# RFC 7518 3.1, RFC 8037, RFC 8812, draft-ietf-jose-fully-specified-algorithms
ALGORITHMS = frozenset(
    (
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
        "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448", "none",
    )
)  # fmt: skip
# claims of the tokens that documents are full of: jwt.io, RFC 7515 and RFC 7519
_EXAMPLE_SUBJECTS = frozenset(("1234567890", "0123456789"))
_EXAMPLE_NAMES = frozenset(("john doe", "jane doe", "john smith", "foo bar", "alice", "bob"))
_EXAMPLE_HOSTS = ("example.com", "example.org", "example.net", "joe", "issuer.example")
_JWT_IO_TIME = 1516239022

Claims = dict[str, object]


def now() -> float:
    """Seconds since 1970; apart so that tests can hold it still."""
    return time.time()


def decode_part(part: bytes) -> Claims | None:
    """The JSON object that a part of a token holds; None if it is something else."""
    text = part.rstrip(b"=")
    if len(text) % 4 == 1 or len(text) > 1 << 16:
        return None
    try:
        decoded = base64.b64decode(text + b"=" * (-len(text) % 4), b"-_", validate=True)
        value = json.loads(decoded)
    except (binascii.Error, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def algorithm(token: bytes) -> str:
    """The algorithm that the header names, "" for none that is known."""
    header = decode_part(token.partition(b".")[0]) or {}
    named = header.get("alg")
    if isinstance(named, str):
        return "none" if named.lower() == "none" else named if named in ALGORITHMS else ""
    return ""


def claims(token: bytes) -> Claims | None:
    """The payload of a token of three parts whose header names a known algorithm, else None."""
    parts = token.split(b".")
    if len(parts) != 3 or not algorithm(token):
        return None
    return decode_part(parts[1])


def is_jwt(token: bytes) -> bool:
    """Three parts in the alphabet; only a token without a signature may lack the third."""
    parts = token.split(b".")
    if len(parts) != 3 or not parts[0].startswith(b"ey") or not parts[1]:
        return False
    return len(parts[2]) >= 16 or algorithm(token) == "none"


def is_decoded_jwt(token: bytes) -> bool:
    """Header and payload decode: for rules that know a token by other marks."""
    return algorithm(token) not in ("", "none") and claims(token) is not None


def is_service_role(token: bytes) -> bool:
    """A token that a Supabase project takes as its administrator's."""
    return (claims(token) or {}).get("role") in ("service_role", "supabase_admin")


def grade(token: bytes) -> tuple[Confidence, str] | None:
    """What lowers a token, None if nothing does."""
    named = algorithm(token)
    if not named:
        return "medium", "looks like a JWT; its header does not decode to a known algorithm"
    found = claims(token)
    if named == "none":
        return "low", "a JWT without a signature (alg none)"
    if found is None:
        return "medium", "looks like a JWT; its payload does not decode"
    if is_example(found):
        return "low", "a JWT from documentation"
    if is_expired(found):
        return "low", "a JWT that has expired"
    return None


def is_expired(found: Claims) -> bool:
    """Whether `exp` lies in the past."""
    until = found.get("exp")
    return isinstance(until, (int, float)) and not isinstance(until, bool) and 0 < until < now()


def is_example(found: Claims) -> bool:
    """Whether the claims are those of well-known examples: a number as subject beside John Doe,
    jwt.io's time of issue, the RFC's `joe`, a host of RFC 2606, or nothing but a word."""
    subject, name = str(found.get("sub", "")).lower(), str(found.get("name", "")).lower()
    if subject in _EXAMPLE_SUBJECTS or name in _EXAMPLE_NAMES:
        return True
    if found.get("iat") == _JWT_IO_TIME and "exp" not in found:
        return True
    if "http://example.com/is_root" in found:
        return True
    issuer = str(found.get("iss", "")).lower().rstrip("/")
    if issuer == "joe" or issuer.endswith(_EXAMPLE_HOSTS):
        return True
    if len(found) <= 1 and set(found) <= {"some", "foo", "hello", "data", "test", "payload"}:
        return True
    return all(len(str(value)) < 4 for value in found.values())  # {"a": 1, "b": 2}


def make(payload: Claims, body: bytes, name: str = "HS256") -> bytes:
    """A token with a made-up signature from `body`; without one where the algorithm is none."""
    header: Claims = {"alg": name, "typ": "JWT"}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, payload)]
    parts.append(b"" if name == "none" else hashlib.sha256(body).digest())
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)


def make_jwt(body: bytes) -> bytes:
    """A token that nobody issued, without an end."""
    return make({"sub": body.decode("latin-1"), "iat": 1700000000}, body)


def make_service_role(body: bytes) -> bytes:
    """The same for a project's administrator."""
    return make({"iss": "supabase", "ref": body.decode("latin-1"), "role": "service_role"}, body)


def make_scrambled(body: bytes) -> bytes:
    """A token whose header and payload begin as they should and then decode to nothing."""
    header, payload, signature = make_jwt(body).split(b".")
    return b".".join((header[:4] + header[:3:-1], payload[:4] + payload[:3:-1], signature))
