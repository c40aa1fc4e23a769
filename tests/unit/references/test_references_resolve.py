import pytest

from scanner.errors import VaultError, VaultMissingError
from scanner.model import Reference, Secret
from scanner.references.resolve import resolve

A = Reference("sops", "f", "A")
B = Reference("sops", "f", "B")
V = Reference("vault", "secret/data/x", "k")


class FakeVault:
    def __init__(self, held):
        self.held = held
        self.reads = 0

    def read(self, references):
        self.reads += 1
        return {r: Secret(self.held[r]) for r in references if r in self.held}


def test_one_read_a_vault():
    sops, vault = FakeVault({A: b"1", B: b""}), FakeVault({V: b"3"})
    found = resolve([A, B, A, V], {"sops": sops, "vault": vault}.__getitem__)
    assert {r: s.reveal() for r, s in found.items()} == {A: b"1", B: b"", V: b"3"}
    assert (sops.reads, vault.reads) == (1, 1)


def test_missing_ones_are_named_and_no_value_is():
    with pytest.raises(VaultMissingError) as caught:
        resolve([A, B], {"sops": FakeVault({A: b"hidden"})}.__getitem__)
    assert "ref+sops://f#/B" in caught.value.message
    assert "#/A" not in caught.value.message
    assert "hidden" not in repr(caught.value)


def test_a_kind_without_a_vault():
    with pytest.raises(VaultError, match="kind 'vault'"):
        resolve([V], {}.__getitem__)


def test_nothing_to_resolve_opens_nothing():
    assert resolve([], {}.__getitem__) == {}
