"""Objects that our reader could not read, asked from git itself, one death at a time.

git ends when it meets an object that it cannot read; then the one it stopped at is given up, and
the rest is asked for anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.errors import GitError
from scanner.git.log import stream
from scanner.git.process import run
from scanner.git.repository import _SAFE, _environment

_MOST_DEATHS = 100  # in a row: then nothing there can be read
_MOST_WHOLE = 64 << 20  # bytes of an object that is asked for in one piece
_STREAMED = "core.bigFileThreshold=8m"  # git holds no whole file of more than that in memory


def kinds_and_sizes(top: str, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Kind and size of each id that git can tell them of; the others are left out."""
    found: dict[str, tuple[str, int]] = {}
    left, deaths = list(ids), 0
    while left and deaths < _MOST_DEATHS:
        answers, died = _ask(top, left)
        for line in answers:
            parts = line.decode("ascii", "replace").split(" ")
            if len(parts) == 3 and parts[2].isdigit():
                found[parts[0]] = (parts[1], int(parts[2]))
        deaths = deaths + 1 if died and not answers else 0
        left = left[len(answers) + 1 :] if died else []
    return found


def _ask(top: str, ids: Sequence[str]) -> tuple[list[bytes], bool]:
    """(a line for each id, in order, as far as git came; whether it died on the next one)."""
    request = "".join(f"{one}\n" for one in ids).encode()
    command = ["git", "-C", top, "--no-pager", *_SAFE, "cat-file", "--batch-check", "--buffer"]
    environment = _environment(index=False) | {"GIT_ALLOW_PROTOCOL": "none"}
    try:
        code, output, _ = run(command, environment, request)
    except OSError:
        return [], True
    return output.split(b"\n")[:-1], code != 0


def read_whole(top: str, object_id: str, kind: str) -> bytes:
    """The content of one object. GitError when git cannot read it, or it is too large for that."""
    pieces: list[bytes] = []
    size = 0
    for piece in read_stream(top, object_id, kind):
        pieces.append(piece)
        size += len(piece)
        if size > _MOST_WHOLE:
            raise GitError(f"object {object_id} is larger than what is held in memory")
    return b"".join(pieces)


def read_stream(top: str, object_id: str, kind: str) -> Iterator[bytes]:
    """The same piece by piece, for content that is not to be held whole."""
    return stream(top, ["-c", _STREAMED, "cat-file", kind, object_id])
