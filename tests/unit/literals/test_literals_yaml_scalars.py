"""How values are spelled as YAML scalars; PyYAML reads every spelling."""

import pytest
import yaml as pyyaml

from scanner.errors import RewriteError
from scanner.literals import yaml, yaml_scalars
from scanner.model import Literal

URI = b"ref+sops://.unleak/vault.sops.yaml#/NAME"


def only(data: bytes) -> Literal:
    (literal,) = (one for one in yaml.literals(data) if one.style != "key")
    return literal


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("abc", "str"),
        ("12", "int"),
        ("0o17", "int"),
        ("0x1F", "int"),
        ("190:20:30", "int"),
        ("1.5e3", "float"),
        ("1e3", "float"),
        (".inf", "float"),
        ("yes", "bool"),
        ("Off", "bool"),
        ("~", "null"),
        ("", "null"),
        ("2001-12-14", "timestamp"),
        ("<<", "merge"),
        ("=", "value"),
        ("1.2.3", "str"),
        ("0b2", "str"),
    ],
)
def test_types(text: str, kind: str) -> None:
    assert yaml_scalars.resolve(text) == kind


@pytest.mark.parametrize(
    ("data", "value", "spelled"),
    [
        (b"k: a", URI, URI),
        (b"k: {x: a}", URI, URI),
        (b"k: a", b"a: b", b"'a: b'"),
        (b"k: a", b"a #b", b"'a #b'"),
        (b"k: a", b"12", b"'12'"),
        (b"k: 12", b"34", b"34"),
        (b"k: 12", b"x", b"x"),
        (b"k: [a]", b"a,b", b"'a,b'"),
        (b"k: a", b"a,b", b"a,b"),
        (b"k: a", b"a\nb", b'"a\\nb"'),
        (b"k: a", b"", b"''"),
        (b"k: a", b"- x", b"'- x'"),
        (b"k: a", b"-x", b"-x"),
        (b"k: 'a'", b"it's", b"'it''s'"),
        (b"k: 'a'", b"\x1b\xc2\x85", b'"\\e\\N"'),
        (b'k: "a"', b'"\\\t', b'"\\"\\\\\\t"'),
        (b'k: "a"', "é😀\ufeff".encode(), '"é😀\\ufeff"'.encode()),
        (b"k: a\n  b", b"c", b"c"),
        (b"k: !!str 1", b"2", b"2"),
        (b"k:", b"x", b" x"),
        (b"k: |\n  a\n", b"b\nc\n", b"|\n  b\n  c"),
        (b"k: |\n  a\n", URI, b"|-\n  " + URI),
        (b"k: |-\n  a\n", b"b\n\nc", b"|-\n  b\n\n  c"),
        (b"k: |  # note\n  a\n", b"", b'""  # note'),
        (b"k: |\n  a\n", b"b\n\n\n", b"|+\n  b\n\n"),
        (b"k: |\n  a\n\n\n", b"b\n\n", b'"b\\n\\n"'),
        (b"k: |+\n  a\n\n\n", b"b\n\n\n", b"|+\n  b"),
        (b"k: |\n  a\n", b" b\n", b'" b\\n"'),
        (b"k: |1\n  a\n", b" b\n", b"|1\n  b"),
        (b"k: |\n  a", b"b", b"|\n  b"),
        (b"k: |-\n  a", b"b\n", b"|\n  b\n"),
        (b"k: |\r\n  a\r\n", b"b\nc\n", b"|\r\n  b\r\n  c"),
        (b"k: >\n  a\n", b"b\nc\n\nd\n", b">\n  b\n\n  c\n\n\n  d"),
        (b"k: >\n  a\n", b"b\n c\n", b'"b\\n c\\n"'),
        (b"k: |\n\n", b"b", b'"b"'),
    ],
)
def test_spelling(data: bytes, value: bytes, spelled: bytes) -> None:
    literal = only(data)
    assert yaml_scalars.spell(value, literal) == spelled
    changed = data[: literal.start] + spelled + data[literal.end :]
    assert only(changed).value == value
    node = pyyaml.compose(changed.decode())
    while not isinstance(node, pyyaml.ScalarNode):
        node = node.value[0]
        node = node[1] if isinstance(node, tuple) else node
    assert node.value == value.decode()


@pytest.mark.parametrize("value", [b"a\x07", b"a: b", b"a #b", b"a "])
def test_a_part_of_a_plain_item_cannot_get_quotes(value: bytes) -> None:
    data = b"- KEY=x\n"
    literal = yaml.part(data, only(data))
    assert literal is not None
    with pytest.raises(RewriteError, match="YAML cannot hold"):
        yaml_scalars.spell(value, literal)


def test_in_compose_files_a_dollar_is_written_twice() -> None:
    literal = Literal("yaml", 0, 1, b"", (), "plain", ("compose",))
    assert yaml_scalars.spell(b"a$b", literal) == b"a$$b"


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(RewriteError, match="surrogate"):
        yaml_scalars.spell(b"\xed\xa0\x80", only(b"k: a"))
