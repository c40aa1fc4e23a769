"""Fetch objects that a partial clone left on its server. Nothing else here touches a network.

The scanned repository may be hostile, and fetching starts programs by configuration: so git runs in
an empty repository of its own, made for the purpose, which shares nothing but the object store.
Of the scanned repository's configuration only the URLs of its promisor remotes are read; its hooks,
helpers, proxies, commands and rewritten URLs do not exist there. The user's own
(global and system) configuration holds, but for hooks and monitors, and so do those variables of
the environment that say how to connect. Local repositories serve without fetching themselves.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from scanner.errors import GitError
from scanner.git.process import run
from scanner.git.repository import _SAFE, Repository, _environment, _run
from scanner.record import record

PROTOCOLS = "https:http:ssh:git:file"
_MOST_REFUSED = 16  # ids a server may say it does not have, each of which costs another request
# By these a user says how to connect; git itself sets none of them for the programs that it starts.
_CONNECTION = (
    "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY", "GIT_SSL_NO_VERIFY", "GIT_SSL_VERSION",
    "GIT_PROXY_SSL_CAINFO", "GIT_PROXY_SSL_CERT", "GIT_PROXY_SSL_KEY", "GIT_HTTP_PROXY_AUTHMETHOD",
    "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
)  # fmt: skip
_FETCH = (
    "-c", "fetch.negotiationAlgorithm=noop", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=120",  # seconds without a byte
    "-c", "core.alternateRefsCommand=:",  # git is not to ask alternates, which are others' stores
    "fetch", "--quiet", "--stdin", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
    "--no-write-commit-graph", "--recurse-submodules=no",
)  # fmt: skip
# A shell runs this for a repository on this machine. What is missing there is not fetched on: its
# configuration is nobody's that is trusted. Older versions of git know only the first variable.
_SERVE_LOCALLY = "GIT_ALLOW_PROTOCOL=none GIT_NO_LAZY_FETCH=1 git-upload-pack"
_REFUSED = re.compile(r"not our ref ([0-9a-f]{40,64})\b")
_URL = re.compile(r"'?\b[a-z][a-z0-9+.-]*:/?/[^\s']*'?|\S*@\S+")
_NAME = "promisor"


@record
class Remote:
    """Where objects were left. url: as configured; it may hold a password."""

    name: str
    url: str


def promisor_remotes(top: str) -> list[Remote]:
    """The remotes that promise what a partial clone lacks, in the order of the configuration.

    https://git-scm.com/docs/partial-clone. GitError when the configuration cannot be read.
    """
    first = ""
    facts: dict[str, dict[str, str]] = {}
    listing = _run(top, ["config", "--local", "--no-includes", "-z", "--list"])
    for line in filter(None, listing.split(b"\0")):
        key, separator, value = os.fsdecode(line).partition("\n")
        section, _, rest = key.partition(".")
        name, _, fact = rest.rpartition(".")
        if key == "extensions.partialclone":
            first = value
        elif section == "remote" and name:
            known = facts.setdefault(name, {})
            if fact == "url":
                known.setdefault(fact, value)  # git fetches from the first
            else:
                known[fact] = value if separator else "true"
    promised = [
        name for name in facts if name == first or _is_true(facts[name].get("promisor", ""))
    ]
    promised.sort(key=lambda name: name != first)
    return [Remote(name, facts[name]["url"]) for name in promised if facts[name].get("url")]


def fetch(repository: Repository, remote: Remote, ids: Sequence[str]) -> str:
    """Fetch objects by their ids (hex) into the repository's object store.

    A tree comes with all its folders, a commit with all that came before; files come only by their
    own ids. The answer is why not all could be fetched, "" when git was content; it holds no part
    of a URL.
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="unleak-fetch-") as folder:
        _make_empty(folder, repository.hash_size)
        given = _surroundings(repository, remote.url, folder)
        url = _asked(repository.top, given, ["ls-remote", "--get-url", _NAME])[1].strip()
        program = _SERVE_LOCALLY if _is_local(url) else "git-upload-pack"
        left, refused = list(dict.fromkeys(ids)), 0
        while left:
            request = "".join(f"{one}\n" for one in left).encode("ascii")
            command = [*_FETCH, f"--upload-pack={program}", _NAME]
            code, _, said = _asked(repository.top, given, command, request)
            if not code:
                break
            gone = set(_REFUSED.findall(said)) & set(left)
            refused += len(gone)
            if not gone:
                return _reason(said, remote.name)
            if refused > _MOST_REFUSED:
                lacks = f"does not have {refused} of the objects or more"
                return f"nothing was fetched from remote {remote.name}, which {lacks}"
            left = [one for one in left if one not in gone]
    return f"remote {remote.name} does not have {refused} of the objects" if refused else ""


