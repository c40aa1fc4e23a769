"""Whatever a container holds or claims, unpacking ends, stays in its budget and says what it left."""

from __future__ import annotations

import gzip
import string
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.containers import every_kind, make_ar, make_cpio, make_tar, make_zip

from scanner.decode.containers import HEAD, MODULES, container_of
from scanner.decode.limits import Leaf, Limits, Refused
from scanner.decode.unpack import unpack

KINDS = every_kind(b"the planted text")
LIMITS = Limits(total=400_000, member=200_000, members=300)
CONTENTS = st.binary(min_size=1, max_size=300).filter(
    lambda raw: container_of(raw[:HEAD], len(raw)) is None
)
NAMES = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=12).filter(
    lambda name: (
        name.strip(".") and not name.endswith((".xml", ".xhtml", ".fodt", ".ipynb", ".tar", ".pdf"))
    )
)
quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def held(parts: Iterable[Leaf | Refused], limits: Limits) -> list[Leaf | Refused]:
    """All parts, after a look at what must hold of any."""
    found = list(parts)
    leaves = [part for part in found if isinstance(part, Leaf)]
    assert len(found) <= 2 * limits.members + 2
    # raw bytes of inner containers that cannot be read are given beside what came of them
    assert sum(len(leaf.data) for leaf in leaves) <= limits.total * (limits.depth + 1)
    for part in found:
        assert all(isinstance(name, str) and name and "\n" not in name for name in part.chain)
    assert all(part.reason for part in found if isinstance(part, Refused))
    return found


@pytest.mark.parametrize("kind", KINDS)
@quick
@given(data=st.data())
def test_changed_containers_end(kind: str, data: st.DataObject) -> None:
    raw = bytearray(KINDS[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        new = data.draw(st.binary(min_size=1, max_size=8))
        raw[at : at + len(new)] = new
    cut = data.draw(st.integers(0, len(raw)) | st.just(len(raw)))
    changed = bytes(raw[:cut])
    parts = held(unpack(kind, changed, LIMITS), LIMITS)
    assert parts == list(unpack(kind, changed, LIMITS))


@pytest.mark.parametrize("kind", MODULES)
@quick
@given(rest=st.binary(max_size=600), keep=st.integers(0, 40))
def test_noise_behind_a_signature_ends(kind: str, rest: bytes, keep: int) -> None:
    start = KINDS.get(kind, b"")[:keep]
    held(unpack(kind, start + rest, LIMITS), LIMITS)


@quick
@given(
    head=st.binary(max_size=HEAD), path=st.sampled_from(["", "a.ipynb", "a.tar", "a.pdf", "a.txt"])
)
def test_any_start_has_a_kind_or_none(head: bytes, path: str) -> None:
    assert container_of(head, len(head), path) in {*MODULES, None}


@quick
@given(members=st.dictionaries(NAMES, CONTENTS, min_size=1, max_size=8))
def test_archives_give_back_their_members(members: dict[str, bytes]) -> None:
    expected = [Leaf((name,), content) for name, content in members.items()]
    assert list(unpack("zip", make_zip(members))) == expected
    assert list(unpack("tar", make_tar(members))) == expected
    assert list(unpack("gzip", gzip.compress(make_tar(members)))) == expected
    assert list(unpack("cpio", make_cpio(members))) == expected
    assert list(unpack("ar", make_ar(members))) == expected


@quick
@given(
    kinds=st.lists(st.sampled_from([make_zip, make_tar, make_ar]), min_size=1, max_size=3),
    inner=st.sampled_from(sorted(KINDS)),
)
def test_whatever_nests_what_the_text_is_found(kinds: list, inner: str) -> None:
    data = KINDS[inner]
    for make in kinds:
        data = make({"member": data})
    outer = container_of(data[:HEAD], len(data))
    assert outer is not None
    parts = held(unpack(outer, data, Limits(depth=5)), Limits(depth=5))
    assert any(b"the planted text" in part.data for part in parts if isinstance(part, Leaf))


@quick
@given(
    limits=st.builds(
        Limits,
        depth=st.integers(1, 3),
        total=st.integers(0, 3000),
        member=st.integers(1, 900),
        ratio=st.integers(1, 5),
        members=st.integers(0, 9),
    )
)
def test_any_limits_hold(limits: Limits) -> None:
    inner = make_zip({f"{n}": bytes([n]) * 500 for n in range(5)})
    data = make_zip({"a": inner, "b.gz": gzip.compress(make_tar({"x": inner})), "c": b"z" * 2000})
    parts = held(unpack("zip", data, limits), limits)
    leaves = [part for part in parts if isinstance(part, Leaf)]
    assert all(len(leaf.data) <= max(limits.member, limits.total) for leaf in leaves)
    complete = {(part.chain, part.data) for part in unpack("zip", data) if isinstance(part, Leaf)}
    missing = complete - {(leaf.chain, leaf.data) for leaf in leaves}
    assert not missing or any(isinstance(part, Refused) for part in parts)
