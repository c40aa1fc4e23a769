"""Whatever stands in a path, a key, a reason or a rule's texts, a report stays a report."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Finding, Place, RuleInfo, Secret, Skipped, Summary
from scanner.registry import REPORTERS, load

AWKWARD = st.sampled_from(["::", "##[", "\n", "\r", "\x1b", "\0", "%0A", "\udcff", "\u202e", "]]>"])
# Lone surrogates only as `os.fsdecode` makes them.
LETTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.lists(AWKWARD | LETTERS, max_size=12).map("".join)


@pytest.mark.parametrize("name", REPORTERS)
@given(path=TEXTS, key=TEXTS, reason=TEXTS, title=TEXTS, explain=st.booleans())
def test_any_text_is_harmless(
    name: str, path: str, key: str, reason: str, title: str, explain: bool
) -> None:
    finding = Finding(
        rule="own-rule", secret=Secret(b"x"), blob_id="", places=(Place(path),), start=0, end=1,
        line=1, column=1, end_line=1, end_column=2, key=key, severity="low", confidence="low",
        score=0.3, masked=title, reasons=(reason,), fingerprint="0" * 32,
    )  # fmt: skip
    info = RuleInfo("own-rule", title, title, "low", "low", title, title)
    summary = Summary(skipped=(Skipped(Place(path), reason),), rules={info.id: info})
    pieces = load(REPORTERS, name).render([finding], summary, show_secrets=False, explain=explain)
    text = "".join(pieces)
    lines = text.encode().decode().replace("\r\n", "\n").split("\n")
    assert [line for line in lines if not line.isprintable()] == []
    commands = [line for line in lines if line.lstrip().startswith("::")]
    assert len(commands) == (2 if name == "github" else 0)
    if name == "text":
        assert "##[" not in text
    read(name, text)


def read(name: str, text: str) -> None:
    """What the format's own reader makes of it: the right number of things."""
    if name in ("json", "sarif", "gitlab"):
        assert json.loads(text)
    elif name == "jsonl":
        assert len([json.loads(line) for line in text.splitlines()]) == 2
    elif name == "junit":
        assert [case.tag for case in ET.fromstring(text.encode())[0]] == ["testcase"] * 2
    elif name == "csv":
        table = list(csv.reader(io.StringIO(text, newline="")))
        assert [len(row) for row in table] == [len(table[0])] * 3
    elif name == "html":
        assert text.count("<tr") == 2
