"""`unleak render`: a file with its references resolved, spelled right for its format."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence

from scanner.cli import output
from scanner.cli.run import resolve_inside
from scanner.errors import EXIT_CLEAN, LiteralError, UnleakError, UsageError
from scanner.model import Edit, Literal, Reference, Secret
from scanner.references.environment import find_root
from scanner.references.syntax import find_texts, parse_reference


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", metavar="FILE", help="the file that holds references")
    parser.add_argument(
        "--output", metavar="FILE", help="write there, readable by you alone (else standard output)"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="also write over FILE itself, or over a file that git tracks",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print or write the resolved file; nothing is written unless everything resolved."""
    source = os.path.abspath(arguments.file)
    if arguments.output and not arguments.force:
        _check_target(source, os.path.abspath(arguments.output))
    try:
        with open(source, "rb") as stream:
            data = stream.read()
    except OSError as problem:
        reason = (problem.strerror or "").lower()
        raise UsageError(f"cannot read {arguments.file}: {reason}") from None
    literals = literals_with_references(source, data)
    holding = [data] if literals is None else [literal.value for literal in literals]
    texts = [text for held in holding for _, _, text in find_texts(held)]
    wanted = dict.fromkeys(map(parse_reference, texts))
    values = resolve_inside(wanted, find_root(os.path.dirname(source)))
    whole = rendered(data, literals, values)
    left = len(list(find_texts(data))) - len(texts)
    if left > 0:
        output.note(f"unleak: {left} references in comments or keys stay as they are")
    if not arguments.output:
        output.out_bytes(whole)
        return EXIT_CLEAN
    try:
        output.write_bytes_atomic(arguments.output, whole)
    except OSError as problem:
        reason = (problem.strerror or "").lower()
        raise UnleakError(f"cannot write {arguments.output}: {reason}") from None
    return EXIT_CLEAN


def literals_with_references(path: str, data: bytes) -> list[Literal] | None:
    """The innermost literals of a file whose value holds references; None for a format without a
    parser. LiteralError when the format has one and the file does not parse."""
    from scanner.literals import locate

    try:
        locate.language_of(path, data)
    except LiteralError:
        return None
    holding = [x for x in locate.literals(path, data) if any(find_texts(x.value))]
    return [x for x in holding if not any(_inside(other, x) for other in holding)]


def rendered(
    data: bytes, literals: Sequence[Literal] | None, values: Mapping[Reference, Secret]
) -> bytes:
    """`data` with the references in these literals replaced by their values, each literal spelled
    again for its format; with None every reference in the text is replaced as it stands.

    values has every reference (KeyError otherwise). Bytes outside the literals stay.
    """
    if literals is None:
        return expanded(data, values)
    from scanner.literals import locate

    edits = [
        Edit(literal.start, literal.end, locate.spell(expanded(literal.value, values), literal))
        for literal in literals
    ]
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.new + data[edit.end :]
    return data


def expanded(text: bytes, values: Mapping[Reference, Secret]) -> bytes:
    """`text` with every reference in it replaced by its value."""
    for start, end, spelling in reversed(list(find_texts(text))):
        text = text[:start] + values[parse_reference(spelling)].reveal() + text[end:]
    return text


def _inside(inner: Literal, outer: Literal) -> bool:
    return (
        inner is not outer
        and outer.start <= inner.start
        and inner.end <= outer.end
        and inner.end - inner.start < outer.end - outer.start
    )


def _check_target(source: str, target: str) -> None:
    """Refuse to put plaintext where it would be committed, or over what it came from."""
    from scanner.git.repository import is_tracked, top_of

    if os.path.realpath(source) == os.path.realpath(target):
        raise UsageError(
            "the output would replace the file that holds the references",
            "choose another file, or give --force",
        )
    folder = os.path.realpath(os.path.dirname(target))
    top = top_of(folder)
    path = os.path.join(folder, os.path.basename(target))
    if top and is_tracked(top, os.path.relpath(path, os.path.realpath(top))):
        raise UsageError(
            "the output is a file that git tracks, and would hold secrets in plain text",
            "choose a file that git ignores, or give --force",
        )
