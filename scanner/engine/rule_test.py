"""Do rules keep their word: each `match` gives a secret, no `no_match` does, none is slow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scanner.engine.checksums import TABLE
from scanner.engine.database import prepare
from scanner.engine.entropy import shannon
from scanner.engine.examples import TemplateError, expand
from scanner.engine.fallbacks import compiles
from scanner.engine.judgement import Judgement
from scanner.engine.probes import is_slow
from scanner.engine.score import MEDIUM
from scanner.errors import RuleError
from scanner.record import record
from scanner.rules import Rule

Failure = tuple[str, str, str]


@record
class Example:
    """One example. wanted: it is a `match`. why: what is wrong with it, "" when it holds."""

    template: str
    wanted: bool
    why: str = ""


@record
class Tested:
    """What came of a rule. refused: why a scan would not take it, "" if it would. faults: what is
    wrong with the rule beside its examples."""

    rule: str
    examples: tuple[Example, ...] = ()
    refused: str = ""
    faults: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether a scan takes the rule and nothing is wrong with it."""
        return not (self.refused or self.faults or any(one.why for one in self.examples))


def tested(rule: Rule) -> Tested:
    """Try a rule alone: whether it is taken, whether it is slow, each of its examples."""
    try:
        ready = prepare(rule)
        pattern = _compiled(ready)
    except RuleError as problem:
        why = problem.message.removeprefix(f"rule {rule.id}: ")
        return Tested(rule.id, refused=f"{why} ({problem.hint})" if problem.hint else why)
    if not compiles(ready.anchors):
        why = "its pattern is too large for the fast stage, or its anchors have look-around"
        return Tested(rule.id, refused=why)
    examples = tuple(
        Example(template, wanted, _wrong(ready, pattern, template, wanted=wanted))
        for wanted, templates in ((True, rule.match), (False, rule.no_match))
        for template in templates
    )
    return Tested(rule.id, examples, faults=tuple(_faults(rule)))


def failures(rules: Sequence[Rule]) -> list[Failure]:
    """(rule id, template, what is wrong) for every example that does not hold.

    RuleError when a rule cannot be compiled at all.
    """
    found: list[Failure] = []
    for rule in rules:
        ready = prepare(rule)
        pattern = _compiled(ready)
        if not rule.match:
            found.append((rule.id, "", "has no example"))
        for wanted, templates in ((True, rule.match), (False, rule.no_match)):
            wrong = ((one, _wrong(ready, pattern, one, wanted=wanted)) for one in templates)
            found += [(rule.id, template, why) for template, why in wrong if why]
    return found


def _faults(rule: Rule) -> Iterator[str]:
    if not rule.match and not rule.foreign:  # other scanners' files have none
        yield "has no example"
    if is_slow(rule.pattern):
        yield (
            "is too slow: it tries many ways to match what does not; "
            "no repetition should hold another that matches the same"
        )


def _compiled(rule: Rule) -> Any:  # noqa: ANN401 -- the library ships no types
    import regex

    try:
        pattern = regex.compile(rule.pattern.encode(), regex.VERSION0)
    except regex.error as problem:
        raise RuleError(f"rule {rule.id}: pattern: {problem}") from None
    if "secret" not in pattern.groupindex:
        hint = "write (?P<secret>...) around the value"
        raise RuleError(f"rule {rule.id}: pattern: it has no group secret", hint)
    return pattern


def _wrong(rule: Rule, pattern: Any, template: str, *, wanted: bool) -> str:  # noqa: ANN401
    """What is wrong with one example; "" when it holds."""
    try:
        data = expand(template, rule.id)
    except TemplateError as problem:
        return str(problem)
    reasons = []
    try:
        for match in pattern.finditer(data, timeout=5):
            if match["secret"] is None:
                continue
            why = _refused(rule, match, data)
            if not why:
                return "" if wanted else "finds a secret where none is"
            reasons.append(why)
    except TimeoutError:
        return "its pattern ran out of time"
    if not wanted:
        return ""
    return f"finds no secret: {reasons[0] if reasons else 'the pattern does not match'}"


def _refused(rule: Rule, match: Any, data: bytes) -> str:  # noqa: ANN401
    """Why a match is none; "" when it is a secret."""
    if rule.checksum:
        fits = TABLE[rule.checksum].verify(match["secret"])
        return "" if fits else "the checksum does not fit"
    entropy = shannon(match["secret"])
    if entropy < rule.entropy:
        return f"its entropy of {entropy:.2f} is under {rule.entropy:g}"
    if rule.kind == "format":
        return ""
    key = match.span("key") if "key" in match.re.groupindex else (-1, -1)
    judgement = Judgement("example.conf", lambda o, n: data[o : o + n], binary=False)
    judged = judgement.of((rule, *match.span("secret"), *key))
    if judged is None:
        return "it is judged to be none"
    if judged.score >= MEDIUM or rule.confidence == "low":
        return ""
    reasons = ", ".join(judged.reasons[:3])
    return f"its score of {judged.score:.2f} is under {MEDIUM:g} ({reasons})"
