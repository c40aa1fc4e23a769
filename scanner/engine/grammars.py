"""Which grammar reads which file, and trees of bounded size and work.

Only languages in which a value without quotes is code are here: in shell scripts, make files and
every format of settings such a value is a value. Grammars are loaded when a file asks for them.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from scanner.engine.roles import suffix

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree

LARGEST = 512 << 10  # bytes of a file that is parsed: larger ones are data more than code
_BYTES_A_STEP = (
    30  # of a hundred operations of the parser: real code, minified too, takes 55 to 300
)
_STEPS = 1000  # beside those; a step may take 20 KB of memory where content is made to be hard
_PIECE = 1 << 16

_PYTHON = ("tree_sitter_python", "language")
_JAVASCRIPT = ("tree_sitter_javascript", "language")
_TYPESCRIPT = ("tree_sitter_typescript", "language_typescript")
_TSX = ("tree_sitter_typescript", "language_tsx")
_GO = ("tree_sitter_go", "language")
_JAVA = ("tree_sitter_java", "language")
_C = ("tree_sitter_c", "language")
_CPP = ("tree_sitter_cpp", "language")
_C_SHARP = ("tree_sitter_c_sharp", "language")
_RUBY = ("tree_sitter_ruby", "language")
_PHP = ("tree_sitter_php", "language_php")
_RUST = ("tree_sitter_rust", "language")
_KOTLIN = ("tree_sitter_kotlin", "language")
_SWIFT = ("tree_sitter_swift", "language")
_SCALA = ("tree_sitter_scala", "language")

Grammar = tuple[str, str]  # module, function that gives the language
# A header may be of C or of C++; the larger language reads both.
TABLE: dict[str, Grammar] = {
    "py": _PYTHON, "pyi": _PYTHON, "pyw": _PYTHON,
    "js": _JAVASCRIPT, "mjs": _JAVASCRIPT, "cjs": _JAVASCRIPT, "jsx": _JAVASCRIPT,
    "ts": _TYPESCRIPT, "mts": _TYPESCRIPT, "cts": _TYPESCRIPT, "tsx": _TSX,
    "go": _GO,
    "java": _JAVA,
    "c": _C,
    "h": _CPP, "cc": _CPP, "cpp": _CPP, "cxx": _CPP, "hpp": _CPP, "hh": _CPP, "hxx": _CPP,
    "cs": _C_SHARP,
    "rb": _RUBY, "rake": _RUBY, "gemspec": _RUBY,
    "php": _PHP, "phtml": _PHP,
    "rs": _RUST,
    "kt": _KOTLIN, "kts": _KOTLIN,
    "swift": _SWIFT,
    "scala": _SCALA, "sbt": _SCALA,
}  # fmt: skip


def grammar_of(path: str) -> Grammar | None:
    """The grammar for a path, None where there is none."""
    return TABLE.get(suffix(path))


def parsed(grammar: Grammar, data: bytes) -> Tree | None:
    """The syntax tree of UTF-8 text; None for what is too large or takes more work than code does,
    and where the grammar is not installed.

    Work is counted in steps of the parser, not in time: the answer is the same on every machine.
    """
    parser = _parser(grammar)
    if parser is None or len(data) > LARGEST:
        return None
    left = _STEPS + len(data) // _BYTES_A_STEP
    view = memoryview(data)

    def read(offset: int, _point: object) -> memoryview:
        nonlocal left
        left -= 1  # a scanner that looks far ahead at every place reads all of it again
        return view[offset : offset + _PIECE]

    def is_too_much(_offset: int, _has_error: bool) -> bool:  # noqa: FBT001 -- the library's form
        nonlocal left
        left -= 1
        return left < 0

    try:
        return parser.parse(read, progress_callback=is_too_much)
    except ValueError:  # the work was cut off
        parser.reset()
        return None


@lru_cache(maxsize=32)
def _parser(grammar: Grammar) -> Parser | None:
    module, function = grammar
    try:
        from tree_sitter import Language, Parser

        return Parser(Language(getattr(import_module(module), function)()))
    except (ImportError, ValueError):  # not installed, or of another version of the interface
        return None
