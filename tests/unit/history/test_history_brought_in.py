"""The two sides of a range, from commits made by hand."""

from __future__ import annotations

from scanner.git.ranges import Change, Commit
from scanner.history.brought_in import brought_in


def commit(
    name: str, parents: tuple[str, ...], *changes: tuple[str, str, tuple[str, ...]]
) -> Commit:
    made = tuple(Change(path, new, olds) for path, new, olds in changes)
    return Commit(name, parents, "x <x>", 0, made)


def test_new_changed_and_deleted() -> None:
    one = commit("c1", ("base",), ("new", "1", ("",)), ("old", "3", ("2",)), ("gone", "", ("4",)))
    found = brought_in([one])
    assert found.versions == {("1", "new"): [0], ("3", "old"): [0]}
    assert found.bases == (("2", "old"), ("4", "gone"))
    assert found.names == {"new": 0}
    assert found.old_names == ("gone",)


def test_what_the_range_itself_made_is_no_base() -> None:
    first = commit("c1", ("base",), ("f", "2", ("1",)))
    second = commit("c2", ("c1",), ("f", "3", ("2",)))
    third = commit("c3", ("c2",), ("f", "2", ("3",)))
    found = brought_in([first, second, third])
    assert found.bases == (("1", "f"),)
    assert found.versions == {("2", "f"): [0, 2], ("3", "f"): [1]}


def test_taken_out_and_put_back_is_on_both_sides() -> None:
    first = commit("c1", ("base",), ("f", "", ("1",)))
    second = commit("c2", ("c1",), ("f", "1", ("",)))
    found = brought_in([first, second])
    assert found.bases == (("1", "f"),)
    assert found.versions == {("1", "f"): [1]}


def test_the_same_content_under_two_paths() -> None:
    first = commit("c1", ("base",), ("a", "1", ("",)))
    second = commit("c2", ("c1",), ("b", "2", ("1",)))
    assert brought_in([first, second]).bases == (("1", "b"),)


def test_a_parent_outside_holds_a_base_whatever_came_before() -> None:
    first = commit("c1", ("x",), ("f", "1", ("",)))
    second = commit("c2", ("y",), ("f", "2", ("1",)))
    assert brought_in([first, second]).bases == (("1", "f"),)


def test_a_merge_has_a_base_for_each_parent() -> None:
    side = commit("c1", ("base",), ("f", "1", ("0",)))
    merge = commit("c2", ("c1", "outside"), ("f", "3", ("1", "2")), ("g", "4", ("", "")))
    found = brought_in([side, merge])
    assert found.bases == (("0", "f"), ("2", "f"))
    assert found.names == {"g": 1}


def test_a_root_has_none() -> None:
    found = brought_in([commit("c1", (), ("f", "1", ("",)))])
    assert found.bases == ()
    assert brought_in([]).versions == {}


def test_what_a_cut_commit_is_compared_with_is_a_base() -> None:
    assert brought_in([commit("c1", (), ("f", "2", ("1",)))]).bases == (("1", "f"),)
