"""Grammars load where they are asked for; no content makes a parse endless."""

from __future__ import annotations

import random

import pytest

from scanner.engine import grammars
from scanner.engine.grammars import LARGEST, TABLE, grammar_of, parsed


@pytest.mark.parametrize("grammar", sorted(set(TABLE.values())), ids="-".join)
def test_every_grammar_is_installed_and_reads(grammar: grammars.Grammar) -> None:
    tree = parsed(grammar, b"/* x */ x\n")
    assert tree is not None
    assert (tree.root_node.start_byte, tree.root_node.end_byte) == (0, 10)


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("a/b.py", "tree_sitter_python"),
        ("B.PY", "tree_sitter_python"),
        ("x.test.tsx", "tree_sitter_typescript"),
        ("x.h", "tree_sitter_cpp"),
        ("x.c", "tree_sitter_c"),
    ],
)
def test_the_suffix_says_the_language(path: str, module: str) -> None:
    found = grammar_of(path)
    assert found
    assert found[0] == module


@pytest.mark.parametrize(
    "path", ["a.sh", "Makefile", "a.yml", "a.vue", "a.html", ".env.py", "py", "(file name)", ""]
)
def test_where_bare_values_are_values_there_is_none(path: str) -> None:
    assert grammar_of(path) is None


def test_what_is_too_large_is_not_parsed() -> None:
    assert parsed(TABLE["py"], b"x" * (LARGEST + 1)) is None
    assert parsed(TABLE["py"], b"x" * LARGEST) is not None


def test_a_grammar_that_is_not_installed_reads_nothing() -> None:
    assert parsed(("tree_sitter_of_no_language", "language"), b"x") is None


HARD = {
    "py": (b"(", b"[{", b"lambda:", b"f'{"),
    "js": (b"[", b"`${", b"a?b:", b"(a=>"),
    "ts": (b"<a>(b:", b"a<b<"),
    "go": (b"f(a[b{", b"func(){"),
    "java": (b"a<b<(c)", b"((A)"),
    "c": (b"(a)*b ", b"{"),
    "cpp": (b"a<b<c(", b"[&]{"),
    "cs": (b"a<b<", b"(a)"),
    "rb": (b"<<A ", b'"#{', b"%w[ "),
    "php": (b'<?php "{$a[', b"<?php [("),
    "rs": (b"a<b::<", b"|x|{"),
    "kt": (b"{", b"a<b>(c<"),
    "swift": (b"(a?", b"a<b<"),
    "scala": (b"(a,", b"a match {case "),
}


# Grammars whose scanners look ahead to the end at every place are cut off, too ("a match {case").
@pytest.mark.parametrize("suffix", sorted(HARD))
def test_hard_content_comes_to_an_end(suffix: str) -> None:
    noise = random.Random(suffix).randbytes(64 << 10)
    for piece in (*(one * ((128 << 10) // len(one)) for one in HARD[suffix]), noise):
        tree = parsed(TABLE[suffix], piece)
        assert tree is None or tree.root_node.end_byte <= len(piece)


def test_work_is_cut_off_and_the_next_file_is_read() -> None:
    hard = b"a<b<" * (100 << 10)
    assert parsed(TABLE["cs"], hard) is None
    tree = parsed(TABLE["cs"], b"class A { }")
    assert tree is not None
    assert not tree.root_node.has_error
