"""A small tree with secrets, a vault in memory, and findings without the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from scanner.errors import EditError, VaultConflictError
from scanner.migrate.apply import Context, Outcome, apply
from scanner.migrate.edit import read_file
from scanner.migrate.journal import Journal
from scanner.migrate.plan import Target, make_plan
from scanner.migrate.undo import Undone, undo
from scanner.migrate.verify import references_in
from scanner.model import Finding, Origin, Place, Plan, Reference, Secret, Step, mask
from scanner.references.environment import ENV_PATH
from scanner.references.syntax import parse_reference


class MemoryVault:
    """protocols.Vault in a dictionary; `calls` names what was asked of it."""

    def __init__(self, **values: bytes) -> None:
        self.values = values
        self.calls: list[str] = []

    def preflight(self, *, write: bool) -> None:
        self.calls.append(f"preflight {write}")

    def reference(self, name: str) -> Reference:
        return Reference("sops", ".unleak/vault.sops.yaml", name)

    def read(self, references: Sequence[Reference]) -> dict[Reference, Secret]:
        self.calls.append("read")
        return {r: Secret(self.values[r.key]) for r in references if r.key in self.values}

    def create(self, entries: Sequence[tuple[Reference, Secret]]) -> None:
        self.calls.append("create")
        for reference, secret in entries:
            if self.values.get(reference.key, secret.reveal()) != secret.reveal():
                raise VaultConflictError(f"the vault holds another value under {reference.key}")
        self.values |= {r.key: s.reveal() for r, s in entries}

    def replace(self, reference: Reference, secret: Secret) -> None:
        self.values[reference.key] = secret.reveal()

    def delete(self, references: Sequence[Reference]) -> None:
        self.calls.append("delete")
        for reference in references:
            self.values.pop(reference.key, None)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.values))


class Tree:
    """Files, the findings in them, and a run over them."""

    def __init__(self, folder: Path, made: Callable[..., str]) -> None:
        self.root = folder / "tree"
        self.root.mkdir()
        self.made = made
        self.secrets: list[bytes] = []
        self.vault = MemoryVault()
        self.journal = Journal(str(self.root), str(folder / "state"))
        self.run = ""
        self.names: dict[str, str] = {}

    def write(self, path: str, text: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def read(self, path: str) -> bytes:
        data = read_file(str(self.root), path)
        if data is None:
            raise EditError(f"{path}: is not there any more")
        return data

    def files(self) -> dict[str, bytes]:
        paths = [path for path in self.root.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}

    def plant(self, path: str, text: str, seed: str = "", **facts) -> Finding:
        """Write `text` with a value for `{}` and find that value."""
        value = self.made(seed or path)
        self.write(path, text.replace("{}", value))
        return self.finding(path, value.encode(), **facts)

    def finding(self, path: str, value: bytes, **facts) -> Finding:
        if value not in self.secrets:
            self.secrets.append(value)
        data = (self.root / path).read_bytes()
        start = facts.pop("start", data.index(value))
        given = {"rule": "generic-secret", "key": "", "confidence": "high", **facts}
        line = data.count(b"\n", 0, start) + 1
        return Finding(
            secret=Secret(value), blob_id="", places=(Place(path),), start=start,
            end=start + len(value), line=line, column=1, end_line=line, end_column=1,
            severity="high", score=1.0, masked=mask(value), **given,
        )  # fmt: skip

    def past(self, path: str, seed: str, *commits: str, value: bytes = b"", **facts) -> Finding:
        """A finding that only history holds: `commits` brought it in there, the first one first."""
        value = value or self.made(seed).encode()
        self.secrets.append(value)
        ids = [commit * 40 for commit in commits]
        places = tuple(Place(path, one) for one in ids) or (Place(path),)
        where = {"refs": ("refs/heads/release", "refs/tags/v1"), "refs_total": 2}
        begin = {"commit": ids[0], "first": ids[0], "last": ids[-1]} if ids else {}
        origin = Origin(commits=len(ids), **begin, **(where if ids else {}))
        given = {"rule": "generic-secret", "key": "DB_PASSWORD", "origin": origin, **facts}
        return Finding(
            secret=Secret(value), blob_id="", places=places, start=0, end=len(value), line=1,
            column=1, end_line=1, end_column=1, severity="high", confidence="high", score=1.0,
            masked=mask(value), **given,
        )  # fmt: skip

    def plan(self, *findings: Finding, taken: Mapping[str, bytes] | None = None, **more) -> Plan:
        target = Target("sops", self.vault.reference, taken or {})
        more = {"providers": {}, **more}
        return make_plan(str(self.root), findings, self.read, target, **more)

    def rescan(self, path: str, data: bytes) -> list[Finding]:
        self.write("../rescanned", data)
        found = [self.finding("../rescanned", v) for v in self.secrets if v in data]
        (self.root / "../rescanned").unlink()
        return found

    def context(self, **more) -> Context:
        self.run = self.journal.start({"vault": "sops"})
        facts = {"journal": self.journal, "vault": self.vault, "rescan": self.rescan, **more}
        return Context(str(self.root), self.run, **facts)

    def apply(self, steps: Sequence[Step], **more) -> Outcome:
        return apply(self.context(**more), steps)

    def references(self) -> list[Reference]:
        files = [(path, data) for path, data in self.files().items() if path != ENV_PATH]
        return [parse_reference(text) for _, _, text in references_in(files)]

    def undo(self, run: str = "") -> Undone:
        return undo(str(self.root), self.journal, run or self.run, self.vault, self.references)

    def phases(self) -> list[str]:
        return [entry.phase for entry in self.journal.read(self.run)]


@pytest.fixture
def tree(tmp_path: Path, made: Callable[..., str]) -> Tree:
    return Tree(tmp_path, made)
