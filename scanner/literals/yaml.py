"""Values of YAML files: ruamel.yaml's events give the places, yaml_scalars.py the spelling.

Format: https://yaml.org/spec/1.2.2/. Styles: "plain", "single", "double", "literal" (`|`),
"folded" (`>`); "part:STYLE" for what stands behind `NAME=` in a list item (see `part`).
Contexts: the type of a plain value that is no text ("int", "float", "bool", "null",
"timestamp"), "absent" (nothing stands there), "flow" (inside `[]` or `{}`), "anchored", "tagged"
and hint "tag", and for block scalars hints "indent", "header" (what stands behind the
indicators), "indicator", "blank" (empty lines that follow), "chomp" and "end" (the file ends
without a line end). Hint "document" counts the documents behind the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from scanner.literals.text import CRLF, Offsets, as_bytes, broken, decode
from scanner.literals.yaml_scalars import resolve, spell
from scanner.model import Literal

__all__ = ["literals", "part", "spell"]

_STYLES = {None: "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
_PROPERTIES = re.compile(r"(?:[&!][^\s]*|!<[^>]*>|[ \t\r\n]|#[^\r\n]*)*")
_HEADER = re.compile(r"[|>](?P<indicators>[-+1-9]{0,2})(?P<rest>[^\r\n]*)(?:\r\n|\r|\n|\Z)")
_ODD_BREAK = re.compile("[\x85\u2028\u2029]")
_LINE = re.compile(r"( *)([^\r\n]*)(\r\n|\r|\n|\Z)")
_MAX_DEPTH = 500  # ruamel takes time with the square of the depth
_TEXT_TAGS = ("tag:yaml.org,2002:str", "!")
_PART = re.compile(rb"(['\"]?)([A-Za-z_][A-Za-z0-9_.]*)=")


@dataclass(slots=True)
class _Level:
    """An open collection: its kind, whether it is a flow one, the current key or index."""

    kind: str
    flow: bool
    index: int = 0
    key: str | None = None


def literals(data: bytes) -> Iterator[Literal]:
    """Every scalar key (context "key") and value; LiteralError with the line if the file does not
    parse (a template with `{{` in it often does not).
    """
    text, at = decode(data)
    odd = _ODD_BREAK.search(text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        raise broken(
            "YAML", line, "a line separator that YAML 1.1 and 1.2 read differently: not read"
        )
    return iter(list(_walk(text, at)))


def _events(text: str) -> Iterator[Any]:
    """Ruamel's events; LiteralError with the line where it stops."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    reader = YAML(typ="safe", pure=True)
    try:
        yield from reader.parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise broken("YAML", mark.line + 1 if mark else 1) from None
    except (YAMLError, ValueError, RecursionError) as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise broken("YAML", line) from None


def _walk(text: str, at: Offsets) -> Iterator[Literal]:
    """Literals in the order of the file, with the path to each."""
    levels: list[_Level] = []
    document = -1
    for event in _events(text):
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            document += 1
        elif kind == "ScalarEvent":
            is_key = _is_key(levels)
            flow = bool(levels) and levels[-1].flow
            path = () if is_key else _path(levels)
            literal = _scalar(event, text, at, path, flow=flow)
            if is_key:
                levels[-1].key = event.value
                literal = replace(literal, context=("key",), style="key")
            elif document:
                literal = replace(literal, context=(*literal.context, f"document:{document}"))
            if not is_key:
                _advance(levels)
            yield literal
        elif kind == "AliasEvent":
            if _is_key(levels):
                levels[-1].key = "*" + event.anchor
            else:
                _advance(levels)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            levels.append(_Level(kind[:3], bool(event.flow_style)))
            if len(levels) > _MAX_DEPTH:
                line = event.start_mark.line + 1
                raise broken("YAML", line, "nested too deeply: not read")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            levels.pop()
            if _is_key(levels):
                levels[-1].key = "?"
            else:
                _advance(levels)


def _is_key(levels: list[_Level]) -> bool:
    return bool(levels) and levels[-1].kind == "Map" and levels[-1].key is None


