"""What one file may unfold to, and how names and refusals are said."""

from __future__ import annotations

from scanner.decode.limits import MIB, Budget, Leaf, Limits, Refused, clipped, printable, viewed


def test_a_stream_is_bounded_by_what_comes_first() -> None:
    budget = Budget(Limits(total=10 * MIB, member=4 * MIB, ratio=2))
    assert budget.cap(10) == (MIB, "expands more than 2 times")
    assert budget.cap(MIB) == (2 * MIB, "expands more than 2 times")
    assert budget.cap(100 * MIB) == (4 * MIB, "larger than 4 MiB")
    assert budget.cap(100 * MIB, rolled=True) == (10 * MIB, budget.total_reason())
    budget.left = 5
    assert budget.cap(100) == (5, "the whole unpacks to more than 10 MiB")


def test_names_are_fit_for_a_report() -> None:
    assert printable(b"a/\xc3\xa9.txt") == "a/\u00e9.txt"
    assert printable(b"\xff\n\x1b[0m") == "\udcff\\x0a\\x1b[0m"
    assert printable("\u202eexe") == "\\u202eexe"
    assert printable(b"") == "(no name)"
    assert len(printable(b"n" * 5000)) == 500


def test_a_slice_that_is_too_large_gives_its_start_and_says_so() -> None:
    budget = Budget(Limits(member=4))
    assert list(clipped(("a",), b"1234", budget)) == [Leaf(("a",), b"1234")]
    assert list(clipped(("a",), b"", budget)) == []
    parts = list(clipped(("a",), b"12345", budget))
    assert parts == [Leaf(("a",), b"1234"), Refused(("a",), "larger than 4 bytes")]
    assert [part.chain for part in viewed(("a",), b"12345", budget)] == [("a",), ("a",)]
