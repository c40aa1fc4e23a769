"""Variables in the place of values of .npmrc."""

import pytest

from scanner.errors import RewriteError
from scanner.literals import npmrc as locator
from scanner.model import Edit, Reference
from scanner.rewriters import npmrc

REFERENCE = Reference("sops", ".unleak/vault.sops.yaml", "NAME")


@pytest.mark.parametrize(
    ("line", "new"),
    [
        (b"//host/:_authToken=val ; note", b"${NAME}"),
        (b'k = "val"', b'"${NAME}"'),
        (b"k='val'", b"'${NAME}'"),
    ],
)
def test_rewrite(line: bytes, new: bytes) -> None:
    literal = list(locator.literals(line))[-1]
    result = npmrc.rewrite(line, literal, REFERENCE, "NAME")
    assert result.edits == (Edit(literal.start, literal.end, new),)
    assert (result.form, result.disposition) == ("environment", "safe")


def test_refusals() -> None:
    key, value = locator.literals(b"k=${X}")
    for literal in (key, value):
        with pytest.raises(RewriteError, match="variable"):
            npmrc.rewrite(b"k=${X}", literal, REFERENCE, "NAME")
