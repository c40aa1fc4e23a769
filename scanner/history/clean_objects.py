"""Objects that were found clean before: a sorted file of their ids, one for each set of rules.

An id is cut to 16 bytes: to make a dirty object pass for a clean one, somebody has to find two
contents whose ids agree in 128 bits, which is no easier than breaking the hash git relies on. The
file's name and head hold a digest of the rules, the program's code and every option that decides
what a finding is; any difference, a wrong length or checksum, and the file is not used.
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING

from scanner.record import record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAGIC = b"unleak-clean-1\n"
_KEPT = 16
_MOST_FILES = 20


@record
class CleanObjects:
    """What is known to be clean. path: where it is kept, "" for nowhere. facts: what that rests on.
    names: ids, cut, sorted."""

    path: str
    facts: bytes
    names: NDArray[np.bytes_]

    def known(self, names: NDArray[np.bytes_], asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the asked ids are known to be clean."""
        import numpy as np

        if not len(self.names):
            return np.zeros(len(names), bool)
        found: NDArray[np.bool_] = np.isin(names.astype(f"S{_KEPT}"), self.names) & asked
        return found


def load_clean(folder: str, facts: bytes) -> CleanObjects:
    """What a folder keeps for these facts; nothing when there is no folder or no such file."""
    import hashlib

    import numpy as np

    none = np.array([], f"S{_KEPT}")
    if not folder:
        return CleanObjects("", facts, none)
    digest = hashlib.sha256(facts).digest()
    path = os.path.join(folder, f"clean-{digest[:8].hex()}.bin")
    head = _MAGIC + digest
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError:
        return CleanObjects(path, facts, none)
    body = data[len(head) + 4 :]
    check = zlib.crc32(body).to_bytes(4, "big")
    if data[: len(head) + 4] != head + check or len(body) % _KEPT:
        return CleanObjects(path, facts, none)
    return CleanObjects(path, facts, np.frombuffer(body, f"S{_KEPT}"))


def save_clean(before: CleanObjects, clean: NDArray[np.bytes_]) -> None:
    """Add clean ids to what is kept. Best effort: a cache that cannot be written costs time only.

    Another run may have written meanwhile: what stands there now is kept, and the rename makes the
    file whole or absent for everybody.
    """
    import hashlib
    import tempfile

    import numpy as np

    if not before.path or not len(clean):
        return
    folder = os.path.dirname(before.path)
    now = load_clean(folder, before.facts)
    names = np.union1d(now.names, clean.astype(f"S{_KEPT}"))
    if len(names) == len(now.names):
        return
    body = names.tobytes()
    head = _MAGIC + hashlib.sha256(before.facts).digest() + zlib.crc32(body).to_bytes(4, "big")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".clean-", dir=folder)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(head + body)
        os.replace(temporary, before.path)
        _drop_old(folder, before.path)
    except OSError:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _drop_old(folder: str, keep: str) -> None:
    """Rules and versions come and go: the newest few files stay."""
    names = [n for n in os.listdir(folder) if n.startswith("clean-") and n.endswith(".bin")]
    paths = sorted((os.path.join(folder, n) for n in names), key=os.path.getmtime, reverse=True)
    for path in paths[_MOST_FILES:]:
        if path != keep:
            os.unlink(path)
