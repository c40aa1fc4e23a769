"""What a file is by its path: code, configuration, text; beside that test, documentation or sample."""

from __future__ import annotations

import re

_CODE = frozenset(
    [
        "py",
        "pyi",
        "pyx",
        "js",
        "mjs",
        "cjs",
        "jsx",
        "ts",
        "mts",
        "cts",
        "tsx",
        "java",
        "kt",
        "kts",
        "scala",
        "groovy",
        "go",
        "rs",
        "c",
        "h",
        "cc",
        "cpp",
        "cxx",
        "hpp",
        "hh",
        "cs",
        "vb",
        "fs",
        "rb",
        "erb",
        "php",
        "phtml",
        "pl",
        "pm",
        "lua",
        "swift",
        "m",
        "mm",
        "dart",
        "ex",
        "exs",
        "erl",
        "hs",
        "clj",
        "cljs",
        "cljc",
        "lisp",
        "el",
        "r",
        "jl",
        "f90",
        "ml",
        "mli",
        "nim",
        "zig",
        "sol",
        "vue",
        "svelte",
        "sql",
        "ipynb",
        "gradle",
        "cmake",
        "d",
        "pas",
        "asm",
        "s",
        "v",
        "vhd",
        "proto",
        "thrift",
        "graphql",
        "wat",
        "ps1",
        "psm1",
    ]
)
_TEXT = frozenset(
    [
        "md",
        "markdown",
        "rst",
        "txt",
        "adoc",
        "asciidoc",
        "tex",
        "html",
        "htm",
        "xhtml",
        "css",
        "scss",
        "less",
        "svg",
        "po",
        "pot",
        "mo",
        "log",
        "csv",
        "tsv",
        "diff",
        "patch",
        "srt",
        "rtf",
        "org",
        "pod",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "texi",
        "texinfo",
    ]
)
_GENERATED = re.compile(
    r"\.min\.|\.bundle(?:\.|$)|[.-]chunk\.|\.entry\.js$|(?:^|/)(?:node_modules|bower_components)/|_pb2\.pyi?$|\.map$"
)
_ASIDE = (
    (
        "a translation",
        re.compile(
            r"(?:^|[/._-])(?:locales?|i18n|l10n|translations?|lang|languages?)(?:[/._-]|$)|\.(?:po|pot|mo)$",
            re.IGNORECASE,
        ),
    ),
    (
        "test",
        re.compile(
            r"(?:^|[/._-])(?:tests?|testing|specs?|__tests__|testdata|fixtures?|mocks?|stubs?|e2e)(?:[/._-]|$)|_test\.|\.test\.|\.spec\.",
            re.IGNORECASE,
        ),
    ),
    (
        "documentation",
        re.compile(
            r"(?:^|/)(?:docs?|documentation|man|changelog|changes|news|history|readme|contributing)(?:[/.]|$)|\.(?:md|rst|adoc)$",
            re.IGNORECASE,
        ),
    ),
    (
        "an example",
        re.compile(
            r"(?:^|[/._-])(?:examples?|samples?|demos?|tutorials?|templates?|dist-info|egg-info)(?:[/._-]|$)|\.(?:example|sample|template|tmpl|dist)$",
            re.IGNORECASE,
        ),
    ),
)
LINE_FORMATS = frozenset(["yml", "yaml", "properties", "ini", "cfg", "cnf", "conf", "env", "toml"])


def suffix(path: str) -> str:
    """The lower-case suffix without its dot; dotfiles such as `.env` count as their own suffix."""
    name = path.rpartition("/")[2].lower()
    if name.startswith(".env") or name.endswith(".env"):
        return "env"
    return name.rpartition(".")[2] if "." in name else ""


def role_of(path: str) -> str:
    """Give "code", "generated", "text" or "config" (also for every unknown suffix)."""
    end = suffix(path)
    if _GENERATED.search(path):
        return "generated"
    if end in _CODE:
        return "code"
    return "text" if end in _TEXT else "config"


def aside_of(path: str) -> str:
    """Give "test", "documentation", "an example" or "" when the path says none of these."""
    return next((name for name, pattern in _ASIDE if pattern.search(path)), "")
