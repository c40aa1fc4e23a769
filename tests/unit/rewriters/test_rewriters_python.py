"""`os.environ["NAME"]` in the place of Python strings."""

import ast
import os
from typing import Any
from unittest import mock

import pytest

from scanner.errors import RewriteError
from scanner.literals import python as locator
from scanner.migrate.edit import spliced
from scanner.model import Reference
from scanner.rewriters import python

HEAD = "#!/usr/bin/env python\n# coding: utf-8\n'''Doc.'''\n\nfrom __future__ import a\n"
REFERENCE = Reference("sops", ".unleak/vault.sops.yaml", "NAME")


def rewrite(source: str, value: str = "val") -> str:
    data = source.encode()
    (literal,) = [
        one
        for one in locator.literals(data)
        if one.value == value.encode() and "part" not in one.context
    ]
    result = python.rewrite(data, literal, REFERENCE, "NAME")
    assert (result.form, result.disposition) == ("environment", "review")
    assert result.reason == "the code then depends on the environment variable NAME"
    return spliced(data, result.edits).decode()


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("import os\nx = 'val'", 'import os\nx = os.environ["NAME"]'),
        ("import os\nx = b'val'", 'import os\nx = os.environ["NAME"].encode()'),
        ("import os\nx = 'val'.upper()", 'import os\nx = os.environ["NAME"].upper()'),
        ("import os\nx = f('v' 'al')", 'import os\nx = f(os.environ["NAME"])'),
        ("import os\nx = f'val'", 'import os\nx = os.environ["NAME"]'),
        (
            "import os\ndef f(): return'val'if y else'z'",
            "import os\ndef f(): return os.environ[\"NAME\"]if y else'z'",
        ),
        ("import os\nx = f\"{'val'}\"", "import os\nx = f\"{os.environ['NAME']}\""),
        ("import os\nx = f'{\"val\"}'", "import os\nx = f'{os.environ[\"NAME\"]}'"),
        (
            "import os\nx = f'''{f\"{'val'}\"}'''",
            "import os\nx = f'''{f\"{os.environ['NAME']}\"}'''",
        ),
    ],
)
def test_literals(source: str, after: str) -> None:
    assert rewrite(source) == after


def test_the_quote_around_a_field_is_not_used_in_it() -> None:
    """`f"{"val"}"` is fine from Python 3.12 on; what is written is fine before, too."""
    assert rewrite('import os\nx = f"{"val"}"') == "import os\nx = f\"{os.environ['NAME']}\""


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("x = 'val'\n", 'import os\n\nx = os.environ["NAME"]\n'),
        ("import re\nx = 'val'", 'import os\nimport re\nx = os.environ["NAME"]'),
        (
            f"{HEAD}import re\nx = 'val'",
            f'{HEAD}import os\nimport re\nx = os.environ["NAME"]',
        ),
        ("'''Doc.'''\nx = 'val'", "'''Doc.'''\n\nimport os\n\nx = os.environ[\"NAME\"]"),
        ("'''Doc.'''; x = 'val'", "'''Doc.'''; import os; x = os.environ[\"NAME\"]"),
        ("'''Doc.'''\nimport re\nx = 'val'", None),
        ("from __future__ import a\nx = 'val'", None),
        ("# lic\n# ence\nx = 'val'", '# lic\n# ence\nimport os\n\nx = os.environ["NAME"]'),
        (
            "# licence\n\n# about\n# x\nx = 'val'",
            '# licence\n\nimport os\n\n# about\n# x\nx = os.environ["NAME"]',
        ),
        ("\ufeffx = 'val'", '\ufeffimport os\n\nx = os.environ["NAME"]'),
        (
            "import re\r\nx = 'val'\r\n",
            'import os\r\nimport re\r\nx = os.environ["NAME"]\r\n',
        ),
        ("f'''{'val'}'''", "import os\n\nf'''{os.environ[\"NAME\"]}'''"),
        ("x = 'val'\nimport os", 'import os\n\nx = os.environ["NAME"]\nimport os'),
        (
            "if x:\n    import os\ny = 'val'",
            'import os\n\nif x:\n    import os\ny = os.environ["NAME"]',
        ),
        ("@f('val')\ndef g(): pass", 'import os\n\n@f(os.environ["NAME"])\ndef g(): pass'),
    ],
)
def test_a_new_import_stands_in_the_right_place(source: str, after: str | None) -> None:
    found = rewrite(source)
    ast.parse(found.replace("import a\n", "import annotations\n").removeprefix("\ufeff"))
    if after is not None:
        assert found == after
    else:
        lines = found.split("\n")
        assert lines.index("import os") in (1, 2)


