"""Do a rule's examples hold: each `match` gives a secret, no `no_match` does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scanner.engine.checksums import TABLE
from scanner.engine.database import prepare
from scanner.engine.entropy import shannon
from scanner.engine.examples import TemplateError, expand
from scanner.engine.judgement import Judgement
from scanner.engine.score import MEDIUM
from scanner.rules import Rule

Failure = tuple[str, str, str]


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
        found += _wrong(ready, pattern, rule.match, wanted=True)
        found += _wrong(ready, pattern, rule.no_match, wanted=False)
    return found


def _compiled(rule: Rule) -> Any:  # noqa: ANN401 -- the library ships no types
    import regex

    return regex.compile(rule.pattern.encode(), regex.VERSION0)


def _wrong(rule: Rule, pattern: Any, templates: Sequence[str], *, wanted: bool) -> list[Failure]:  # noqa: ANN401
    found = []
    for template in templates:
        try:
            data = expand(template, rule.id)
        except TemplateError as problem:
            found.append((rule.id, template, str(problem)))
            continue
        if bool(_secrets(rule, pattern, data)) is not wanted:
            why = "finds no secret" if wanted else "finds a secret where none is"
            found.append((rule.id, template, why))
    return found


def _secrets(rule: Rule, pattern: Any, data: bytes) -> list[bytes]:  # noqa: ANN401
    return [
        match["secret"]
        for match in pattern.finditer(data)
        if match["secret"] is not None and _good(rule, match, data)
    ]


def _good(rule: Rule, match: Any, data: bytes) -> bool:  # noqa: ANN401
    if rule.checksum:
        return TABLE[rule.checksum].verify(match["secret"])
    if shannon(match["secret"]) < rule.entropy:
        return False
    if rule.kind == "format":
        return True
    key = match.span("key") if "key" in match.re.groupindex else (-1, -1)
    judgement = Judgement("example.conf", lambda o, n: data[o : o + n], binary=False)
    judged = judgement.of((rule, *match.span("secret"), *key))
    return judged is not None and (judged.score >= MEDIUM or rule.confidence == "low")
