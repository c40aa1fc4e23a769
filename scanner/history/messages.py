"""What of commits, tags and trees is written by people: headers, messages, names; no signatures."""

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


def names_of(tree: bytes, hash_size: int) -> set[bytes]:
    """The names in a tree object, as far as it can be read."""
    found: set[bytes] = set()
    at = 0
    while True:
        blank = tree.find(b" ", at)
        end = tree.find(b"\0", blank)
        if blank < 0 or end < 0:
            return found
        found.add(tree[blank + 1 : end])
        at = end + 1 + hash_size
