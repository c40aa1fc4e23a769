"""How a place in Python source gets at `os.environ`."""

import pytest

from scanner.errors import LiteralError
from scanner.model import Edit
from scanner.rewriters.python_imports import environ


def test_an_import_before_the_place_needs_no_edit() -> None:
    data = b"import os\nx = 1\n"
    assert environ(data, data.index(b"1")) == ("os.environ", ())


def test_an_import_after_the_place_does_not_help() -> None:
    data = b"x = 1\nimport os\n"
    assert environ(data, 4) == ("os.environ", (Edit(0, 0, b"import os\n\n"),))


def test_the_edit_is_the_same_wherever_the_place_is() -> None:
    data = b"# head\n\n'''Doc.'''\nx = 1\ndef f():\n    return 2\n"
    first, second = environ(data, data.index(b"1")), environ(data, data.index(b"2"))
    assert first == second
    assert first[1] == (Edit(19, 19, b"\nimport os\n\n"),)


def test_line_ends_are_those_of_the_file() -> None:
    assert environ(b"x = 1\r\n", 4)[1] == (Edit(0, 0, b"import os\r\n\r\n"),)


def test_a_file_that_does_not_parse_is_an_error() -> None:
    with pytest.raises(LiteralError):
        environ(b"x = = 1", 6)
