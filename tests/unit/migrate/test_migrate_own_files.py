"""How unleak's own files change: names that files use in the map, what was in the list."""

from __future__ import annotations

import os

import pytest

from scanner.errors import PlanError
from scanner.migrate.history_list import HISTORY_PATH
from scanner.migrate.own_files import OWN_PATHS, changes
from scanner.references.environment import ENV_PATH, parse_env_map


def test_the_map_and_the_list(tree):
    now = tree.plant(".env", "DB_PASSWORD={}\n", "one")
    steps = tree.plan(now, past=[tree.past("old.env", "two", "a", key="OLD_TOKEN")]).steps
    first, second = changes(str(tree.root), steps)
    assert (first.path, second.path) == OWN_PATHS
    assert (first.before, second.before) == (None, None)
    assert list(parse_env_map(first.after)) == ["DB_PASSWORD"]
    assert b'"OLD_TOKEN"' in second.after
    assert [one.path for one in changes(str(tree.root), steps[1:])] == [HISTORY_PATH]
    for one in (first, second):
        tree.write(one.path, one.after)
    assert changes(str(tree.root), steps) == []


def test_nothing_changes_nothing(tree):
    assert changes(str(tree.root), []) == []


def test_a_variable_that_means_something_else(tree):
    steps = tree.plan(tree.plant(".env", "DB_PASSWORD={}\n")).steps
    tree.write(ENV_PATH, "DB_PASSWORD: ref+sops://other.yaml#/X\n")
    with pytest.raises(PlanError, match="already refers to something else"):
        changes(str(tree.root), steps)


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_in_its_place(tree):
    steps = tree.plan(past=[tree.past("old.env", "one", "a")]).steps
    (tree.root / ".unleak").mkdir()
    (tree.root / HISTORY_PATH).symlink_to(tree.root / "elsewhere")
    with pytest.raises(PlanError):
        changes(str(tree.root), steps)
    assert not (tree.root / "elsewhere").exists()
