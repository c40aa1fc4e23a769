"""Every reference resolves, none is wrong, no entry stands unused."""

from __future__ import annotations

import pytest

from scanner.errors import VaultError
from scanner.migrate.verify import Checked, check, references_in

REF = "ref+sops://.unleak/vault.sops.yaml#/"


def checked(tree, texts, trusted=lambda _: None) -> Checked:
    vault = tree.vault
    return check(texts, vault.read, vault.names(), vault.reference, trusted)


def test_references_in_files():
    files = [
        ("a", f"x: {REF}A\r\ny: '{REF}B'\n".encode()),
        ("b", b"nothing"),
        ("c\udcff", f"\n\n{REF}A and ref+strange://x\xff".encode("latin-1")),
    ]
    assert references_in(files) == [
        ("a", 1, f"{REF}A"),
        ("a", 2, f"{REF}B"),
        ("c\udcff", 3, f"{REF}A"),
        ("c\udcff", 3, "ref+strange://x\ufffd"),
    ]


def test_whole(tree):
    tree.vault.values |= {"A": b"1", "B": b"2"}
    texts = [("a", 1, f"{REF}A"), ("a", 2, f"{REF}B"), ("b", 1, f"{REF}A")]
    assert checked(tree, texts) == Checked(3, (), ())
    assert tree.vault.calls == ["read"]


def test_dangling_wrong_and_unused(tree):
    tree.vault.values |= {"A": b"1", "UNUSED": b"2", "ALSO": b"3"}
    texts = [
        ("b", 1, f"{REF}GONE"),
        ("a", 2, f"{REF}GONE"),
        ("a", 9, "ref+strange://x"),
        ("a", 1, f"{REF}A"),
    ]
    assert checked(tree, texts) == Checked(
        4,
        (
            ("a", 2, f"{REF}GONE refers to nothing"),
            ("a", 9, "a reference of the unknown kind 'strange'"),
            ("b", 1, f"{REF}GONE refers to nothing"),
        ),
        ("ALSO", "UNUSED"),
    )


def test_an_empty_tree(tree):
    assert checked(tree, []) == Checked(0, (), ())


def test_nobody_is_asked_before_every_reference_is_trusted(tree):
    def distrusts(reference):
        if reference.name.startswith(".."):
            raise VaultError("leads out of the repository")

    texts = [("a", 1, f"{REF}A"), ("a", 2, "ref+sops://../x.yaml#/A")]
    with pytest.raises(VaultError, match="leads out"):
        checked(tree, texts, distrusts)
    assert tree.vault.calls == []


def test_a_vault_that_refuses(tree):
    def refused(_):
        raise VaultError("sealed")

    tree.vault.read = refused
    with pytest.raises(VaultError, match="sealed"):
        checked(tree, [("a", 1, f"{REF}A")])
