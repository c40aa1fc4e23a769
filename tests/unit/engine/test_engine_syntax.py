"""What stands where in each language. `<string:text>` in a case is text whose kind is said."""

from __future__ import annotations

import random
import re

import pytest

from scanner.engine.grammars import LARGEST
from scanner.engine.judgement import Judged
from scanner.engine.syntax import code_at, is_doubtful, kind_at, kinds_at, without_code
from scanner.rules import Rule

CASES = {
    "a.py": (
        "x = <identifier:abc>",
        "def f(a: <type:Secret>): pass",
        "x: <type:Secret> = 1",
        "x: Optional[<type:Secret>] = None",
        "f(pw=<identifier:abc>)",
        "def f(pw=<identifier:abc>): pass",
        "x = <code:1234>",
        "x = <identifier:abc>(1)",
        "x = {<string:'a'>: <code:b.c>}",
        "# pw = <comment:abc>",
        '"""Doc.\n\npw = <string:abc>\n"""',
        "x = '''\npw = <string:abc>\n'''",
        "x = r'pw=<string:abc>'",
        "x = b'<string:abc>' 'z <string:def>'",
        "x = f'pw=<string:abc> {<identifier:y>}'",
        "x = f'{d['<string:a>']}'",
    ),
    "a.js": (
        "x = <identifier:abc>;",
        "let o = {pw: <identifier:abc>, x};",
        "function f(pw = <identifier:abc>) {}",
        "x = <code:1234>",
        "x = <code:a.b>",
        "x = <identifier:abc>(2)",
        "// pw = <comment:abc>",
        "/* a\n * pw = <comment:abc>\n */",
        "/** @x <comment:abc> */",
        "x = 'pw=<string:abc>'",
        "x = `pw=<string:abc> ${<identifier:y>}`",
        "x = `a\nb ${f(`c <string:d> ${<identifier:e>}`)} <string:g>`",
        "x = /pw=<string:abc>/",
        "x = <div pw={<identifier:y>} a='<string:abc>'>pw: <string:abc></div>",
    ),
    "a.ts": (
        "let x: <type:Secret> = y;",
        "let x: <type:string> = y;",
        "interface A { pw: <type:Secret>; }",
        "class A { private pw: <type:Secret>; constructor(private a: <type:Secret>) {} }",
        "const x = <identifier:y> as <type:Secret>;",
        "x = `pw=<string:abc> ${<identifier:y>}`",
    ),
    "a.tsx": ("let x: <type:Secret> = y;", "let x = <p>pw: <string:abc></p>;"),
    "a.go": (
        "package a\nvar x = <identifier:abc>",
        "package a\nvar x <type:Secret> = y",
        "package a\ntype A struct { Password <type:Secret> }",
        "package a\nvar x = A{Password: <identifier:pw>, Token: <code:c.Token>, N: <code:123>}",
        "package a\nfunc f() { pw := <identifier:y>() }",
        'package a\nvar x = "pw=<string:abc>"',
        "package a\nvar x = `a\npw=<string:abc>`",
        "package a\n// pw = <comment:abc>\n/* pw = <comment:abc> */",
    ),
    "a.java": (
        "class A { String pw = <identifier:abc>; }",
        "class A { <type:Secret> pw; }",
        "class A { void f() { pw = <identifier:abc>(1); pw = <code:a.b>; } }",
        "@X(pw = <identifier:Y>) class A { int y = <code:1234>; }",
        'class A { String x = "pw=<string:abc>"; }',
        'class A { String x = """\n  pw=<string:abc>\n  """; }',
        "// pw = <comment:abc>\n/** pw = <comment:abc> */\n/* <comment:abc> */",
    ),
    "a.c": (
        "char *pw = <identifier:abc>;",
        "<type:secret_t> pw;",
        "struct s x = { .pw = <identifier:abc> };",
        "int x = <code:1234>;",
        "void f() { pw = <identifier:g>(1); p.pw = <code:a.b>; }",
        'char *x = "pw=<string:abc>" "<string:abc>";',
        "// pw=<comment:abc>\n/* pw=<comment:abc> */",
        "#define PW pw=<:abc>",
    ),
    "a.cpp": (
        "auto pw = <identifier:abc>;",
        "std::string pw = <code:a::b>;",
        "void f(std::string pw = <identifier:abc>);",
        'auto x = R"(a\npw=<string:abc>)";',
        "/// pw=<comment:abc>",
    ),
    "a.h": ("auto pw = <identifier:abc>;", "class X;\n// <comment:abc>\n"),
    "a.cs": (
        "class A { string pw = <identifier:abc>; }",
        "class A { public <identifier:Secret> Pw { get; set; } }",
        "class A { void F(string pw = <identifier:abc>) { y = <code:1234>; } }",
        "class A { void F() { G(password: <identifier:abc>); x = new A { P = <identifier:y> }; } }",
        'class A { string pw = "pw=<string:abc>"; }',
        'class A { string pw = @"a\npw=<string:abc>"; }',
        'class A { string pw = $"pw=<string:abc> {<identifier:x>}"; }',
        'class A { string pw = """\n  pw=<string:abc>\n  """; }',
        "/// <x>pw=<comment:abc></x>\n/* <comment:abc> */",
        "#region pw=<:abc>\n#endregion",
    ),
    "a.rb": (
        "pw = <identifier:abc>",
        "pw = <identifier:Abc>",
        "f(pw: <identifier:abc>, b: <identifier::abc>)",
        "pw = <code:1234>",
        "x = 'pw=<string:abc>'",
        "x = %q(pw=<string:abc>)",
        'x = "pw=<string:abc> #{<identifier:y>}"',
        "x = <<~A\n  pw=<string:abc> #{<identifier:y>}\n  <string:z>\nA\n",
        "x = %w[<string:abc> def]",
        "x = `a -p <string:abc>`",
        "# pw=<comment:abc>",
        "=begin\npw=<comment:abc>\n=end\n",
        "x = 1\n__END__\npw: <string:abc>\n",
    ),
    "a.php": (
        "<?php $pw = <identifier:ABC>;",
        "<?php f(pw: <identifier:ABC>);",
        "<?php $y = <code:1234>; $z = <identifier:f>(1);",
        "<?php $x = 'pw=<string:abc>';",
        '<?php $x = "pw=<string:abc> <identifier:$y>";',
        "<?php $x = <<<A\npw=<string:abc> {$<identifier:y>}\nA;\n",
        "<?php $x = <<<'A'\npw=<string:abc>\nA;\n",
        "<?php // pw=<comment:abc>\n# pw=<comment:abc>\n/* <comment:abc> */",
        "<p>pw: <:abc></p><?php $y = <identifier:Z>; ?>\npw = <:abc>\n",
    ),
    "a.rs": (
        "fn f() { let pw: <type:Secret> = <identifier:y>; }",
        "struct A { pw: <type:Secret> }",
        'fn f() { println!("pw=<string:abc>", pw = <identifier:y>); }',
        "fn f() { A { pw: <identifier:z>, n: <code:1234> } }",
        'const X: &str = "pw=<string:abc>";',
        'const X: &str = r#"a\npw=<string:abc>"#;',
        "// pw=<comment:abc>\n/// pw=<comment:abc>\n/* <comment:abc> */",
    ),
    "a.kt": (
        "val pw = <identifier:abc>",
        "val pw: <type:Secret> = y",
        "fun f(pw: <type:Secret> = <identifier:y>) { g(pw = <identifier:abc>); x = <code:1234> }",
        'val x = "pw=<string:abc> ${<identifier:z>}"',
        'val x = """\npw=<string:abc>\n"""',
        "// pw=<comment:abc>\n/* <comment:abc> */\n/** pw=<comment:abc> */",
    ),
    "a.swift": (
        "let pw = <identifier:abc>",
        "let pw: <type:Secret> = y",
        "f(password: <identifier:abc>, n: <code:1234>)",
        'let x = "pw=<string:abc> \\(<identifier:y>)"',
        'let x = #"pw=<string:abc>"#',
        'let x = """\npw=<string:abc>\n"""',
        "// pw=<comment:abc>\n/* <comment:abc> */",
    ),
    "a.scala": (
        "val pw = <identifier:abc>",
        "val pw: <type:Secret> = y",
        "object A { f(pw = <identifier:abc>); val n = <code:1234> }",
        'val x = s"pw=<string:abc> ${<identifier:z>}"',
        'val x = """\npw=<string:abc>\n"""',
        "// pw=<comment:abc>\n/* <comment:abc> */",
    ),
}
_MARKED = re.compile(r"<(string|comment|identifier|type|code|):((?:[^<>])*)>")


