"""The only place that prints: plain text to the two streams, and files written whole."""

from __future__ import annotations

import os
import sys
from typing import IO, TextIO


def escape(text: str) -> str:
    r"""Make every control character, bidirectional override and undecodable byte visible (\xNN).

    Nor does what comes out start a command of a build system that reads the log: `::` at the start
    of a line, `##[` anywhere (https://github.com/actions/runner, ActionCommand.cs).
    """
    shown = text if text.isascii() and text.isprintable() else "".join(map(_visible, text))
    shown = shown.replace("##", "#\\x23")
    return shown.replace(":", "\\x3a", 1) if shown.lstrip().startswith(":") else shown


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def out(text: str) -> None:
    """Write `text` to standard output as it is (the caller ends lines)."""
    _write(sys.stdout, text)


def out_bytes(data: bytes) -> None:
    """Write bytes to standard output exactly as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def note(text: str) -> None:
    """Write one line to standard error."""
    _write(sys.stderr, text + "\n")


def error(message: str, hint: str = "") -> None:
    """Say what failed on one line, and what to do next on a second."""
    note(f"unleak: {escape(message)}")
    if hint:
        note(f"  hint: {escape(hint)}")


def _write(stream: TextIO, text: str) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text)
    except UnicodeEncodeError:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def color_enabled(choice: str, stream: IO[str]) -> bool:
    """Whether to colour: `choice` is auto, always or never; NO_COLOR is honoured by auto."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def write_atomic(path: str, text: str, mode: int = 0o600) -> None:
    """Write a file whole or not at all: temporary file in the same folder, fsync, rename."""
    write_bytes_atomic(path, text.encode("utf-8", "backslashreplace"), mode)


def write_bytes_atomic(path: str, data: bytes, mode: int = 0o600) -> None:
    """The same for bytes, which are written exactly as they are.

    What is no file (`/dev/null`, a pipe) is written to: a rename would put a file in its place.
    """
    import tempfile

    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    folder = os.path.dirname(path) or "."
    handle, temporary = tempfile.mkstemp(prefix=".unleak-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
