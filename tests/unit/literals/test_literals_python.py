"""Where the strings of a Python file are, and what is known of each."""

import ast
from pathlib import Path

import pytest

from scanner.errors import LiteralError
from scanner.literals import python
from scanner.model import Literal


def only(source: str, value: str = "val") -> Literal:
    """The one literal with this value."""
    (found,) = [
        one
        for one in python.literals(source.encode())
        if one.value == value.encode() and "part" not in one.context
    ]
    return found


@pytest.mark.parametrize(
    "source",
    [
        'x = "val"',
        "x = 'val'",
        'x = """val"""',
        "x = '''val'''",
        "x = r'val'",
        'x = u"val"',
        "x = b'val'",
        "x = Rb'val'",
        'x = f"val"',
        '\ufeffx = "val"',
        'ä = "ö"; x = "val"  # ü',
        'x = "v\\x61l"',
        "x = 'v\\\nal'",
        "x = \"va\" 'l'",
        'x = ("v"  # one\n  f"a" "l")',
        'print "val"',
    ],
)
def test_every_form_has_its_span_and_value(source: str) -> None:
    literal = only(source)
    data = source.encode()
    token = data[literal.start : literal.end].decode()
    value = ast.literal_eval(f"({token})") if "f" not in token else "val"
    assert (value if isinstance(value, bytes) else value.encode()) == b"val"
    assert literal.key_path == (() if source.startswith("print") else ("x",))


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ('A = {"b": {"c": "val"}}', ("A", "b", "c")),
        ('A = {b: "val"}', ("A", "b")),
        ("class C:\n    p = 'val'", ("C", "p")),
        ("class C:\n    def m(self):\n        self.p = 'val'", ("C", "p")),
        ('app.config["KEY"] = "val"', ("app", "config", "KEY")),
        ('connect(user="u", password="val")', ("password",)),
        ('db = connect("u", password="val")', ("db", "password")),
        ('login("u", "val")', ("login",)),
        ('x = login("u", "val")', ("x",)),
        ('os.environ.get("NAME", "val")', ("NAME",)),
        ('x = os.getenv("NAME", "val")', ("x", "NAME")),
        ('setattr(settings, "NAME", "val")', ("NAME",)),
        ("def f(p='val', /): pass", ("p",)),
        ("def f(*, p: str = 'val'): pass", ("p",)),
        ("lambda p='val': p", ("p",)),
        ("a = b = 'val'", ("b",)),
        ("a, b = 'u', 'val'", ("b",)),
        ("(a, b) = ('u', 'val')", ("b",)),
        ("a: str = 'val'", ("a",)),
        ("a += 'val'", ("a",)),
        ("if (a := 'val'): pass", ("a",)),
        ("a = ['u', 'val']", ("a", "1")),
        ("a = b or 'val'", ("a",)),
        ("if a.b == 'val': pass", ("a", "b")),
        ("if 'val' == a: pass", ("a",)),
        ("def f():\n    return 'val'", ("f",)),
        ("return_ = x if y else 'val'", ("return_",)),
        ("with open('val') as f: pass", ("open",)),
    ],
)
def test_key_paths(source: str, path: tuple[str, ...]) -> None:
    assert only(source).key_path == path


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('"val"', {"docstring"}),
        ('# c\n"""val"""\nx = 1', {"docstring"}),
        ('("val")', {"docstring"}),
        ('def f():\n    "val"', {"docstring"}),
        ('class C:\n    "val"', {"docstring"}),
        ('x = 1\n"val"', {"statement"}),
        ('if x:\n    "val"', {"statement"}),
        ('x = "val"', set()),
        ("def f(p='val'): pass", {"default"}),
        ("x = {'val': 1}", {"key"}),
        ("x = {a: 'val'}", set()),
        ("x: 'val' = 1", {"annotation"}),
        ("def f(x: Literal['val']) -> int: pass", {"annotation"}),
        ("def f() -> 'val': pass", {"annotation"}),
        ("X = Literal['val']", {"annotation"}),
        ("type X = 'val'", {"annotation"}),
        ("@route('val')\ndef f(): pass", {"decorator"}),
        ("match x:\n    case 'val': pass", {"pattern"}),
        ("match x:\n    case {'k': 'val'}: pass", {"pattern"}),
        ("match x:\n    case y if y == 'val': pass", set()),
        ("__all__ = ['val']", {"names"}),
        ("class C:\n    __slots__ = ('val',)", {"names"}),
        ("x = b'val'", {"bytes"}),
        ("x = 'v' 'al'", {"concatenation"}),
        ("x = b'v' b'al'", {"concatenation", "bytes"}),
        ("x = f\"{d['val']}\"", {"field", 'quote:"'}),
        ("x = f'''{f\"{d['val']}\"}'''", {"field", 'quote:"'}),
        ("x = f\"{'val'=}\"", {"field", 'quote:"', "shown"}),
        ("x = f\"{y:{'val'}}\"", {"field", 'quote:"'}),
        ("def f(p=f\"{'val'}\"): pass", {"field", 'quote:"', "default"}),
        ("x = f'''{y}\r\n''', '''val'''", set()),
    ],
)
def test_contexts(source: str, words: set[str]) -> None:
    assert set(only(source).context) == words


