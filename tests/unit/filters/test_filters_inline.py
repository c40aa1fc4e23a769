"""A marker speaks about one line: its own, or the next when its line is nothing but the comment."""

from __future__ import annotations

import pytest

from scanner.filters.inline import inline_allowed

VALUE = b"THE-VALUE"
RULE = "acme-token"
OWN = "unleak:allow"


def allowed(text: bytes, rule: str = RULE) -> str:
    start = text.index(VALUE)
    return inline_allowed(text, start, start + len(VALUE), rule)


MARKERS = [
    (b"unleak:allow", OWN),
    (b"gitleaks:allow", "gitleaks:allow"),
    (b"betterleaks:allow", "betterleaks:allow"),
    (b"trufflehog:ignore", "trufflehog:ignore"),
    (b"kingfisher:ignore", "kingfisher:ignore"),
    (b"kingfisher:allow", "kingfisher:allow"),
    (b"pragma: allowlist secret", "pragma: allowlist secret"),
    (b"pragma: whitelist secret", "pragma: whitelist secret"),
    (b"pragma:allowlist secret", "pragma:allowlist secret"),
    (b"ggignore", "ggignore"),
]


@pytest.mark.parametrize(("marker", "said"), MARKERS)
def test_on_the_same_line(marker: bytes, said: str) -> None:
    assert allowed(b"a = 1\nkey = THE-VALUE  # " + marker + b"\nb = 2\n") == said
    assert allowed(b"key = THE-VALUE  # " + marker) == said
    assert allowed(b"key = THE-VALUE  # because; " + marker + b" see docs\r\nx\r\n") == said


@pytest.mark.parametrize(("marker", "said"), MARKERS)
def test_on_the_line_above(marker: bytes, said: str) -> None:
    assert allowed(b"a = 1\n  # " + marker + b"\nkey = THE-VALUE\n") == said


@pytest.mark.parametrize("marker", [marker for marker, _ in MARKERS])
def test_nowhere_else(marker: bytes) -> None:
    comment = b"# " + marker
    assert not allowed(comment + b"\n\nkey = THE-VALUE\n")
    assert not allowed(comment + b"\nother = 1\nkey = THE-VALUE\n")
    assert not allowed(b"key = THE-VALUE\n" + comment + b"\n")
    assert not allowed(b"other = 1  " + comment + b"\nkey = THE-VALUE\n")


COMMENTS = [
    b"# %s", b"#%s", b"\t// %s", b"-- %s", b"; %s", b"/* %s */", b"/* %s",
    b" * %s */", b"<!-- %s -->", b"<!-- %s --> \t", b"% %s", b"rem %s", b"REM %s", b":: %s",
    b"{# %s #}", b"{{! %s }}", b"{{!-- %s --}}", b"{/* %s */}", b"(* %s *)", b"<%-- %s --%>",
    b"\xef\xbb\xbf# %s", b"# %s\r", b"-- [[ %s ]]",
]  # fmt: skip


@pytest.mark.parametrize("comment", COMMENTS)
def test_a_line_of_nothing_but_the_comment_speaks_about_the_next(comment: bytes) -> None:
    line = comment.replace(b"%s", b"unleak:allow")
    assert allowed(line + b"\nkey = THE-VALUE\n") == OWN


CODE = [
    b"x = 1  # unleak:allow",
    b"/* unleak:allow */ x = 1",
    b"<!-- unleak:allow --> <key>1</key>",
    b'#define TOKEN "x"  // unleak:allow',
    b"# define TOKEN 1  /* unleak:allow */",
    b"  --token=x  # unleak:allow \\",
    b"* token: x  # unleak:allow",
    b"*pointer = x;  // unleak:allow",
    b"%s = 3  # unleak:allow",
    b"{# unleak:allow #} token: x",
    b"{/* unleak:allow */} <Key value=x />",
    b"remote = x  # unleak:allow",
    b"::std::string x = y;  // unleak:allow",
    b'"unleak:allow"',
    b"unleak:allow",
]


@pytest.mark.parametrize("line", CODE)
def test_a_line_with_code_speaks_about_itself_only(line: bytes) -> None:
    assert not allowed(line + b"\nkey = THE-VALUE\n")


@pytest.mark.parametrize("word", [b"allowlist", b"whitelist"])
def test_nextline_speaks_about_the_next_line_only(word: bytes) -> None:
    marker = b"# pragma: " + word + b" nextline secret"
    said = "pragma: allowlist nextline secret"
    assert allowed(marker + b"\nkey = THE-VALUE\n") == said
    assert allowed(b"x = 1  " + marker + b"\nkey = THE-VALUE\n") == said
    assert not allowed(b"key = THE-VALUE  " + marker + b"\n")
    assert not allowed(marker + b"\nx = 1\nkey = THE-VALUE\n")


def test_rule_ids_after_the_own_marker_limit_it() -> None:
    assert allowed(b"k = THE-VALUE  # unleak:allow acme-token") == OWN
    assert allowed(b"k = THE-VALUE  # unleak:allow other-rule acme-token") == OWN
    assert not allowed(b"k = THE-VALUE  # unleak:allow other-rule")
    assert not allowed(b"# unleak:allow other-rule\nk = THE-VALUE")


def test_prose_after_the_own_marker_is_no_rule_id() -> None:
    assert allowed(b"k = THE-VALUE  # unleak:allow for tests") == OWN
    assert allowed(b"k = THE-VALUE  # unleak:allow -- made up, see docs") == OWN


@pytest.mark.parametrize(
    "word", [b"unleak:allowed", b"unleak:allow-not", b"xggignores", b"gitleaks: allow", b"allow"]
)
def test_words_that_only_look_alike_do_not_count(word: bytes) -> None:
    assert not allowed(b"k = THE-VALUE  # " + word)


def test_a_comment_may_end_right_after_the_marker() -> None:
    assert allowed(b"<k>THE-VALUE</k><!--unleak:allow-->") == OWN
    assert allowed(b"<k>THE-VALUE</k><!--unleak:allow acme-token-->") == OWN
    assert not allowed(b"<k>THE-VALUE</k><!--unleak:allow other-rule-->")
    assert allowed(b"k: THE-VALUE /*gitleaks:allow*/") == "gitleaks:allow"
    assert allowed(b"<k>THE-VALUE</k><!--gitleaks:allow-->") == "gitleaks:allow"


def test_two_secrets_on_one_line_are_both_allowed() -> None:
    text = b"a = FIRST, b = THE-VALUE  # unleak:allow\n"
    assert allowed(text) == OWN
    assert inline_allowed(text, 4, 9, RULE) == OWN


def test_a_value_of_several_lines_is_allowed_where_it_starts() -> None:
    text = b"k = '''START  # unleak:allow\nmore\nend'''\nz = 1\n"
    assert inline_allowed(text, 7, text.index(b"end") + 3, RULE) == OWN
    late = b"k = '''START\nmore\nend'''  # unleak:allow\n"
    assert not inline_allowed(late, 7, late.index(b"end") + 3, RULE)


def test_the_first_line_has_nothing_above() -> None:
    assert not allowed(b"THE-VALUE")
    assert not allowed(b"\nTHE-VALUE")


def test_one_marker_on_a_long_line() -> None:
    assert allowed(b"x" * 300_000 + b"THE-VALUE" + b"y" * 300_000 + b"/* unleak:allow */") == OWN
