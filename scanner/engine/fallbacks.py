"""Rules of other scanners that the fast stage cannot take as they are: lighter ones, or none."""

from __future__ import annotations

import re

from scanner.errors import RuleError
from scanner.record import replace
from scanner.rules import Rule

_HEAVY = 400  # repetitions in an anchor from which the fast stage may refuse it
_COUNT = re.compile(r"\{\d*,?(\d*)\}")


def lighter(rule: Rule) -> Rule:
    """The rule, with its keywords as anchors if its own is too large; RuleError when it has none
    that every match holds."""
    if sum(int(most or 0) for anchor in rule.anchors for most in _COUNT.findall(anchor)) < _HEAVY:
        return rule
    if compiles(rule.anchors):
        return rule
    if not rule.keywords or rule.near:
        raise RuleError(f"rule {rule.id}: its pattern is too large")
    words = tuple(f"(?i:{_literal(word)})" for word in rule.keywords if word)
    return replace(rule, anchors=words)


def compiles(anchors: tuple[str, ...]) -> bool:
    """Whether the fast stage takes these expressions."""
    import hyperscan

    expressions = [anchor.encode() for anchor in anchors]
    count = len(expressions)
    try:
        hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(
            expressions=expressions,
            ids=list(range(count)),
            elements=count,
            flags=[hyperscan.HS_FLAG_DOTALL] * count,
        )
    except hyperscan.HyperscanError:
        return False
    return True


def left_out(rule: Rule, problem: RuleError) -> str:
    """What a person should know of a rule that cannot work."""
    why = problem.message.removeprefix(f"rule {rule.id}: ")
    return f"{rule.provider}: left out: rule {rule.id}: {why}"


def _literal(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogateescape"))
