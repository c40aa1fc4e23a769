"""The only file that spells git: what a repository holds, asked safely.

The repository may be hostile: no hook, filter, file-system monitor, pager, external diff or network
access that its configuration names is started, and nothing is written into it. The environment's
GIT_* variables do not reach git (the index file of a running commit does, where it is asked for).
"""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from scanner.errors import GitError
from scanner.git.process import run
from scanner.record import record

_SAFE = (
    "-c", "core.fsmonitor=false",
    "-c", "core.untrackedCache=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.pager=cat",
    "-c", "diff.external=",
    "-c", "protocol.allow=never",
    "-c", "submodule.recurse=false",
)  # fmt: skip
_BATCH = 64  # objects held in memory at once
# https://git-scm.com/docs/git-receive-pack#_quarantine_environment
_RECEIVER = (
    "GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH",
)  # fmt: skip
_received: dict[str, str] = {}  # what reaches git while `quarantine` or another is open


@record
class Staged:
    """A path of the index that differs from HEAD: its blob's id (hex) and mode (octal text)."""

    path: str
    blob_id: str
    mode: str


def top_of(path: str) -> str | None:
    """The work tree that holds `path` (a folder or file), found without starting git."""
    folder = os.path.abspath(path)
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def is_bare(folder: str) -> bool:
    """Whether `folder` is a repository without a work tree, by its layout."""
    parts = ("HEAD", "objects", "refs")
    return all(os.path.exists(os.path.join(folder, part)) for part in parts)


@record
class Repository:
    """Where a repository is. top: what git is started for. git_dir: of this work tree, common: of
    all of its work trees, objects: the object folder. hash_size: bytes of an id. shallow: history
    is cut off. partial: objects were left on a server.
    """

    top: str
    git_dir: str
    common: str
    objects: str
    hash_size: int
    shallow: bool
    partial: bool


def describe(path: str) -> Repository:
    """The repository at a work tree, a linked one or a bare folder. GitError if it is none."""
    arguments = ["rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir",
                 "--git-path", "objects", "--show-object-format",
                 "--is-shallow-repository"]  # fmt: skip
    lines = [os.fsdecode(line) for line in _run(path, arguments).split(b"\n")]
    git_dir, common, objects, kind, shallow = lines[:5]
    sizes = {"sha1": 20, "sha256": 32}
    if kind not in sizes:
        raise GitError(
            f"object format {kind!r} is not known ({path})", "a newer unleak may know it"
        )
    packs = os.path.join(objects, "pack")
    names = os.listdir(packs) if os.path.isdir(packs) else []
    partial = any(name.endswith(".promisor") for name in names)
    return Repository(path, git_dir, common, objects, sizes[kind], shallow == "true", partial)


def listed_files(top: str, under: Sequence[str] = ()) -> list[str]:
    """Tracked files and untracked ones that are not ignored, relative to `top`.

    Submodules and nested repositories stand in the list as folders. under: relative paths.
    """
    arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    output = _run(top, [*arguments, *(f":(literal){path}" for path in under)])
    names = dict.fromkeys(name for name in output.split(b"\0") if name)
    return [os.fsdecode(name).rstrip("/") for name in names]


def staged_files(top: str) -> list[Staged]:
    """What a commit would add or change: the index against HEAD, which need not exist yet.

    All stages of an unmerged path are given. Deleted paths and submodules are left out.
    """
    arguments = ["diff", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff",
                 "--no-textconv", "--ignore-submodules=all", "--diff-filter=ACMTU"]  # fmt: skip
    parts = _run(top, arguments, index=True).split(b"\0")
    found: list[Staged] = []
    unmerged = False
    for head, name in zip(parts[::2], parts[1::2], strict=False):
        _, mode, _, blob_id, status = head.decode("ascii").split(" ")
        unmerged = unmerged or status.startswith("U")
        if not status.startswith("U") and mode.startswith("100"):
            found.append(Staged(os.fsdecode(name), blob_id, mode))
    return found + (_unmerged(top) if unmerged else [])


def _unmerged(top: str) -> list[Staged]:
    entries = _run(top, ["ls-files", "-u", "-z"], index=True).split(b"\0")
    found = []
    for entry in filter(None, entries):
        facts, _, name = entry.partition(b"\t")
        mode, blob_id, _ = facts.decode("ascii").split(" ")
        if mode.startswith("100"):
            found.append(Staged(os.fsdecode(name), blob_id, mode))
    return found


def index_entries(repository: Repository) -> dict[str, tuple[str, ...]]:
    """Blob id -> paths in the indexes of all work trees; a broken index counts as empty."""
    linked = os.path.join(repository.common, "worktrees")
    others = sorted(os.listdir(linked)) if os.path.isdir(linked) else []
    found: dict[str, tuple[str, ...]] = {}
    for folder in (repository.common, *(os.path.join(linked, name) for name in others)):
        if not os.path.exists(os.path.join(folder, "index")):
            continue
        try:
            listing = _run(repository.top, [f"--git-dir={folder}", "ls-files", "-s", "-z"])
        except GitError:
            continue
        for entry in filter(None, listing.split(b"\0")):
            facts, _, name = entry.partition(b"\t")
            blob_id, path = facts.split(b" ")[1].decode("ascii"), os.fsdecode(name)
            if path not in found.get(blob_id, ()):
                found[blob_id] = (*found.get(blob_id, ()), path)
    return found


def is_tracked(top: str, path: str) -> bool:
    """Whether git tracks `path` (relative to `top`)."""
    return bool(_run(top, ["ls-files", "-z", "--cached", "--", f":(literal){path}"]))


