"""Every implementation, by name, imported when asked for. Add a line here to add one.

Values are "module:attribute" (a class or function) or "module" (the module is the object).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

REPORTERS = {
    "text": "scanner.reports.text",
    "json": "scanner.reports.json",
    "jsonl": "scanner.reports.jsonl",
    "sarif": "scanner.reports.sarif",
    "gitlab": "scanner.reports.gitlab",
    "github": "scanner.reports.github",
    "junit": "scanner.reports.junit",
    "csv": "scanner.reports.csv",
    "html": "scanner.reports.html",
}

VAULTS = {
    "sops": "scanner.vaults.sops:SopsVault",
}

LOCATORS = {
    "dotenv": "scanner.literals.dotenv",
    "shell": "scanner.literals.shell",
    "yaml": "scanner.literals.yaml",
    "json": "scanner.literals.json",
    "toml": "scanner.literals.toml",
    "ini": "scanner.literals.ini",
    "properties": "scanner.literals.properties",
    "npmrc": "scanner.literals.npmrc",
    "python": "scanner.literals.python",
    "javascript": "scanner.literals.javascript",
}

REWRITERS = {
    "config_reference": "scanner.rewriters.config_reference",
    "compose": "scanner.rewriters.compose",
    "npmrc": "scanner.rewriters.npmrc",
    "shell": "scanner.rewriters.shell",
    "python": "scanner.rewriters.python",
    "javascript": "scanner.rewriters.javascript",
}


def load(table: dict[str, str], name: str) -> Any:  # noqa: ANN401 -- the caller names the protocol
    """The implementation called `name`; KeyError if the table has none."""
    module_name, _, attribute = table[name].partition(":")
    module = import_module(module_name)
    return getattr(module, attribute) if attribute else module
