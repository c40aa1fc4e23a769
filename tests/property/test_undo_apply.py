"""For made-up files of each format: apply changes only the edits, undo gives every byte back."""

from __future__ import annotations

import os
import string
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from scanner.errors import LiteralError
from scanner.literals import locate
from scanner.migrate.apply import Context, apply
from scanner.migrate.edit import spliced
from scanner.migrate.journal import Journal
from scanner.migrate.plan import Target, make_plan
from scanner.migrate.undo import undo
from scanner.model import Edit, Finding, Place, Secret, Step
from scanner.vaults.sops import SopsVault

SETTINGS = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
KEY = str(pyrage.x25519.Identity.generate())

# Nothing else that a journal holds looks like the mark at the end.
MARK = "Q7xZ9w"
WORDS = st.text(string.ascii_letters + string.digits, max_size=14).map(lambda word: word + MARK)
ODD = st.text(st.sampled_from("ab01XY #:;=%'\"\\$`{}[],&*!|>@?-~/éß漢😀"), min_size=6, max_size=14)
VALUES = st.one_of(WORDS, ODD)
ENDS = st.sampled_from(["\n", "\r\n"])
COMMENTS = st.sampled_from(["", "# note", "# a: b = 'c' \"d\""])


def escaped(value: str, quote: str, draw: st.DrawFn) -> str:
    """The value in double quotes as JSON, TOML and YAML read it, spelled in one of many ways."""
    pieces = []
    for char in value:
        if char in '"\\' or draw(st.integers(0, 9)) == 0:
            code = char.encode("utf-16-be")
            units = [code[i : i + 2].hex() for i in range(0, len(code), 2)]
            long = f"\\U{ord(char):08x}"
            pieces.append("".join(f"\\u{u}" for u in units) if len(units) == 1 or quote else long)
        else:
            pieces.append(char)
    return "".join(pieces)


@st.composite
def dotenv(draw: st.DrawFn) -> tuple[str, str]:
    lines = []
    for number in range(draw(st.integers(1, 3))):
        quote = draw(st.sampled_from(["", "'", '"']))
        body = draw(VALUES).replace("\\", "/").replace(quote or "\n", "")
        export = draw(st.sampled_from(["", "export "]))
        lines += [f"{export}K{number}={quote}{body}{quote} {draw(COMMENTS)}", draw(COMMENTS)]
    return ".env", draw(ENDS).join(lines)


@st.composite
def yaml(draw: st.DrawFn) -> tuple[str, str]:
    lines = ["top:"]
    for number in range(draw(st.integers(1, 3))):
        value = draw(VALUES)
        style = draw(st.sampled_from(["plain", "single", "double", "|", ">-", "|+"]))
        key, note = f"  k{number}:", draw(COMMENTS)
        if style == "plain":
            lines.append(f"{key} {draw(WORDS)} {note}")
        elif style == "single":
            lines.append(f"{key} '{value.replace(chr(39), chr(39) * 2)}' {note}")
        elif style == "double":
            lines.append(f'{key} "{escaped(value, "", draw)}" {note}')
        else:
            lines += [f"{key} {style} {note}", f"      {value.lstrip()}x", f"      {draw(WORDS)}"]
        lines.append(draw(st.sampled_from(["", "  # between"])))
    return "a.yaml", draw(ENDS).join([*lines, "end: 1", ""])


@st.composite
def json(draw: st.DrawFn) -> tuple[str, str]:
    blank = draw(st.sampled_from(["", " ", "\n  ", "\r\n\t"]))
    pairs = [
        f'{blank}"k{number}"{blank}:{blank}"{escaped(draw(VALUES), "json", draw)}"'
        for number in range(draw(st.integers(1, 3)))
    ]
    return "a.json", "{" + ",".join(pairs) + blank + "}"


@st.composite
def toml(draw: st.DrawFn) -> tuple[str, str]:
    end = draw(ENDS)
    lines = ["[table]"]
    for number in range(draw(st.integers(1, 3))):
        value = draw(VALUES)
        style = draw(st.sampled_from(["'", '"', "'''", '"""']))
        body = escaped(value, "", draw) if '"' in style else value.replace("'", "")
        lead = end if len(style) == 3 and draw(st.booleans()) else ""
        lines.append(f"k{number} = {style}{lead}{body}{style} {draw(COMMENTS)}")
    return "a.toml", end.join([*lines, ""])


