"""Tables of language: a word counts by repositories, a made-up one does not get in."""

from __future__ import annotations

from training import tongue


def test_words_by_repositories() -> None:
    texts = [(f"r{i}", "getUserName HTTPServer") for i in range(3)] + [("r0", "xqzvbn " * 9)]
    counted = tongue.counted(texts)
    assert counted["user"] == 3
    assert counted["xqzvbn"] == 1
    made = tongue.language(counted, ["river", "the"], ["letmein"])
    assert b"user" in made.words
    assert b"xqzvbn" not in made.words
    assert made.words[b"river"] == 4
    assert made.passwords == {b"letmein"}


def test_what_words_hold_surprises_less() -> None:
    made = tongue.language({}, ["banana", "bandana", "cabana"], [])
    assert made.surprise(b"banana") < made.surprise(b"xqzvbn")
