"""Variables in the place of values of compose files."""

import pytest
import yaml as pyyaml

from scanner.errors import RewriteError
from scanner.literals import locate
from scanner.model import Reference
from scanner.rewriters import compose

REFERENCE = Reference("sops", ".unleak/vault.sops.yaml", "NAME")


def rewrite(data: bytes, value: bytes) -> bytes:
    literal = next(one for one in locate.literals("compose.yml", data) if one.value == value)
    result = compose.rewrite(data, literal, REFERENCE, "NAME")
    assert (result.form, result.disposition) == ("environment", "safe")
    (edit,) = result.edits
    return data[: edit.start] + edit.new + data[edit.end :]


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        (b"environment:\n  K: val # x\n", b"val", b"environment:\n  K: ${NAME:?set NAME} # x\n"),
        (b"environment: {K: val}", b"val", b"environment: {K: '${NAME:?set NAME}'}"),
        (b'environment:\n - "K=val"', b"val", b'environment:\n - "K=${NAME:?set NAME}"'),
        (b"environment:\n - K=val\n", b"val", b"environment:\n - K=${NAME:?set NAME}\n"),
        (b"k: 'a$$b'\nl: $$\n", b"a$b", b"k: '${NAME:?set NAME}'\nl: $$\n"),
        (b"k: 12\n", b"12", b"k: ${NAME:?set NAME}\n"),
    ],
)
def test_rewrite(before: bytes, value: bytes, after: bytes) -> None:
    changed = rewrite(before, value)
    assert changed == after
    assert "${NAME:?set NAME}" in str(pyyaml.safe_load(changed))


@pytest.mark.parametrize("data", [b"k: a${B}c\n", b"k: !x val\n", b"k: a$\n"])
def test_refusals(data: bytes) -> None:
    (literal,) = locate.literals("compose.yml", data)
    with pytest.raises(RewriteError, match="variable, a tag or a key"):
        compose.rewrite(data, literal, REFERENCE, "NAME")


def test_an_item_that_cannot_be_taken_apart_is_refused() -> None:
    data = b"environment:\n - |\n  K=val\n"
    (literal,) = locate.literals("compose.yml", data)
    with pytest.raises(RewriteError, match="one list item"):
        compose.rewrite(data, literal, REFERENCE, "NAME")
