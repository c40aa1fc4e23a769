"""Check that what migrations left is whole: every reference resolves, nothing stands unused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from scanner.errors import ReferenceSyntaxError
from scanner.model import Reference, Secret
from scanner.references.syntax import find_texts, format_reference, parse_reference


@dataclass(frozen=True, slots=True)
class Checked:
    """wrong: (path, line from 1, what); unused: names in the vault that nothing refers to."""

    references: int
    wrong: tuple[tuple[str, int, str], ...]
    unused: tuple[str, ...]


def references_in(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, int, str]]:
    """(path, line, text) of everything in the files that starts as a reference."""
    found = []
    for path, data in files:
        if b"ref+" in data:
            for start, _, text in find_texts(data):
                found.append((path, data.count(b"\n", 0, start) + 1, text))
    return found


def check(
    texts: Sequence[tuple[str, int, str]],
    read: Callable[[list[Reference]], dict[Reference, Secret]],
    names: Sequence[str],
    reference_of: Callable[[str], Reference],
    trusted: Callable[[Reference], None],
) -> Checked:
    """Resolve every reference in one read of each vault. VaultError when a vault refuses.

    trusted: raises for a reference that leads out of what the user trusts. names: every entry of
    the embedded vault.
    """
    parsed: dict[str, Reference] = {}
    wrong = []
    for path, line, text in texts:
        if text in parsed:
            continue
        try:
            parsed[text] = parse_reference(text)
        except ReferenceSyntaxError as problem:
            wrong.append((path, line, problem.message))
    for reference in set(parsed.values()):
        trusted(reference)
    values = read(list(dict.fromkeys(parsed.values())))
    for path, line, text in texts:
        if text in parsed and parsed[text] not in values:
            wrong.append((path, line, f"{text} refers to nothing"))
    used = {format_reference(reference) for reference in parsed.values()}
    unused = [name for name in names if format_reference(reference_of(name)) not in used]
    return Checked(len(texts), tuple(sorted(set(wrong))), tuple(sorted(unused)))
