"""Whereabouts in random histories equal what listing every commit's tree says."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from scanner.git.origins import Origins, Whereabouts, origins

Pair = tuple[str, str]
KINDS = ("refs/heads/", "refs/remotes/o/", "refs/tags/", "refs/odd/")


def git(top: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=top, check=True, capture_output=True, input=stdin
    )
    return os.fsdecode(done.stdout)


def random_history(top: Path, chance: random.Random, commits: int) -> None:
    """Commits of one to four parents, or none, whose trees are mixes of the parents' and news."""
    git(top, "init", "-q", "-b", "main")
    paths = ["a", "b", "d/c", "d/e/f", "new\nline", "ü"]
    contents = [f"content {n}\n" for n in range(8)]
    trees: list[dict[str, str]] = []
    lines: list[str] = []
    for number in range(commits):
        kin = min(number, chance.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4))) if number else 0
        near = range(max(0, number - 12), number)
        parents = chance.sample(near, min(kin, len(near)))
        tree = dict(trees[parents[0]]) if parents else {}
        for other in parents[1:]:
            if chance.random() < 0.7:
                tree.update(trees[other])
        for _ in range(chance.choice((0, 0, 1, 2))):
            path = chance.choice(paths)
            if tree.pop(path, "") == "" or chance.random() < 0.6:
                tree[path] = chance.choice(contents)
        trees.append(tree)
        time = 1000 + chance.randrange(commits)  # clocks are not to be trusted
        lines += [f"commit refs/made/{number}", f"mark :{number + 1}"]
        lines += [f"author A{number % 3} <a@b> {number} +0000", f"committer C <c@d> {time} +0000"]
        lines += ["data 0", *(f"from :{p + 1}" for p in parents[:1])]
        lines += [*(f"merge :{p + 1}" for p in parents[1:]), "deleteall"]
        for path, content in tree.items():
            quoted = '"' + path.replace("\n", "\\n") + '"'
            lines += [f"M 100644 inline {quoted}", f"data {len(content)}", content]
    for name in range(12):
        kind = chance.choice(KINDS)
        lines += [f"reset {kind}r{name}", f"from :{chance.randrange(commits) + 1}", ""]
    lines += ["reset refs/heads/main", f"from :{chance.randrange(commits) + 1}", ""]
    git(top, "fast-import", "--quiet", stdin="\n".join(lines).encode())
    made = git(top, "for-each-ref", "--format=delete %(refname)", "refs/made/")
    git(top, "update-ref", "--stdin", stdin=made.encode())


def all_pairs(top: Path, commit: str) -> set[Pair]:
    entries = git(top, "ls-tree", "-r", "-z", commit).split("\0")
    return {(e.partition("\t")[0].split(" ")[2], e.partition("\t")[2]) for e in entries if e}


def expected(top: Path, wanted: set[str]) -> dict[str, tuple[Whereabouts, ...]]:
    """The same by brute force: sets of ancestors, trees listed one by one."""
    lines = [line.split() for line in git(top, "rev-list", "--all", "--parents").splitlines()]
    parents = {line[0]: line[1:] for line in lines}
    order = git(top, "rev-list", "--all", "--topo-order", "--reverse").split()
    times = dict(zip(order, times_of(top, order), strict=True))
    above: dict[str, set[str]] = {}
    for commit in order:
        above[commit] = set().union(*({p} | above[p] for p in parents[commit]))
    holds = {c: {pair for pair in all_pairs(top, c) if pair[0] in wanted} for c in order}
    shown = git(top, "for-each-ref", "--format=%(objectname) %(refname)").splitlines()
    tips = sorted((line.split(" ")[1], line.split(" ")[0]) for line in shown)
    head = git(top, "rev-parse", "HEAD").strip()
    found: dict[str, list[Whereabouts]] = {}
    for pair in sorted(set().union(*holds.values()), key=lambda one: (one[0], one[1])):
        holders = {commit for commit in order if pair in holds[commit]}
        first = min((c for c in holders if not above[c] & holders), key=lambda c: (times[c], c))
        below = set().union(*(above[c] for c in holders))
        last = max(holders - below, key=lambda c: (times[c], c))
        refs = [name for name, commit in tips if commit in holders]
        where = Whereabouts(
            *pair, first, merge_of(holders, parents, above, head, tips), first, last, len(holders),
            tuple(refs), len(refs), head in holders,
            any(name.startswith(("refs/heads/", "refs/remotes/")) for name in refs),
        )  # fmt: skip
        found.setdefault(pair[0], []).append(where)
    return {blob_id: tuple(places) for blob_id, places in found.items()}


def times_of(top: Path, order: list[str]) -> list[int]:
    request = "\n".join(order).encode()
    shown = git(top, "log", "--no-walk=unsorted", "--stdin", "--format=%ct", stdin=request)
    return [int(line) for line in shown.split()]


def merge_of(
    holders: set[str],
    parents: Mapping[str, list[str]],
    above: Mapping[str, set[str]],
    head: str,
    tips: list[tuple[str, str]],
) -> str:
    def had(commit: str) -> bool:
        return bool(({commit} | above[commit]) & holders)

    ranks = [[t for n, t in tips if n.startswith(kind)] for kind in KINDS[:2]]
    others = [t for n, t in tips if not n.startswith(("refs/heads/", "refs/remotes/"))]
    at = next((tip for tip in [head, *ranks[0], *ranks[1], *others] if had(tip)), "")
    while at and parents[at] and had(parents[at][0]):
        at = parents[at][0]
    return at if at and any(had(parent) for parent in parents[at][1:]) else ""


def check(top: Path, found: Origins, wanted: set[str]) -> None:
    assert found.places == expected(top, wanted)
    named: set[str] = set()
    for place in (one for places in found.places.values() for one in places):
        named |= {place.brought_in, place.merged_by, place.first, place.last} - {""}
    assert set(found.commits) == named
    for commit in found.commits.values():
        shown = git(top, "show", "-s", "--format=%H|%an <%ae>|%at|%ct|%P", commit.id).strip()
        facts = (commit.id, commit.author, commit.time, commit.committed, " ".join(commit.parents))
        assert "|".join(map(str, facts)) == shown


@pytest.mark.parametrize("seed", range(6))
def test_random_histories(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    random_history(tmp_path, chance, 300 if seed == 0 else 60)
    objects = git(tmp_path, "cat-file", "--batch-all-objects", "--batch-check").splitlines()
    blobs = [line.split(" ")[0] for line in objects if line.split(" ")[1] == "blob"]
    wanted = set(chance.sample(blobs, min(len(blobs), 5)))
    monkeypatch.setattr("scanner.git.origins._SLICE", chance.choice((1, 3, 7, 2048)))
    monkeypatch.setattr("scanner.git.log._CHUNK", chance.choice((97, 1000, 1 << 20)))
    check(tmp_path, origins(str(tmp_path), wanted), wanted)
