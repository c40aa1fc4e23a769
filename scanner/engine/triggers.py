"""The fast stage's second, small database: where text may stand encoded. Compiled once, cached."""

from __future__ import annotations

import os
import zlib
from typing import Any

from scanner.decode.triggers import TRIGGERS
from scanner.engine.cache import cache_folder, write

_FORMAT = b"unleak-triggers-1\n"
WIDTH = max(trigger.width for trigger in TRIGGERS)


def load_triggers(cache: str | None = None) -> Any:  # noqa: ANN401 -- the library ships no types
    """The compiled database of decode's triggers; numbers are indexes in TRIGGERS.

    cache: folder to use, None for the user's own; it costs time, never correctness.
    """
    import hyperscan

    expressions = [trigger.expression.encode() for trigger in TRIGGERS]
    facts = repr((getattr(hyperscan, "__version__", ""), os.uname().machine)).encode()
    check = b"%08x\n" % zlib.crc32(b"\n".join(expressions), zlib.crc32(facts))
    folder = cache_folder() if cache is None else cache
    path = os.path.join(folder, f"triggers-{check[:8].decode()}.bin")
    known = _read(path, check)
    if known is not None:
        return known
    compiled = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    count = len(expressions)
    compiled.compile(
        expressions=expressions,
        ids=list(range(count)),
        elements=count,
        flags=[hyperscan.HS_FLAG_DOTALL] * count,
    )
    if folder:
        body = hyperscan.dumpb(compiled)
        write(path, _FORMAT + check + b"%08x\n" % zlib.crc32(body) + body)  # or do without
    return compiled


def _read(path: str, check: bytes) -> Any | None:  # noqa: ANN401
    import hyperscan

    try:
        with open(path, "rb") as stream:
            data = stream.read()
        head, body = data[: len(_FORMAT) + 18], data[len(_FORMAT) + 18 :]
        if head != _FORMAT + check + b"%08x\n" % zlib.crc32(body):
            return None
        compiled = hyperscan.loadb(body, mode=hyperscan.HS_MODE_BLOCK)
        compiled.scratch = hyperscan.Scratch(compiled)
        return compiled
    except (OSError, hyperscan.HyperscanError):
        return None
