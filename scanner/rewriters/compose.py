"""A variable in the place of a value of a compose file: `${NAME:?set NAME}`.

docker compose puts the variable in and stops if it is not set:
https://docs.docker.com/reference/compose-file/interpolation/.
"""

from __future__ import annotations

from dataclasses import replace

from scanner.errors import RewriteError
from scanner.literals import locate
from scanner.model import Edit, Literal, Reference, Rewrite

_WORDS = ("key", "tagged", "interpolated")


def rewrite(data: bytes, literal: Literal, reference: Reference, variable: str) -> Rewrite:
    """One edit, form "environment", safe. RewriteError for keys, tagged values and values that
    already hold a variable.
    """
    del data, reference  # the same for every rewriter; compose reads the variable
    if any(word in literal.context for word in _WORDS):
        raise RewriteError("the value already holds a variable, a tag or a key", "move it by hand")
    if "item" in literal.context:
        raise RewriteError("name and value are one list item here", "write it as a map, run again")
    # The dollar is meant here: without "compose" it is not doubled.
    words = tuple(word for word in literal.context if word != "compose")
    look_up = f"${{{variable}:?set {variable}}}".encode()
    new = locate.spell(look_up, replace(literal, context=words))
    return Rewrite((Edit(literal.start, literal.end, new),), "environment")
