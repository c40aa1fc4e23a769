"""Programs: strings of one and two bytes a character, constants, and an archive behind."""

from __future__ import annotations

import random
import re

import pytest
from support.containers import make_class, make_elf, make_zip

from scanner.decode.binaries import members, printable_strings
from scanner.decode.limits import Budget, Leaf, Limits, Part, Refused, View


def parts_of(kind: str, data: bytes) -> list[Part]:
    return list(members(kind, data, Budget(Limits())))


def test_strings_of_six_and_more() -> None:
    data = b"\0short\0longer\0\xff\xfe" + "wide text".encode("utf-16-le") + b"\0\0\ttabs too\x80"
    assert printable_strings(data) == b"longer\n\ttabs too\nwide text"
    assert printable_strings(b"") == b""
    assert printable_strings(b"all of it") == b"all of it"


@pytest.mark.parametrize("seed", range(20))
def test_strings_are_those_of_a_plain_search(seed: int) -> None:
    chance = random.Random(seed)
    data = bytes(chance.choices(b"abc \t\0\0\0\x80\xff", k=3000))
    found = re.findall(rb"[\t\x20-\x7e]{6,}", data)
    found += [text[::2] for text in re.findall(rb"(?:[\t\x20-\x7e]\x00){6,}", data)]
    assert printable_strings(data) == b"\n".join(found)


def test_constants_of_a_class_do_not_stick_to_their_lengths() -> None:
    long = b"x" * 0x41  # its length is the letter A
    assert parts_of("class", make_class(b"Code", long)) == [
        View(("(constants)",), b"Code\n" + long)
    ]


@pytest.mark.parametrize("rest", [b"", b"\x63", b"\x01\xff"])
def test_a_class_that_ends_early(rest: bytes) -> None:
    data = b"\xca\xfe\xba\xbe\0\0\0\x34\xff\xff" + b"\x01\0\x06string" + rest
    refused, strings = parts_of("class", data)
    assert refused == Refused((), "damaged: a constant pool that ends early")
    assert isinstance(strings, View)
    assert b"string" in strings.data


def test_an_archive_behind_a_program_is_a_member() -> None:
    archive = make_zip({"a": b"text"})
    strings, appended = parts_of("elf", make_elf(b"a string") + archive)
    assert isinstance(strings, View)
    assert strings.data.startswith(b"a string")
    assert appended == Leaf(("(appended)",), archive)
