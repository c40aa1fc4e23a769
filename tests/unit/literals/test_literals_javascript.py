"""Where the strings of JavaScript and TypeScript are, and what is known of each."""

import pytest

from scanner.errors import LiteralError
from scanner.literals import javascript
from scanner.model import Literal


def only(source: str, value: str = "val") -> Literal:
    """The one literal with this value."""
    (found,) = [one for one in javascript.literals(source.encode()) if one.value == value.encode()]
    return found


@pytest.mark.parametrize(
    "source",
    [
        'x = "val"',
        "x = 'val'",
        "x = `val`",
        "x = 'v\\x61l'",
        '\ufeffx = "val"',
        "ä = 'ö'; x = 'val' // ü",
        "#!/usr/bin/env node\nx = 'val'",
        "let x: string = 'val'",
        "let y = <T>z; let x = 'val'",
        "let y: T = <A/>, x = 'val'",
        "const x = <A>{'val'}</A>",
    ],
)
def test_every_form_has_its_span_and_value(source: str) -> None:
    literal = only(source)
    token = source.encode()[literal.start : literal.end].decode()
    assert token in ('"val"', "'val'", "`val`", "'v\\x61l'")
    assert literal.key_path == ("x",)
    assert literal.style == token[0]
    assert literal.context == ()


@pytest.mark.parametrize(
    ("source", "dialect"),
    [
        ("x = <A/>", "javascript"),
        ("let x: T = <T>y", "typescript"),
        ("let x: T = <A b='c'/>", "tsx"),
    ],
)
def test_dialects(source: str, dialect: str) -> None:
    assert javascript.parse(source.encode())[2] == dialect


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("const a = {b: {'c': 'val'}}", ("a", "b", "c")),
        ("const a = {['b']: 'val', [c]: 1}", ("a", "b")),
        ("const a = {1: 'val'}", ("a", "1")),
        ("class C { p = 'val' }", ("C", "p")),
        ("class C { static #p = 'val' }", ("C", "p")),
        ("class C { constructor() { this.p = 'val' } }", ("C", "p")),
        ("class C { private p: string = 'val' }", ("C", "p")),
        ("app.config['KEY'] = 'val'", ("app", "config", "KEY")),
        ("module.exports = {a: 'val'}", ("a",)),
        ("exports.a = 'val'", ("a",)),
        ("connect({password: 'val'})", ("password",)),
        ("const db = new Client({password: 'val'})", ("db", "password")),
        ("login('u', 'val')", ("login",)),
        ("client.auth.login('val')", ("login",)),
        ("new Client('val')", ("Client",)),
        ("config.get('NAME', 'val')", ("NAME",)),
        ("process.env.NAME || 'val'", ("NAME",)),
        ("const a = process.env.NAME ?? 'val'", ("a",)),
        ("process.env['NAME'] = 'val'", ("NAME",)),
        ("function f(p = 'val') {}", ("p",)),
        ("function f({p = 'val'}) {}", ("p",)),
        ("function f(p: string = 'val') {}", ("p",)),
        ("a ??= 'val'", ("a",)),
        ("const a = ['u', 'val']", ("a", "1")),
        ("if (a.b === 'val') {}", ("a", "b")),
        ("if ('val' == a) {}", ("a",)),
        ("function f() { return 'val' }", ("f",)),
        ("class C { m() { return 'val' } }", ("C", "m")),
        ("export const a = 'val'", ("a",)),
        ("x = <A key='val'/>", ("x", "key")),
        ("x = <A key={'val'}/>", ("x", "key")),
        ("x = <Token>val</Token>", ("x", "Token")),
        ("f`${'val'}`", ()),
    ],
)
def test_key_paths(source: str, path: tuple[str, ...]) -> None:
    assert only(source).key_path == path


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("'val'", {"directive", "leading"}),
        ("// c\n'use strict'\n'val'; x = 1", {"directive", "leading"}),
        ("function f() { 'val'; }", {"directive", "leading"}),
        ("const f = () => { 'val'; }", {"directive", "leading"}),
        ("('val')", {"statement"}),
        ("`val`", {"statement", "leading"}),
        ("if (x) { 'val' }", {"statement", "leading"}),
        ("x = 1; 'val'", {"statement", "leading"}),
        ("'val'.split('')", {"leading"}),
        ("x = 'val'.split('')", set()),
        ("x = {'val': 1}", {"key"}),
        ("({'val': x} = y)", {"key"}),
        ("class C { 'val'() {} }", {"key"}),
        ("class C { 'val' = 1 }", {"key"}),
        ("x = {['val']: 1}", set()),
        ("import 'val'", {"import"}),
        ("import {x} from 'val'", {"import"}),
        ("import x from 'y' with {type: 'val'}", {"import"}),
        ("import x = require('val')", {"import"}),
        ("export * from 'val'", {"import"}),
        ("export {x as 'val'}", {"import"}),
        ("declare module 'val' {}", {"annotation", "import"}),
        ("x = require('val')", set()),
        ("export default 'val'", set()),
        ("let x: 'val'", {"annotation"}),
        ("type T = {k: 'val'}", {"annotation"}),
        ("interface I { 'val'?: string }", {"annotation"}),
        ("declare const x = 'val'", {"annotation"}),
        ("let x: T['val']", {"annotation"}),
        ("f<'val'>()", {"annotation"}),
        ("enum E { A = 'val' }", {"enum"}),
        ("const enum E { A = 'val' }", {"enum"}),
        ("x = 'val' as const", {"const"}),
        ("x = {k: 'val'} as const", set()),
        ("x = 'val' as string", set()),
        ("x = <const>'val'", {"const"}),
        ("x = 'val' satisfies string", set()),
        ("function f(p = 'val') {}", {"default"}),
        ("@f('val')\nclass C {}", {"decorator"}),
        ("x = tag`val`", {"tagged"}),
        ("x = tag(`val`)", set()),
        ("x = `a${'val'}`", set()),
        ("let x: `a${'val'}`", {"annotation"}),
        ("x = <A k='val'/>", {"jsx-attribute"}),
        ("x = <A k={'val'}/>", set()),
        ("x = <A>val</A>", {"jsx-text"}),
        ("x = <>\n  val\n</>", {"jsx-text"}),
        ("switch (x) { case 'val': }", set()),
    ],
)
def test_contexts(source: str, words: set[str]) -> None:
    found = set(only(source).context)
    assert (found & words if words == {"annotation"} else found) == words


