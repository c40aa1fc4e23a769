"""How unleak's own files under `.unleak` change with the steps: the map of variables, and the list
of what only history holds. They hold no secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from scanner.errors import ConfigError, EditError, PlanError
from scanner.migrate.edit import read_file
from scanner.migrate.history_list import HISTORY_PATH, with_steps
from scanner.migrate.only_history import is_history
from scanner.model import Reference, Step
from scanner.record import record
from scanner.references.environment import ENV_PATH, edited_env_map, parse_env_map

OWN_PATHS = (ENV_PATH, HISTORY_PATH)


@record
class Change:
    """One of these files before and after; before: None if there is none yet."""

    path: str
    before: bytes | None
    after: bytes


def changes(root: str, steps: Sequence[Step]) -> list[Change]:
    """What has to change, in the order in which it is written.

    `.unleak/env.yaml` gets every name that a file refers to, and every .env variable that is
    called otherwise; `.unleak/history.jsonl` a line for each value that only history holds.
    PlanError if a name is mapped already to another entry: whoever reads the variable would get a
    wrong value.
    """
    moved = [step for step in steps if not is_history(step)]
    past = [step for step in steps if is_history(step)]
    found = []
    if moved:
        found.append(_change(root, ENV_PATH, lambda data: _mapped(data, moved)))
    if past:
        found.append(_change(root, HISTORY_PATH, lambda data: with_steps(data, past)))
    return [one for one in found if one.after != (one.before or b"")]


def _change(root: str, path: str, change: Callable[[bytes], bytes]) -> Change:
    try:
        before = read_file(root, path)
        return Change(path, before, change(before or b""))
    except (EditError, ConfigError) as problem:
        raise PlanError(problem.message, problem.hint) from problem


def _mapped(data: bytes, steps: Sequence[Step]) -> bytes:
    present = parse_env_map(data)
    add = _variables(steps, present)
    after = edited_env_map(data, add)
    return after if add.keys() - present.keys() else data


def _variables(steps: Sequence[Step], present: Mapping[str, Reference]) -> dict[str, Reference]:
    wanted: dict[str, Reference] = {}
    for step in steps:
        if step.reference is not None:
            wanted[step.name] = step.reference
    for step in steps:
        literal = step.literal
        if step.reference is None or literal is None or literal.language != "dotenv":
            continue
        variable = literal.key_path[-1] if literal.key_path else ""
        # Two .env files may disagree: what is mapped stays, and the first one, by path, wins.
        if variable.isidentifier() and variable not in present:
            wanted.setdefault(variable, step.reference)
    return wanted
