"""The house keeps its shape: arrows one way, tests beside what they test, words where they belong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCANNER = ROOT / "scanner"

BASE = {"model", "errors", "record"}
# room -> rooms of scanner/ it may import; docs/decisions/0001-rooms-added.md gives the reasons.
MAY_IMPORT: dict[str, set[str]] = {
    "record": set(),
    "model": {"record"},
    "errors": set(),
    "protocols": {"model"},
    "registry": set(),  # imports lazily, by name
    "config_file": {"errors"},
    "config": {"errors", "record", "config_file"},
    "fingerprint": BASE,
    "rule_file": {"errors", "config_file"},
    "rules": BASE | {"foreign", "rule_file"},
    "foreign": BASE | {"rule_file"},
    "engine": BASE | {"rules", "foreign", "decode"},
    "decode": BASE,
    "git": BASE,
    "sources": BASE | {"git"},
    "filters": BASE | {"config", "config_file", "fingerprint"},
    "scan": BASE | {"protocols", "rules", "engine", "filters", "sources"},
    "history": BASE
    | {
        "config",
        "config_file",
        "decode",
        "engine",
        "filters",
        "fingerprint",
        "git",
        "scan",
        "sources",
        "rules",
    },
    "survey": BASE
    | {"config", "engine", "filters", "fingerprint", "git", "history", "scan", "sources"},
    "reports": {"model"},
    "references": BASE,
    "literals": BASE | {"registry", "references"},
    "rewriters": BASE | {"references", "literals", "registry"},
    "vaults": BASE | {"references", "protocols"},
    "migrate": BASE
    | {
        "protocols",
        "registry",
        "references",
        "literals",
        "rewriters",
        "fingerprint",
        "git",
        "scan",
    },
}
PRINTERS = {SCANNER / "cli" / "output.py"}


def modules() -> list[Path]:
    return sorted(SCANNER.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(SCANNER).parts
    return parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "scanner":
                names = [f"scanner.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {n.split(".")[1] for n in names if n.startswith("scanner.")}
    return rooms


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(SCANNER)))
def test_arrows_run_one_way(path: Path) -> None:
    here = room(path)
    if here in ("cli", "__init__"):
        return
    wrong = imported_rooms(path) - {here} - MAY_IMPORT[here]
    assert not wrong, f"{path}: {here} may not import {sorted(wrong)}"


def test_package_files_are_empty() -> None:
    filled = [p for p in SCANNER.rglob("__init__.py") if p.read_text().strip()]
    assert not filled


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(SCANNER)))
def test_only_output_prints(path: Path) -> None:
    if path in PRINTERS:
        return
    calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    names = {n.func.id for n in calls if isinstance(n.func, ast.Name)}
    assert "print" not in names


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(SCANNER)))
def test_modules_are_small_and_explained(path: Path) -> None:
    text = path.read_text()
    if not text.strip():
        return
    tree = ast.parse(text)
    assert ast.get_docstring(tree), f"{path}: no module docstring"
    assert len(text.splitlines()) <= 330, f"{path}: too long for one thing"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if isinstance(node, ast.FunctionDef) and _is_nested(tree, node):
                continue
            assert ast.get_docstring(node), f"{path}:{node.lineno} {node.name}: no docstring"
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno
            assert length <= 70, f"{path}:{node.lineno} {node.name}: {length} lines"


def _is_nested(tree: ast.Module, function: ast.FunctionDef) -> bool:
    for node in ast.walk(tree):
        other = isinstance(node, ast.FunctionDef) and node is not function
        if other and function in ast.walk(node):
            return True
    return False


def test_no_inheritance_but_for_exceptions_and_protocols() -> None:
    wrong = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                bases = [ast.unparse(b) for b in node.bases]
                fine = all(
                    b in ("Protocol", "Exception")
                    or b.endswith(("Error", "Protocol", "NamedTuple", "TypedDict", "Enum"))
                    for b in bases
                )
                if not fine:
                    wrong.append(f"{path}:{node.lineno} {node.name}({', '.join(bases)})")
    assert not wrong


UNTESTED = {  # pure tables or thin wiring that end-to-end tests cover
    "registry", "protocols", "cli",
}  # fmt: skip


def test_unit_tests_mirror_the_package() -> None:
    tests = {p.stem for p in (ROOT / "tests" / "unit").rglob("test_*.py")}
    missing = []
    for path in modules():
        if path.name == "__init__.py" or room(path) in UNTESTED:
            continue
        relative = path.relative_to(SCANNER).with_suffix("")
        name = "test_" + "_".join(relative.parts)
        if name not in tests:
            missing.append(f"{path.relative_to(ROOT)} -> {name}.py")
    assert not missing, "\n".join(missing)
