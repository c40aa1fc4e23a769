"""A plan as a JSON file without values, to be reviewed by somebody else and applied later.

Values are read again from the files when the plan is applied; salted, memory-hard digests say
whether a file and a value are still what the plan was made for. A value that only history holds is
known by its finding's fingerprint under the plan's salt: history has to be scanned again for it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scanner.errors import PlanError
from scanner.fingerprint import fingerprint, with_fingerprints
from scanner.migrate.only_history import LANGUAGE, literal_of
from scanner.migrate.plan import file_digest, rewrite_of, tree_digest
from scanner.model import Edit, Finding, Literal, Place, Plan, Secret, Step
from scanner.references.names import is_env_name, is_reserved
from scanner.references.syntax import format_reference, parse_reference

VERSION = 1
Read = Callable[[str], bytes]
History = Callable[[], Sequence[Finding]]
_AGAIN = "make it again with 'unleak migrate --plan FILE'"


def render_plan(plan: Plan, salt: bytes, read: Read) -> str:
    """The plan as JSON text: sorted, without times, without values."""
    paths = list(dict.fromkeys(step.path for step in plan.steps if step.edits))
    digests = dict(zip(paths, _all_hard([read(path) for path in paths], salt), strict=True))
    with_fingerprints([step.finding for step in plan.steps], salt)  # remembered, in threads
    document = {
        "unleak-plan": VERSION,
        "vault": plan.vault,
        "salt": salt.hex(),
        "steps": [_saved(step, salt, digests.get(step.path, "")) for step in plan.steps],
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def load_plan(text: str, root: str, read: Read, history: History | None = None) -> Plan:
    """The plan of a file that `render_plan` made, with the values read from the tree.

    history: scans it again, asked only if the plan needs that; without it the steps for what only
    history holds have no value and cannot be applied. PlanError names what is wrong with the file,
    every file of the tree that differs, or what history does not hold (and it alone) any more.
    """
    try:
        document = json.loads(text)
        if document["unleak-plan"] != VERSION:
            raise PlanError(f"plan of version {document['unleak-plan']}: this is {VERSION}")
        salt = bytes.fromhex(document["salt"])
        saved = list(document["steps"])
        files = _same_files(saved, salt, read)
        findings = [_finding(one, files[one["path"]]) for one in saved if one["path"] in files]
        with_fingerprints(findings, salt)  # remembered, in threads
        past = _found_again(saved, salt, history) if history else {}
        steps = tuple(
            _past_step(one, past) if _is_past(one) else _step(one, salt, files) for one in saved
        )
        return Plan(root, document["vault"], steps, tree_digest(steps))
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise PlanError(f"not a plan: {type(problem).__name__}", _AGAIN) from None


def _same_files(saved: list[Mapping[str, Any]], salt: bytes, read: Read) -> dict[str, bytes]:
    wanted = {one["path"]: one["file"] for one in saved if one["edits"]}
    files = {}
    changed = []
    for path in wanted:
        try:
            files[path] = read(path)
        except Exception as problem:  # noqa: BLE001 -- any reason means the tree differs
            changed.append(f"{path} ({type(problem).__name__})")
    digests = _all_hard(list(files.values()), salt)
    changed += [p for p, now in zip(files, digests, strict=True) if now != wanted[p]]
    if changed:
        shown = ", ".join(changed[:5]) + (" ..." if len(changed) > 5 else "")
        raise PlanError(f"the tree is not as it was planned for: {shown}", "plan again")
    return files


def _is_past(saved: Mapping[str, Any]) -> bool:
    return saved["literal"] is not None and saved["literal"]["language"] == LANGUAGE


def _found_again(
    saved: list[Mapping[str, Any]], salt: bytes, history: History
) -> dict[str, Finding]:
    """Fingerprint -> finding of a new scan, for every step that is for history."""
    wanted = {one["fingerprint"]: one for one in saved if _is_past(one)}
    if not wanted:
        return {}
    found = {one.fingerprint: one for one in with_fingerprints(history(), salt)}
    gone = [f"{one['path']} ({one['rule']})" for f, one in wanted.items() if f not in found]
    if gone:
        shown = ", ".join(gone[:5]) + (" ..." if len(gone) > 5 else "")
        hint = "plan again; a plan is applied with the options that it was made with"
        raise PlanError(f"not only in history any more, or not at all: {shown}", hint)
    return found


def _past_step(saved: Mapping[str, Any], past: Mapping[str, Finding]) -> Step:
    """A step for what only history holds; its value comes from the new scan."""
    reference = parse_reference(saved["reference"])
    name = saved["name"]
    fits = reference.key == name and is_env_name(name) and not is_reserved(name)
    if not fits or saved["edits"] or saved["disposition"] != "review":
        raise PlanError(f"{saved['path']}: the plan has another step than unleak makes", _AGAIN)
    finding = past.get(saved["fingerprint"]) or _finding(saved, b"")
    return Step(
        id=saved["id"],
        finding=finding,
        path=saved["path"],
        file_digest="",
        disposition="review",
        reason=saved["reason"],
        name=name,
        reference=reference,
        literal=literal_of(finding.secret),
    )


def _all_hard(datas: list[bytes], salt: bytes) -> list[str]:
    """The digests in order; in threads, since each takes milliseconds outside the interpreter."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda data: _hard(data, salt), datas))