def read_blobs(top: str, ids: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    """(id, content) in the order asked for; None for an object that is missing or broken.

    Loose objects, which fresh content is, are read without starting git.
    """
    objects = _object_folder(top)
    packed: list[str] = []
    for blob_id in ids:
        content = _loose(objects, blob_id)
        if content is not None and not packed:
            yield blob_id, content
        else:
            packed.append(blob_id)
    for first in range(0, len(packed), _BATCH):
        yield from _batch(top, packed[first : first + _BATCH])


def _object_folder(top: str) -> str:
    """The object folder of a plain work tree; "" where only git knows (worktrees, submodules)."""
    folder = os.path.join(top, ".git", "objects")
    return folder if os.path.isdir(folder) else ""


def _loose(objects: str, blob_id: str) -> bytes | None:
    if not objects:
        return None
    try:
        with open(os.path.join(objects, blob_id[:2], blob_id[2:]), "rb") as stream:
            raw = zlib.decompress(stream.read())
    except (OSError, zlib.error):
        return None
    header, separator, content = raw.partition(b"\0")
    if not separator or header != b"blob %d" % len(content):
        return None
    return content


def _batch(top: str, ids: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    request = "".join(f"{blob_id}\n" for blob_id in ids).encode()
    output = _run(top, ["cat-file", "--batch"], stdin=request)
    offset = 0
    for blob_id in ids:
        end = output.find(b"\n", offset)
        header = output[offset:end].split(b" ")
        offset = end + 1
        if len(header) == 3 and header[1] == b"blob":
            size = int(header[2])
            yield blob_id, output[offset : offset + size]
            offset += size + 1
        else:
            yield blob_id, None


def commits_with(top: str, path: str, values: Sequence[bytes]) -> list[int]:
    """For each value: how many commits (of any ref) changed `path` to a version that holds it.

    The values never leave this process: blobs are read and searched here.
    """
    import git

    arguments = ["log", "--all", "--no-renames", "--raw", "--no-abbrev", "--format=%x00", "-m"]
    arguments += ["--no-ext-diff", "--no-textconv", "--first-parent", "--", f":(literal){path}"]
    try:
        with git.Repo(top) as repository:
            log = repository.git.execute(
                ["git", *_SAFE, *arguments], env=_environment(index=False), stdout_as_string=True
            )
    except git.GitError as problem:
        raise GitError(f"git cannot tell which commits hold a value ({top})") from problem
    ids = [line.split(" ")[3] for line in str(log).splitlines() if line.startswith(":")]
    counts = [0] * len(values)
    times = Counter(ids)
    for blob_id, content in read_blobs(top, [i for i in times if i.strip("0")]):
        for number, value in enumerate(values):
            counts[number] += times[blob_id] * (value in (content or b""))
    return counts


@contextmanager
def quarantine() -> Iterator[None]:
    """Inside, git sees objects that a push has brought and that are not accepted yet.

    A server's hook is told by its environment where they are; without that nothing changes.
    """
    if os.environ.get("GIT_QUARANTINE_PATH"):
        _received.update((name, os.environ[name]) for name in _RECEIVER if name in os.environ)
        if "GIT_DIR" in _received:  # relative to the hook's folder, which is not git's
            _received["GIT_DIR"] = os.path.abspath(_received["GIT_DIR"])
    try:
        yield
    finally:
        _received.clear()


@contextmanager
def without_work_tree() -> Iterator[None]:
    """Inside, git does not look for the work tree that a repository's configuration names.

    A submodule's may be gone, which ends git at once. What only git's own folders hold can then be
    asked for from such a folder, also where the user lets git look for no bare repositories.
    """
    given = {
        "GIT_WORK_TREE": ".",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.bareRepository",
        "GIT_CONFIG_VALUE_0": "all",
    }
    _received.update(given)
    try:
        yield
    finally:
        for name in given:
            _received.pop(name, None)


def _environment(*, index: bool) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    if index and os.environ.get("GIT_INDEX_FILE"):
        kept["GIT_INDEX_FILE"] = os.path.abspath(os.environ["GIT_INDEX_FILE"])
    kept.update(_received)
    kept.update(
        GIT_OPTIONAL_LOCKS="0",
        GIT_NO_LAZY_FETCH="1",
        GIT_ALLOW_PROTOCOL="none",  # whatever the repository's configuration allows by name
        GIT_TERMINAL_PROMPT="0",
        GIT_ATTR_NOSYSTEM="1",
        GIT_NO_REPLACE_OBJECTS="1",
        LC_ALL="C",
    )
    return kept


def _run(top: str, arguments: list[str], *, index: bool = False, stdin: bytes = b"") -> bytes:
    command = ["git", "-C", top, "--no-pager", *_SAFE, *arguments]
    try:
        code, output, said = run(command, _environment(index=index), stdin)
    except FileNotFoundError as problem:
        hint = "install git, or scan with --no-gitignore"
        raise GitError("git is not installed", hint) from problem
    except OSError as problem:
        raise GitError(f"git cannot be started in {top}: {problem.strerror}") from problem
    if code:
        raise _problem(top, said.decode("utf-8", "replace"))
    return output


def _problem(top: str, said: str) -> GitError:
    lines = said.strip().splitlines() or ["git failed without a word"]
    line = next((one for one in lines if one.startswith(("fatal:", "error:"))), lines[0])
    hint = "run 'git status' there to see what is wrong"
    if "dubious ownership" in said:
        line = f"fatal: the repository at {top} belongs to another user"
        hint = f"if you trust it: git config --global --add safe.directory {top}"
    elif "index" in line:
        hint = "the index is damaged: 'git reset' builds it anew from HEAD"
    return GitError(f"git: {line.removeprefix('fatal: ')} ({top})", hint)
