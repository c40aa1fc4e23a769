"""The command: one table of verbs, each imported only when it is asked for."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from importlib import import_module

from scanner.cli import output
from scanner.errors import EXIT_CLEAN, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_USAGE, UnleakError

VERBS: dict[str, tuple[str, str]] = {
    "scan": (
        "scanner.cli.scan",
        "find plaintext secrets in files, in the index or on standard input",
    ),
    "migrate": ("scanner.cli.migrate", "move each secret into a vault and leave a reference"),
    "undo": ("scanner.cli.undo", "take a migration back, byte for byte"),
    "run": ("scanner.cli.run", "start a command with its secrets in the environment"),
    "render": ("scanner.cli.render", "print a file with its references resolved"),
    "verify": ("scanner.cli.verify", "check that every reference resolves and none dangles"),
    "vault": ("scanner.cli.vault", "look into the embedded vault, and change who can read it"),
    "baseline": ("scanner.cli.baseline", "record known findings so that only new ones fail"),
    "rules": ("scanner.cli.rules", "list, show, test and compile the rules"),
    "config": ("scanner.cli.config", "show the effective configuration"),
    "journal": ("scanner.cli.journal", "list and show what migrations did"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return its exit code; every UnleakError becomes one line and a hint."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        return _dispatch(arguments)
    except UnleakError as problem:
        output.error(problem.message, problem.hint)
        return problem.exit_code
    except BrokenPipeError:
        # The reader went away; nobody can be told, and the interpreter must not try at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_INCOMPLETE
    except OSError as problem:
        where = f"{os.fsdecode(problem.filename)}: " if problem.filename else ""
        why = (problem.strerror or type(problem).__name__).lower()
        output.error(f"{where}{why}", "check the path, its permissions and the space on the disk")
        return EXIT_INCOMPLETE
    except Exception as problem:  # an error of ours: its text may hold a value
        if os.environ.get("UNLEAK_TRACEBACK"):
            raise
        return _internal(problem)
    except KeyboardInterrupt:
        output.note("unleak: interrupted")
        return EXIT_INTERRUPTED


def _internal(problem: Exception) -> int:
    """An error of ours: where it happened, but not its text, which may hold a value."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = ""
    if trace is not None:
        where = f" ({os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno})"
    hint = "please report this; UNLEAK_TRACEBACK=1 shows all of it, which may include values"
    output.error(f"internal error: {type(problem).__name__}{where}", hint)
    return EXIT_INCOMPLETE


def _dispatch(arguments: list[str]) -> int:
    verb = next((a for a in arguments if not a.startswith("-")), "")
    if verb in VERBS and arguments[0] == verb:
        module = import_module(VERBS[verb][0])
        # A given width: argparse asks the terminal once for every option else.
        parser = argparse.ArgumentParser(
            prog=f"unleak {verb}", description=VERBS[verb][1], formatter_class=_formatter
        )
        module.add_arguments(parser)
        code: int = module.run(parser.parse_args(arguments[1:]))
        return code
    parser = _top_parser()
    if parser.parse_args(arguments).version:
        from importlib.metadata import version

        output.out(f"unleak {version('unleak')}\n")
        return EXIT_CLEAN
    parser.print_help(sys.stderr)
    return EXIT_USAGE


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=32, width=96)


def _top_parser() -> argparse.ArgumentParser:
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {verb:{width}}  {text}" for verb, (_, text) in VERBS.items())
    parser = argparse.ArgumentParser(
        prog="unleak",
        usage="unleak VERB [OPTION ...]",
        description="Find plaintext secrets, move each into a vault, prove it, undo it.",
        epilog=f"verbs:\n{verbs}\n\n'unleak VERB --help' says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    parser.add_argument("verb", nargs="?", choices=VERBS, metavar="VERB", help=argparse.SUPPRESS)
    return parser


def entry() -> None:
    """Start from the console script and leave at once: taking the interpreter down costs time."""
    import gc

    gc.set_threshold(100_000)  # start-up makes many objects and no garbage worth looking for
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)
