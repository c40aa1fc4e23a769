"""`process.env.NAME` in the place of JavaScript and TypeScript strings."""

import shutil
import subprocess

import pytest

from scanner.errors import RewriteError
from scanner.literals import javascript as locator
from scanner.migrate.edit import spliced
from scanner.model import Reference
from scanner.rewriters import javascript

REFERENCE = Reference("sops", ".unleak/vault.sops.yaml", "NAME")
INNER = 'process.env.NAME ?? (() => { throw new Error("NAME is not set") })()'
NEW = f"({INNER})"

node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


def rewrite(source: str, value: str = "val") -> str:
    data = source.encode()
    (literal,) = [one for one in locator.literals(data) if one.value == value.encode()]
    result = javascript.rewrite(data, literal, REFERENCE, "NAME")
    assert (result.form, result.disposition) == ("environment", "review")
    assert result.reason == "the code then depends on the environment variable NAME"
    after = spliced(data, result.edits)
    locator.parse(after)
    return after.decode()


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ('x = "val";', f"x = {NEW};"),
        ("x = 'val'", "x = {}".format(NEW.replace('"', "'"))),
        ("x = `val`", f"x = {NEW}"),
        ('x = "val".trim()', f"x = {NEW}.trim()"),
        ('x = y || "val"', f"x = y || {NEW}"),
        ('let x: string = "val"', f"let x: string = {NEW}"),
        ('x = `a${"val"}b`', f"x = `a${{{NEW}}}b`"),
        ('x = <A k="val" />', f"x = <A k={{{INNER}}} />"),
        ("x = <A k='val' />", f"x = <A k={{{INNER}}} />"),
        ('x = <A k={"val"} />', f"x = <A k={{{NEW}}} />"),
        ("x = <A> val </A>", f"x = <A> {{{INNER}}} </A>"),
        ("x = <A>\n  val\n</A>", f"x = <A>\n  {{{INNER}}}\n</A>"),
        ('function f() { return"val" }', f"function f() {{ return{NEW} }}"),
        ('\ufeffx = "val"\r\n', f"\ufeffx = {NEW}\r\n"),
    ],
)
def test_literals(source: str, after: str) -> None:
    assert rewrite(source) == after


@pytest.mark.parametrize(
    ("source", "taken"),
    [
        ("if (process.argv) x = 'val'", False),
        ("if (typeof process !== 'undefined') x = 'val'", False),
        ("f(process); x = 'val'", False),
        ("y.process(); x = {process: 'val'}", False),
        ("function process() {} x = 'val'", True),
        ("function f(process) { return 'val' }", True),
        ("const {process} = y; x = 'val'", True),
        ("import process from 'node:process'; x = 'val'", True),
        ("const process = y as T; x = 'val'", True),
        ("(process) => 'val'", True),
    ],
)
def test_a_process_of_the_files_own_is_left_alone(source: str, taken: bool) -> None:
    assert ("(globalThis.process.env.NAME ??" in rewrite(source)) is taken


@node
@pytest.mark.parametrize(
    "source",
    [
        "console.log('val')",
        "const x = {a: ['val']}; console.log(x.a[0])",
        "console.log(`${'val'}`)",
        "console.log(false || 'val')",
        "console.log('val'.concat(''))",
        "const f = (p = 'val') => p; console.log(f())",
        "(() => { function process() {} console.log('val') })()",
        "class C { p = 'val' }\nconsole.log(new C().p)",
    ],
)
def test_the_program_prints_what_the_environment_holds(source: str) -> None:
    changed = rewrite(source)
    node = str(shutil.which("node"))
    done = subprocess.run(
        [node, "-e", changed], capture_output=True, env={"NAME": "other öne"}, check=True
    )
    assert done.stdout.decode() == "other öne\n"
    empty = subprocess.run([node, "-e", changed], capture_output=True, env={"NAME": ""}, check=True)
    assert empty.stdout == b"\n"
    unset = subprocess.run([node, "-e", changed], capture_output=True, env={}, check=False)
    assert unset.returncode != 0
    assert b"NAME is not set" in unset.stderr


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("'val'", "directive"),
        ("x = 1; 'val'", "statement"),
        ("x = y\n'val'.z()", "start"),
        ("x = {'val': 1}", "key"),
        ("import 'val'", "module"),
        ("let x: 'val'", "type"),
        ("enum E { A = 'val' }", "enum"),
        ("const enum E { A = 'val' }", "enum"),
        ("x = 'val' as const", "const"),
        ("x = tag`val`", "template"),
    ],
)
def test_places_that_hold_no_expression(source: str, why: str) -> None:
    with pytest.raises(RewriteError, match=why):
        rewrite(source)


@pytest.mark.parametrize(
    ("source", "value", "why"),
    [
        ("x = `a${y}val`", "a${}val", "part of a template"),
        ("x = <A>a\nb</A>", "a b", "several lines"),
        ("x = '\\0'", "\0", "NUL"),
    ],
)
def test_values_that_cannot_move(source: str, value: str, why: str) -> None:
    with pytest.raises(RewriteError, match=why):
        rewrite(source, value)


def test_half_a_character_is_no_variable() -> None:
    (literal,) = locator.literals(b"x = '\\ud800'")
    with pytest.raises(RewriteError, match="half"):
        javascript.rewrite(b"x = '\\ud800'", literal, REFERENCE, "NAME")
