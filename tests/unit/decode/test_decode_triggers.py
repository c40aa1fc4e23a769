"""Each expression compiles for the fast stage, matches what it says, and is quiet elsewhere."""

from __future__ import annotations

import base64
import hashlib
import random

import hyperscan
import pytest

from scanner.decode.triggers import TRIGGERS, Trigger


def ends(trigger: Trigger, data: bytes) -> list[int]:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile([trigger.expression.encode()], [0], 1, [hyperscan.HS_FLAG_DOTALL])
    found: list[int] = []
    database.scan(data, match_event_handler=lambda _n, _s, end, _f, _c: found.append(end))
    return found


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda t: f"{t.kind}-{t.expression[:20]}")
def test_an_expression_is_bounded(trigger: Trigger) -> None:
    assert _widest(trigger) == trigger.width
    assert trigger.width <= 80


def _widest(trigger: Trigger) -> int:
    from re import _parser  # type: ignore[attr-defined]

    _, widest = _parser.parse(trigger.expression).getwidth()
    return int(widest)


def test_digests_and_identifiers_are_quiet() -> None:
    digests = "\n".join(hashlib.sha512(bytes([n])).hexdigest() for n in range(200))
    locks = "\n".join(
        "sha512-" + base64.b64encode(hashlib.sha512(bytes([n])).digest()).decode()
        for n in range(200)
    )
    words = random.Random(1).choices(
        [
            "getElementById",
            "application",
            "DataTransferObject",
            "configuration",
            "x",
            "=",
            "(",
            ")",
        ],
        k=4000,
    )
    data = "\n".join((digests, locks, " ".join(words))).encode()
    assert sum(len(ends(trigger, data)) for trigger in TRIGGERS) < 12


@pytest.mark.parametrize("text", ["password = abcdef", "{\"key\": 1234567}", "-----BEGIN K", "AAAAAAAAAAAA", "\t\tlogin: me\n"])  # fmt: skip
def test_base64_of_any_text_fires_at_once(text: str) -> None:
    data = b"x " + base64.b64encode(text.encode())
    assert 14 in ends(TRIGGERS[0], data)
    assert 12 in ends(TRIGGERS[0], data[2:])
