"""A variable in the place of a value of .npmrc: `${NAME}`, which npm puts in.

https://docs.npmjs.com/cli/configuring-npm/npmrc#description. An unset variable stays `${NAME}`.
"""

from __future__ import annotations

from scanner.errors import RewriteError
from scanner.model import Edit, Literal, Reference, Rewrite

_QUOTES = {"double": b'"', "single": b"'"}


def rewrite(data: bytes, literal: Literal, reference: Reference, variable: str) -> Rewrite:
    """One edit, form "environment", safe. RewriteError for keys and values with a variable."""
    del data, reference  # the same for every rewriter; npm reads the variable
    if "key" in literal.context or "expansion" in literal.context:
        raise RewriteError("a key, or a value with a variable in it", "move it by hand")
    quote = _QUOTES.get(literal.style, b"")
    new = quote + b"${" + variable.encode() + b"}" + quote
    return Rewrite((Edit(literal.start, literal.end, new),), "environment")
