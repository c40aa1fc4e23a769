"""What of commit and tag objects is written by people: headers and message, without signatures."""

from __future__ import annotations

_MACHINE = (b"tree ", b"parent ", b"object ", b"type ")
_SIGNATURES = (b"gpgsig ", b"gpgsig-sha256 ")


def message_of(data: bytes) -> bytes:
    """Names, mail addresses, further headers and the message of a commit or tag object.

    Left out: ids of other objects, and signatures (random base64).
    """
    head, separator, message = data.partition(b"\n\n")
    lines: list[bytes] = []
    signature = False
    for line in head.split(b"\n"):
        if line.startswith(b" "):
            if not signature:
                lines.append(line)
            continue
        signature = line.startswith(_SIGNATURES)
        if not signature and not line.startswith(_MACHINE):
            lines.append(line)
    return b"\n".join(lines) + separator + message


def title_of(kind: str) -> str:
    """What stands in the place of a path for a commit or tag object, "" for a blob."""
    if kind == "commit":
        return "(commit message)"
    return "(tag message)" if kind == "tag" else ""
