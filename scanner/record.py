"""Frozen, slotted records: what `@dataclass(frozen=True, slots=True)` gives, without its start-up.

A hook runs on every commit, and importing `dataclasses` and building the classes took almost half
of its time (docs/decisions/0005-records.md). `@record` builds no code. To type checkers it is a
dataclass; `dataclasses.replace`, `fields` and `asdict` work on it, at the price of that import.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, cast, dataclass_transform

T = TypeVar("T")


class _Factory:
    """A default that is made anew for each record."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], Any]) -> Any:  # noqa: ANN401 -- as in dataclasses
    """A field whose default is made by calling `default_factory`."""
    return _Factory(default_factory)


class _DataclassFields:
    """`__dataclass_fields__`, made when the standard library asks for it, once for each class."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __get__(self, _instance: object, owner: Any) -> dict[str, Any]:  # noqa: ANN401
        if not self._made:
            import dataclasses

            made: Any = dataclasses.make_dataclass("_", [(name, Any) for name in owner.__slots__])
            self._made = dict(made.__dataclass_fields__)
        return self._made


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Class decorator: annotated names become slots, set by the constructor and never again."""
    names = tuple(cls.__dict__.get("__annotations__", {}))  # noqa: RUF063 -- inspect is what we avoid
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    body = {name: value for name, value in cls.__dict__.items() if name not in defaults}
    for name in ("__dict__", "__weakref__"):
        body.pop(name, None)
    body |= {
        "__slots__": names,
        "__match_args__": names,
        "__init__": _initialiser(cls.__name__, names, defaults),
        "__setattr__": _frozen,
        "__delattr__": _frozen,
        "__repr__": _shown,
        "__eq__": _equal,
        "__hash__": _hashed,
        "__reduce__": _pickled,
        "__dataclass_fields__": _DataclassFields(),
    }
    made: Any = type(cls.__name__, (), body)
    return cast("type[T]", made)


def replace(one: T, **changes: Any) -> T:  # noqa: ANN401 -- as in dataclasses
    """A copy of a record with some fields changed."""
    cls: Any = type(one)
    kept = {name: getattr(one, name) for name in cls.__slots__ if name not in changes}
    copy: T = cls(**kept, **changes)
    return copy


def values(one: object) -> tuple[Any, ...]:
    """A record's values in the order of its fields."""
    return tuple(getattr(one, name) for name in one.__slots__)  # type: ignore[attr-defined]


def _initialiser(
    title: str, names: tuple[str, ...], defaults: dict[str, Any]
) -> Callable[..., None]:
    put = object.__setattr__
    count = len(names)
    slots: list[Callable[[object, Any], None]] = []  # how each is set, once the class is there

    def __init__(self: object, *args: Any, **given: Any) -> None:  # noqa: ANN401, N807
        if len(args) == count and not given:  # the common case, and twice as fast
            if not slots:
                slots.extend(type(self).__dict__[name].__set__ for name in names)
            for fill, value in zip(slots, args, strict=True):
                fill(self, value)
            return
        if len(args) > count:
            raise TypeError(f"{title} takes {count} values, not {len(args)}")
        for name, value in zip(names, args, strict=False):
            put(self, name, value)
        for name in names[len(args) :]:
            if name in given:
                value = given.pop(name)
            elif name in defaults:
                value = defaults[name]
                value = value.make() if type(value) is _Factory else value
            else:
                raise TypeError(f"{title} lacks {name}")
            put(self, name, value)
        if given:
            raise TypeError(f"{title} has no field {min(given)}, or it was given twice")

    return __init__


def _frozen(self: object, name: str, *_value: object) -> NoReturn:
    raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be changed")


def _shown(self: object) -> str:
    slots: tuple[str, ...] = self.__slots__  # type: ignore[attr-defined]
    pairs = ", ".join(f"{name}={getattr(self, name)!r}" for name in slots)
    return f"{type(self).__name__}({pairs})"


def _equal(self: object, other: object) -> bool:
    if type(other) is not type(self):
        return False
    return values(self) == values(other)


def _hashed(self: object) -> int:
    return hash(values(self))


def _pickled(self: object) -> tuple[Any, ...]:
    return type(self), values(self)
