"""From the fast stage's hits to decoded texts, and that hostile content costs no square."""

from __future__ import annotations

import base64
from collections.abc import Callable

import hyperscan
import pytest

from scanner.decode.encodings import TRIGGERS, Encoded, encoded


@pytest.fixture(scope="module")
def find() -> Callable[[bytes], list[Encoded]]:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    count = len(TRIGGERS)
    database.compile(
        [trigger.expression.encode() for trigger in TRIGGERS],
        list(range(count)),
        count,
        [hyperscan.HS_FLAG_DOTALL] * count,
    )

    def found(data: bytes) -> list[Encoded]:
        hits: list[tuple[int, int]] = []
        database.scan(
            data, match_event_handler=lambda number, _s, end, _f, _c: hits.append((number, end))
        )
        return encoded(data, hits)

    return found


def test_nothing_comes_of_nothing() -> None:
    assert encoded(b"", []) == []
    assert encoded(b"text", []) == []


def test_several_kinds_in_order(find: Callable[[bytes], list[Encoded]]) -> None:
    run = base64.b64encode(b"some longer text in here")
    data = b"a=%41%42\n\nb: " + run + b"\n\nc: \\x41\\x42\n"
    assert [one.kind for one in find(data)] == ["percent", "base64", "backslash"]


def test_values_of_a_kubernetes_secret(find: Callable[[bytes], list[Encoded]]) -> None:
    values = [b"abc123", b"abcd1234", b"abcd12345", b"a longer value of it"]
    data = b"kind: Secret\ndata:\n" + b"".join(
        b"  key_%d: %s\n" % (number, base64.b64encode(value)) for number, value in enumerate(values)
    )
    expected = [b"key_%d: %s" % (number, value) for number, value in enumerate(values)]
    assert [one.data for one in find(data)] == expected


def test_layers_are_peeled_one_by_one(find: Callable[[bytes], list[Encoded]]) -> None:
    inner = base64.b64encode(b"name = value and more")
    data = b"q=" + b"".join(b"%%%02x" % byte for byte in base64.b64encode(inner)) + b"\n"
    (first,) = find(data)
    (second,) = find(first.data)
    (third,) = find(second.data)
    assert b"name = value and more" in third.data


@pytest.mark.parametrize(
    "unit",
    [
        b"%41", rb"\u0041", rb"\x41", rb"\101", b"&#65;", b'"a"+"a"+', b'"aa" "aa" ', b'" \\\n',
        b'"aa" +\n  "aa" +\n', b"abc\\\n", b"=3Dabc", b"0x70, ", b"YWFhYWFhYWFhYWFh",
        b"/YWFhYWFhYWFhYWFh", b'"YWFhYWFhYWFhYWFh', b"70617373776f72642061", b' "YWFhYWFh" ',
    ],
)  # fmt: skip
def test_hostile_content_is_done_with(find: Callable[[bytes], list[Encoded]], unit: bytes) -> None:
    """Ends soon, and gives no more than the content can hold: four alignments at most."""
    data = unit * (1_000_000 // len(unit))
    found = find(data)
    assert sum(len(one.data) for one in found) <= 4 * len(data)
    for one in found[:2]:
        start, end = one.back(0, len(one.data))
        assert one.start <= end <= len(data)
        assert start <= one.start


def test_base64_after_a_spelled_newline(find: Callable[[bytes], list[Encoded]]) -> None:
    data = b'print("\\n' + base64.b64encode(b"name = value and more") + b'")'
    assert [one.data for one in find(data)] == [b"name = value and more"]
