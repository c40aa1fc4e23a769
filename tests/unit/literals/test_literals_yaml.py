"""Where YAML values stand and what surrounds them (spelling: test_literals_yaml_scalars.py)."""

import pytest

from scanner.errors import LiteralError
from scanner.literals import yaml
from scanner.model import Literal

FILE = """# k: comment
a: plain é # note
b: 'it''s'
c: "x\\n"
d: &anchor !vault value
e: *anchor
f: {x: 1, "y": [on, ~]}
g: |  # note
  first

  second

# behind
h: >-
    folded
    text
i:
- two
  lines
- ! tagged
- !!str 12
j:
<<: *anchor
? [complex]
: z
--- # next
k: |2+
   indented

l: 1
""".encode()


def found(data: bytes) -> list[Literal]:
    return [one for one in yaml.literals(data) if one.style != "key"]


def test_values_paths_and_styles() -> None:
    assert [(one.key_path, one.value.decode(), one.style) for one in found(FILE)] == [
        (("a",), "plain é", "plain"),
        (("b",), "it's", "single"),
        (("c",), "x\n", "double"),
        (("d",), "value", "plain"),
        (("f", "x"), "1", "plain"),
        (("f", "y", "0"), "on", "plain"),
        (("f", "y", "1"), "~", "plain"),
        (("g",), "first\n\nsecond\n", "literal"),
        (("h",), "folded text", "folded"),
        (("i", "0"), "two lines", "plain"),
        (("i", "1"), "tagged", "plain"),
        (("i", "2"), "12", "plain"),
        (("j",), "", "plain"),
        (("?", "0"), "complex", "plain"),
        (("?",), "z", "plain"),
        (("k",), " indented\n\n", "literal"),
        (("l",), "1", "plain"),
    ]


def test_spans_hold_neither_anchors_nor_tags_nor_what_follows() -> None:
    spans = {one.key_path: FILE[one.start : one.end] for one in found(FILE)}
    assert spans["d",] == b"value"
    assert spans["a",] == "plain é".encode()
    assert spans["g",] == b"|  # note\n  first\n\n  second"
    assert spans["h",] == b">-\n    folded\n    text"
    assert spans["i", "0"] == b"two\n  lines"
    assert spans["i", "2"] == b"12"
    assert spans["k",] == b"|2+\n   indented"


def test_contexts() -> None:
    contexts = {one.key_path: one.context for one in found(FILE)}
    assert contexts["d",] == ("anchored", "tag:!vault", "tagged")
    assert contexts["f", "x"] == ("flow", "int")
    assert contexts["f", "y", "0"] == ("flow", "bool")
    assert contexts["f", "y", "1"] == ("flow", "null")
    assert contexts["g",] == ("header:  # note", "chomp:", "indent:2", "blank:1")
    assert "tagged" not in contexts["i", "2"]
    assert contexts["l",] == ("int", "document:1")


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a: b\nc: {{ x }}y\n", 2),
        (b"a: b\n\tc: d\n", 2),
        (b"a: 'b\n", 2),
        (b"a: \x07\n", 1),
        ("a: 1\nb: x\u2028y\n".encode(), 2),
        (b"a:\n " + b"[ " * 3000, 2),
    ],
)
def test_errors_name_the_line(data: bytes, line: int) -> None:
    with pytest.raises(LiteralError, match=f"YAML at line {line}"):
        yaml.literals(data)


@pytest.mark.parametrize(
    ("item", "span", "value"),
    [
        (b"KEY=a b # note", b"a b", b"a b"),
        (b"'KEY=it''s'", b"it''s", b"it's"),
        (b'"KEY=a\\"b"', b'a\\"b', b'a"b'),
        (b"KEY=", b"", b""),
    ],
)
def test_the_part_behind_a_name(item: bytes, span: bytes, value: bytes) -> None:
    data = b"- x\n- " + item + b"\n"
    literal = yaml.part(data, found(data)[1])
    assert literal is not None
    assert data[literal.start : literal.end] == span
    assert (literal.value, literal.key_path) == (value, ("KEY",))
    assert yaml.spell(value, literal) == span


@pytest.mark.parametrize("item", [b"plain", b"a b=c", b"|\n  KEY=a", b"KEY=a\n  b", b"[KEY=a]"])
def test_other_items_have_no_part(item: bytes) -> None:
    data = b"- " + item + b"\n"
    (literal,) = found(data)
    if item != b"[KEY=a]":
        assert yaml.part(data, literal) is None
    else:
        assert yaml.part(data, literal) is not None


def test_a_block_at_the_margin_ends_with_its_document() -> None:
    data = b"--- |\nfirst\n--- |\nsecond\n...\n"
    one, two = found(data)
    assert (one.value, data[one.start : one.end]) == (b"first\n", b"|\nfirst")
    assert (two.value, data[two.start : two.end]) == (b"second\n", b"|\nsecond")
