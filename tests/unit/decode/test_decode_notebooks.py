"""Notebooks: what was typed and what was printed, joined as a person reads it."""

from __future__ import annotations

import base64
import json

from support.containers import make_notebook, make_png

from scanner.decode.limits import Budget, Leaf, Limits, Part, Refused, View
from scanner.decode.notebooks import members


def parts_of(data: bytes) -> list[Part]:
    return list(members("notebook", data, Budget(Limits())))


def test_sources_and_outputs_are_joined() -> None:
    data = make_notebook(
        "a = 1\nb = 2\n",
        {"output_type": "stream", "text": ["one\n", "two\n"]},
        {
            "output_type": "error",
            "ename": "E",
            "evalue": "why",
            "traceback": ["\x1b[31mab\x1b[0mcd"],
        },
        {
            "output_type": "execute_result",
            "data": {"text/html": ["<b>x", "y</b>"], "application/json": {"k": "v"}},
        },
    )
    assert parts_of(data) == [
        View(("cell 1",), b"a = 1\nb = 2\n"),
        View(("cell 1", "output 1"), b"one\ntwo\n"),
        View(("cell 1", "output 2"), b"E\nwhy\nabcd"),
        Leaf(("cell 1", "output 3", "text/html"), b"<b>xy</b>"),
        Leaf(("cell 1", "output 3", "application/json"), b'{\n "k": "v"\n}'),
        View(("(metadata)",), b'{\n "metadata": {},\n "nbformat": 4\n}'),
    ]


def test_pictures_are_members() -> None:
    picture = make_png()
    text = base64.b64encode(picture).decode()
    cell = {"cell_type": "markdown", "source": "x", "attachments": {"a.png": {"image/png": text}}}
    outputs = [{"data": {"image/png": text}}, {"data": {"image/png": "abc"}}]
    code = {"cell_type": "code", "source": [], "outputs": outputs, "metadata": {"tags": ["t"]}}
    parts = parts_of(json.dumps({"cells": [cell, code], "nbformat": 4}).encode())
    assert parts[1] == Leaf(("cell 1", "a.png", "image/png"), picture)
    assert parts[2] == Leaf(("cell 2", "output 1", "image/png"), picture)
    assert parts[3] == Refused(("cell 2", "output 2", "image/png"), "damaged: bad base64")
    assert View(("cell 2", "(metadata)"), b'{\n "tags": [\n  "t"\n ]\n}') in parts


def test_format_3() -> None:
    cell = {"cell_type": "code", "input": ["a = 1"], "outputs": [{"text": ["1"], "html": ["<b>"]}]}
    parts = parts_of(json.dumps({"worksheets": [{"cells": [cell]}], "nbformat": 3}).encode())
    assert View(("cell 1",), b"a = 1") in parts
    assert View(("cell 1", "output 1"), b"1") in parts
    assert Leaf(("cell 1", "output 1", "html"), b"<b>") in parts


def test_what_is_no_notebook_stays_text() -> None:
    for data in (b'{"cells": [', b"[" * 100_000, b"\xff\xfe{", b'{"a": ' + b"1" * 9999 + b"}"):
        refused, text = parts_of(data)
        assert refused == Refused((), "damaged: no JSON")
        assert text == View(("(text)",), data)
    for data in (b"[]", b"3", b'{"cells": 3}', b'{"worksheets": [3]}'):
        assert not any(isinstance(part, Refused) for part in parts_of(data))


def test_odd_cells_are_read_as_far_as_they_go() -> None:
    cells = [
        3,
        {},
        {"source": 5, "outputs": 7, "attachments": [1]},
        {"source": ["a", 3], "outputs": [None, {"data": 3, "text": {}}]},
    ]
    parts = parts_of(json.dumps({"cells": cells}).encode())
    assert View(("cell 3",), b"5") in parts
    assert View(("cell 4",), b'[\n "a",\n 3\n]') in parts
