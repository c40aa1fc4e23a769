import pyrage
import pytest

from scanner.errors import VaultError
from scanner.vaults.sops_cipher import (
    Plain,
    authentication_code,
    decrypt,
    encrypt,
    is_token,
    parse_recipient,
    plain_scalar,
    reencrypt_comments,
    unwrap,
    wrap,
)

KEY = bytes(range(32))


def test_both_ways():
    for raw in (b"x", "ü\n\0".encode(), b"a" * 10_000):
        token = encrypt(KEY, raw, "A:")
        assert is_token(token)
        assert decrypt(KEY, token, "A:", "entry A") == Plain("str", raw)
    assert encrypt(KEY, b"same", "A:") != encrypt(KEY, b"same", "A:")
    assert encrypt(KEY, b"", "A:") == ""


@pytest.mark.parametrize("change", ["key", "place", "data", "base64", "shape"])
def test_whatever_does_not_fit_is_an_error_without_the_value(change):
    token = encrypt(KEY, b"hidden value", "A:")
    key, aad = KEY, "A:"
    if change == "key":
        key = bytes(32)
    if change == "place":
        aad = "B:"
    if change == "data":
        token = token.replace("data:", "data:AAAA")
    if change == "base64":
        token = token.replace("data:", "data:!")
    if change == "shape":
        token = "ENC[AES128,data:x]"
    with pytest.raises(VaultError, match="entry A") as caught:
        decrypt(key, token, aad, "entry A")
    assert "hidden" not in caught.value.message


def test_a_value_never_shows_in_repr():
    assert "hidden" not in repr(Plain("str", b"hidden"))


def test_text_of_typed_values():
    assert Plain("bool", b"True").text == b"true"
    assert Plain("int", b"12").text == b"12"
    assert Plain("str", b"True").text == b"True"


@pytest.mark.parametrize(
    ("tag", "text", "plain"),
    [
        ("str", "x", Plain("str", b"x")),
        ("null", "~", Plain("null", b"")),
        ("bool", "true", Plain("bool", b"True")),
        ("bool", "False", Plain("bool", b"False")),
        ("int", "12", Plain("int", b"12")),
        ("int", "0x1F", Plain("int", b"31")),
        ("float", "2.0", Plain("float", b"2")),
        ("float", "1e-7", Plain("float", b"0.0000001")),
        ("float", "1.50", Plain("float", b"1.5")),
        ("timestamp", "2020-01-01", Plain("time", b"2020-01-01T00:00:00Z")),
    ],
)
def test_plain_scalars_as_sops_counts_them(tag, text, plain):
    assert plain_scalar(f"tag:yaml.org,2002:{tag}", text) == plain


def test_code_leaves_out_nulls_and_where_asked_what_is_not_encrypted():
    values = [(Plain("str", b"a"), True), (Plain("null", b""), True), (Plain("str", b"b"), False)]
    everything = authentication_code(values, only_encrypted=False)
    assert len(everything) == 128
    assert everything == everything.upper()
    assert everything == authentication_code([(Plain("str", b"ab"), True)], only_encrypted=False)
    only = authentication_code(values, only_encrypted=True)
    assert only == authentication_code(values[:1], only_encrypted=True)
    assert only != authentication_code(values[:1], only_encrypted=False)


def test_data_key_for_recipients():
    mine, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    armor = wrap(KEY, str(mine.to_public()))
    assert armor.startswith("-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert unwrap([armor], [other, mine]) == KEY
    assert unwrap([wrap(KEY, str(other.to_public())), armor], [mine]) == KEY
    with pytest.raises(VaultError, match="none of your age identities"):
        unwrap([armor], [other])
    with pytest.raises(VaultError, match="none of your age identities"):
        unwrap([], [mine])
    with pytest.raises(VaultError, match="damaged"):
        unwrap([armor[:120]], [mine])
    with pytest.raises(VaultError, match="damaged"):
        unwrap([wrap(b"short", str(mine.to_public()))], [mine])


def test_recipients():
    public = str(pyrage.x25519.Identity.generate().to_public())
    assert str(parse_recipient(public)) == public
    for text in ("", "age1x", public[:-1], "x25519", "AGE-SECRET-KEY-1X", "ssh-ed25519 x"):
        with pytest.raises(VaultError, match="not an age recipient"):
            parse_recipient(text)


def test_comments_move_to_a_new_key():
    new = bytes(32)
    comment = "#" + encrypt(KEY, b" why", ":", "comment") + "\n# plain\n"
    moved = reencrypt_comments(comment, KEY, new)
    assert moved.endswith("\n# plain\n")
    token = moved.split("\n")[0][1:]
    assert decrypt(new, token, ":", "comment") == Plain("comment", b" why")
    assert reencrypt_comments(comment, new, KEY) == comment
