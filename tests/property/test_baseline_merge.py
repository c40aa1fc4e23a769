"""Whatever git's union merge makes of two baselines, it reads as the union of their entries."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.filters.baseline import Known, load_baseline, render_baseline

TEXT = st.text(max_size=6)
ENTRIES = st.frozensets(
    st.builds(Known, TEXT, TEXT, TEXT, st.text("0123456789abcdef", min_size=4, max_size=4)),
    max_size=12,
)
CALM = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80
)


def lines_of(entries: frozenset[Known]) -> list[str]:
    return render_baseline(entries).splitlines(keepends=True)


def entries_of(path: Path, text: str) -> frozenset[Known]:
    path.write_text(text, encoding="utf-8", newline="")
    return load_baseline(str(path)).entries


@CALM
@given(ENTRIES)
def test_what_is_written_is_read(tmp_path: Path, entries: frozenset[Known]) -> None:
    text = render_baseline(entries)
    assert entries_of(tmp_path / "b", text) == {
        Known(*(_spelled(part) for part in (e.path, e.rule, e.key, e.fingerprint))) for e in entries
    }
    assert render_baseline(load_baseline(str(tmp_path / "b")).entries) == text


@CALM
@given(ENTRIES, ENTRIES, st.randoms(use_true_random=False))
def test_any_interleaving_of_two_files_is_their_union(
    tmp_path: Path, ours: frozenset[Known], theirs: frozenset[Known], chance: random.Random
) -> None:
    lines = [*lines_of(ours), *lines_of(theirs)]
    chance.shuffle(lines)
    apart = entries_of(tmp_path / "o", render_baseline(ours)) | entries_of(
        tmp_path / "t", render_baseline(theirs)
    )
    assert entries_of(tmp_path / "m", "".join(lines)) == apart


@CALM
@given(ENTRIES, ENTRIES)
def test_an_entry_is_one_line_of_the_diff(ours: frozenset[Known], theirs: frozenset[Known]) -> None:
    before, after = set(lines_of(ours)), set(lines_of(ours | theirs))
    assert before <= after
    assert len(after - before) == len(theirs - ours)


@pytest.mark.parametrize("seed", range(5))
def test_git_itself_merges_by_union(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)

    def some(count: int) -> frozenset[Known]:
        return frozenset(
            Known(f"p{chance.randrange(9)}", "r-1", "K", f"{chance.getrandbits(128):032x}")
            for _ in range(count)
        )

    base = some(10)
    sides = {}
    for name in ("ours", "theirs"):
        kept = frozenset(sorted(base)[2:]) if name == "theirs" else base
        sides[name] = kept | some(4)
    for name, entries in {"base": base, **sides}.items():
        (tmp_path / name).write_text(render_baseline(entries))
    command = ["git", "merge-file", "--union", "-p", "ours", "base", "theirs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    merged = entries_of(tmp_path / "merged", done.stdout)
    assert (sides["ours"] | sides["theirs"]) - base <= merged
    assert merged <= sides["ours"] | sides["theirs"]


def _spelled(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
