"""What `unleak migrate` plans: the findings that were asked for, and what would become of each."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any

from scanner.cli.migrate_history import both, look_back
from scanner.cli.scan import request_of
from scanner.errors import UsageError, VaultError
from scanner.migrate.edit import read_editable
from scanner.migrate.plan import Target, make_plan
from scanner.model import Finding, Plan
from scanner.record import replace
from scanner.references.environment import allowed_addresses, load_env_map
from scanner.references.names import is_env_name
from scanner.survey import Request, Survey, survey


def migrate_request(arguments: argparse.Namespace) -> Request:
    """What to look for in the files; history is asked by itself, see migrate_history."""
    request = request_of(argparse.Namespace(**{**vars(arguments), "history": False}))
    if arguments.from_baseline:
        request = replace(request, baseline="")
    return replace(request, fingerprints=bool(arguments.only))


def planned(request: Request, arguments: argparse.Namespace) -> tuple[Survey, Plan]:
    """What was found, and what would be done about it."""
    done = in_halves(survey(request))
    past: tuple[Finding, ...] = ()
    if arguments.history:
        seen = look_back(request, done)
        done, past = both(done, seen), seen.findings
    _check_there([*done.findings, *past], arguments.only)
    vault = vault_of(arguments.vault, done.root)
    target = Target(arguments.vault, vault.reference, _taken(vault, done.root))
    providers = {rule: info.provider for rule, info in done.summary.rules.items()}
    plan = make_plan(
        done.root,
        _chosen(done.findings, arguments.only),
        reader(done.root),
        target,
        providers={rule: p for rule, p in providers.items() if not rule.startswith("generic-")},
        private_keys=arguments.private_keys,
        past=_chosen(past, arguments.only),
    )
    return done, plan


def in_halves(done: Survey) -> Survey:
    """Each part of a finding by itself: each is moved by a step of its own."""
    return replace(done, findings=tuple(half for one in done.findings for half in one.halves))


def _chosen(findings: Sequence[Finding], only: Sequence[str]) -> list[Finding]:
    return [one for one in findings if not only or one.fingerprint in only]


def _check_there(findings: Sequence[Finding], only: Sequence[str]) -> None:
    missing = set(only) - {one.fingerprint for one in findings}
    if missing:
        hint = "'unleak scan --format json' shows each finding's fingerprint"
        raise UsageError(f"no finding has the fingerprint {min(missing)}", hint)


def vault_of(kind: str, root: str) -> Any:  # noqa: ANN401 -- protocols.Vault and its extras
    """The vault of that kind for the tree; UsageError if there is no such kind."""
    from scanner.registry import VAULTS, load

    if kind not in VAULTS:
        raise UsageError(f"no vault is called {kind}", f"known: {', '.join(VAULTS)}")
    return load(VAULTS, kind)(root, allowed=allowed_addresses(os.environ))


def _taken(vault: Any, root: str) -> dict[str, bytes]:  # noqa: ANN401
    """Names that have a meaning already: entries of the vault with their values' digests (b""
    where it cannot be opened now), and variables that stand for another entry (b"")."""
    try:
        references = [vault.reference(name) for name in vault.names()]
        values = vault.read(references)
        taken = {reference.key: value.digest for reference, value in values.items()}
    except VaultError:
        document = vault.document()
        names = document.names() if hasattr(document, "names") else ()
        taken = dict.fromkeys(names, b"")
    for name, reference in load_env_map(root).items():
        if not is_env_name(name) or reference != vault.reference(name):
            taken[name] = b""
    return taken


def reader(root: str) -> Callable[[str], bytes]:
    """How a plan reads the tree's files."""
    return lambda path: read_editable(root, path)
