"""Signatures and ids are left out of what is scanned of commits and tags; words stay."""

from __future__ import annotations

from scanner.history.messages import message_of, names_of, title_of

COMMIT = b"""tree 1111
parent 2222
author A <a@x> 1 +0000
committer B <b@x> 2 +0000
gpgsig -----BEGIN PGP SIGNATURE-----
 
 c2lnbmF0dXJl
 -----END PGP SIGNATURE-----
encoding ISO-8859-1
x-note first
 second

subject

body
"""  # noqa: W293 -- a signature has such a line


def test_headers_and_message() -> None:
    text = message_of(COMMIT)
    assert b"A <a@x>" in text
    assert b"x-note first\n second" in text
    assert text.endswith(b"\n\nsubject\n\nbody\n")
    assert b"c2lnbmF0dXJl" not in text
    assert b"1111" not in text


def test_what_is_no_commit_stays_whole() -> None:
    assert message_of(b"") == b""
    assert message_of(b"just words") == b"just words"


def test_titles() -> None:
    assert [title_of(kind) for kind in ("commit", "tag", "blob")] == [
        "(commit message)",
        "(tag message)",
        "",
    ]


def test_names_in_a_tree() -> None:
    tree = b"100644 a b.txt\0" + b"\0" * 20 + b"40000 dir\0" + b" " * 20
    assert names_of(tree, 20) == {b"a b.txt", b"dir"}
    assert names_of(tree[:-1], 20) == {b"a b.txt", b"dir"}
    assert names_of(b"", 20) == names_of(b"nonsense", 20) == names_of(b"1 2", 32) == set()