def test_a_formatted_string_has_its_static_text() -> None:
    whole, field = python.literals(b'x = f"a\\n{{b{y["k"]!r:>{w}}c"')
    assert (whole.value, set(whole.context)) == (b"a\n{b{}c", {"f-string"})
    assert (field.value, field.start) == (b"k", 15)


def test_template_strings_are_never_whole_values() -> None:
    (literal,) = python.literals(b'x = t"val"')
    assert "f-string" in literal.context


def test_adjacent_strings_are_one_value_and_its_parts() -> None:
    whole, first, second = python.literals(b"x = ('ab'\n  'cd')")
    assert (whole.value, whole.style) == (b"abcd", "joined:'")
    assert [first.value, second.value] == [b"ab", b"cd"]
    assert "part" in first.context
    assert "part" in second.context
    assert "part" not in whole.context
    assert (whole.start, whole.end) == (first.start, second.end)


def test_line_ends_are_normalised_and_remembered() -> None:
    (literal,) = python.literals(b'x = """a\r\nb"""\r\n')
    assert literal.value == b"a\nb"
    assert "newline:crlf" in literal.context


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"x = 1\nx = = 'val'\n", 2),
        (b"x = 'val\n", 1),
        (b"\n\nx = '''val\n", 3),
        (b"x = '\\x4'\n", 1),
        (b"\nx = b'\xc3\xa4'\n", 2),
        (b"x = 1\nx = '\xff'\n", 2),
        (b"#!/bin/x\n# coding: latin-1\nx = 'val'\n", 2),
        (b"\n# vim: fileencoding=cp1252\nx = 'val'\n", 2),
        (b"x = '\0'\n", 1),
    ],
)
def test_what_python_refuses_is_an_error_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(LiteralError, match=f"line {line}$"):
        list(python.literals(data))


@pytest.mark.parametrize(
    "head",
    [
        b"# coding: utf-8\n",
        b"# -*- coding: utf-8-unix -*-\n",
        b"# coding=ascii\n",
        b"x = 1\n# coding: latin-1\n",
        b"\n\n# coding: latin-1\n",
    ],
)
def test_encodings_that_are_utf_8(head: bytes) -> None:
    assert [one.value for one in python.literals(head + b"y = 'val'")] == [b"val"]


@pytest.mark.parametrize("module", [ast, pytest])
def test_values_and_spans_are_those_of_the_interpreter(module: object) -> None:
    """Real files: every constant that is no part of a formatted string is found, exactly."""
    source = Path(str(module.__file__)).read_bytes()  # type: ignore[attr-defined]
    lines = source.split(b"\n")
    starts = [sum(len(line) + 1 for line in lines[:row]) for row in range(len(lines))]
    tree = ast.parse(source)
    formatted = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for inner in ast.walk(node)
    }
    expected = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in formatted:
            continue
        value = node.value.encode() if isinstance(node.value, str) else node.value
        if isinstance(value, bytes):
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
            expected[start, end] = value
    outside = {"part", "f-string", "field"}
    found = {
        (one.start, one.end): one.value
        for one in python.literals(source)
        if outside.isdisjoint(one.context) and "f" not in one.style.lower()
    }
    assert found == expected
