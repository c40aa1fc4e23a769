"""The patterns that confirm what the fast stage reports, compiled once and kept.

Reading a long regular expression takes milliseconds, which a hook that confirms three lines should
not spend. The library pickles a pattern as the numbers it was compiled to; these are kept beside
the compiled rules, for the rules that nearly every run needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scanner.rules import Rule

_VERSION = "regex"  # the key under which the library's version stands


def compiled(rule: Rule) -> Any:  # noqa: ANN401 -- the library ships no types
    """The rule's pattern over bytes; with a lead it looks for its start that far ahead."""
    import regex

    text = rule.pattern.encode()
    if rule.lead:
        text = rb"(?s:.{0,%d}?)\K(?:%s)" % (rule.lead, text)
    return regex.compile(text, regex.VERSION0)


def kept(rules: Iterable[Rule]) -> bytes:
    """The compiled patterns of rules that are judged by their score; b"" when they cannot be."""
    import marshal

    import regex

    try:
        found = {
            rule.id: marshal.dumps(compiled(rule)._pickled_data)  # noqa: SLF001 -- what it pickles
            for rule in rules
            if rule.kind != "format"
        }
    except (AttributeError, ValueError):  # a later version of the library keeps it elsewhere
        return b""
    return marshal.dumps({_VERSION: regex.__version__.encode()} | found)


def read(data: bytes) -> Mapping[str, bytes]:
    """Rule id -> what `of` makes a pattern from."""
    import marshal

    if not data:
        return {}
    found: dict[str, bytes] = marshal.loads(data)  # noqa: S302 -- our own file, and checked
    return found


def of(rule: Rule, known: Mapping[str, bytes]) -> Any:  # noqa: ANN401
    """The rule's pattern, from what is known of it if that is of the library's version."""
    data = known.get(rule.id)
    if data is None:
        return compiled(rule)
    import marshal

    import regex
    from regex import _regex

    if known[_VERSION] != regex.__version__.encode():
        return compiled(rule)
    return _regex.compile(*marshal.loads(data))  # noqa: S302 -- our own file, and checked
