"""Names for secrets: readable, stable, valid as environment variables (`[A-Z_][A-Z0-9_]*`).

Pure functions: the same input always gives the same names, whatever the order it came in.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LIMIT = 64


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Containers that say how a format nests, not what a value is.
_NOISE = _set(
    "data stringdata spec environment env environ properties settings config configuration "
    "values vars variables parameters services options"
)
# Last words that name no secret without the words before them.
_VAGUE = _set(
    "API_KEY APIKEY AUTH CREDENTIAL CREDENTIALS KEY PASS PASSWD PASSWORD PRIVATE_KEY PWD SECRET "
    "SECRET_KEY TOKEN ACCESS_TOKEN AUTH_TOKEN URL URI DSN VALUE USER USERNAME"
)
# Variables that change how programs start: a vault entry must never be exported as one of these.
_RESERVED = _set(
    "PATH HOME USER LOGNAME SHELL IFS ENV BASH_ENV PS4 PWD OLDPWD TERM LANG TMPDIR HOSTNAME "
    "PYTHONPATH PYTHONHOME PYTHONSTARTUP NODE_OPTIONS NODE_PATH RUBYOPT RUBYLIB PERL5OPT PERL5LIB "
    "PERL5DB JAVA_TOOL_OPTIONS CLASSPATH GIT_SSH GIT_SSH_COMMAND GIT_EXTERNAL_DIFF EDITOR VISUAL "
    "PAGER PROMPT_COMMAND GLIBC_TUNABLES GCONV_PATH ANT_OPTS MAVEN_OPTS"
)
_RESERVED_PREFIXES = ("LD_", "DYLD_", "BASH_FUNC_", "GIT_CONFIG")

_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ENV_STYLE = re.compile(r"[A-Z_][A-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Wish:
    """A value that needs a name. digest: equal for equal values (Secret.digest); path: the file
    it stands in; key_path: where in the file; provider: a hint such as "github"."""

    digest: bytes
    path: str
    key_path: tuple[str, ...]
    provider: str = ""


def is_env_name(name: str) -> bool:
    """Whether `name` is valid as a variable and as an entry of the embedded vault."""
    return _ENV_STYLE.fullmatch(name) is not None


def is_reserved(name: str) -> bool:
    """Whether a variable of this name changes how programs start instead of holding a secret."""
    return name in _RESERVED or name.startswith(_RESERVED_PREFIXES)


def env_name(key_path: Sequence[str], provider_hint: str = "") -> str:
    """The name for the value at `key_path` (outermost first).

    `("spring", "dataSource", "password")` gives SPRING_DATA_SOURCE_PASSWORD. Containers of the
    format are dropped, list indices are kept, a vague word alone gets the provider before it, and
    a name over 64 characters keeps its end and a hash of the whole.
    """
    words = [word for segment in key_path if (word := _word(segment))]
    kept = [word for word in words[:-1] if word.lower() not in _NOISE] + words[-1:]
    if words and _says_it_all(key_path[-1]):
        kept = words[-1:]
    return _finished("_".join(_without_echo(kept)), _word(provider_hint))


def distinct_names(wishes: Sequence[Wish], taken: Mapping[str, bytes] | None = None) -> list[str]:
    """A name for each wish, in order. taken: names of existing entries with their digests.

    Equal values share one name, an existing entry's if there is one. Different values never share
    a name, nor take an existing entry's: the later ones (by path and key path) are told apart by
    their file, then their folder, then a number.
    """
    taken = taken or {}
    owner = dict(taken)
    by_value: dict[bytes, list[Wish]] = defaultdict(list)
    for wish in wishes:
        by_value[wish.digest].append(wish)
    known = {digest: name for name, digest in sorted(taken.items(), reverse=True)}
    names: dict[bytes, str] = {}
    for group in sorted(by_value.values(), key=lambda group: min(map(_order, group))):
        digest = group[0].digest
        name = _existing(group, taken) or known.get(digest) or _free(group, owner)
        owner[name] = digest
        names[digest] = name
    return [names[wish.digest] for wish in wishes]


def _order(wish: Wish) -> tuple[int, str, tuple[str, ...]]:
    return wish.path.count("/"), wish.path, wish.key_path


def _existing(group: Sequence[Wish], taken: Mapping[str, bytes]) -> str:
    """The taken name, with this very value, that one of the wishes would choose by itself."""
    wished = sorted({env_name(wish.key_path, wish.provider) for wish in group})
    return next((name for name in wished if taken.get(name) == group[0].digest), "")


def _free(group: Sequence[Wish], owner: Mapping[str, bytes]) -> str:
    """The first candidate nobody owns. The commonest wish wins, then the shortest."""
    votes: dict[str, list[Wish]] = defaultdict(list)
    for wish in group:
        votes[env_name(wish.key_path, wish.provider)].append(wish)
    best = min(votes, key=lambda name: (-len(votes[name]), len(name), name))
    first = min(votes[best], key=_order)
    folders = first.path.split("/")[:-1]
    stem = _stem(first.path)
    candidates = [best]
    if stem:
        candidates.append(_finished(f"{best}_{stem}", ""))
    if folders and _word(folders[-1]):
        candidates.append(_finished(f"{best}_{_word(folders[-1])}", ""))
        if stem:
            candidates.append(_finished(f"{best}_{_word(folders[-1])}_{stem}", ""))
    for name in candidates:
        if name not in owner:
            return name
    number = 2
    while (name := _finished(f"{best}_{number}", "")) in owner:
        number += 1
    return name


def _stem(path: str) -> str:
    """What tells a file from its siblings: prod of config/prod.yaml, PRODUCTION of
    .env.production, nothing of .env."""
    name = re.sub(r"^\.?env(?=\.|$)", "", path.rsplit("/", 1)[-1])
    return _word(re.sub(r"(?<=.)\.[A-Za-z0-9]{1,10}$", "", name))


def _says_it_all(segment: str) -> bool:
    """Whether a key is an environment variable's name already: DB_PASSWORD, GITHUB_TOKEN."""
    return "_" in segment and is_env_name(segment) and segment.strip("_") not in _VAGUE


def _word(segment: str) -> str:
    """ENV_STYLE letters of one key; letters outside ASCII that have no base letter become a hash,
    so that two such keys stay two names."""
    plain = unicodedata.normalize("NFKD", segment)
    ascii_only = plain.encode("ascii", "ignore").decode()
    text = re.sub(r"[^A-Za-z0-9]+", "_", _HUMPS.sub("_", ascii_only)).strip("_").upper()
    lost = any(char.isalnum() and not char.isascii() for char in plain)
    if lost:
        text = f"{text}_X{_hash(segment, 6)}".lstrip("_")
    return text


def _without_echo(words: Sequence[str]) -> list[str]:
    """Drop a word that the next one starts with: db.db_password is DB_PASSWORD."""
    kept: list[str] = []
    for word in words:
        if kept and (word == kept[-1] or word.startswith(kept[-1] + "_")):
            kept.pop()
        kept.append(word)
    return kept


def _finished(name: str, provider: str) -> str:
    if not name or name in _VAGUE:
        name = "_".join(part for part in (provider, name or "SECRET") if part)
    if name[0].isdigit():
        name = "_" + name
    if is_reserved(name):
        name = f"{name}_SECRET" if name in _RESERVED else f"SECRET_{name}"
    if len(name) > LIMIT:
        tail = name[-(LIMIT - 9) :]
        cut = tail.find("_", 0, 24)
        tail = tail[cut + 1 :]
        name = f"{tail}_{_hash(name, 8)}"
        name = "_" + name if name[0].isdigit() else name
    return name


def _hash(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length].upper()