def read(case: str) -> tuple[bytes, dict[tuple[int, int], str]]:
    """The content of a case, and the kind of each place that is marked in it."""
    text, wanted, at = "", {}, 0
    for found in _MARKED.finditer(case):
        text += case[at : found.start()]
        wanted[len(text), len(text) + len(found[2])] = found[1]
        text += found[2]
        at = found.end()
    return (text + case[at:]).encode(), wanted


@pytest.mark.parametrize(
    ("path", "case"), [(path, case) for path, cases in CASES.items() for case in cases]
)
def test_kinds(path: str, case: str) -> None:
    data, wanted = read(case)
    assert wanted
    assert kinds_at(path, data, wanted) == wanted


@pytest.mark.parametrize("path", ["a.sh", "Makefile", "a.vue", "a.html", "a.txt", ".env", ""])
def test_other_languages_are_not_known(path: str) -> None:
    assert kind_at(path, b"pw = abc\n", 5, 8) == ""


def test_large_files_are_not_looked_at() -> None:
    data = b"pw = abc\n".ljust(LARGEST, b"\n")
    assert kind_at("a.py", data, 5, 8) == "identifier"
    assert kind_at("a.py", data + b"\n", 5, 8) == ""


@pytest.mark.parametrize(
    ("path", "case"),
    [
        ("a.py", "def f(:\n    pw = = <:abc> )("),
        ("a.py", "user: admin pw: <:abc>"),
        ("a.py", 'x = """never closed\n\npw = <:abc>\n'),
        ("a.py", "ok = <identifier:abc>\nx = '''never closed\n\npw = <:abc>\nz = <:abc>\n"),
        ("a.js", "x = { ] pw: <:abc> ( }"),
        ("a.ts", '<?xml version="1.0"?>\n<TS><a>pw: <:abc></a></TS>'),
        ("a.go", "package a\n{{ if .X }}\nvar x = = <:abc>"),
    ],
)
def test_what_does_not_parse_is_left_open(path: str, case: str) -> None:
    data, wanted = read(case)
    assert kinds_at(path, data, wanted) == wanted


