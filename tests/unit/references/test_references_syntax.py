import os

import pytest

from scanner.errors import ReferenceSyntaxError, VaultError
from scanner.model import Reference
from scanner.references.syntax import (
    address_of,
    check_inside,
    find_references,
    find_texts,
    format_reference,
    parse_reference,
)

SPELLED = [
    ("ref+sops://.unleak/vault.sops.yaml#/A", Reference("sops", ".unleak/vault.sops.yaml", "A")),
    ("ref+sops:///abs/f.yaml#/a/b", Reference("sops", "/abs/f.yaml", "a/b")),
    (
        "ref+vault://secret/data/app?address=https://h:8200#/key",
        Reference("vault", "secret/data/app", "key", "", (("address", "https://h:8200"),)),
    ),
    (
        "ref+vault://secret/data/app?version=3#/key",
        Reference("vault", "secret/data/app", "key", "3"),
    ),
    ("ref+openbao://kv/app#/key", Reference("openbao", "kv/app", "key")),
    (
        "ref+awssecrets://app/db?region=eu-west-1&version_id=v1#/pw",
        Reference("awssecrets", "app/db", "pw", "v1", (("region", "eu-west-1"),)),
    ),
    ("ref+awssecrets://a%2Bb", Reference("awssecrets", "a+b")),
    ("ref+azurekeyvault://kv1/name", Reference("azurekeyvault", "kv1/name")),
    ("ref+azurekeyvault://kv1/name/0f3a", Reference("azurekeyvault", "kv1/name", "", "0f3a")),
    ("ref+gcpsecrets://proj/name?version=7", Reference("gcpsecrets", "proj/name", "", "7")),
]


@pytest.mark.parametrize(("text", "reference"), SPELLED)
def test_both_ways(text, reference):
    assert parse_reference(text) == reference
    assert format_reference(reference) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ref+",
        "ref+sops://",
        "ref+sops://#/A",
        "ref+echo://x#/y",
        "sops://x",
        "ref+sops://a b#/A",
        "ref+sops://a%ff#/A",
        'ref+sops://a"b',
        "x ref+sops://a#/A",
    ],
)
def test_refuses_what_is_none(text):
    with pytest.raises(ReferenceSyntaxError):
        parse_reference(text)


def test_closing_plus_and_secretref_are_read():
    wanted = Reference("sops", "f", "A")
    assert parse_reference("ref+sops://f#/A+") == wanted
    assert parse_reference("secretref+sops://f#/A") == wanted
    assert parse_reference("ref+sops://f#A") == wanted


@pytest.mark.parametrize(
    "reference",
    [
        Reference("sops", "f.", "A"),
        Reference("sops", "f", "A."),
        Reference("vault", "a b+c\"d'e,f", "k#?&=%", "2", (("x", "a&b=c+ d"),)),
        Reference("gcpsecrets", "p/ü", "", ""),
    ],
)
def test_awkward_characters_survive(reference):
    text = format_reference(reference)
    assert parse_reference(text) == reference
    assert list(find_references(f'{{"k": "{text}", "l": 1}}'.encode())) == [
        (7, 7 + len(text), reference)
    ]


@pytest.mark.parametrize(
    "reference",
    [Reference("echo", "x"), Reference("sops", ""), Reference("sops", "f", "A", "3")],
)
def test_no_spelling_for_what_cannot_be(reference):
    with pytest.raises(ReferenceSyntaxError):
        format_reference(reference)


@pytest.mark.parametrize(
    ("line", "span"),
    [
        (b"K=ref+sops://f#/A\n", b"ref+sops://f#/A"),
        (b"K='ref+sops://f#/A'", b"ref+sops://f#/A"),
        (b"`ref+sops://f#/A`", b"ref+sops://f#/A"),
        (b"[ref+sops://f#/A, 2]", b"ref+sops://f#/A"),
        (b"u:ref+sops://f#/A+@h", b"ref+sops://f#/A+"),
        (b"see ref+sops://f#/A.", b"ref+sops://f#/A"),
        (b"<p>ref+sops://f#/A</p>", b"ref+sops://f#/A"),
        (b"ref+sops://f#/A\r\n", b"ref+sops://f#/A"),
    ],
)
def test_where_a_reference_ends(line, span):
    [(start, end, reference)] = find_references(line)
    assert line[start:end] == span
    assert reference == Reference("sops", "f", "A")


def test_two_in_one_text():
    data = b"ref+sops://f#/A+:ref+sops://f#/B+@"
    assert [r.key for _, _, r in find_references(data)] == ["A", "B"]


def test_unknown_kinds_are_texts_but_no_references():
    data = b"a ref+echo://x#/y b"
    assert [text for _, _, text in find_texts(data)] == ["ref+echo://x#/y"]
    assert list(find_references(data)) == []


def test_address_of():
    assert address_of(parse_reference("ref+vault://a#/b")) == ""
    assert address_of(parse_reference("ref+vault://a?address=https://h#/b")) == "vault:https://h"
    assert address_of(parse_reference("ref+azurekeyvault://kv/n")) == "azurekeyvault:kv"
    assert address_of(parse_reference("ref+gcpsecrets://p/n")) == "gcpsecrets:p"


class TestCheckInside:
    def test_inside_is_fine(self, tmp_path):
        check_inside(Reference("sops", "a/b.yaml", "K"), str(tmp_path))
        check_inside(Reference("vault", "secret/a", "K"), str(tmp_path))

    @pytest.mark.parametrize("name", ["../x.yaml", "a/../../x", "/etc/passwd", "a/../b"])
    def test_leaving_is_refused_unless_allowed(self, tmp_path, name):
        with pytest.raises(VaultError, match="out of the repository"):
            check_inside(Reference("sops", name, "K"), str(tmp_path))
        check_inside(Reference("sops", name, "K"), str(tmp_path), frozenset({f"sops:{name}"}))

    def test_leaving_by_a_link_is_refused(self, tmp_path):
        (tmp_path / "outside").mkdir()
        (tmp_path / "repo").mkdir()
        os.symlink(tmp_path / "outside", tmp_path / "repo" / "in")
        with pytest.raises(VaultError, match="out of the repository"):
            check_inside(Reference("sops", "in/x.yaml", "K"), str(tmp_path / "repo"))

    def test_other_addresses_are_refused_unless_allowed(self, tmp_path):
        reference = parse_reference("ref+vault://a?address=https://evil#/b")
        with pytest.raises(VaultError, match="not a configured vault"):
            check_inside(reference, str(tmp_path))
        check_inside(reference, str(tmp_path), frozenset({"vault:https://evil"}))
