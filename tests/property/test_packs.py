"""What we read of a store is what git reads of it, however it is packed."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.packwriter import MOST, asked_from_git, look_at_store, store_of

Content = dict[str, tuple[str, bytes]]
# An object in two packs is listed for one of them: in the other one it is a base without a name,
# and what is made from it there is asked from git. git itself leaves no pack without an index.
ALONE = "multi-pack index alone"
WORDS = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "while",
    "numbers",
    "and",
    "names",
    "change",
]


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, (arguments, done.stderr)
    return os.fsdecode(done.stdout).strip()


def history(seed: int, commits: int) -> bytes:
    """A stream for git fast-import: files that grow, shrink and move, a branch that is merged."""
    chance = random.Random(seed)

    def line() -> bytes:
        return b" ".join(
            chance.choice(WORDS).encode() for _ in range(8)
        ) + b" %d\n" % chance.getrandbits(40)

    files = {
        b"f%d.txt" % number: [line() for _ in range(chance.randrange(5, 120))]
        for number in range(4)
    }
    files[b"empty"] = []
    out = [b"blob\nmark :9000\ndata 7\nalone!\n\n"]
    for number in range(1, commits + 1):
        name = chance.choice(sorted(files))
        lines = files[name]
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(lines) + 1)
            act = chance.random()
            if act < 0.5 or not lines:
                lines.insert(at, line())
            elif act < 0.8:
                lines[at % len(lines)] = line()
            else:
                del lines[at % len(lines) : at % len(lines) + 3]
        if chance.random() < 0.05:
            files[b"d/" + name.replace(b"/", b"-")] = files.pop(name)
            name = b"d/" + name.replace(b"/", b"-")
        if chance.random() < 0.05:
            files[b"bin%d" % number] = [chance.randbytes(chance.choice([0, 1, 19, 5000]))]
        body = b"".join(files[name])
        out.append(
            b"commit refs/heads/main\nmark :%d\ncommitter T <t@localhost> %d +0000\n"
            % (number, 10**9 + number * 60)
        )
        message = b"change %d\n" % number + line() * (number % 5)
        out.append(b"data %d\n%s\n" % (len(message), message))
        if number > 5 and number % 7 == 0:
            out.append(b"merge :%d\n" % (number - 4))
        if number == 1:
            for path, lines in files.items():
                data = b"".join(lines)
                out.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(data), data))
        out.append(b"M 100644 inline %s\ndata %d\n%s\n\n" % (name, len(body), body))
    out.append(b"tag v1\nfrom :%d\ntagger T <t@localhost> 1 +0000\ndata 5\nfirst\n" % commits)
    out.append(b"tag blob\nfrom :9000\ntagger T <t@localhost> 1 +0000\ndata 7\nof blob\n")
    return b"".join(out)


def made(folder: Path, seed: int, commits: int = 60, *init: str) -> Path:
    top = folder / "repo"
    top.mkdir()
    git(top, "init", "-q", "--bare", *init)
    git(top, "config", "gc.auto", "0")
    git(top, "config", "fastimport.unpackLimit", "0")
    git(top, "fast-import", "--quiet", stdin=history(seed, commits))
    return top


def loose_only(top: Path) -> None:
    packs = list((top / "objects" / "pack").glob("*.pack"))
    data = [path.read_bytes() for path in packs]
    for path in (top / "objects" / "pack").iterdir():
        path.unlink()
    for one in data:
        git(top, "unpack-objects", "-q", stdin=one)


def several_packs(top: Path) -> None:
    loose_only(top)
    commits = git(top, "rev-list", "--reverse", "main").split()
    for part in (commits[len(commits) // 3], commits[len(commits) // 2], "main"):
        listed = git(top, "rev-list", "--objects", "--no-object-names", part)
        git(top, "pack-objects", "-q", "objects/pack/pack", stdin=listed.encode() + b"\n")


def combined(top: Path) -> None:
    several_packs(top)
    git(top, "multi-pack-index", "write")


def combined_alone(top: Path) -> None:
    combined(top)
    for path in (top / "objects" / "pack").glob("*.idx"):
        path.unlink()


def unreachable(top: Path) -> None:
    old = git(top, "rev-parse", "main~20")
    git(top, "update-ref", "refs/heads/main", old)
    git(top, "repack", "-q", "--cruft", "-d")
    git(top, "hash-object", "-w", "--stdin", stdin=b"dangling")


def replaced(top: Path) -> None:
    names = git(top, "rev-list", "--objects", "--no-object-names", "main").split()
    blobs = [name for name in names if git(top, "cat-file", "-t", name) == "blob"]
    git(top, "replace", blobs[0], blobs[1])
    git(top, "replace", blobs[1], blobs[2])
    git(top, "repack", "-q", "-adf")


def repacked(*words: str) -> Callable[[Path], None]:
    return lambda top: void(git(top, *words))


def void(_: object) -> None:
    return


LAYOUTS: dict[str, Callable[[Path], None]] = {
    "as imported": void,
    "loose": loose_only,
    "gc": repacked("gc", "-q", "--aggressive", "--prune=never"),
    "deep": repacked("repack", "-q", "-adf", "--depth=4095", "--window=60"),
    "flat": repacked("repack", "-q", "-adf", "--depth=1"),
    "whole": repacked("repack", "-q", "-adF", "--depth=0"),
    "bases by name": repacked("-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-adf"),
    "index version 1": repacked("-c", "pack.indexVersion=1", "repack", "-q", "-adf"),
    "uncompressed": repacked("-c", "pack.compression=0", "repack", "-q", "-adF"),
    "several packs": several_packs,
    "multi-pack index": combined,
    ALONE: combined_alone,
    "cruft": unreachable,
    "replaced": replaced,
}


def compare(
    top: Path, hash_size: int = 20, expected: Content | None = None, *, whole: bool = True
) -> int:
    """All pieces of all packs and all loose files against git; gives the bytes that were kept.

    whole: nothing is left to be asked from git.
    """
    wanted = asked_from_git(top) if expected is None else expected
    kept = 0
    for limit in (MOST, 3000, 1):
        seen = look_at_store(store_of(top, hash_size), limit=limit)
        assert not (whole and seen.reported)
        # An object may be reported in one pack and read in another; none is neither.
        assert seen.content == {name: wanted[name] for name in seen.content}
        assert wanted.keys() - seen.content.keys() <= set(seen.reported)
        kept = max(kept, seen.kept)
    return kept


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_what_git_gives(tmp_path: Path, layout: str) -> None:
    top = made(tmp_path, 1)
    before = asked_from_git(top)
    LAYOUTS[layout](top)
    if layout not in ("cruft", "gc"):
        compare(top, expected=before, whole=layout != ALONE)
    if layout != ALONE:
        compare(top)


@pytest.mark.parametrize("layout", ["loose", "deep", "multi-pack index", "index version 1"])
def test_ids_of_32_bytes(tmp_path: Path, layout: str) -> None:
    top = made(tmp_path, 2, 40, "--object-format=sha256")
    LAYOUTS[layout](top)
    compare(top, 32)


def test_what_alternates_hold_is_there(tmp_path: Path) -> None:
    top = made(tmp_path, 3, 40)
    before = asked_from_git(top)
    git(tmp_path, "clone", "-q", "--shared", str(top), "second")
    git(tmp_path, "clone", "-q", "--shared", "second", "third")
    for name in ("second", "third"):
        (tmp_path / name / "new.txt").write_text(name * 100)
        git(tmp_path / name, "add", "new.txt")
        git(tmp_path / name, "commit", "-q", "-m", name)
    git(tmp_path / "second", "repack", "-q", "-adl")
    compare(tmp_path / "third")
    seen = look_at_store(store_of(tmp_path / "third"))
    assert seen.content.keys() > before.keys()


def test_deltas_are_used(tmp_path: Path) -> None:
    top = made(tmp_path, 4, 120)
    LAYOUTS["deep"](top)
    assert compare(top) > 100_000


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 1 << 30), st.sampled_from(sorted(LAYOUTS)), st.sampled_from([1, 7, 25]))
@example(0, "deep", 1)
def test_any_history(seed: int, layout: str, commits: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = made(Path(folder), seed, commits)
        if layout in ("cruft", "replaced") and commits < 25:
            layout = "gc"
        before = asked_from_git(top)
        LAYOUTS[layout](top)
        alone = layout == ALONE
        compare(top, expected=before if alone else None, whole=not alone)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 1 << 30), st.sampled_from(sorted(LAYOUTS)))
@example(1000, "multi-pack index alone")
def test_any_long_history(seed: int, layout: str) -> None:
    test_any_history.hypothesis.inner_test(seed, layout, 150)


def test_a_repository_that_is_packed_while_it_is_read(tmp_path: Path) -> None:
    top = made(tmp_path, 5, 80)
    several_packs(top)
    store = store_of(top)
    before = asked_from_git(top)
    git(top, "gc", "-q", "--aggressive", "--prune=now")
    seen = look_at_store(store)  # what was opened stays readable, what was loose is reported
    for name, known in seen.content.items():
        assert known == before[name]
    assert set(before) == set(seen.content) | set(seen.reported)
    assert all("No such file" in reason for reason in seen.reported.values())
    compare(top)
