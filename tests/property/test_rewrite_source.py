"""Generated source: what a rewrite does to it, judged by the language itself."""

import ast
import os
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from scanner.literals import javascript as javascript_locator
from scanner.literals import python as python_locator
from scanner.migrate.edit import spliced
from scanner.model import Edit, Literal, Reference
from scanner.rewriters import javascript as javascript_rewriter
from scanner.rewriters import python as python_rewriter

REFERENCE = Reference("sops", ".unleak/vault.sops.yaml", "NAME")

VALUES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
STYLES = st.sampled_from(['"', "'", '"""', "'''", 'u"', 'f"', "b'", 'b"""', "joined:'"])
HEADS = st.lists(
    st.sampled_from(
        [
            "#!/usr/bin/env python3\n",
            "# -*- coding: utf-8 -*-\n",
            "# licence\n\n",
            '"""A docstring."""\n',
            "from __future__ import annotations\n",
            "import sys\n",
            "import os\n",
            "from os import environ\n",
            "import os as system\n",
            "os = 1\n",
            "# about what follows\n",
            "def os_of(os): return os\n",
            "ä = 'ö'\n",
        ]
    ),
    unique=True,
    max_size=6,
).map(lambda lines: "".join(sorted(lines, key=_rank)))
PLACES = st.sampled_from(
    [
        "v{n} = {t}\n",
        "v{n} = ({t})  # a comment\n",
        "v{n} = dict(password={t})['password']\n",
        "v{n} = {{'a': [0, {t}]}}['a'][1]\n",
        "def f{n}(p={t}): return p\nv{n} = f{n}()\n",
        "class C{n}:\n    x = {t}\nv{n} = C{n}.x\n",
        "def g{n}():\n    return {t}\nv{n} = g{n}()\n",
        "v{n} = {t}if True else None\n",
        "v{n} = [{t} for os in (1,)][0]\n",
        "v{n} = (lambda x={t}: x)()\n",
    ]
)


def _rank(line: str) -> int:
    """Where Python lets a line stand."""
    order = ("#!", "# -*-", "# lic", '"""', "from __f")
    return next((rank for rank, start in enumerate(order) if line.startswith(start)), len(order))


def _spelled(value: str, style: str) -> str:
    context = ("bytes",) if "b" in style else ()
    bare = Literal("python", 0, 0, b"", (), style, context)
    if style == "joined:'":
        half = len(value) // 2
        parts = (value[:half], value[half:])
        return " ".join(python_locator.spell(part.encode(), bare).decode() for part in parts)
    return python_locator.spell(value.encode(), bare).decode()


@given(
    HEADS,
    st.lists(st.tuples(PLACES, VALUES, STYLES), min_size=1, max_size=4),
    st.sampled_from("rn"),
)
def test_a_python_module_means_the_same(
    head: str, places: list[tuple[str, str, str]], ends: str
) -> None:
    """Every string of the module moves to the environment; it still gives every old value, there
    is one new import at most, and nothing else has changed."""
    source = head
    for number, (place, value, style) in enumerate(places):
        source += place.format(n=number, t=_spelled(value, style))
    if ends == "r" and '"""' not in source and "'''" not in source:
        source = source.replace("\n", "\r\n")
    data = source.encode()
    expected = _values(data, len(places), {})

    edits: list[Edit] = []
    environment: dict[str, str] = {}
    for literal in python_locator.literals(data):
        if literal.key_path[:1] != ("ä",) and not _is_inert(literal):
            name = f"NAME_{len(environment)}"
            rewrite = python_rewriter.rewrite(data, literal, REFERENCE, name)
            environment[name] = literal.value.decode()
            edits += rewrite.edits
    after = spliced(data, edits)

    ast.parse(after)
    assert _values(after, len(places), environment) == expected
    imports = {edit for edit in edits if edit.start == edit.end}
    assert len(imports) <= 1
    assert _outside(data, after, edits)
    assert [one.value for one in python_locator.literals(after) if "docstring" in one.context] == [
        one.value for one in python_locator.literals(data) if "docstring" in one.context
    ]


JAVASCRIPT_PLACES = st.sampled_from(
    [
        ("const v = {t};\n", "\"'`"),
        ("f({{password: {t}}});\n", "\"'`"),
        ("class C {{ static p = {t} }}\n", "\"'`"),
        ("let w = `a${{{t}}}b`\n", "\"'`"),
        ("const e = <A key={t}/>;\n", ['jsx"', "jsx'"]),
        ("const e = <A>{t}</A>;\n", ["jsx-text"]),
        ("// a comment\nfunction process(p = {t}) {{ return p }}\n", "\"'`"),
    ]
).flatmap(lambda pair: st.tuples(st.just(pair[0]), st.sampled_from(pair[1])))
TEXTS = VALUES.filter(bool)


@given(st.lists(st.tuples(JAVASCRIPT_PLACES, TEXTS), min_size=1, max_size=4), st.booleans())
def test_a_javascript_file_keeps_all_but_its_strings(
    places: list[tuple[tuple[str, str], str]], bom: bool
) -> None:
    """Every value is found as it was spelled; after the rewrite the file parses, names every
    variable, and nothing else has changed."""
    source = "\ufeff" if bom else ""
    for (place, style), value in places:
        bare = Literal("javascript", 0, 0, b"", (), style)
        source += place.format(t=javascript_locator.spell(value.encode(), bare).decode())
    data = source.encode()
    found = [one for one in javascript_locator.literals(data) if "template" not in one.context]
    assert [one.value.decode() for one in found] == [value for _, value in places]

    edits: list[Edit] = []
    for number, literal in enumerate(found):
        rewrite = javascript_rewriter.rewrite(data, literal, REFERENCE, f"NAME_{number}")
        edits += rewrite.edits
    after = spliced(data, edits)
    javascript_locator.parse(after)
    assert all(f"process.env.NAME_{number} ".encode() in after for number in range(len(found)))
    assert _outside(data, after, edits)


def _is_inert(literal: Literal) -> bool:
    """What stays: parts of adjacent strings, keys, docstrings and subscripts of this test's own."""
    return bool({"part", "key", "docstring"} & set(literal.context)) or literal.value in (
        b"password",
        b"a",
    )


def _values(data: bytes, count: int, environment: dict[str, str]) -> list[object]:
    """What the module's variables are. Variables of a process cannot hold every text in every
    locale, so the environment is a plain dictionary here."""
    names: dict[str, object] = {}
    with mock.patch.object(os, "environ", environment):
        exec(compile(data, "module", "exec"), names)
    return [names[f"v{number}"] for number in range(count)]


def _outside(data: bytes, after: bytes, edits: list[Edit]) -> bool:
    """Whether what lies between the edits is, byte by byte, what it was."""
    old, new = 0, 0
    for edit in sorted(set(edits), key=lambda edit: (edit.start, edit.end)):
        length = edit.start - old
        if data[old : edit.start] != after[new : new + length]:
            return False
        old, new = edit.end, new + length + len(edit.new)
    return data[old:] == after[new:]