@st.composite
def ini(draw: st.DrawFn) -> tuple[str, str]:
    equal = draw(st.sampled_from(["=", " = ", ": ", " :"]))
    lines = ["[section]"]
    for number in range(draw(st.integers(1, 3))):
        lines += [f"k{number}{equal}{draw(VALUES)}", draw(st.sampled_from(["", "# note", "; x=y"]))]
    return "a.ini", draw(ENDS).join(lines)


@st.composite
def properties(draw: st.DrawFn) -> tuple[str, str]:
    equal = draw(st.sampled_from(["=", " = ", ": ", " "]))
    end = draw(ENDS)
    lines = []
    for number in range(draw(st.integers(1, 3))):
        value = draw(VALUES).replace("\\", "\\\\").strip()
        if draw(st.booleans()):
            value = f"{value}\\{end}    {draw(WORDS)}"
        if draw(st.booleans()):
            value += "\\u00e9\\="
        lines += [f"k.{number}{equal}{value}", draw(st.sampled_from(["", "# note", "! note"]))]
    return "a.properties", end.join(lines)


FORMATS = {f.__name__: f() for f in (dotenv, yaml, json, toml, ini, properties)}


def finding(path: str, start: int, end: int, value: bytes) -> Finding:
    return Finding(
        rule="made-up", secret=Secret(value), blob_id="", places=(Place(path),), start=start,
        end=end, line=1, column=1, end_line=1, end_column=1, key="K", severity="high",
        confidence="high", score=1.0, masked="***",
    )  # fmt: skip


def findings_of(path: str, data: bytes) -> list[Finding]:
    """Every value with something in it counts as a secret."""
    try:
        found = locate.literals(path, data)
    except LiteralError:
        return []
    return [finding(path, one.start, one.end, one.value) for one in found if one.value.strip()]


@contextmanager
def place() -> Iterator[tuple[str, Context]]:
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(folder, "tree")
        os.mkdir(root)
        environ = {"SOPS_AGE_KEY": KEY, "HOME": folder, "UNLEAK_STATE_DIR": f"{folder}/state"}
        vault = SopsVault(root, environ=environ)
        journal = Journal(root, f"{folder}/state")
        run = journal.start({"vault": "sops"})
        yield root, Context(root, run, journal, vault, lambda _path, _data: [])


def outside(data: bytes, edits: list[Edit]) -> list[bytes]:
    """The pieces of the old file that no edit replaces."""
    pieces, free = [], 0
    for edit in sorted(edits, key=lambda one: one.start):
        pieces.append(data[free : edit.start])
        free = edit.end
    return [*pieces, data[free:]]


def check_only_edits(before: bytes, after: bytes, steps: list[Step]) -> None:
    edits = sorted({edit for step in steps for edit in step.edits}, key=lambda one: one.start)
    assert after == spliced(before, edits)
    at = 0
    for piece, edit in zip(outside(before, edits), [*edits, None], strict=True):
        assert after[at : at + len(piece)] == piece
        at += len(piece) + (len(edit.new) if edit else 0)
    assert at == len(after)


@pytest.mark.parametrize("name", FORMATS)
@SETTINGS
@given(st.data(), st.booleans())
def test_undo_of_apply_gives_back_every_byte(name: str, data: st.DataObject, bom: bool) -> None:
    path, text = data.draw(FORMATS[name])
    before = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
    assume(found := findings_of(path, before))
    with place() as (root, context):
        file = Path(root, path)
        file.write_bytes(before)
        file.chmod(0o640)
        target = Target("sops", context.vault.reference, {})
        plan = make_plan(root, found, lambda _: before, target, providers={})
        steps = [step for step in plan.steps if step.disposition != "refused"]
        assume(steps)
        outcome = apply(context, steps)
        event("put back" if outcome.failed else "done")
        check_only_edits(before, file.read_bytes(), outcome.done)
        references = [step.reference for step in outcome.done if step.reference]
        stored = context.vault.read(references)
        for step in outcome.done:
            assert step.reference
            assert step.literal
            assert stored[step.reference].reveal() == step.literal.value
        journal = Path(context.journal.folder, "runs", f"{context.run}.jsonl").read_bytes()
        assert MARK.encode() not in journal
        result = undo(root, context.journal, context.run, context.vault, list)
        assert result.conflicts == []
        assert file.read_bytes() == before
        assert file.stat().st_mode & 0o777 == 0o640
        assert os.listdir(root) == [path]
