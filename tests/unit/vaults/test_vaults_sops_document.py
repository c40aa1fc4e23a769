from datetime import UTC, datetime, timedelta, timezone

import pyrage
import pytest

from scanner.errors import VaultError
from scanner.vaults import sops_document, sops_format
from scanner.vaults.sops_cipher import Plain, encrypt

WHO = pyrage.x25519.Identity.generate()
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def made(**values):
    empty = sops_document.empty([str(WHO.to_public())])
    filled = sops_document.with_values(empty, {n: v.encode() for n, v in values.items()})
    return sops_document.stamped(filled, NOW)


def again(opened):
    return sops_document.opened(sops_format.render(opened.document), [WHO])


def tokens(opened):
    return {line.name: line.token for line in opened.document.lines}


def test_round_trip():
    first = made(B="2", A="1", C="")
    assert again(first) == first
    assert [line.name for line in first.document.lines] == ["A", "B", "C"]
    assert first.document.metadata["lastmodified"] == "2026-01-02T03:04:05Z"
    assert "1" not in repr(first)


def test_other_entries_keep_their_ciphertext():
    first = made(A="1", C="3")
    second = sops_document.with_values(first, {"B": b"2", "C": b"4"})
    assert tokens(second)["A"] == tokens(first)["A"]
    assert tokens(second)["C"] != tokens(first)["C"]
    assert list(tokens(second)) == ["A", "B", "C"]


def test_an_unsorted_file_stays_in_its_order():
    first = made(A="1")
    line = sops_format.entry_line("0Z", encrypt(first.key, b"x", "0Z:"))
    lines = (*first.document.lines, line)
    from dataclasses import replace

    mixed = replace(first, document=replace(first.document, lines=lines))
    new = sops_document.with_values(mixed, {"B": b"2", "A0": b"3"})
    assert list(tokens(new)) == ["A", "0Z", "B", "A0"]


def test_without():
    left = sops_document.stamped(sops_document.without(made(A="1", B="2"), {"A", "X"}), NOW)
    assert again(left).values == {"B": Plain("str", b"2")}


def test_a_new_data_key_for_others():
    first = made(A="1", B="")
    public = str(WHO.to_public())
    second = sops_document.stamped(sops_document.rekeyed(first, [public]), NOW)
    assert second.key != first.key
    assert tokens(second)["A"] != tokens(first)["A"]
    assert again(second).values == first.values


@pytest.mark.parametrize("what", ["swap", "drop", "rename", "order", "plain", "stamp", "mac"])
def test_every_change_by_hand_is_noticed(what):
    text = sops_format.render(made(A="1", B="2", C="3").document).decode()
    lines = text.splitlines(keepends=True)
    if what == "swap":
        lines[0], lines[1] = "A" + lines[1][1:], "B" + lines[0][1:]
    if what == "drop":
        del lines[1]
    if what == "rename":
        lines[0] = "Z" + lines[0][1:]
    if what == "order":
        lines[0], lines[1] = lines[1], lines[0]
    if what == "plain":
        lines[0] = "A: byhand\n"
    text = "".join(lines)
    if what == "stamp":
        text = text.replace("03:04:05", "03:04:06")
    if what == "mac":
        text = text.replace("mac: ENC[AES256_GCM,data:", "mac: ENC[AES256_GCM,data:AAAA")
    with pytest.raises(VaultError) as caught:
        sops_document.opened(text.encode(), [WHO])
    assert caught.value.hint
    assert "byhand" not in caught.value.message + caught.value.hint


def test_the_same_moment_spelled_otherwise():
    opened = made(A="1")
    text = sops_format.render(opened.document).replace(b"03:04:05Z", b"03:04:05+00:00")
    assert sops_document.opened(text, [WHO]).values == opened.values
    away = NOW.astimezone(timezone(timedelta(hours=5)))
    assert sops_document.stamped(opened, away).document.metadata["lastmodified"].endswith("05Z")


def test_a_rule_that_would_store_plain_text_is_refused():
    first = made(A="1")
    text = sops_format.render(first.document).replace(
        b"unencrypted_suffix: _unencrypted", b"encrypted_regex: ^A$"
    )
    opened = sops_document.opened(text, [WHO])
    with pytest.raises(VaultError, match="would store B in plain text"):
        sops_document.with_values(opened, {"B": b"2"})
