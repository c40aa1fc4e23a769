"""A variable in the place of a word of a script: `"${NAME:?}"`, which stops if it is not set.

https://www.gnu.org/software/bash/manual/html_node/Shell-Parameter-Expansion.html.
"""

from __future__ import annotations

from scanner.errors import RewriteError
from scanner.model import Edit, Literal, Reference, Rewrite

_REASON = "the script then depends on its environment"


def rewrite(data: bytes, literal: Literal, reference: Reference, variable: str) -> Rewrite:
    """One edit, form "environment", always for review. RewriteError for names, for words the
    shell already puts something in, and in here-documents where it puts in nothing.
    """
    del data, reference  # the same for every rewriter; the script reads the variable
    if "key" in literal.context:
        raise RewriteError("a key cannot hold a reference", "move it by hand")
    if "interpolated" in literal.context:
        raise RewriteError("the shell puts other values into this word", "move it by hand")
    if "quoted-heredoc" in literal.context:
        raise RewriteError(
            "nothing is put into a here-document with a quoted mark",
            "take the quotes off the mark, or move the value by hand",
        )
    new = f"${{{variable}:?}}"
    if "heredoc" not in literal.context:
        new = f'"{new}"'
    return Rewrite(
        (Edit(literal.start, literal.end, new.encode()),), "environment", "review", _REASON
    )