def _advance(levels: list[_Level]) -> None:
    """A value of the innermost collection is complete."""
    if levels:
        levels[-1].index += 1
        levels[-1].key = None


def _path(levels: list[_Level]) -> tuple[str, ...]:
    names = (level.key if level.kind == "Map" else str(level.index) for level in levels)
    return tuple("?" if name is None else name for name in names)


def _scalar(
    event: Any,  # noqa: ANN401 -- ruamel's event
    text: str,
    at: Offsets,
    path: tuple[str, ...],
    *,
    flow: bool,
) -> Literal:
    """The literal of a scalar event: its properties (anchor, tag) are not part of the span."""
    start, end = event.start_mark.index, event.end_mark.index
    style = _STYLES[event.style]
    tag = str(event.tag or "")
    context: list[str] = ["flow"] if flow else []
    if event.anchor or tag:
        skipped = _PROPERTIES.match(text, start, end)
        start = skipped.end() if skipped else start
    if start == end:
        context.append("absent")
    if event.anchor:
        context.append("anchored")
    if tag:
        context.append("tag:" + tag)
    if tag and tag not in _TEXT_TAGS:
        context.append("tagged")
    if style == "plain" and not tag:
        kind = resolve(event.value)
        if kind != "str":
            context.append(kind)
    if style in ("literal", "folded"):
        end, hints = _block(event.value, text, start, end)
        context.extend(hints)
    return Literal("yaml", at(start), at(end), as_bytes(event.value), path, style, tuple(context))


def _block(value: str, text: str, start: int, stop: int) -> tuple[int, list[str]]:
    """End of a block scalar's last line of content (its line end excluded), and its hints."""
    header = _HEADER.match(text, start)
    if header is None:  # pragma: no cover - the parser took it
        return stop, []
    hints = [CRLF] if text[header.start() : header.end()].endswith("\r\n") else []
    indicators = header.group("indicators")
    if header.group("rest"):
        hints.append("header:" + header.group("rest"))
    hints.append("chomp:" + indicators.strip("123456789"))
    content = _LINE.finditer(text, header.end(), stop)
    first = next((line for line in content if line.group(2)), None)
    begun = next((line for line in value.split("\n") if line.strip(" ")), None)
    if first is None or begun is None:
        return header.end("rest"), hints
    indent = len(first.group(1)) - (len(begun) - len(begun.lstrip(" ")))
    hints.append(f"indent:{indent}")
    if indicators.strip("+-"):
        hints.append("indicator:" + indicators.strip("+-"))
    end, blank, is_open = _extent(text, header.end(), stop, indent)
    hints.append(f"blank:{blank}")
    if is_open:
        hints.append("end:open")
    return end, hints


def _extent(text: str, start: int, stop: int, indent: int) -> tuple[int, int, bool]:
    """End of the last line of content, how many empty lines follow it, and whether the file ends
    there without a line end.
    """
    end, blank, is_open = start, 0, False
    for line in _LINE.finditer(text, start):
        depth = len(line.group(1))
        outside = line.group(2) and (depth < indent or line.start() >= stop)
        if outside or line.start() == len(text):
            break
        if line.group(2) or depth > indent:
            end, blank, is_open = line.end(2), 0, not line.group(3)
        else:
            blank += 1
    return end, blank, is_open


def part(data: bytes, literal: Literal) -> Literal | None:
    """The value behind `NAME=` of a list item written on one line, None if it is no such item.

    The key path gets the name in place of the index; the span is the value's alone.
    """
    raw = data[literal.start : literal.end]
    match = _PART.match(raw)
    if match is None or literal.style not in ("plain", "single", "double") or b"\n" in raw:
        return None
    quote, name = match.groups()
    quoted = {"plain": b"", "single": b"'", "double": b'"'}[literal.style]
    prefix = name + b"="
    if quote != quoted or not literal.value.startswith(prefix):
        return None
    return replace(
        literal,
        start=literal.start + match.end(),
        end=literal.end - len(quoted),
        value=literal.value[len(prefix) :],
        key_path=(*literal.key_path[:-1], name.decode()),
        style="part:" + literal.style,
    )
