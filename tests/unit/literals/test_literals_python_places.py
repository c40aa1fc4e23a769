"""What nodes of a Python tree add to the strings in them."""

import pytest

from scanner.errors import LiteralError
from scanner.literals.python import parse
from scanner.literals.python_places import fields, inside, text_of, value_of


def test_children_come_in_order_with_their_path() -> None:
    root, _ = parse(b"a = 'x'; b = 'y'")
    statements = inside(root, ("C",), ("default",))
    assert [text_of(node) for node, _, _ in statements] == ["a = 'x'", "b = 'y'"]
    (assignment, path, _), *_ = inside(*statements[0])
    assert path == ("C",)
    _, (value, path, context) = inside(assignment, path, ("default",))
    assert (text_of(value), path, context) == ("'x'", ("C", "a"), ("default",))


def test_fields_and_value_of_a_formatted_string() -> None:
    root, _ = parse(b"f'a{b}c{d}'")
    string = root.named_children[0].named_children[0]
    assert [text_of(field) for field in fields(string)] == ["{b}", "{d}"]
    assert value_of(string) == b"a{}c{}"


def test_what_cannot_be_read_names_its_line() -> None:
    root, _ = parse(b"\n\nb'\xc3\xa9'")
    with pytest.raises(LiteralError, match="line 3"):
        value_of(root.named_children[0].named_children[0])


def test_no_node_has_no_text() -> None:
    assert text_of(None) == ""
