r"""Text of the scanned repository made harmless for a terminal, a log or a page.

Control characters, ANSI escapes, line ends, bidirectional overrides and undecodable bytes become
visible: \n, \x1b, \u202e.
"""

from __future__ import annotations

from scanner.model import Finding


def escaped(text: str) -> str:
    """`text` on one line, printable, encodable as UTF-8."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _code(char) for char in text)


def loggable(text: str) -> str:
    """`escaped`, and no command to a build system that reads the log.

    GitHub's runner takes `::name::` at the start of a line, blanks aside, and `##[name]` anywhere
    (https://github.com/actions/runner, ActionCommand.cs), Azure's takes `##vso[`. One colon at the
    start is escaped too: a report may put another behind the text.
    """
    shown = escaped(text).replace("##", "#\\x23")
    return shown.replace(":", "\\x3a", 1) if shown.lstrip().startswith(":") else shown


def _code(char: str) -> str:
    code = ord(char)
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def encodable(text: str) -> str:
    """`text` with lone surrogates (bytes that were no UTF-8) as backslash escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def value_text(finding: Finding) -> str:
    """The plaintext as text, for --show-secrets only; other bytes than UTF-8 are escaped."""
    return finding.secret.reveal().decode("utf-8", "backslashreplace")
