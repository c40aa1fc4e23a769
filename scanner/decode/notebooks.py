"""Jupyter notebooks: cells and their outputs joined to readable text, pictures as members."""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Iterator
from typing import Any

from scanner.decode.limits import Budget, Part, Refused, clipped, viewed

LARGEST = 64 << 20  # bytes of JSON that are parsed
# Colours in outputs and tracebacks cut words in two.
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def members(_kind: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """Each cell's source and outputs, then the metadata (https://nbformat.readthedocs.io)."""
    if len(data) > LARGEST:
        yield Refused((), "larger than 64 MiB")
        return
    try:
        book = json.loads(data)
    except (ValueError, RecursionError):
        yield Refused((), "damaged: no JSON")
        yield from viewed(("(text)",), data, budget)
        return
    cells = _cells(book)
    if cells is None:
        yield from viewed(("(text)",), data, budget)
        return
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict):
            yield from _cell(f"cell {number}", cell, budget)
    rest = {key: value for key, value in book.items() if key not in ("cells", "worksheets")}
    yield from viewed(("(metadata)",), _json(rest), budget)


def _cells(book: Any) -> list[Any] | None:  # noqa: ANN401 -- whatever JSON holds
    """The cells of format 4, or of all worksheets of format 3."""
    if not isinstance(book, dict):
        return None
    cells = book.get("cells")
    if isinstance(cells, list):
        return cells
    sheets = book.get("worksheets")
    if not isinstance(sheets, list):
        return None
    each = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for cells in each if isinstance(cells, list) for cell in cells]


def _cell(name: str, cell: dict[str, Any], budget: Budget) -> Iterator[Part]:
    source = _joined(cell.get("source", cell.get("input")))
    yield from viewed((name,), source, budget)
    outputs = cell.get("outputs")
    for number, output in enumerate(outputs if isinstance(outputs, list) else (), 1):
        if isinstance(output, dict):
            yield from _output(f"output {number}", name, output, budget)
    attachments = cell.get("attachments")
    for key, content in attachments.items() if isinstance(attachments, dict) else ():
        if isinstance(content, dict):
            yield from _bundle((name, str(key)), content, budget)
    if cell.get("metadata"):
        yield from viewed((name, "(metadata)"), _json(cell["metadata"]), budget)


def _output(title: str, cell: str, output: dict[str, Any], budget: Budget) -> Iterator[Part]:
    chain = (cell, title)
    texts = [_joined(output.get("text"))]
    texts += [_joined(output.get(key)) for key in ("ename", "evalue")]
    lines = output.get("traceback")
    if isinstance(lines, list):
        texts += [_joined(line) for line in lines]
    yield from viewed(chain, b"\n".join(text for text in texts if text), budget)
    content = output.get("data")
    if not isinstance(content, dict):  # format 3 has png, html ... beside text
        known = ("png", "jpeg", "svg", "html", "latex", "javascript", "json")
        content = {key: output[key] for key in known if key in output}
    yield from _bundle(chain, content, budget)


def _bundle(chain: tuple[str, ...], content: dict[str, Any], budget: Budget) -> Iterator[Part]:
    """One output in several types: pictures are base64, the rest is text or JSON."""
    for kind, value in content.items():
        plain = isinstance(value, str | list)
        raw = _joined(value) if plain else _json(value)
        if kind.endswith(("png", "jpeg", "pdf", "gif", "webp")):
            try:
                raw = binascii.a2b_base64(raw)
            except ValueError:
                yield Refused((*chain, str(kind)), "damaged: bad base64")
        yield from clipped((*chain, str(kind)), raw, budget)


def _joined(value: Any) -> bytes:  # noqa: ANN401 -- whatever JSON holds
    """A text or a list of its lines; anything else as JSON, nothing for null."""
    if value is None:
        return b""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if not isinstance(value, str):
        return _json(value)
    return _ANSI.sub("", value).encode("utf-8", "surrogatepass")


def _json(value: Any) -> bytes:  # noqa: ANN401 -- whatever JSON holds
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
