"""The repository of awkward places holds what it says, where it says; git itself is asked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "fixtures"))
import awkward
from awkward_forms import ENCODED, PLAIN

UNLEAK = str(Path(sys.executable).parent / "unleak")
SEED = "places"


@pytest.fixture(scope="module", params=["sha1", "sha256"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[awkward.Planted]]:
    folder = tmp_path_factory.mktemp("awkward") / "repository"
    return folder, awkward.build(folder, SEED, request.param)


def contents(folder: Path) -> dict[str, bytes]:
    """Every object's bytes, and every ref's name, by id or name."""
    ids = awkward.objects(folder)
    lines = "".join(f"{one}\n" for one in ids).encode()
    output = awkward.run_git(folder, "--no-replace-objects", "cat-file", "--batch", stdin=lines)
    found, at = {}, 0
    while at < len(output):
        end = output.index(b"\n", at)
        name, _, size = output[at:end].decode().split()
        found[name] = output[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)
    refs = awkward.run_git(folder, "for-each-ref", "--format=%(refname)").decode().split()
    return found | {ref: ref.encode() for ref in refs}


def reached(folder: Path, *options: str) -> set[str]:
    listed = awkward.run_git(
        folder, "--no-replace-objects", "rev-list", "--objects", "--no-object-names", *options
    )
    refs = awkward.run_git(folder, "for-each-ref", "--format=%(refname)").decode().split()
    return set(listed.decode().split()) | set(refs)


def forms() -> dict[str, tuple[str, awkward.Callable[[bytes], bytes]]]:
    return {**PLAIN, **ENCODED}


def test_every_secret_stands_where_it_is_said_to(made: tuple[Path, list[awkward.Planted]]) -> None:
    folder, planted = made
    held = contents(folder)
    by_refs, by_reflogs = reached(folder, "--all"), reached(folder, "--all", "--reflog")
    for one in planted:
        holders = {name for name, data in held.items() if one.secret in data}
        if one.place in forms():
            whole = forms()[one.place][1](one.secret)
            holders |= {name for name, data in held.items() if data == whole}
        if one.place == "message in base64":
            holders = {one.commit}
        assert holders, one.place
        if one.object:
            assert one.object in holders or one.object in held, one.place
        if one.reach == "refs":
            assert holders & by_refs, one.place
        elif one.reach == "reflog":
            assert holders & by_reflogs, one.place
            assert not holders & by_refs, one.place
        elif one.reach == "lost":
            assert not holders & by_reflogs, one.place


def test_commits_hold_the_paths(made: tuple[Path, list[awkward.Planted]]) -> None:
    folder, planted = made
    for one in planted:
        if one.commit and one.path:
            name = f"{one.commit}:".encode() + awkward.os.fsencode(one.path)
            blob = awkward.run_git(folder, "--no-replace-objects", "cat-file", "-p", name)
            assert one.secret in blob or one.place in forms(), one.place


def test_there_are_many_places_each_with_a_secret_of_its_own(
    made: tuple[Path, list[awkward.Planted]],
) -> None:
    _, planted = made
    assert len(planted) > 110
    assert len({one.secret for one in planted}) == len(planted)
    assert len({one.place for one in planted}) == len(planted)
    names = re.compile(rb"[A-Za-z0-9_]{20,}")
    exceptions = {"private key, half in the version before"}
    assert not [p for p in planted if not names.fullmatch(p.secret) and p.place not in exceptions]


def test_our_rules_know_every_secret(made: tuple[Path, list[awkward.Planted]]) -> None:
    _, planted = made
    lines = b"".join(b'db_password = "' + one.secret + b'"\n' for one in planted)
    done = subprocess.run(
        [UNLEAK, "scan", "-", "--format", "json", "--show-secrets"],
        input=lines, capture_output=True, check=False,
    )  # fmt: skip
    found = {one["secret"] for one in json.loads(done.stdout)["findings"]}
    assert {one.secret.decode() for one in planted} <= found


def test_the_same_seed_gives_the_same_repository(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    hook = tmp_path / "hook"
    hook.mkdir()
    for name in ("pre-commit", "commit-msg", "reference-transaction"):
        (hook / name).write_text("#!/bin/sh\nexit 1\n")
        (hook / name).chmod(0o755)
    config = f"[core]\n\thooksPath = {hook}\n\tautocrlf = true\n[commit]\n\tgpgSign = true\n"
    (tmp_path / "home" / ".gitconfig").write_text(config)
    first = awkward.build(tmp_path / "a", SEED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path / "home"))
        patch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
        patch.setenv("GIT_AUTHOR_DATE", "1 +0000")
        second = awkward.build(tmp_path / "b", SEED)
    assert first == second
    assert awkward.objects(tmp_path / "a") == awkward.objects(tmp_path / "b")
    other = awkward.build(tmp_path / "c", "another seed")
    assert not {one.secret for one in first} & {one.secret for one in other}


@pytest.mark.parametrize("pack", ["gc", "cruft", "aggressive", "deep", "multi", "depth1"])
def test_packing_keeps_every_object(
    made: tuple[Path, list[awkward.Planted]], tmp_path: Path, pack: awkward.Pack
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made[0], folder, symlinks=True)
    awkward.repack(folder, pack)
    assert awkward.objects(folder) == awkward.objects(made[0])
    packs = list((folder / ".git" / "objects" / "pack").glob("*.pack"))
    assert len(packs) == {"multi": 4, "cruft": 2}.get(pack, 1)
    loose = list((folder / ".git" / "objects").glob("[0-9a-f][0-9a-f]/*"))
    assert not loose or pack in ("gc", "aggressive")
    said = awkward.run_git(folder, "fsck", "--connectivity-only", "--no-dangling")
    assert b"missing" not in said
    refs = [awkward.run_git(one, "for-each-ref") for one in (folder, made[0])]
    assert refs[0] == refs[1]
