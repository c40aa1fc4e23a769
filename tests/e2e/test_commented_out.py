"""The real command on source files: a password that is commented out counts, a name never does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.histories import unleak

# Line comments, comments of several lines, strings of several lines; then code, each with VALUE.
TEXT = {
    "py": ("# password = VALUE", '"""\npassword = VALUE\n"""', 'x = """\npassword=VALUE\n"""'),
    "js": ("// password = VALUE", "/*\n * password = VALUE\n */", "x = `\npassword=VALUE\n`"),
    "ts": ("// password = VALUE", "/**\n * password = VALUE\n */", "x = `\npassword=VALUE\n`"),
    "tsx": ("// password = VALUE", "/*\n * password = VALUE\n */", "x = `\npassword=VALUE\n`"),
    "go": ("// password = VALUE", "/*\npassword = VALUE\n*/", "var x = `\npassword=VALUE\n`"),
    "java": ("// password = VALUE", "/**\n * password = VALUE\n */"),
    "c": ("// password = VALUE", "/*\n * password = VALUE\n */"),
    "cpp": ("// password = VALUE", "/*\npassword = VALUE\n*/", 'auto x = R"(\npassword=VALUE\n)";'),
    "cs": ("// password = VALUE", "/* password = VALUE */", '// x\nvar x = @"\npassword=VALUE\n";'),
    "rb": ("# password = VALUE", "=begin\npassword = VALUE\n=end", "x = <<~A\n  password=VALUE\nA"),
    "php": ("<?php\n# password = VALUE\n/*\npassword = VALUE\n*/", "$x = <<<A\npassword=VALUE\nA;"),
    "rs": ("// password = VALUE", "/*\npassword = VALUE\n*/", 'let x = r#"\npassword=VALUE\n"#;'),
    "kt": ("// password = VALUE", "/*\npassword = VALUE\n*/", 'val x = """\npassword=VALUE\n"""'),
    "swift": (
        "// password = VALUE",
        "/*\npassword = VALUE\n*/",
        'let x = """\npassword=VALUE\n"""',
    ),
    "scala": (
        "// password = VALUE",
        "/*\npassword = VALUE\n*/",
        'val x = """\npassword=VALUE\n"""',
    ),
}
CODE = {
    "py": ("password = VALUE", "f(password=VALUE)", "def f(password: VALUE = VALUE): pass"),
    "js": ("password = VALUE;", "x = {password: VALUE};", "f((password = VALUE) => 1);"),
    "ts": ("let password: VALUE;", "interface A { password: VALUE; }"),
    "tsx": ("let password: VALUE;", "x = <A b={password = VALUE} />;"),
    "go": ("package a", "var password = VALUE", "var b = B{Password: VALUE}"),
    "java": ("class A { String password = VALUE; }",),
    "c": ("char *password = VALUE;", "struct s x = { .password = VALUE };"),
    "cpp": ("auto password = VALUE;", "void f(std::string password = VALUE);"),
    "cs": ("class A { string password = VALUE; void F() { G(password = VALUE); } }",),
    "rb": ("password = VALUE", "f(password: VALUE)"),
    "php": ("<?php $password = VALUE;", "f(password: VALUE);"),
    "rs": ("struct A { password: VALUE }", "fn f() { let password = VALUE; }"),
    "kt": ("val password = VALUE", "fun f(password: VALUE) { g(password = VALUE) }"),
    "swift": ("let password = VALUE", "f(password: VALUE)"),
    "scala": ("val password: VALUE = VALUE", "object A { f(password = VALUE) }"),
}
NAMES = ("userPassword", "SecretKey", "abc123", "passwd_from_env", "DB_PASSWORD2")


def found(folder: Path) -> set[tuple[str, str]]:
    words = ("scan", ".", "--format", "json", "--show-secrets", "--exit-zero")
    document = json.loads(unleak(folder, *words).stdout)
    return {(one["path"], one["secret"]) for one in document["findings"]}


def test_what_is_commented_out_or_text_is_found(tmp_path: Path, made: Callable[..., str]) -> None:
    wanted = set()
    for suffix, cases in TEXT.items():
        lines = []
        for number, case in enumerate(cases):
            value = made(f"{suffix}{number}", 20)
            lines.append(case.replace("VALUE", value))
            wanted.add((f"app.{suffix}", value))
        (tmp_path / f"app.{suffix}").write_text("\n".join(lines) + "\n")
    assert found(tmp_path) == wanted


@pytest.mark.parametrize("names", [NAMES, ()], ids=["names", "letters"])
def test_what_is_code_is_not(
    tmp_path: Path, made: Callable[..., str], names: tuple[str, ...]
) -> None:
    """The same letters that are a finding in settings are none as a name."""
    values = names or tuple("p" + made(f"name{number}", 17) for number in range(4))
    for suffix, cases in CODE.items():
        for number, value in enumerate(values):
            text = "\n".join(cases).replace("VALUE", value) + "\n"
            (tmp_path / f"app{number}.{suffix}").write_text(text)
    assert not found(tmp_path)
    (tmp_path / "app.env").write_text("".join(f"password = {value}\n" for value in values))
    assert bool(found(tmp_path)) is not bool(names)
