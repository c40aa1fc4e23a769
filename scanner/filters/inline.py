"""Markers in the content that say a finding is meant to be there, each for one line only.

A marker counts on the line where the secret starts. On the line above it counts when it says so
itself (`nextline`) or when that line holds nothing but the comment: then it speaks about the next.
"""

from __future__ import annotations

import re

_SAME = re.compile(
    rb"(?P<own>unleak:allow)(?!\w|-\w)(?P<rules>(?:[ \t]+[a-z][a-z0-9]*(?:-[a-z0-9]+)+(?!\w|-\w))*)"
    rb"|(?P<other>gitleaks:allow|betterleaks:allow|trufflehog:ignore|kingfisher:(?:ignore|allow)"
    rb"|pragma:[ \t]*(?:allow|white)list[ \t]+secret|ggignore)(?!\w|-\w)"
)
_NEXT = re.compile(rb"pragma:[ \t]*(?:allow|white)list[ \t]+nextline[ \t]+secret(?!\w|-\w)")
_WORDS = (b"allow", b"ignore", b"whitelist")  # one of them is in every marker
_COMMENT_ONLY = re.compile(
    rb"(?:\xef\xbb\xbf)?[ \t]*(?:"
    rb"#(?![ \t]*define[ \t]).*|//.*|--(?!\w).*|;.*|%(?:[ \t%].*)?|(?:rem|REM)\b.*|::(?:[ \t].*)?"
    rb"|/\*(?:(?!\*/).)*(?:\*/)?|\*(?:(?!\*/).)*\*/|<!--(?:(?!-->).)*(?:-->)?"
    rb"|\{/\*(?:(?!\*/).)*\*/\}|\{\{!(?:(?!\}\}).)*\}\}|\{#(?:(?!#\}).)*#\}"
    rb"|<%--(?:(?!--%>).)*--%>|\(\*(?:(?!\*\)).)*(?:\*\))?"
    rb")[ \t\r]*"
)


def inline_allowed(data: bytes, start: int, end: int, rule: str) -> str:
    """The marker that allows the finding at [start, end) of `data`, or "".

    `unleak:allow` followed by rule ids allows only those rules.
    """
    del end  # a secret of several lines is allowed at its first line
    line_start = data.rfind(b"\n", 0, start) + 1
    line_end = data.find(b"\n", start)
    line = data[line_start : line_end if line_end >= 0 else len(data)]
    marker = _marker(_SAME, line, rule)
    if marker or line_start == 0:
        return marker
    above = data[data.rfind(b"\n", 0, line_start - 1) + 1 : line_start - 1]
    if not any(word in above for word in _WORDS):
        return ""
    if _NEXT.search(above):
        return "pragma: allowlist nextline secret"
    if _COMMENT_ONLY.fullmatch(above):
        return _marker(_SAME, above, rule)
    return ""


def _marker(pattern: re.Pattern[bytes], line: bytes, rule: str) -> str:
    if not any(word in line for word in _WORDS):  # a minified file is one line: be quick
        return ""
    for match in pattern.finditer(line):
        if match["own"]:
            rules = match["rules"].decode("ascii").split()
            if not rules or rule in rules:
                return "unleak:allow"
        else:
            return match["other"].decode("ascii")
    return ""
