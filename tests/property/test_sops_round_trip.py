"""Any map of names to text survives our writing and reading, and any reference its spelling."""

from __future__ import annotations

from datetime import UTC, datetime

import pyrage
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ReferenceSyntaxError
from scanner.model import Reference
from scanner.references.names import Wish, distinct_names, env_name, is_env_name, is_reserved
from scanner.references.syntax import KINDS, find_references, format_reference, parse_reference
from scanner.vaults import sops_document, sops_format

WHO = pyrage.x25519.Identity.generate()
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

names = st.from_regex(r"[A-Z_][A-Z0-9_]{0,12}", fullmatch=True)
texts = st.text(max_size=60) | st.sampled_from(
    ["", "true", "null", "~", "1", "1.5", "0x1F", "2020-01-01", "- a", "a: b", "#", "\n", "x\n",
     "\r\n", " x ", "'", '"', "\\", "|", ">", "!!str", "&a", "*a", "%", "@", "`", "\0", "\ufeff",
     "\u2028", "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]"]
)  # fmt: skip


@given(st.dictionaries(names, texts, max_size=8), st.dictionaries(names, texts, max_size=4))
def test_every_map_of_text_survives(first, second):
    def stored(opened, values):
        raw = {name: text.encode() for name, text in values.items()}
        stamped = sops_document.stamped(sops_document.with_values(opened, raw), NOW)
        return sops_document.opened(sops_format.render(stamped.document), [WHO])

    one = stored(sops_document.empty([str(WHO.to_public())]), first)
    assert {name: value.text.decode() for name, value in one.values.items()} == first
    two = stored(one, second)
    assert {name: value.text.decode() for name, value in two.values.items()} == first | second
    kept = {line.name: line.text for line in one.document.lines if line.name not in second}
    assert kept.items() <= {line.name: line.text for line in two.document.lines}.items()


pieces = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    st.builds(
        Reference,
        st.sampled_from(KINDS),
        pieces,
        pieces,
        pieces,
        st.lists(st.tuples(pieces, pieces), max_size=2).map(tuple),
    )
)
def test_a_reference_has_one_meaning_or_no_spelling(reference):
    try:
        text = format_reference(reference)
    except ReferenceSyntaxError:
        return
    assert parse_reference(text) == reference
    data = f"a: '{text}', {text}\n{text}+x".encode()
    assert [found for _, _, found in find_references(data)] == [reference] * 3


@given(st.lists(pieces, max_size=4), pieces)
def test_names_are_always_valid(key_path, provider):
    name = env_name(key_path, provider)
    assert is_env_name(name)
    assert not is_reserved(name)
    assert len(name) <= 64
    assert env_name(key_path, provider) == name


@given(
    st.lists(
        st.builds(
            Wish,
            st.sampled_from([b"1", b"2", b"3", b"4"]),
            st.sampled_from([".env", ".env.prod", "a/b.yaml", "c/b.yaml"]),
            st.sampled_from([("DB_PASSWORD",), ("db", "password"), ("token",), ("a" * 80,)]),
        ),
        max_size=12,
    ),
    st.dictionaries(st.sampled_from(["DB_PASSWORD", "TOKEN", "X"]), st.sampled_from([b"1", b"9"])),
)
def test_one_name_one_value(wishes, taken):
    given_names = distinct_names(wishes, taken)
    owner = dict(taken)
    by_value = {}
    for wish, name in zip(wishes, given_names, strict=True):
        assert owner.setdefault(name, wish.digest) == wish.digest
        assert by_value.setdefault(wish.digest, name) == name
        assert is_env_name(name)
