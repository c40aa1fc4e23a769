"""Records behave as frozen, slotted dataclasses do, to the program and to the standard library."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys

import pytest

from scanner.record import field, record, replace, values


@record
class Point:
    """Two numbers and a list."""

    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """The sum."""
        return self.x + self.y


def test_made_by_position_and_by_name() -> None:
    assert values(Point(1)) == (1, 2, [])
    assert values(Point(1, y=5, tags=["a"])) == (1, 5, ["a"])
    assert Point(1).total == 3


def test_factories_are_called_for_each() -> None:
    assert Point(1).tags is not Point(1).tags


@pytest.mark.parametrize(
    ("args", "given"), [((), {}), ((1, 2, [], 4), {}), ((1,), {"z": 1}), ((1,), {"x": 1})]
)
def test_wrong_calls_are_type_errors(args: tuple[object, ...], given: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        Point(*args, **given)  # type: ignore[arg-type]


def test_frozen_and_slotted() -> None:
    point = Point(1)
    with pytest.raises(AttributeError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del point.x
    with pytest.raises(AttributeError):
        point.other = 1  # type: ignore[attr-defined]
    assert not hasattr(point, "__dict__")


def test_equality_hash_and_repr() -> None:
    assert Point(1) == Point(1)
    assert Point(1) != Point(2)
    assert Point(1) != (1, 2, [])
    assert repr(Point(1)) == "Point(x=1, y=2, tags=[])"
    assert hash(Point(1, 2, ())) == hash(Point(1, 2, ()))  # type: ignore[arg-type]


def test_copies() -> None:
    assert replace(Point(1), y=7) == Point(1, 7)
    assert dataclasses.replace(Point(1), y=7) == Point(1, 7)
    assert pickle.loads(pickle.dumps(Point(1, 7))) == Point(1, 7)
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": 2, "tags": []}
    assert [f.name for f in dataclasses.fields(Point)] == ["x", "y", "tags"]
    with pytest.raises(TypeError):
        replace(Point(1), z=3)


def test_matching_by_position() -> None:
    match Point(1):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_the_way_to_a_scan_imports_no_dataclasses() -> None:
    code = "import sys, scanner.cli.scan; print('dataclasses' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_standard_librarys_fields_are_made_once() -> None:
    fields = Point.__dataclass_fields__  # type: ignore[attr-defined]
    assert list(fields) == ["x", "y", "tags"]
    assert Point.__dataclass_fields__ is fields  # type: ignore[attr-defined]
