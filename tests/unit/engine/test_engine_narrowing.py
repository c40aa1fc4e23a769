"""Of a pattern too long to unfold the part that says most is matched first."""

from __future__ import annotations

import re._parser as parser  # type: ignore[import-not-found]

from scanner.engine.anchors import derive
from scanner.engine.narrowing import bits, has_long, narrowed


def test_the_telling_part_is_chosen() -> None:
    anchor, longest = derive(r"-----BEGIN KEY-----[\x00-\xff]{64,8192}?END")
    assert "8192" not in anchor
    assert r"\x42\x45\x47\x49\x4e" in anchor
    assert longest > 8192


def test_short_repetitions_stay() -> None:
    assert not has_long(parser.parse(b"a[b-c]{1,100}d"))
    assert has_long(parser.parse(b"a(?:b|c[d]{1,1000})d"))


def test_nothing_telling_is_none() -> None:
    assert narrowed(list(parser.parse(b"[a-z]{1,1000}=[a-z]{1,1000}"))) is None
    assert bits(parser.parse(b"abc")) == 24
