"""Which rewriter a literal gets, and which files are left alone or looked at first.

`refusal` and `review` judge a file, `choose` a literal in it, `inside` a secret in a literal.
All give reasons a person can read; "" means there is none.
"""

from __future__ import annotations

import re

from scanner.errors import RewriteError
from scanner.literals.locate import is_compose
from scanner.model import Literal

_REWRITERS = {
    "dotenv": "config_reference",
    "ini": "config_reference",
    "javascript": "javascript",
    "json": "config_reference",
    "npmrc": "npmrc",
    "properties": "config_reference",
    "python": "python",
    "shell": "shell",
    "toml": "config_reference",
    "yaml": "config_reference",
}
_LOCKS = re.compile(
    r"(?:package-lock|npm-shrinkwrap|packages\.lock)\.json|(?:yarn|poetry|cargo|pdm|uv|composer|"
    r"flake|mix|gemfile|podfile|pipfile|bun|deno|pixi)\.lock|pnpm-lock\.yaml|go\.sum|"
    r".*\.lock\.(?:json|ya?ml|hcl)|conda-lock\.yml"
)
_BUNDLES = re.compile(
    r".*\.min\.[a-z]+|.*[.-](?:bundle|chunk)(?:[.-][^/]*)?\.[cm]?js|(?:bundle|vendor)\.[cm]?js"
)
_BUNDLE_FOLDERS = {"dist", "node_modules", "bower_components", ".next", ".nuxt", ".output"}
_VENDOR_FOLDERS = {"vendor", "third_party", "site-packages"}
_STUBS = (".pyi", ".d.ts", ".d.mts", ".d.cts")
_SCRIPTS = (".js", ".mjs", ".cjs", ".css")
_GENERATED = re.compile(
    rb"@generated\b|\b(?:code|file) generated\b[^\n]*do not (?:edit|modify)"
    rb"|\bgenerated\b[^\n]{0,120}\n?[^\n]{0,120}\bdo not (?:edit|modify)"
    rb"|\bdo not (?:edit|modify)\b[^\n]{0,120}\n?[^\n]{0,120}\bgenerated\b"
    rb"|\b(?:auto-?|automatically )generated\b",
    re.IGNORECASE,
)
_SOPS = re.compile(rb"ENC\[AES256_GCM,data:")
_PRIVATE_KEY = re.compile(rb"\s*-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY( BLOCK)?-----")
_PUBLIC_PREFIXES = (
    "EXPO_PUBLIC_",
    "GATSBY_",
    "NEXT_PUBLIC_",
    "NUXT_PUBLIC_",
    "PUBLIC_",
    "REACT_APP_",
    "VITE_",
    "VUE_APP_",
)
_TEST_FOLDERS = {
    "__mocks__",
    "__tests__",
    "e2e",
    "fixture",
    "fixtures",
    "mocks",
    "spec",
    "specs",
    "test",
    "test-data",
    "testdata",
    "testing",
    "tests",
}
_TEST_NAMES = re.compile(r"test_.*|.*_test\.[a-z]+|.*\.(?:test|spec)\.[cm]?[jt]sx?|conftest\.py")
_DOC_FOLDERS = {"doc", "docs", "documentation"}
_EXAMPLE_FOLDERS = {"demo", "demos", "example", "examples", "sample", "samples"}
_DOC_SUFFIXES = (".adoc", ".html", ".md", ".rst", ".txt")
_EXAMPLE_NAMES = re.compile(r"(?:.*[._-])?(?:example|sample|template|dist|tmpl)(?:[._-].*)?")
_LONG_LINE = 5000


def choose(path: str, literal: Literal) -> str:
    """The rewriter's name in registry.REWRITERS; RewriteError with the reason if it has none."""
    if literal.language not in _REWRITERS:
        raise RewriteError(f"no rewriting of {literal.language} yet", "move it by hand")
    if "key" in literal.context:
        raise RewriteError("a key cannot hold a reference", "move it by hand")
    if path.lower().endswith(_STUBS):
        raise RewriteError("a type stub holds no run-time value", "take the value out by hand")
    name = literal.key_path[-1] if literal.key_path else ""
    if literal.language == "dotenv" and name.startswith(_PUBLIC_PREFIXES):
        raise RewriteError(
            "this variable is built into what browsers load, so its value stays public",
            "take it out of the front end, then rotate it",
        )
    if literal.language == "yaml" and is_compose(path):
        return "compose"
    return _REWRITERS[literal.language]


def refusal(path: str, data: bytes) -> str:
    """Why nothing in this file may be rewritten, "" if it may."""
    *folders, name = path.lower().split("/")
    if _LOCKS.fullmatch(name):
        return "a lock file: its tool writes it again; change what it is made from"
    if _BUNDLES.fullmatch(name) or not _BUNDLE_FOLDERS.isdisjoint(folders):
        return "a front-end bundle or build output: whatever it holds is public; change its source"
    if not _VENDOR_FOLDERS.isdisjoint(folders):
        return "a copy of somebody else's code: change it where it comes from"
    if path.startswith(".unleak/") or "/.unleak/" in path:
        return "a file of unleak itself"
    if b"\0" in data:
        return "not a text file"
    if _SOPS.search(data) or data.startswith(b"$ANSIBLE_VAULT;"):
        return "an encrypted file: edit it with the tool that encrypts it"
    if _PRIVATE_KEY.match(data):
        return "a private key in its own file: replace the file by hand"
    if name.endswith(_SCRIPTS) and _minified(data):
        return "a minified file: change its source"
    if _GENERATED.search(data[:2048]):
        return "a generated file: change what it is generated from"
    return ""


def _minified(data: bytes) -> bool:
    """Whether a script or style sheet is packed: very long lines, and few of them."""
    longest = max(map(len, data.split(b"\n")), default=0)
    return longest > _LONG_LINE and longest * 2 > len(data)


def review(path: str) -> str:
    """Why a person should look before this file is rewritten, "" if nobody has to."""
    *folders, name = path.lower().split("/")
    if not _TEST_FOLDERS.isdisjoint(folders) or _TEST_NAMES.fullmatch(name):
        return "a test: it may need a made-up value rather than a reference"
    if name.endswith(_DOC_SUFFIXES) or not _DOC_FOLDERS.isdisjoint(folders):
        return "documentation: a made-up value may serve readers better than a reference"
    if not _EXAMPLE_FOLDERS.isdisjoint(folders) or _EXAMPLE_NAMES.fullmatch(name):
        return "an example: it should hold a made-up value"
    return ""


def inside(literal: Literal, secret: bytes) -> str:
    """Why the literal is more than the secret found in it, "" if it is the secret.

    What is stored is always the literal's whole value.
    """
    if literal.value == secret or literal.value.strip() == secret.strip():
        return ""
    return "secret inside a larger value: the whole value is stored"
