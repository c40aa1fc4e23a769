"""`os.environ["NAME"]` in the place of a Python string: it raises KeyError if it is not set.

https://docs.python.org/3/library/os.html#os.environ. How `os` is had: python_imports.py.
"""

from __future__ import annotations

from scanner.errors import RewriteError
from scanner.model import Edit, Literal, Reference, Rewrite
from scanner.rewriters.python_imports import environ

_BY_HAND = "move it by hand"
# Context of a literal -> why no expression may stand there.
_REFUSED = {
    "annotation": "a type annotation holds no run-time value",
    "docstring": "the value stands in a docstring, which nothing reads",
    "f-string": "the value is a part of a formatted string",
    "key": "a key cannot hold a reference",
    "names": "a list of names is read before the program runs",
    "part": "the value is a part of adjacent strings that make one",
    "pattern": "a match pattern must be a constant",
    "shown": "`=` in a formatted string shows the expression itself",
    "statement": "the string is a statement, which nothing reads",
}


def rewrite(data: bytes, literal: Literal, reference: Reference, variable: str) -> Rewrite:
    """One edit of the literal and, where `os` is not imported yet, the same import edit for every
    literal of the file. Form "environment", always for review.

    RewriteError where no expression may stand, and for a value no variable can hold; LiteralError
    if the file does not parse.
    """
    del reference  # the program reads the variable
    for word in literal.context:
        if word in _REFUSED:
            raise RewriteError(_REFUSED[word], _BY_HAND)
    _check_value(literal.value)
    look_up, edits = environ(data, literal.start)
    quote = _quote(literal)
    new = f"{look_up}[{quote}{variable}{quote}]"
    if "bytes" in literal.context:
        new += ".encode()"
    before = data[: literal.start][-1:]
    if before.isalnum() or before == b"_":  # return"..."
        new = " " + new
    own = Edit(literal.start, literal.end, new.encode())
    reason = f"the code then depends on the environment variable {variable}"
    return Rewrite((*edits, own), "environment", "review", reason)


def _check_value(value: bytes) -> None:
    """RewriteError for what os.environ would not give back as it was."""
    try:
        value.decode()
    except UnicodeDecodeError:
        raise RewriteError("the value is not text, as variables are", _BY_HAND) from None
    if b"\0" in value:
        raise RewriteError("a variable cannot hold a NUL character", _BY_HAND)


def _quote(literal: Literal) -> str:
    """The quote for the name: in a formatted string not the one around it, which ends the string
    before Python 3.12 (https://peps.python.org/pep-0701/).
    """
    for word in literal.context:
        if word.startswith("quote:"):
            own, around = literal.style[-1], word[-1]
            return own if own != around else "'\""[around == "'"]
    return '"'