def test_a_template_has_its_static_text() -> None:
    whole, inner = javascript.literals(b"x = `a\\n${b + `c`}d`")
    assert (whole.value, whole.context) == (b"a\n${}d", ("template",))
    assert (inner.value, inner.start) == (b"c", 14)


def test_text_of_an_element_has_no_layout() -> None:
    data = b"x = <A>\n  one &amp; two\n  <B/> three\n four </A>"
    first, second = javascript.literals(data)
    assert (first.value, data[first.start : first.end]) == (b"one & two", b"one &amp; two")
    assert (second.value, set(second.context)) == (b"three four", {"jsx-text", "multiline"})
    assert first.style == "jsx-text"


def test_attributes_have_references_and_no_escapes() -> None:
    (literal,) = javascript.literals(b"x = <A k='a\\n&quot;'/>")
    assert (literal.value, literal.style) == (b'a\\n"', "jsx'")


@pytest.mark.parametrize("annotation", ["", ": T & U"])
def test_jsx_may_hold_a_loose_ampersand(annotation: str) -> None:
    source = f"""\ufefflet x{annotation} = <A k="a?b&c && d" l='&#123456;&amp;'>
    e & f &amp;{{g && 'h'}}</A>
    y = a & b && "i & j"; a &&= /&k/"""
    found = list(javascript.literals(source.encode()))
    values = ["a?b&c && d", "\U0001e240&", "e & f &", "h", "i & j"]
    assert [one.value.decode() for one in found] == values
    data = source.encode()
    assert data[found[2].start : found[2].end] == b"e & f &amp;"


def test_literals_come_in_order() -> None:
    data = b"x = <A k='a'>b{'c'}d<E f={`g${'h'}`}/>i</A>; j = 'j'"
    found = [(one.start, -one.end) for one in javascript.literals(data)]
    assert found == sorted(found)
    assert len(found) == 8


def test_line_ends_are_normalised_and_remembered() -> None:
    (literal,) = javascript.literals(b"x = `a\r\nb`\r\n")
    assert literal.value == b"a\nb"
    assert "newline:crlf" in literal.context


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"x = 1\nx = = 'val'\n", 2),
        (b"let x: string = 'a'\nlet y: = 2\n", 2),
        (b"x = 1\nx = '\xff'\n", 2),
        (b"x = 1\n\nx = `\\01`\n", 3),
    ],
)
def test_what_does_not_parse_is_an_error_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(LiteralError, match=f"line {line}$"):
        list(javascript.literals(data))