def _hard(data: bytes, salt: bytes) -> str:
    """A file may hold little but a weak password: guessing it must cost."""
    body = hashlib.sha256(data).digest()
    return hashlib.scrypt(body, salt=salt, n=1 << 12, r=8, p=1, dklen=16).hex()


def _saved(step: Step, salt: bytes, digest: str) -> dict[str, Any]:
    finding, literal = step.finding, step.literal
    fields: dict[str, Any] = {
        "id": step.id,
        "path": step.path,
        "file": digest,
        "rule": finding.rule,
        "key": finding.key,
        "line": finding.line,
        "span": [finding.start, finding.end],
        "masked": finding.masked,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "fingerprint": fingerprint(finding, salt),
        "disposition": step.disposition,
        "reason": step.reason,
        "name": step.name,
        "reference": format_reference(step.reference) if step.reference else "",
        "form": step.form,
        "edits": [[e.start, e.end, base64.b64encode(e.new).decode()] for e in step.edits],
        "literal": None,
    }
    if literal is not None:
        fields["literal"] = {
            "language": literal.language,
            "span": [literal.start, literal.end],
            "key_path": list(literal.key_path),
            "style": literal.style,
            "context": list(literal.context),
        }
    return fields


def _step(saved: Mapping[str, Any], salt: bytes, files: Mapping[str, bytes]) -> Step:
    path = saved["path"]
    data = files.get(path, b"")
    start, end = saved["span"]
    finding = _finding(saved, data)
    if data and fingerprint(finding, salt) != saved["fingerprint"]:
        raise PlanError(f"{path}: the plan does not fit the value there", "plan again")
    literal = _literal(saved["literal"], path, data, start, end) if data else None
    step = Step(
        id=saved["id"],
        finding=finding,
        path=path,
        file_digest=file_digest(data),
        disposition=saved["disposition"],
        reason=saved["reason"],
        name=saved["name"],
        reference=parse_reference(saved["reference"]) if saved["reference"] else None,
        literal=literal,
        edits=tuple(Edit(s, e, base64.b64decode(new)) for s, e, new in saved["edits"]),
        form=saved["form"],
    )
    _check_edits(step, data)
    return step


def _check_edits(step: Step, data: bytes) -> None:
    """A plan may come from somebody else: it changes files only as unleak itself would."""
    if not step.edits:
        return
    if step.literal is not None and step.reference is not None:
        made = rewrite_of(step.path, data, step.literal, step.reference, step.name)
        if (made.edits, made.form) == (step.edits, step.form):
            return
    raise PlanError(f"{step.path}: the plan has another change than unleak makes", _AGAIN)


def _literal(
    saved: Mapping[str, Any] | None, path: str, data: bytes, start: int, end: int
) -> Literal | None:
    """Located anew: only the file itself says what the value is."""
    from scanner.literals import locate

    if saved is None:
        return None
    if saved["language"] == "file":
        return Literal("file", 0, len(data), data, (), "whole")
    literal = locate.locate(path, data, start, end)
    if [literal.start, literal.end] != saved["span"]:
        raise PlanError(f"{path}: the plan does not fit the file", "plan again")
    return literal


def _finding(saved: Mapping[str, Any], data: bytes) -> Finding:
    start, end = saved["span"]
    return Finding(
        rule=saved["rule"],
        secret=Secret(data[start:end]),
        blob_id="",
        places=(Place(saved["path"]),),
        start=start,
        end=end,
        line=saved["line"],
        column=1,
        end_line=saved["line"],
        end_column=1,
        key=saved["key"],
        severity=saved["severity"],
        confidence=saved["confidence"],
        score=0.0,
        masked=saved["masked"],
        fingerprint=saved["fingerprint"],
    )
