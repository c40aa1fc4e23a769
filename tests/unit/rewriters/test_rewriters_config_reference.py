"""A reference in the place of a value, format by format."""

import pytest

from scanner.errors import RewriteError
from scanner.literals import locate
from scanner.model import Reference, Rewrite
from scanner.rewriters import config_reference

REFERENCE = Reference("sops", ".unleak/vault.sops.yaml", "NAME")
URI = b"ref+sops://.unleak/vault.sops.yaml#/NAME"


def rewrite(path: str, data: bytes, value: bytes) -> tuple[bytes, Rewrite]:
    literal = next(one for one in locate.literals(path, data) if one.value == value)
    result = config_reference.rewrite(data, literal, REFERENCE, "NAME")
    (edit,) = result.edits
    return data[: edit.start] + edit.new + data[edit.end :], result


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (".env", b"export K=val # note\r\n", b"export K=" + URI + b" # note\r\n"),
        (".env", b"K='val'", b"K='" + URI + b"'"),
        ("a.yml", b"\xef\xbb\xbfk: val # note\n", b"\xef\xbb\xbfk: " + URI + b" # note\n"),
        ("a.yml", b"k: {a: val, b: 1}", b"k: {a: " + URI + b", b: 1}"),
        ("a.yml", b"k: |  # note\n  val\n", b"k: |-  # note\n  " + URI + b"\n"),
        ("a.json", b'{"k": "val"} // x', b'{"k": "' + URI + b'"} // x'),
        ("a.json", b'["\\/val"]', b'["' + URI + b'"]'),
        ("a.toml", b"k = 'val' # x", b"k = '" + URI + b"' # x"),
        ("a.ini", b"[s]\nk : val\n", b"[s]\nk : " + URI + b"\n"),
        ("a.ini", b'[s]\nk="val"\n', b'[s]\nk="' + URI + b'"\n'),
        ("a.properties", b"k val\\:", b"k " + URI),
    ],
)
def test_the_reference_takes_the_style_of_the_value(path: str, before: bytes, after: bytes) -> None:
    values = [one.value for one in locate.literals(path, before)]
    changed, result = rewrite(path, before, values[0])
    assert changed == after
    assert (result.form, result.disposition) == ("uri", "safe")


@pytest.mark.parametrize(
    ("path", "data", "value", "reason"),
    [
        ("a.yml", b"k: 123\n", b"123", "a number here and becomes text"),
        ("a.json", b"[true]", b"true", "true or false here"),
        ("a.toml", b"k = 1979-05-27", b"1979-05-27", "a date here"),
        ("a.ini", b"[s]\nk = a%%b", b"a%%b", "%% may stand for one %"),
        ("a.ini", b"[s]\nk = a\n # x\n b", b"a\nb", "comments between the lines"),
        ("a.yml", b"k: &x val\nl: *x\n", b"val", "through its anchor"),
    ],
)
def test_what_a_person_should_look_at(path: str, data: bytes, value: bytes, reason: str) -> None:
    _, result = rewrite(path, data, value)
    assert result.disposition == "review"
    assert reason in result.reason


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        (".env", b"K=a${B}", "expands"),
        ("a.ini", b"[s]\nk = %(x)s", "put together"),
        ("a.yml", b"k: !vault val", "tag"),
    ],
)
def test_refusals(path: str, data: bytes, reason: str) -> None:
    literal = locate.literals(path, data)[0]
    with pytest.raises(RewriteError, match=reason):
        config_reference.rewrite(data, literal, REFERENCE, "NAME")


def test_a_reference_in_a_file_can_be_found_without_parsing() -> None:
    data = b"k=a\\:b\\u00E9\n"
    (literal,) = locate.literals("a.properties", data)
    assert literal.style == "store"
    assert config_reference.findable(literal).style == "upper"
