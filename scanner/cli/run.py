"""`unleak run`: start a command with its secrets in the environment."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence

from scanner.cli import output
from scanner.errors import ReferenceSyntaxError, UsageError, VaultError
from scanner.model import Reference, Secret
from scanner.references.environment import allowed_addresses, find_root, load_env_map
from scanner.references.resolve import Readable, resolve
from scanner.references.syntax import check_inside, find_texts, format_reference, parse_reference

_EXPANSION = re.compile(r"\$\{([^}:]*)(?::-([^}]*))?\}")
_CANNOT_START = 126
_NOT_FOUND = 127

Values = dict[Reference, Secret]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options and the command."""
    parser.usage = "unleak run [--env-file FILE ...] [--mask] -- COMMAND ..."
    parser.add_argument(
        "--env-file",
        action="append",
        default=[],
        metavar="FILE",
        help="also set the variables of this .env file (again for more; a later one wins)",
    )
    parser.add_argument(
        "--mask", action="store_true", help="replace the values by *** in what the command prints"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Resolve everything, then start the command; its exit code, 128+n when signal n ended it.

    Without --mask the command takes this process's place and this never returns.
    """
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        raise UsageError("no command to run", "unleak run -- COMMAND ...")
    root = find_root(os.getcwd())
    texts = environment_texts(root, arguments.env_file)
    environment, values = resolved_environment(texts, root)
    if not arguments.mask:
        return _become(command, environment)
    secrets = [value.reveal() for value in values.values()]
    return _run_masked(command, environment, secrets)


def environment_texts(root: str, env_files: Sequence[str]) -> dict[str, bytes]:
    """Every variable before references are resolved. The lowest first: `.unleak/env.yaml`, the
    env files in order, the environment of this process (so a caller can always override)."""
    texts = {name: format_reference(r).encode() for name, r in load_env_map(root).items()}
    for path in env_files:
        texts.update(_env_file(path, texts))
    texts.update({name: os.fsencode(value) for name, value in os.environ.items()})
    return texts


def resolved_environment(
    texts: Mapping[str, bytes], root: str
) -> tuple[dict[bytes, bytes], Values]:
    """The variables with every reference in them replaced, and the values that were used.

    VaultError names the variables and references at fault, never a value.
    """
    found: dict[str, list[tuple[int, int, Reference]]] = {}
    for name, text in texts.items():
        if b"ref+" in text:
            found[name] = [
                (start, end, _parsed(spelling, name)) for start, end, spelling in find_texts(text)
            ]
    wanted = [reference for spans in found.values() for _, _, reference in spans]
    values = resolve_inside(wanted, root)
    environment: dict[bytes, bytes] = {}
    for name, text in texts.items():
        whole = text
        for start, end, reference in reversed(found.get(name, ())):
            whole = whole[:start] + values[reference].reveal() + whole[end:]
        if b"\0" in whole:
            raise VaultError(f"the value for {name} holds a NUL, which no environment can carry")
        environment[os.fsencode(name)] = whole
    return environment, values


def resolve_inside(references: Iterable[Reference], root: str) -> Values:
    """The values of references that stay inside what the user trusts; see check_inside."""
    from scanner import registry

    wanted = list(references)
    allowed = allowed_addresses(os.environ)
    for reference in wanted:
        check_inside(reference, root, allowed)

    def open_vault(kind: str) -> Readable:
        vault: Readable = registry.load(registry.VAULTS, kind)(root, allowed=allowed)
        return vault

    return resolve(wanted, open_vault)


def _parsed(text: str, name: str) -> Reference:
    try:
        return parse_reference(text)
    except ReferenceSyntaxError as problem:
        raise ReferenceSyntaxError(f"variable {name}: {problem.message}", problem.hint) from None


def _env_file(path: str, before: Mapping[str, bytes]) -> dict[str, bytes]:
    """A .env file's variables as python-dotenv reads them, `${NAME}` expanded from the process's
    environment, then from what was set before."""
    from scanner.literals import dotenv

    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as problem:
        reason = (problem.strerror or "").lower()
        raise UsageError(f"cannot read the env file {path}: {reason}") from None
    texts: dict[str, bytes] = {}

    def expanded(match: re.Match[str]) -> str:
        name, default = match.groups()
        for known in (os.environ, texts, before):
            if name in known:
                value = known[name]
                return value if isinstance(value, str) else os.fsdecode(value)
        return default or ""

    for literal in dotenv.literals(data):
        if "key" not in literal.context and literal.key_path:
            text = os.fsdecode(literal.value)
            if "expansion" in literal.context:
                text = _EXPANSION.sub(expanded, text)
            texts[literal.key_path[-1]] = os.fsencode(text)
    return texts


def _become(command: Sequence[str], environment: dict[bytes, bytes]) -> int:
    """Replace this process, so that signals, job control and the exit code are the command's."""
    sys.stdout.flush()
    sys.stderr.flush()
    # Python ignores these; a command expects them as the system has them.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvpe(command[0], list(command), environment)  # noqa: S606 -- the verb's purpose
    except OSError as problem:
        return _not_started(command[0], problem)


def _not_started(name: str, problem: OSError) -> int:
    output.error(f"cannot start {name}: {(problem.strerror or '').lower()}")
    return _NOT_FOUND if isinstance(problem, FileNotFoundError) else _CANNOT_START


def _run_masked(
    command: Sequence[str], environment: dict[bytes, bytes], secrets: Sequence[bytes]
) -> int:
    from scanner.cli.masked_process import run_masked
    from scanner.references.masking import SHORTEST

    short = sum(len(secret.strip()) < SHORTEST for secret in secrets)
    if short:
        output.note(f"unleak: {short} values under {SHORTEST} characters are not masked")
    try:
        return run_masked(command, environment, secrets)
    except OSError as problem:
        return _not_started(command[0], problem)
