"""The `ref+` URI in the literal's place, in the literal's own style.

For formats that have no look-up of their own: the file holds the URI, and `unleak render`,
`unleak run` or vals put the value back (https://github.com/helmfile/vals).
"""

from __future__ import annotations

from dataclasses import replace

from scanner.errors import RewriteError
from scanner.literals import locate
from scanner.model import Disposition, Edit, Literal, Reference, Rewrite
from scanner.references.syntax import format_reference

_REFUSED = {
    "key": "a key cannot hold a reference",
    "expansion": "the value holds ${...}, which its reader expands",
    "interpolated": "the value is put together with other values when it is read",
    "tagged": "a YAML tag gives the value another meaning",
}
_REVIEWED = {
    "percent": "%% may stand for one % where the file is read with interpolation",
    "comment-inside": "comments between the lines of this value go away",
    "anchored": "the value is used in other places of the file through its anchor",
}
_TYPES = {
    "number": "a number",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "date": "a date",
    "timestamp": "a date",
}


def rewrite(data: bytes, literal: Literal, reference: Reference, variable: str) -> Rewrite:
    """One edit, form "uri". Review where the value changes its type or shares its place with
    something else; RewriteError where a reference would not be read as a whole value.
    """
    del data, variable  # the same for every rewriter; a URI needs neither
    for word, reason in _REFUSED.items():
        if word in literal.context:
            raise RewriteError(reason, "move it by hand")
    new = locate.spell(format_reference(reference).encode(), findable(literal))
    disposition, reason = _judge(literal)
    return Rewrite((Edit(literal.start, literal.end, new),), "uri", disposition, reason)


def findable(literal: Literal) -> Literal:
    """The literal in a style that leaves `:`, `/` and `#` as they are, so that a reference in the
    file can be found without parsing it.
    """
    style = literal.style.replace("-slash", "")
    return replace(literal, style="upper" if style == "store" else style)


def _judge(literal: Literal) -> tuple[Disposition, str]:
    for word, name in _TYPES.items():
        if word in literal.context:
            return "review", f"the value is {name} here and becomes text"
    for word, reason in _REVIEWED.items():
        if word in literal.context:
            return "review", reason
    return "safe", ""
