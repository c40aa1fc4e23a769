"""UUIDs told apart."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.engine.uuids import is_plain_uuid, uuid_kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0" * 8 + "-0000-0000-0000-" + "0" * 12, "nil"),
        ("f" * 8 + "-ffff-ffff-ffff-" + "f" * 12, "max"),
        ("12345678-1234-1234-1234-123456789012", "sequential"),
        ("12345678-1234-5678-1234-567812345678", "sequential"),
        ("01234567-89ab-cdef-0123-456789abcdef", "sequential"),
        ("11111111-2222-3333-4444-555555555555", "sequential"),
        ("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "sequential"),
        ("00000000-0000-0000-0000-00000000002a", "sequential"),
        ("no-uuid-at-all", ""),
        ("", ""),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert uuid_kind(text.encode()) == kind
    assert is_plain_uuid(text.encode()) is (kind in ("nil", "max", "sequential"))


@given(st.uuids(version=4))
def test_drawn_ones_are_version_four(drawn: uuid.UUID) -> None:
    assert uuid_kind(str(drawn).encode()) in ("v4", "sequential")


def test_versions_of_time_and_of_names() -> None:
    named = uuid.uuid5(uuid.NAMESPACE_DNS, "unleak")
    assert uuid_kind(str(named).encode()) == "v5"
    timed = uuid.UUID(fields=(0x6F1ED002, 0xAB59, 0x11ED, 0x9D, 0x31, 0x0C2A7E1B5D84))
    assert uuid_kind(str(timed).upper().encode()) == "v1"
    assert not is_plain_uuid(str(timed).encode())


@given(st.binary(max_size=60))
def test_hostile_bytes_never_raise(data: bytes) -> None:
    assert is_plain_uuid(data) in (True, False)
