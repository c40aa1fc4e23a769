"""Repositories that are odd, damaged or hostile: found is what can be read, the rest is named.

Exit codes: 0 clean, 1 findings, 2 usage, 3 not everything was read, which wins over 1.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.history_scans import Run, digest_of, scan_history, unleak
from support.packs import (
    BLOB,
    COMMIT,
    OFS_DELTA,
    REF_DELTA,
    TREE,
    Entry,
    copy,
    delta,
    insert,
    object_id,
    varint,
    write_pack,
)

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures"))
import awkward
from awkward import run_git

pytestmark = pytest.mark.slow
COUNT = 6


@dataclass
class Small:
    """A repository of a few commits, each with a file, and a secret in each file. blobs: ids by
    number, secrets likewise."""

    folder: Path
    secrets: list[str] = field(default_factory=list)
    blobs: list[str] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        return run_git(self.folder, *arguments, stdin=stdin).decode().strip()

    @property
    def objects(self) -> Path:
        return self.folder / ".git" / "objects"

    @property
    def pack(self) -> Path:
        (path,) = (self.objects / "pack").glob("*.pack")
        return path

    def loose(self, name: str) -> Path:
        return self.objects / name[:2] / name[2:]

    def entry(self, name: str) -> tuple[int, int]:
        """[start, end) of an object in the only pack."""
        facts = self.git("verify-pack", "-v", str(self.pack.with_suffix(".idx"))).splitlines()
        spans = {
            parts[0]: (int(parts[4]), int(parts[4]) + int(parts[3]))
            for parts in (line.split() for line in facts)
            if len(parts) >= 5 and parts[1] in ("commit", "tree", "blob", "tag")
        }
        return spans[name]

    def scan(self, *arguments: str, **env: str) -> Run:
        return scan_history(self.folder, *arguments, **env)

    def missed(self, run: Run) -> list[int]:
        return [number for number, one in enumerate(self.secrets) if one not in run.secrets]


def secret(seed: str) -> str:
    return awkward._Maker(Path(), f"bad input {seed}").secret("any").decode()


def prose(number: int, value: str) -> bytes:
    """Files so unlike that none is a delta of another."""
    chance = random.Random(number)
    words = [chance.choice(("red", "blue", "old", "new", "up", "down")) for _ in range(300)]
    words[150] = f"\naccess = {value}\n"
    return " ".join(words).encode()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Small:
    small = Small(tmp_path_factory.mktemp("small") / "repository")
    small.folder.mkdir()
    small.git("init", "--quiet", "--template=", "--initial-branch=main")
    for number in range(COUNT):
        value = secret(f"file {number}")
        (small.folder / f"{number}.txt").write_bytes(prose(number, value))
        small.git("add", ".")
        small.git("commit", "--quiet", "-m", f"Commit {number}")
        small.secrets.append(value)
        small.blobs.append(small.git("rev-parse", f"HEAD:{number}.txt"))
        small.commits.append(small.git("rev-parse", "HEAD"))
    return small


@pytest.fixture
def small(original: Small, tmp_path: Path) -> Small:
    """Everything is loose."""
    shutil.copytree(original.folder, tmp_path / "repository")
    return Small(tmp_path / "repository", original.secrets, original.blobs, original.commits)


@pytest.fixture
def packed(small: Small) -> Small:
    """Everything is in one pack, without deltas."""
    small.git("repack", "-a", "-d", "-q", "--window=0")
    assert not list(small.objects.glob("??"))
    return small


@pytest.fixture
def empty(tmp_path: Path) -> Small:
    small = Small(tmp_path / "repository")
    small.folder.mkdir()
    small.git("init", "--quiet", "--template=", "--initial-branch=main")
    return small


def complete(run: Run) -> bool:
    return run.code in (0, 1) and bool(run.summary["complete"]) and not run.summary["skipped"]


def writable(path: Path) -> Path:
    path.chmod(0o644)
    return path


# --- odd, but whole ---


@pytest.mark.parametrize("bare", [False, True])
def test_an_empty_repository_is_clean(tmp_path: Path, bare: bool) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    run_git(folder, "init", "--quiet", "--template=", *(["--bare"] if bare else []))
    run = scan_history(folder)
    assert run.code == 0, run
    assert complete(run)


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_born_object_under_an_unborn_head(tmp_path: Path, object_format: str) -> None:
    folder = tmp_path / "unborn"
    folder.mkdir()
    run_git(folder, "init", "--quiet", "--template=", f"--object-format={object_format}")
    value = secret("unborn")
    run_git(folder, "hash-object", "-w", "--stdin", stdin=f"access = {value}\n".encode())
    run = scan_history(folder)
    assert run.secrets == {value}
    assert run.code == 1
    assert scan_history(folder, "--reachable").code == 0


def test_a_detached_head(small: Small) -> None:
    small.git("checkout", "--quiet", "--detach", small.commits[2])
    small.git("branch", "-D", "main")
    run = small.scan()
    assert small.missed(run) == []
    assert complete(run)
    run = small.scan("--reachable")
    assert small.missed(run) == [3, 4, 5]
    assert complete(run)


def test_a_head_that_names_nothing(small: Small) -> None:
    small.git("symbolic-ref", "HEAD", "refs/heads/never-made")
    run = small.scan()
    assert small.missed(run) == []
    assert complete(run)


def test_no_repository_is_a_usage_error(tmp_path: Path) -> None:
    for target in ("nowhere", "."):
        done = unleak(tmp_path, "scan", "--history", target)
        assert done.returncode == 2, done.stderr
        assert b"Traceback" not in done.stderr


def test_ref_names_that_are_not_utf_8(small: Small) -> None:
    name = os.fsencode(small.folder / ".git" / "refs" / "heads") + b"/caf\xe9-\xff"
    with open(name, "w") as stream:
        stream.write(small.commits[-1] + "\n")
    for form in ("json", "text", "sarif"):
        done = unleak(small.folder, "scan", "--history", ".", "--no-cache", "--format", form)
        assert done.returncode == 1, done.stderr.decode()
        done.stdout.decode("utf-8")
    assert small.missed(small.scan()) == []


def test_twenty_thousand_refs(packed: Small) -> None:
    lines = [f"{packed.commits[n % COUNT]} refs/heads/many/{n:05d}\n" for n in range(20_000)]
    head = "# pack-refs with: peeled fully-peeled sorted \n"
    (packed.folder / ".git" / "packed-refs").write_text(head + "".join(lines))
    run = packed.scan()
    assert packed.missed(run) == []
    assert complete(run)


def test_a_grafts_file_hides_nothing(small: Small) -> None:
    info = small.folder / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "grafts").write_text(f"{small.commits[-1]}\n")
    for more in ((), ("--reachable",)):
        run = small.scan(*more)
        assert small.missed(run) == []
        assert complete(run)


def test_replace_refs_hide_nothing_though_they_loop(small: Small) -> None:
    first, second = small.blobs[:2]
    small.git("update-ref", f"refs/replace/{first}", second)
    small.git("update-ref", f"refs/replace/{second}", first)
    small.git("update-ref", f"refs/replace/{small.commits[2]}", small.commits[2])
    small.git("update-ref", f"refs/replace/{small.commits[5]}", small.commits[0])
    for more in ((), ("--reachable",)):
        run = small.scan(*more)
        assert small.missed(run) == []
        assert complete(run)


def test_a_shallow_clone_says_what_it_cannot_see(small: Small, tmp_path: Path) -> None:
    source = small.folder.as_uri()
    run_git(tmp_path, "clone", "--quiet", "--depth=2", source, "shallow")
    (tmp_path / "shallow" / "clean").mkdir()
    run = scan_history(tmp_path / "shallow")
    assert run.code == 1, run
    assert run.summary["complete"] is True
    assert b"shallow" in run.stderr
    assert "shallow" in " ".join(run.summary["notes"])


def test_a_shallow_clone_without_a_secret_is_clean_but_noted(tmp_path: Path) -> None:
    folder = tmp_path / "origin"
    folder.mkdir()
    run_git(folder, "init", "--quiet", "--template=")
    for number in range(3):
        run_git(folder, "commit", "--quiet", "--allow-empty", "-m", f"Commit {number}")
    run_git(tmp_path, "clone", "--quiet", "--depth=1", folder.as_uri(), "shallow")
    run = scan_history(tmp_path / "shallow")
    assert run.code == 0, run
    assert b"shallow" in run.stderr


def test_a_sparse_checkout_sees_the_whole_history(packed: Small) -> None:
    packed.git("update-index", "--refresh")
    packed.git("sparse-checkout", "set", "--no-cone", "/0.txt")
    assert not (packed.folder / "3.txt").exists()
    run = packed.scan()
    assert packed.missed(run) == []
    assert complete(run)


def test_indexes_of_version_1(packed: Small) -> None:
    packed.git("index-pack", "--index-version=1", str(packed.pack))
    assert packed.pack.with_suffix(".idx").read_bytes()[:4] != b"\xfftOc"
    run = packed.scan()
    assert packed.missed(run) == []
    assert complete(run)


def test_offsets_of_64_bits(packed: Small) -> None:
    writable(packed.pack.with_suffix(".idx"))
    packed.git("index-pack", "--index-version=2,0x20", str(packed.pack))
    run = packed.scan()
    assert packed.missed(run) == []
    assert complete(run)


# --- people and messages that git would not write ---


def commit_of(small: Small, raw: bytes, ref: str = "refs/heads/odd") -> str:
    arguments = ("-t", "commit", "-w", "--stdin", "--literally")
    name = small.git("hash-object", *arguments, stdin=raw)
    (small.folder / ".git" / ref).write_text(name + "\n")
    return name


def test_commits_without_what_belongs_in_them(small: Small) -> None:
    tree = small.git("rev-parse", "HEAD^{tree}").encode()
    value = [secret(f"odd commit {n}") for n in range(9)]
    person = b"Ada <ada@localhost> 1600000000 +0000"
    whole = b"tree " + tree + b"\nauthor " + person + b"\ncommitter " + person + b"\n"
    odd = [
        b"tree " + tree + b"\n\nno author " + value[0].encode() + b"\n",
        b"tree " + tree + b"\nauthor " + person + b"\n\nno committer " + value[1].encode(),
        whole + b"encoding no-such-encoding\n\n\xff\xfe " + value[2].encode() + b" \x80\n",
        whole + b"encoding UTF-16\n\nnot that " + value[3].encode() + b"\n",
        whole + b"\nNUL \0 in it " + value[4].encode() + b"\0\n",
        whole.replace(b"1600000000 +0000", b"99999999999999999999 +9999") + b"\n"
        + value[5].encode(),
        whole.replace(b"1600000000 +0000", b"-1 x") + b"\n" + value[6].encode(),
        whole.replace(b"Ada <ada@localhost>", b"<<>> >\xff<") + b"\n" + value[7].encode(),
        whole.rstrip(b"\n") + b" no message, no blank line " + value[8].encode(),
    ]  # fmt: skip
    for number, raw in enumerate(odd):
        commit_of(small, raw, f"refs/heads/odd-{number}")
    run = small.scan()
    assert [n for n, one in enumerate(value) if one not in run.secrets] == []
    assert small.missed(run) == []
    assert run.code in (1, 3), run


def test_a_commit_that_is_no_commit_at_all(small: Small) -> None:
    value = secret("no commit")
    name = commit_of(small, b"just words\nand " + value.encode())
    run = small.scan()
    assert value in run.secrets
    assert small.missed(run) == []
    assert run.code in (1, 3), run
    if run.code == 3:
        assert name in run.skipped


def test_a_tag_of_a_tag_of_a_blob(small: Small) -> None:
    values = [secret(f"tag {n}") for n in range(3)]
    target = small.git("hash-object", "-w", "--stdin", stdin=f"access = {values[0]}".encode())
    kind = "blob"
    for number in (1, 2):
        raw = f"object {target}\ntype {kind}\ntag t{number}\n\naccess {values[number]}\n".encode()
        target = small.git("hash-object", "-t", "tag", "-w", "--stdin", "--literally", stdin=raw)
        kind = "tag"
    small.git("update-ref", "refs/tags/outer", target)
    for more in ((), ("--reachable",)):
        run = small.scan(*more)
        assert set(values) <= run.secrets
        assert complete(run)


def test_a_deep_chain_of_tags(small: Small) -> None:
    target, kind = small.commits[0], b"commit"
    for number in range(300):
        raw = b"object %s\ntype %s\ntag t%d\n\nmessage\n" % (target.encode(), kind, number)
        folder = small.objects
        target, kind = loose(folder, b"tag", raw), b"tag"
    small.git("update-ref", "refs/tags/deep", target)
    run = small.scan("--reachable")
    assert small.missed(run) == []
    assert complete(run)


def loose(objects: Path, kind: bytes, data: bytes) -> str:
    """Write a loose object without starting git; its SHA-1."""
    import hashlib

    whole = kind + b" %d\0" % len(data) + data
    name = hashlib.sha1(whole).hexdigest()
    path = objects / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(whole))
    return name


def test_trees_that_git_would_not_write(small: Small) -> None:
    """A tree with a name that climbs, one cut off in an entry, one that holds itself by name."""
    value = secret("odd tree")
    blob = small.git("hash-object", "-w", "--stdin", stdin=f"access = {value}\n".encode())
    raw = bytes.fromhex(blob)
    trees = [
        b"100644 ../../../etc/passwd\0" + raw,
        b"100644 .git\0" + raw,
        b"100644 /absolute\0" + raw,
        b"177777 strange mode\0" + raw,
        b"100644 cut off\0" + raw[:7],
        b"no blank, no end",
    ]
    for number, data in enumerate(trees):
        tree = loose(small.objects, b"tree", data)
        person = b"Ada <ada@localhost> 1600000000 +0000"
        commit = b"tree " + tree.encode() + b"\nauthor " + person + b"\ncommitter " + person
        name = loose(small.objects, b"commit", commit + b"\n\nOdd tree\n")
        (small.folder / ".git" / "refs" / "heads" / f"tree-{number}").write_text(name + "\n")
    run = small.scan()
    assert value in run.secrets
    assert small.missed(run) == []
    assert run.code in (1, 3), run


# --- stores that are damaged ---


def test_a_missing_alternate(small: Small) -> None:
    info = small.objects / "info"
    info.mkdir(exist_ok=True)
    (info / "alternates").write_text("/nonexistent/objects\n")
    run = small.scan()
    assert run.code == 3
    assert "/nonexistent/objects" in run.skipped
    assert small.missed(run) == []


def test_alternates_that_loop(small: Small, tmp_path: Path) -> None:
    other = Small(tmp_path / "other")
    other.folder.mkdir()
    other.git("init", "--quiet", "--template=")
    value = secret("in the alternate")
    other.git("hash-object", "-w", "--stdin", stdin=f"access = {value}\n".encode())
    for one, another in ((small, other), (other, small)):
        (one.objects / "info").mkdir(exist_ok=True)
        (one.objects / "info" / "alternates").write_text(f"{another.objects}\n")
    run = small.scan()
    assert small.missed(run) == []
    assert value in run.secrets
    assert complete(run)


def test_what_only_an_alternate_holds(packed: Small, tmp_path: Path) -> None:
    run_git(tmp_path, "clone", "--quiet", "--shared", "--bare", str(packed.folder), "shared.git")
    assert not list((tmp_path / "shared.git" / "objects" / "pack").glob("*"))
    run = scan_history(tmp_path / "shared.git")
    assert packed.missed(run) == []
    assert complete(run)


@pytest.mark.parametrize("content", [b"", b"PACK\0", b"PACK\0\0\0\2\0\0\0\0", b"x" * 5000])
@pytest.mark.parametrize("indexed", [False, True])
def test_a_pack_that_is_none(packed: Small, content: bytes, indexed: bool) -> None:
    stray = packed.objects / "pack" / f"pack-{'0' * 40}.pack"
    if indexed:
        shutil.copy(packed.pack.with_suffix(".idx"), stray.with_suffix(".idx"))
    stray.write_bytes(content)
    run = packed.scan()
    assert run.code == 3, run
    assert stray.name in run.skipped or not indexed
    assert packed.missed(run) == []


def test_an_index_without_its_pack(packed: Small) -> None:
    lost = packed.pack
    lost.unlink()
    run = packed.scan()
    assert run.code == 3, run
    assert lost.stem in run.skipped


def test_a_stray_index_of_what_is_there(packed: Small) -> None:
    """What it names is in another pack: said, though nothing is lost."""
    stray = packed.objects / "pack" / f"pack-{'1' * 40}.idx"
    shutil.copy(packed.pack.with_suffix(".idx"), stray)
    run = packed.scan()
    assert packed.missed(run) == []
    assert run.code in (1, 3), run


def test_a_pack_without_its_index(packed: Small) -> None:
    writable(packed.pack.with_suffix(".idx")).unlink()
    run = packed.scan()
    assert run.code == 3, run
    assert packed.pack.name in run.skipped


def test_an_index_that_is_cut_off_or_changed(packed: Small) -> None:
    index = writable(packed.pack.with_suffix(".idx"))
    whole = index.read_bytes()
    for damaged in (b"", whole[:100], whole[:-1], whole[:1200] + b"\0" + whole[1201:]):
        index.write_bytes(damaged)
        run = packed.scan()
        assert run.code == 3, run
        assert packed.pack.stem in run.skipped


def test_a_pack_that_is_cut_off(packed: Small) -> None:
    pack = writable(packed.pack)
    whole = pack.read_bytes()
    for size in (len(whole) - 1, len(whole) // 2, 20, 12, 0):
        pack.write_bytes(whole[:size])
        run = packed.scan()
        assert run.code == 3, run
        assert packed.pack.stem in run.skipped or packed.blobs[-1] in run.skipped


def flip(path: Path, at: int, mask: int = 0xFF) -> None:
    data = bytearray(writable(path).read_bytes())
    data[at] ^= mask
    path.write_bytes(data)


@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_a_flipped_byte_in_a_pack(packed: Small, where: str) -> None:
    victim = 3
    start, end = packed.entry(packed.blobs[victim])
    flip(packed.pack, {"first": start + 3, "middle": (start + end) // 2, "last": end - 1}[where])
    run = packed.scan()
    assert run.code == 3, run
    assert f"object {packed.blobs[victim]}" in run.skipped
    assert set(packed.missed(run)) <= {victim}


def test_a_flipped_byte_in_a_packed_commit_and_tree(packed: Small) -> None:
    tree = packed.git("rev-parse", "HEAD~2^{tree}")
    for victim in (packed.commits[2], tree):
        start, end = packed.entry(victim)
        flip(packed.pack, (start + end) // 2)
        run = packed.scan()
        flip(packed.pack, (start + end) // 2)
        assert run.code == 3, run
        assert victim in run.skipped
        assert packed.missed(run) == []


def test_a_flipped_bit_anywhere_is_never_silent(packed: Small) -> None:
    chance = random.Random("bits")
    size = packed.pack.stat().st_size
    for _ in range(16):
        at, mask = chance.randrange(size), 1 << chance.randrange(8)
        flip(packed.pack, at, mask)
        run = packed.scan()
        assert run.code == 3 or packed.missed(run) == [], (at, mask, run)
        assert run.code in (1, 3), (at, mask, run)
        flip(packed.pack, at, mask)
    assert complete(packed.scan())


def test_a_damaged_base_takes_its_deltas_along_and_no_more(small: Small) -> None:
    path = small.folder / "long.txt"
    values = [secret(f"version {n}") for n in range(6)]
    for number, value in enumerate(values):
        path.write_bytes(awkward.document(value.encode(), number))
        small.git("add", ".")
        small.git("commit", "--quiet", "-m", f"Version {number}")
    small.git("repack", "-a", "-d", "-f", "-q", "--depth=10")
    facts = small.git("verify-pack", "-v", str(small.pack.with_suffix(".idx"))).splitlines()
    rows = [line.split() for line in facts]
    deltas = [row for row in rows if len(row) == 7]
    base = next(row[6] for row in deltas if row[1] == "blob" and row[5] == "1")
    start, end = small.entry(base)
    flip(small.pack, (start + end) // 2)
    run = small.scan()
    assert run.code == 3
    assert base in run.skipped
    assert small.missed(run) == []
    named = {row[0] for row in deltas if row[0] in run.skipped}
    lost = [value for value in values if value not in run.secrets]
    assert len(lost) <= len(named) + 1


def test_a_copy_in_another_pack_makes_up_for_a_damaged_one(packed: Small) -> None:
    victim = packed.blobs[3]
    lines = "\n".join(packed.blobs).encode()
    target = str(packed.objects / "pack" / "pack")
    for one in [packed.pack]:
        packed.git("pack-objects", "-q", target, stdin=lines)
        start, end = packed_entry(packed, one, victim)
        flip(one, (start + end) // 2)
    run = packed.scan()
    assert packed.missed(run) == []
    assert run.code in (1, 3)


def packed_entry(small: Small, pack: Path, name: str) -> tuple[int, int]:
    facts = small.git("verify-pack", "-v", str(pack.with_suffix(".idx"))).splitlines()
    row = next(line.split() for line in facts if line.startswith(name))
    return int(row[4]), int(row[4]) + int(row[3])


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda raw: b"",
    "cut off": lambda raw: raw[: len(raw) // 2],
    "no stream": lambda raw: b"not compressed at all",
    "flipped": lambda raw: raw[:40] + bytes([raw[40] ^ 0xFF]) + raw[41:],
    "too long": lambda raw: zlib.compress(zlib.decompress(raw) + b"more"),
    "too short": lambda raw: zlib.compress(zlib.decompress(raw)[:-5]),
    "no header": lambda raw: zlib.compress(b"no header here, only words"),
    "size of 2^60": lambda raw: zlib.compress(b"blob 1152921504606846976\0abc"),
    "unknown kind": lambda raw: zlib.compress(b"blub 3\0abc"),
}


@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_a_damaged_loose_object(small: Small, damage: str) -> None:
    path = writable(small.loose(small.blobs[2]))
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    run = small.scan()
    assert run.code == 3, run
    assert f"object {small.blobs[2]}" in run.skipped
    assert set(small.missed(run)) <= {2}


@pytest.mark.parametrize("kind", ["blob", "tree", "commit"])
def test_an_object_that_is_gone(small: Small, kind: str) -> None:
    victim = {
        "blob": small.blobs[2],
        "tree": small.git("rev-parse", f"{small.commits[2]}^{{tree}}"),
        "commit": small.commits[2],
    }[kind]
    small.loose(victim).unlink()
    for more in ((), ("--reachable",)):
        run = small.scan(*more)
        assert run.code == 3, run
        assert victim in run.skipped
        behind = {0, 1, 2} if more and kind == "commit" else set()  # no ref reaches these then
        assert set(small.missed(run)) <= ({2} if kind == "blob" else behind)


def test_a_folder_where_an_object_should_be(small: Small) -> None:
    path = small.loose(small.blobs[2])
    path.unlink()
    path.mkdir()
    run = small.scan()
    assert run.code == 3
    assert small.blobs[2] in run.skipped


def test_a_ref_to_what_is_not_there(small: Small) -> None:
    (small.folder / ".git" / "refs" / "heads" / "broken").write_text("1" * 40 + "\n")
    run = small.scan()
    assert run.code == 3, run
    assert "1" * 40 in run.skipped
    assert small.missed(run) == []


def test_a_ref_that_holds_nonsense(small: Small) -> None:
    (small.folder / ".git" / "refs" / "heads" / "broken").write_text("nonsense\n")
    run = small.scan()
    assert small.missed(run) == []
    assert run.code == 3, run
    assert "refs/heads/broken" in run.skipped


def test_a_repository_of_an_unknown_kind_is_never_clean(small: Small) -> None:
    config = small.folder / ".git" / "config"
    config.write_text(
        "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha3\n"
    )
    run = small.scan()
    assert run.code == 3, run


# --- what is left out on purpose ---


def test_a_partial_clone_names_what_it_lacks(small: Small, tmp_path: Path) -> None:
    small.git("config", "uploadpack.allowFilter", "true")
    clone = ("clone", "--quiet", "--filter=blob:none", "--no-checkout")
    run_git(tmp_path, *clone, small.folder.as_uri(), "partial")
    shutil.rmtree(small.folder)
    run = scan_history(tmp_path / "partial")
    assert run.code == 3, run
    for blob in small.blobs:
        assert blob in run.skipped
    before = digest_of(tmp_path / "partial")
    run = scan_history(tmp_path / "partial", "--reachable")
    assert run.code == 3, run
    assert digest_of(tmp_path / "partial") == before


def test_a_partial_clone_whose_remote_is_there_is_not_asked(small: Small, tmp_path: Path) -> None:
    """The remote could answer: scanning must not ask it of its own accord."""
    small.git("config", "uploadpack.allowFilter", "true")
    clone = ("clone", "--quiet", "--filter=blob:none", "--no-checkout")
    run_git(tmp_path, *clone, small.folder.as_uri(), "partial")
    before = digest_of(tmp_path / "partial")
    run = scan_history(tmp_path / "partial")
    assert run.code == 3, run
    assert digest_of(tmp_path / "partial") == before


# --- hostile ---


def test_a_hostile_configuration_starts_nothing(small: Small, tmp_path: Path) -> None:
    marker = tmp_path / "started"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{marker}'\nexit 0\n")
    program.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "pre-auto-gc", "post-checkout"):
        shutil.copy(program, hooks / name)
        target = small.folder / ".git" / "hooks" / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(program, target)
    settings = {
        "core.fsmonitor": program,
        "core.pager": program,
        "core.hooksPath": hooks,
        "core.sshCommand": program,
        "core.gitProxy": program,
        "core.editor": program,
        "core.askPass": program,
        "core.alternateRefsCommand": program,
        "core.attributesFile": tmp_path / "attributes",
        "core.worktree": tmp_path,
        "diff.external": program,
        "diff.hostile.command": program,
        "diff.hostile.textconv": program,
        "filter.hostile.clean": program,
        "filter.hostile.smudge": program,
        "filter.hostile.process": program,
        "filter.hostile.required": "true",
        "gpg.program": program,
        "log.showSignature": "true",
        "pager.log": program,
        "pager.cat-file": program,
        "uploadpack.packObjectsHook": program,
        "credential.helper": f"!{program}",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
        "remote.origin.uploadpack": program,
        "extensions.partialClone": "origin",
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
        "alias.log": f"!{program}",
        "alias.cat-file": f"!{program}",
        "alias.rev-list": f"!{program}",
        "interactive.diffFilter": program,
        "sequence.editor": program,
        "trailer.x.command": program,
        "core.preloadIndex": "true",
        "core.untrackedCache": "true",
        "maintenance.auto": "true",
        "gc.auto": "1",
    }
    small.git("config", "core.repositoryFormatVersion", "1")
    (tmp_path / "attributes").write_text("* filter=hostile diff=hostile\n")
    (small.folder / ".gitattributes").write_text("* filter=hostile diff=hostile\n")
    info = small.folder / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text("* filter=hostile diff=hostile\n")
    with (small.folder / ".git" / "config").open("a") as stream:
        for name, value in settings.items():
            section, _, key = name.rpartition(".")
            head, _, rest = section.partition(".")
            quoted = f'{head} "{rest}"' if rest else head
            stream.write(f'[{quoted}]\n\t{key} = "{value}"\n')
    # An object is missing, so that a lazy fetch would be tried, were it allowed.
    small.loose(small.blobs[1]).unlink()
    started = {"GIT_EXTERNAL_DIFF": str(program), "GIT_PAGER": str(program), "PAGER": str(program)}
    started |= {"GIT_SSH_COMMAND": str(program), "GIT_ASKPASS": str(program)}
    for more in ((), ("--reachable",), ("--branch", "main")):
        run = small.scan(*more, **started)
        assert not marker.exists(), marker.read_text()
        assert run.code == 3, run
        assert small.missed(run) == [1], more


def test_nothing_is_included_from_elsewhere_by_configuration(small: Small, tmp_path: Path) -> None:
    """An included file that is a FIFO or missing does not stop or hang the scan."""
    with (small.folder / ".git" / "config").open("a") as stream:
        stream.write(f"[include]\n\tpath = {tmp_path / 'missing'}\n")
    run = small.scan()
    assert small.missed(run) == []
    assert complete(run)


def test_links_out_of_the_store_are_no_way_out(small: Small, tmp_path: Path) -> None:
    """An object that is a link to a device or a FIFO must not be waited for."""
    path = small.loose(small.blobs[2])
    path.unlink()
    os.mkfifo(path)
    run = small.scan()
    assert run.code == 3, run
    assert small.blobs[2] in run.skipped


# --- packs by hand ---


def content(value: str) -> bytes:
    return f"one line before\naccess = {value}\nand one behind\n".encode()


def pack_folder(small: Small) -> Path:
    return small.objects / "pack"


@pytest.mark.parametrize("version", [1, 2])
def test_a_pack_by_hand_is_read(empty: Small, version: int) -> None:
    """The writer of these tests itself: git and we read what it writes."""
    values = [secret(f"hand {n}") for n in range(3)]
    base = content(values[0])
    base_id = object_id(BLOB, base)
    second, third = content(values[1]), content(values[2]) + base
    by_offset = delta(len(base), len(second), insert(second))
    by_name = delta(len(base), len(third), insert(content(values[2])), copy(0, len(base)))
    entries = [
        Entry(BLOB, base),
        Entry(OFS_DELTA, by_offset, name=object_id(BLOB, second), base=1),
        Entry(REF_DELTA, by_name, name=object_id(BLOB, third), base=base_id),
    ]
    write_pack(pack_folder(empty), entries, version=version)
    assert empty.git("cat-file", "blob", object_id(BLOB, third)).encode() == third.strip()
    run = empty.scan()
    assert run.secrets == set(values)
    assert run.code == 1, run
    assert complete(run)


def hostile(value: str) -> dict[str, list[Entry]]:
    """Name -> entries of which the last one cannot be read; its id is `victim`."""
    base = content(value)
    good = Entry(BLOB, base)
    victim, other = "ab" * 20, "cd" * 20
    whole = delta(len(base), len(base), copy(0, len(base)))
    return {
        "delta to 2^60 bytes": [
            good,
            Entry(OFS_DELTA, delta(len(base), 1 << 60, copy(0, 8)), victim, base=1),
        ],
        "delta from 2^60 bytes": [
            good,
            Entry(OFS_DELTA, delta(1 << 60, 8, copy(0, 8)), victim, base=1),
        ],
        "object of 2^60 bytes": [good, Entry(BLOB, b"abc", victim, size=1 << 60)],
        "delta of 2^60 bytes": [good, Entry(OFS_DELTA, whole, victim, base=1, size=1 << 60)],
        "size that does not end": [
            good,
            Entry(BLOB, b"", victim, stream=b"\xff" * 40 + zlib.compress(b"abc")),
        ],
        "delta size that does not end": [
            good,
            Entry(OFS_DELTA, b"\xff" * 40, victim, base=1),
        ],
        "copy beyond the base": [
            good,
            Entry(OFS_DELTA, delta(len(base), 100, copy(len(base) - 1, 100)), victim, base=1),
        ],
        "copy that ends early": [
            good,
            Entry(OFS_DELTA, delta(len(base), 100, b"\xff\x01"), victim, base=1),
        ],
        "insert beyond the end": [
            good,
            Entry(OFS_DELTA, delta(len(base), 100, b"\x7fabc"), victim, base=1),
        ],
        "instruction 0": [good, Entry(OFS_DELTA, delta(len(base), 3, b"\0abc"), victim, base=1)],
        "makes less than it says": [
            good,
            Entry(OFS_DELTA, delta(len(base), 500, copy(0, 8)), victim, base=1),
        ],
        "makes more than it says": [
            good,
            Entry(OFS_DELTA, delta(len(base), 4, copy(0, 8)), victim, base=1),
        ],
        "empty delta": [good, Entry(OFS_DELTA, b"", victim, base=1)],
        "delta of itself by offset": [good, Entry(OFS_DELTA, whole, victim, distance=0)],
        "base before the pack": [good, Entry(OFS_DELTA, whole, victim, distance=1 << 40)],
        "base inside an entry": [good, Entry(OFS_DELTA, whole, victim, distance=5)],
        "delta of itself by name": [good, Entry(REF_DELTA, whole, victim, base=victim)],
        "two deltas of each other": [
            good,
            Entry(REF_DELTA, whole, other, base=victim),
            Entry(REF_DELTA, whole, victim, base=other),
        ],
        "base that is nowhere": [good, Entry(REF_DELTA, whole, victim, base="ef" * 20)],
        "type 0": [good, Entry(0, b"abc", victim)],
        "type 5": [good, Entry(5, b"abc", victim)],
        "no stream": [good, Entry(BLOB, b"abc", victim, stream=b"no stream")],
        "stream cut off": [
            good,
            Entry(BLOB, b"abc" * 99, victim, stream=zlib.compress(b"abc" * 99)[:9]),
        ],
        "stream too long": [
            good,
            Entry(BLOB, b"abc", victim, stream=zlib.compress(b"abc" * 99)),
        ],
    }


VICTIM = "ab" * 20


@pytest.mark.parametrize("case", sorted(hostile("x")))
def test_a_hostile_entry_is_named_and_the_rest_found(empty: Small, case: str) -> None:
    value = secret("good entry")
    write_pack(pack_folder(empty), hostile(value)[case])
    run = empty.scan()
    assert run.secrets == {value}, run
    assert run.code == 3, run
    assert f"object {VICTIM}" in run.skipped


def test_a_long_loop_of_deltas(empty: Small) -> None:
    value = secret("beside the loop")
    size = 2000
    names = [f"{n + 1:040x}" for n in range(size)]
    step = delta(3, 3, copy(0, 3))
    loop = [Entry(REF_DELTA, step, names[n], base=names[(n + 1) % size]) for n in range(size)]
    write_pack(pack_folder(empty), [Entry(BLOB, content(value)), *loop])
    run = empty.scan()
    assert run.secrets == {value}
    assert run.code == 3, run
    assert names[0] in run.skipped
    assert names[-1] in run.skipped


def test_a_chain_of_4095_deltas(empty: Small) -> None:
    """Depth is memory or recursion for a careless reader; the secrets are at both ends."""
    first, last = secret("chain's root"), secret("chain's end")
    data = content(first)
    entries = [Entry(BLOB, data)]
    for number in range(4095):
        added = b"%d\n" % number if number < 4094 else content(last)
        made = added + data[:400]
        ops = insert(added) + copy(0, min(400, len(data)))
        step = delta(len(data), len(made), ops)
        entries.append(Entry(OFS_DELTA, step, object_id(BLOB, made), base=1))
        data = made
    write_pack(pack_folder(empty), entries)
    run = empty.scan()
    assert {first, last} <= run.secrets
    assert run.code == 1, run
    assert complete(run)


def test_a_delta_bomb_is_refused_in_bounded_time(empty: Small) -> None:
    """Each delta makes its base sixteen times as large: 2^44 bytes from a few hundred."""
    value = secret("beside the bomb")
    size = 1 << 12
    entries = [Entry(BLOB, content(value)), Entry(BLOB, b"\n" * size)]
    for number in range(8):
        made = size * 16
        whole = b"".join(
            copy(at, min(0xFFFFFF, size - at)) for at in range(0, min(size, 1 << 27), 0xFFFFFF)
        )
        step = varint(size) + varint(made) + whole * 16
        entries.append(Entry(OFS_DELTA, step, f"{number + 10:040x}", base=1))
        size = made
    write_pack(pack_folder(empty), entries)
    run = empty.scan()
    assert run.secrets == {value}
    assert run.code == 3, run
    assert f"{17:040x}" in run.skipped


def test_a_thin_pack(small: Small) -> None:
    """Its base is loose. Found or named, but not passed over."""
    value = secret("thin")
    base = bytes(small.git("cat-file", "blob", small.blobs[0]).encode())
    made = content(value)
    step = delta(len(base), len(made), insert(made))
    name = object_id(BLOB, made)
    write_pack(pack_folder(small), [Entry(REF_DELTA, step, name, base=small.blobs[0])])
    run = small.scan()
    assert small.missed(run) == []
    assert value in run.secrets or (run.code == 3 and name in run.skipped), run


def test_a_pack_that_claims_another_number_of_entries(empty: Small) -> None:
    value = secret("counted")
    for count in (0, 1, 3, 0xFFFFFFFF):
        path = write_pack(
            pack_folder(empty),
            [Entry(BLOB, content(value)), Entry(BLOB, b"other\n")],
            count=count,
            name=f"{count:040x}",
        )
        run = empty.scan()
        assert run.code == 3, run
        assert path.stem in run.skipped or object_id(BLOB, b"other\n") in run.skipped
        path.unlink()
        path.with_suffix(".idx").unlink()


def test_commits_and_trees_in_a_hostile_pack(empty: Small) -> None:
    """A commit whose tree is a blob, a tree whose entry is a commit, under a ref."""
    value = secret("kinds mixed up")
    blob = content(value)
    blob_id = object_id(BLOB, blob)
    person = b"Ada <ada@localhost> 1600000000 +0000"
    lines = b"\nauthor " + person + b"\ncommitter " + person + b"\n\nMixed\n"
    commit = b"tree " + blob_id.encode() + lines
    commit_id = object_id(COMMIT, commit)
    tree = b"100644 a\0" + bytes.fromhex(commit_id) + b"40000 b\0" + bytes.fromhex(blob_id)
    tree_id = object_id(TREE, tree)
    second = b"tree " + tree_id.encode() + b"\nparent " + commit_id.encode() + lines
    entries = [
        Entry(BLOB, blob), Entry(COMMIT, commit), Entry(TREE, tree), Entry(COMMIT, second),
    ]  # fmt: skip
    write_pack(pack_folder(empty), entries)
    ref = empty.folder / ".git" / "refs" / "heads" / "main"
    ref.parent.mkdir(parents=True, exist_ok=True)
    ref.write_text(object_id(COMMIT, second) + "\n")
    run = empty.scan()
    assert run.secrets == {value}
    assert run.code in (1, 3), run