@pytest.mark.parametrize(
    ("source", "look_up"),
    [
        ("import os, re\nx = 'val'", "os.environ"),
        ("import os.path\nx = 'val'", "os.environ"),
        ("import os as system\nx = 'val'", "system.environ"),
        ("from os import environ\nx = 'val'", "environ"),
        ("from os import path, environ as e\nx = 'val'", "e"),
        ("def f():\n    import os\n    x = 'val'", "os.environ"),
        ("def f():\n    import os\n    def g():\n        x = 'val'", "os.environ"),
        ("def f():\n    x = 'val'\n    import os", '__import__("os").environ'),
        ("def f():\n    if y:\n        import os\n    x = 'val'", '__import__("os").environ'),
        ("class C:\n    import os\n    x = 'val'", '__import__("os").environ'),
        ("import os\nf(os=1)\ny.os = os.path\nx = 'val'", "os.environ"),
    ],
)
def test_an_import_that_is_there_is_used(source: str, look_up: str) -> None:
    assert rewrite(source) == source.replace("'val'", f'{look_up}["NAME"]')


@pytest.mark.parametrize(
    "source",
    [
        "import os\ndef f(os): return 'val'",
        "import os\ndef f(*os): x = 'val'",
        "import os\ndef f(os: int = 1): x = 'val'",
        "import os\nf = lambda os: 'val'",
        "import os\nx = [f('val') for os in y]",
        "from sys import platform as os\nx = 'val'",
        "import sys as os\nx = 'val'",
        "import os.path as os\nx = 'val'",
        "from mine import os\nx = 'val'",
        "os = 1\nx = 'val'",
        "os: int = 1\nx = 'val'",
        "for os in y: x = 'val'",
        "with y as os: x = 'val'",
        "with y as (os, z): x = 'val'",
        "try: pass\nexcept E as os: x = 'val'",
        "def os(): return 'val'",
        "class os: x = 'val'",
        "import os\ndel os\nx = 'val'",
        "def f():\n    global os\n    x = 'val'",
        "if (os := 1): x = 'val'",
        "match y:\n    case os: x = 'val'",
        "match y:\n    case [a, *os]: x = 'val'",
        "match y:\n    case {'a': os}: x = 'val'",
        "try:\n    import os\nexcept ImportError:\n    os = None\nx = 'val'",
    ],
)
def test_a_name_that_means_something_else_is_left_alone(source: str) -> None:
    after = rewrite(source)
    ast.parse(after)
    assert after.startswith("import os as _os\n")
    assert after.rstrip("\n").removeprefix("import os as _os\n").lstrip("\n") == source.replace(
        "'val'", '_os.environ["NAME"]'
    )


def test_the_other_name_is_free() -> None:
    assert rewrite("os = _os = 1\nx = 'val'").startswith("import os as _os2\n")


@pytest.mark.parametrize(
    "source",
    [
        "import os as o\ndef f(o): return 'val'",
        "from os import environ\ndef f(environ, start): return 'val'",
        "import os as o\nimport re as o\nx = 'val'",
        "import os as o\ndef f():\n    import os as o\n    x = 'val'",
    ],
)
def test_an_import_whose_name_is_used_twice_is_not_used(source: str) -> None:
    after = rewrite(source)
    assert after.startswith("import os\n")
    assert 'os.environ["NAME"]' in after


def test_several_places_ask_for_the_same_import() -> None:
    source = "'''Doc.'''\nA = 'one'\ndef f(p='two'):\n    return f\"{'three'}\"\n"
    data = source.encode()
    found = [one for one in locator.literals(data) if one.value in (b"one", b"two", b"three")]
    edits = []
    for one in found:
        edits += python.rewrite(data, one, REFERENCE, one.value.decode().upper()).edits
    after = spliced(data, edits).decode()
    assert after.count("import os") == 1
    names: dict[str, Any] = {}
    with mock.patch.dict(os.environ, {"ONE": "1", "TWO": "2", "THREE": "3"}):
        exec(after, names)
        assert (names["A"], names["f"](), names["f"].__defaults__) == ("1", "3", ("2",))


def test_it_fails_when_the_variable_is_not_set() -> None:
    code = rewrite("x = 'val'")
    with mock.patch.dict(os.environ, clear=True), pytest.raises(KeyError, match="NAME"):
        exec(code, {})


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def f():\n    '''val'''", "docstring"),
        ("x = 1\n'val'", "statement"),
        ("x: 'val'", "annotation"),
        ("match x:\n    case 'val': pass", "pattern"),
        ("x = {'val': 1}", "key"),
        ("__all__ = ['val']", "list of names"),
        ("x = f\"{'val'=}\"", "shows"),
        ("x = t'val'", "formatted"),
    ],
)
def test_places_that_hold_no_expression(source: str, why: str) -> None:
    with pytest.raises(RewriteError, match=why):
        rewrite(source)


def test_parts_of_a_formatted_string_are_refused() -> None:
    with pytest.raises(RewriteError, match="part of a formatted string"):
        rewrite("x = f'a{y}val'", "a{}val")


def test_parts_of_adjacent_strings_are_refused() -> None:
    data = b"x = 'one' 'val'"
    part = [one for one in locator.literals(data) if one.value == b"val"]
    with pytest.raises(RewriteError, match="adjacent"):
        python.rewrite(data, part[0], REFERENCE, "NAME")


@pytest.mark.parametrize("token", [r"'\0'", r"'\ud800'", r"b'\xff'"])
def test_values_no_variable_holds(token: str) -> None:
    data = f"x = {token}".encode()
    (literal,) = locator.literals(data)
    with pytest.raises(RewriteError):
        python.rewrite(data, literal, REFERENCE, "NAME")
