"""What nodes of a JavaScript tree add to the strings in them."""

from scanner.literals.javascript import parse
from scanner.literals.javascript_places import element_text, holes, inside


def test_children_come_in_order_with_their_path() -> None:
    root, _, _ = parse(b"a = 'x'; b = 'y'")
    statements = inside(root, ("C",), ("default",))
    assert [node.text for node, _, _ in statements] == [b"a = 'x';", b"b = 'y'"]
    ((assignment, path, _),) = inside(*statements[0])
    assert path == ("C",)
    _, (value, path, context) = inside(assignment, path, ("default",))
    assert (value.text, path, context) == (b"'x'", ("C", "a"), ("default",))


def test_holes_of_a_template() -> None:
    root, _, _ = parse(b"`a${b}c${d}`")
    template = root.named_children[0].named_children[0]
    assert [hole.text for hole in holes(template)] == [b"${b}", b"${d}"]


def test_text_between_tags() -> None:
    source = b"<A> one <B/>{two}\n  three\n</A>"
    root, _, _ = parse(source)
    element = root.named_children[0].named_children[0]
    spans = list(element_text(element, source))
    assert [source[start:end] for start, end, _ in spans] == [b"one", b"three"]
    assert {name for _, _, name in spans} == {("A",)}
    assert list(element_text(root, source)) == []
