"""Notes name each reason once, with the rules that it is for."""

from __future__ import annotations

from scanner.foreign.gitleaks import Foreign
from scanner.foreign.notes import notes_of


def test_reasons_are_gathered() -> None:
    left = tuple((f"r{number}", "why") for number in range(9))
    found = Foreign("x.toml", (), left, (("", "part"),), ((("path", "a"),),))
    notes = notes_of(found)
    assert notes[0] == "x.toml: left out: rules r0, r1, r2, r3, r4, r5 and 3 more: why"
    assert notes[1] == "x.toml: not supported: part"
    assert "for ours, too" in notes[2]