def _make_empty(folder: str, hash_size: int) -> None:
    """The least that git takes for a repository."""
    os.mkdir(os.path.join(folder, "refs"))
    files = {
        "HEAD": "ref: refs/heads/none\n",
        "config": "[core]\n\trepositoryformatversion = 1\n\tbare = true\n"
        + ("[extensions]\n\tobjectformat = sha256\n" if hash_size == 32 else ""),
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as stream:
            stream.write(text)


def _surroundings(repository: Repository, url: str, folder: str) -> dict[str, str]:
    """The environment to fetch in. The URL stands there, and not in an argument: it may hold a
    password."""
    environment = _environment(index=False)
    environment |= {name: os.environ[name] for name in _CONNECTION if name in os.environ}
    for name in ("GIT_WORK_TREE", *(one for one in environment if one.startswith("GIT_CONFIG_"))):
        if name not in _CONNECTION:
            environment.pop(name, None)
    facts = _users_own()
    facts += [
        (f"remote.{_NAME}.url", url),
        (f"remote.{_NAME}.promisor", "true"),
        (f"remote.{_NAME}.partialclonefilter", "blob:none"),
    ]
    for number, (key, value) in enumerate(facts):
        environment[f"GIT_CONFIG_KEY_{number}"] = key
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment | {
        "GIT_CONFIG_COUNT": str(len(facts)),
        "GIT_DIR": folder,
        "GIT_OBJECT_DIRECTORY": repository.objects,
        "GIT_ALLOW_PROTOCOL": PROTOCOLS,
    }


def _users_own() -> list[tuple[str, str]]:
    """Configuration that the user's environment holds.

    https://git-scm.com/docs/git-config#ENVIRONMENT
    """
    count = os.environ.get("GIT_CONFIG_COUNT", "")
    pairs = []
    for number in range(int(count) if count.isdigit() and len(count) < 4 else 0):
        names = (f"GIT_CONFIG_KEY_{number}", f"GIT_CONFIG_VALUE_{number}")
        if all(name in os.environ for name in names):
            pairs.append((os.environ[names[0]], os.environ[names[1]]))
    return pairs


def _asked(
    top: str, environment: dict[str, str], arguments: Sequence[str], stdin: bytes = b""
) -> tuple[int, str, str]:
    command = ["git", "-C", top, "--no-pager", *_SAFE, *arguments]
    try:
        code, output, said = run(command, environment, stdin)
    except OSError as problem:
        raise GitError(f"git cannot be started in {top}: {problem.strerror}") from problem
    return code, os.fsdecode(output), said.decode("utf-8", "replace")


def _is_local(url: str) -> bool:
    """Whether git serves a URL by a program on this machine.

    https://git-scm.com/docs/git-fetch#_git_urls
    """
    if "://" in url:
        return url.startswith("file://")
    return ":" not in url.partition("/")[0]


def _is_true(text: str) -> bool:
    return text.lower() in ("true", "yes", "on", "1")


def _reason(said: str, name: str) -> str:
    """What git said went wrong, without URLs, which may hold a password."""
    lines = said.strip().splitlines() or ["git failed without a word"]
    wrong = [one for one in lines if one.startswith("fatal:")]
    wrong += [one for one in lines if one.startswith("error:")]
    line = (wrong or lines)[0]
    line = _URL.sub("the remote", line.removeprefix("fatal: ").removeprefix("error: "))
    return f"nothing could be fetched from remote {name}: {line[:200]}"
