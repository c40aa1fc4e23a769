import pytest

from scanner.errors import VaultError
from scanner.vaults.sops_cipher import Plain, encrypt
from scanner.vaults.sops_format import (
    entry_line,
    new_document,
    parse,
    render,
    with_recipients,
    with_stamp,
)

KEY = bytes(32)
TOKEN = encrypt(KEY, b"x", "A:")
BLOCK = """sops:
    kms: []
    age:
        - recipient: age1a
          enc: |
            -----BEGIN-----
            AAAA
            -----END-----
        - recipient: age1b
          enc: |
            -----BEGIN-----
            BBBB
            -----END-----
    lastmodified: "2026-01-01T00:00:00Z"
    mac: ENC[x]
    pgp: []
    unencrypted_suffix: _unencrypted
    version: 3.11.0
"""


def whole(data, block=BLOCK):
    return (data + block).encode()


def test_reads_and_writes_the_same_bytes():
    text = (
        f'# head\n\nA: {TOKEN}\n# about B\nB: ""\nC_unencrypted: |\n    two\n\n    lines\n'
        f"D: null\nE_unencrypted: 12\n\n# tail\n"
    )
    document = parse(whole(text))
    assert render(document) == whole(text)
    assert [line.name for line in document.lines] == [
        "A", "B", "C_unencrypted", "D", "E_unencrypted",
    ]  # fmt: skip
    assert [line.plain for line in document.lines] == [
        None, Plain("str", b""), Plain("str", b"two\n\nlines\n"), Plain("null", b""),
        Plain("int", b"12"),
    ]  # fmt: skip
    assert document.lines[0].token == TOKEN
    assert document.wrapped[1] == ("age1b", "-----BEGIN-----\nBBBB\n-----END-----\n")
    assert document.other_keys == ()


def test_windows_line_ends_and_quotes():
    text = whole(f'"A": "{TOKEN}"\n').replace(b"\n", b"\r\n")
    document = parse(text)
    assert document.lines[0].token == TOKEN
    assert render(document) == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no 'sops' section"),
        (b"A: b\n", "no 'sops' section"),
        (b"\xff", "not UTF-8"),
        (whole(f"A: {TOKEN}\n<<<<<<< ours\nB: {TOKEN}\n"), r"merge-conflict markers \(line 2\)"),
        (whole("A:\n    b: 1\n"), "entry A is not one value"),
        (whole("A:\n    - 1\n"), "entry A is not one value"),
        (whole("- A\n"), "not a flat"),
        (whole("  A: 1\n"), "not a flat"),
        (whole("A: 'x\n"), "not a flat"),
        (whole(f"A: {TOKEN}\nA: {TOKEN}\n"), "A twice"),
        (whole("", BLOCK + BLOCK), "two 'sops' sections"),
        (whole("", "sops:\n"), "cut off"),
        (whole("", BLOCK.partition("    mac")[0]), "no sops version"),
        (whole("", BLOCK.replace("    mac: ENC[x]\n", "")), "no 'mac'"),
        (whole("", BLOCK.replace("3.11.0", "4.0.1")), "sops 4.0.1, newer"),
        (whole("", BLOCK.replace("          enc: |\n            -----BEGIN-----\n            AAAA\n"
         "            -----END-----\n", "")), "recipients is damaged"),
        (whole("", BLOCK + "    shamir_threshold: 2\n"), "groups"),
        (whole("", BLOCK + "    encrypted_comment_regex: x\n"), "comments"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_a_hint(data, message):
    with pytest.raises(VaultError, match=message) as caught:
        parse(data)
    assert "\n" not in caught.value.message


def test_a_newer_minor_version_is_read():
    assert parse(whole("", BLOCK.replace("3.11.0", "3.99.0"))).metadata["version"] == "3.99.0"


@pytest.mark.parametrize(
    ("rule", "covered", "bare"),
    [
        ("unencrypted_suffix: _unencrypted", "A", "A_unencrypted"),
        ("encrypted_suffix: _SECRET", "A_SECRET", "A"),
        ("unencrypted_regex: ^PUBLIC_", "A", "PUBLIC_A"),
        ("encrypted_regex: (PASSWORD|TOKEN)$", "A_TOKEN", "A_HOST"),
        ("version: 3.11.0", "A", "A_unencrypted"),
    ],
)
def test_which_names_are_encrypted(rule, covered, bare):
    block = BLOCK.replace("unencrypted_suffix: _unencrypted", rule)
    if rule.startswith("version"):
        block = BLOCK.replace("    unencrypted_suffix: _unencrypted\n", "")
    document = parse(whole("", block))
    assert document.covers(covered)
    assert not document.covers(bare)


@pytest.mark.parametrize("pattern", ["(", "'(a+)+$'"])
def test_a_hostile_pattern_ends(pattern):
    block = BLOCK.replace("unencrypted_suffix: _unencrypted", f"encrypted_regex: {pattern}")
    document = parse(whole("", block))
    name = "a" * 64 + "B"
    try:
        assert document.covers(name) is False
    except VaultError as problem:
        assert "cannot be used" in problem.message  # noqa: PT017 -- either end is fine


def test_names_that_yaml_would_read_as_something_else_are_quoted():
    assert entry_line("NO", TOKEN).text == f'"NO": {TOKEN}\n'
    assert entry_line("A", TOKEN).text == f"A: {TOKEN}\n"
    assert entry_line("A", "").text == 'A: ""\n'
    for name in ("Y", "NULL", "TRUE", "A"):
        text = entry_line(name, TOKEN).text
        assert [line.name for line in parse(whole(text)).lines] == [name]


def test_stamp_and_recipients_change_only_their_lines():
    document = parse(whole(f"A: {TOKEN}\n"))
    stamped = render(with_stamp(document, "2027-01-01T00:00:00Z", "ENC[y]")).decode()
    expected = BLOCK.replace("2026-01", "2027-01").replace("ENC[x]", "ENC[y]")
    assert stamped == f"A: {TOKEN}\n{expected}"
    fewer = with_recipients(document, [document.wrapped[1]])
    assert [name for name, _ in fewer.wrapped] == ["age1b"]
    gone = BLOCK.partition("        - recipient: age1a")[0] + "        - recipient: age1b"
    assert render(fewer).decode().startswith(f"A: {TOKEN}\n{gone}")
    assert render(fewer).decode().endswith(BLOCK.partition("    lastmodified")[2])


def test_an_unusual_layout_is_an_error():
    block = BLOCK.replace("    mac: ENC[x]\n", '    "mac": ENC[x]\n')
    with pytest.raises(VaultError, match="unusual layout"):
        with_stamp(parse(whole("", block)), "2027-01-01T00:00:00Z", "ENC[y]")


def test_new_document_is_a_file():
    document = new_document([("age1a", "-----BEGIN-----\nAA==\n-----END-----\n")])
    stamped = with_stamp(document, "2027-01-01T00:00:00Z", TOKEN)
    assert parse(render(stamped)) == stamped