@pytest.mark.parametrize("path", ["a.py", "a.js", "a.c", "a.rb", "a.kt"])
def test_nesting_without_end(path: str) -> None:
    deep = b"(" * 100_000
    for data in (deep + b"abc" + b")" * 100_000, deep + b"abc"):
        assert kind_at(path, data, 100_000, 100_003) in ("", "identifier", "code")


def test_many_places_of_one_file_are_as_good_as_each_by_itself() -> None:
    chance = random.Random(5)
    lines = [
        "x = abc",
        "# c abc",
        "y = 'abc'",
        "def f(a=abc):\n    return abc",
        'z = """\nabc\n"""',
    ]
    data = "\n".join(chance.choice(lines) for _ in range(300)).encode()
    spans = [(found.start(), found.end()) for found in re.finditer(b"abc", data)]
    assert kinds_at("a.py", data, spans) == {
        (start, end): kind_at("a.py", data, start, end) for start, end in spans
    }
    assert set(kinds_at("a.py", data, spans).values()) == {"identifier", "comment", "string"}


def test_thousands_of_places_in_one_flat_file() -> None:
    data = b"pw=abcdefgh\n" * 40_000
    spans = [(at + 3, at + 11) for at in range(0, len(data), 12)]
    assert code_at("a.py", data, spans) == set(spans)


def rule(kind: str = "generic") -> Rule:
    return Rule(
        id="r", name="r", provider="Test", pattern="x", severity="high", confidence="high",
        kind=kind,  # type: ignore[arg-type]
    )  # fmt: skip


def judged(data: bytes, value: bytes, kind: str = "generic", confidence: str = "high") -> Judged:
    start = data.index(value)
    return Judged(
        rule(kind), start, start + len(value), "pw", value, 0.9, confidence, ()  # type: ignore[arg-type]
    )  # fmt: skip


def left(path: str, data: bytes, *found: Judged, minimum: int = 1) -> list[Judged]:
    def reader(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    return without_code(list(found), path, reader, len(data), minimum)


def test_names_go_and_text_stays() -> None:
    data = b"pw = name\n# pw = note\nx = 'pw=text'\n"
    name, note, text = (judged(data, value) for value in (b"name", b"note", b"text"))
    assert left("a.py", data, name, note, text) == [note, text]
    assert left("a.env", data, name, note, text) == [name, note, text]


def test_formats_and_what_does_not_count_are_left_alone() -> None:
    data = b"pw = name\n"
    known, weak = judged(data, b"name", "format"), judged(data, b"name", confidence="low")
    assert left("a.py", data, known, weak) == [known, weak]
    assert left("a.py", data, known, weak, minimum=0) == [known]


def test_numbers_of_a_key_are_no_code() -> None:
    long = b"0x" + b"1a2b3c4d" * 8
    data = b"key = [1, 0x2f, 33, 4]\npin = 12345678\nkey = " + long + b"\n"
    numbers, number = judged(data, b"1, 0x2f, 33, 4"), judged(data, b"12345678")
    key = judged(data, long)
    assert left("a.py", data, numbers, number, key) == [numbers, key]


def test_an_address_is_text() -> None:
    assert not is_doubtful(judged(b"x//u:pw@h", b"pw"), b'"http://u:', "a.py", 9)
    assert is_doubtful(judged(b"x//u:pw@h", b"pw"), b'"http://u", ', "a.py", 9)


def test_a_quote_before_it_asks_nothing() -> None:
    assert not is_doubtful(judged(b"'ab'", b"ab"), b"'", "a.py", 4)
    assert is_doubtful(judged(b"(ab)", b"ab"), b"(", "a.py", 4)
    assert not is_doubtful(judged(b"(ab)", b"ab"), b"(", "a.py", LARGEST + 1)
