"""Where the thresholds lie: a fixed set of lines keeps its scores, within a little.

A model that was trained anew, or features that changed, may move scores; this says how far, before
the thresholds mean something else than docs/detection.md tells. Retraining on purpose: run this file
as a program, look at what moved, and commit the new golden file.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from scanner.engine import score
from scanner.engine.database import load_database
from scanner.engine.examples import expand
from scanner.engine.judgement import Judgement, Proposal
from scanner.engine.matcher import Matcher

GOLDEN = Path(__file__).parent / "judgement_scores.json"
MOST = 0.25  # how far one score may move
MEAN = 0.05  # how far all of them may move together

PLACES = (
    ("config/app.yml", "  {name}: {value}"),
    (".env", "{NAME}={value}"),
    ("src/settings.py", '{NAME} = "{value}"'),
    ("src/Client.java", '    private String {name} = "{value}";'),
    ("lib/db.php", "$conf['{name}'] = '{value}';"),
    ("docs/setup.md", "    export {NAME}={value}"),
    ("web/app.json", '  "{name}": "{value}",'),
    ("deploy.sh", 'tool --{name} "{value}" --yes'),
)
NAMES = ("password", "db_password", "secret", "api_key", "token", "client_secret")
RANDOM = ("{alnum:12}", "{alnum:20}", "{hex:32}", "{base64:40}", "{lower:9}", "{password:10}")
WORDS = ("river", "stone", "maria", "cloud", "tiger" + "lily", "sunset", "marble", "peter")
CHOSEN = ("{w}{d}", "{W}{d}!", "{w}-{v}", "{W}@{d}", "{w}{v}{d}", "{w}")
HARMLESS = (
    "Enter your password", "the token of the user", "user.password.label", "getPassword",
    "string", "password_field", "Invalid credentials", "required", "models.CharField",
    "application/json", "auth-token-header", "UserPasswordForm", "2024-01-31", "true",
)  # fmt: skip


def lines() -> Iterator[tuple[str, str, str]]:
    """(kind, path, line): what is a secret, drawn or chosen, and what is none."""
    source = random.Random(20)
    for path, form in PLACES:
        for name in NAMES:
            drawn = expand(source.choice(RANDOM), f"{path} {name}").decode()
            chosen = source.choice(CHOSEN).format(
                w=source.choice(WORDS), v=source.choice(WORDS), d=source.randint(1, 2025),
                W=source.choice(WORDS).capitalize(),
            )  # fmt: skip
            for kind, value in (
                ("drawn", drawn),
                ("chosen", chosen),
                ("none", source.choice(HARMLESS)),
            ):
                yield kind, path, form.format(name=name, NAME=name.upper(), value=value)


def scores() -> dict[str, list[float]]:
    """kind -> the best score of each line."""
    matcher = Matcher(load_database("low"))
    found: dict[str, list[float]] = {"drawn": [], "chosen": [], "none": []}
    for kind, path, line in lines():
        data = f"\n{line}\n".encode()
        judgement = Judgement(path, lambda at, size, data=data: data[at : at + size], binary=False)
        proposed = [judgement.proposed(match) for match in matcher.matches(data)]
        judged = [score.judge(one.candidate)[0] for one in proposed if isinstance(one, Proposal)]
        found[kind].append(max(judged, default=0.0))
    return found


def test_scores_are_where_they_were() -> None:
    golden = json.loads(GOLDEN.read_text())
    for kind, now in scores().items():
        moved = [abs(one - other) for one, other in zip(now, golden[kind], strict=True)]
        assert max(moved) <= MOST, (
            f"{kind}: line {moved.index(max(moved))} moved by {max(moved):.2f}"
        )
        assert sum(moved) / len(moved) <= MEAN


def test_thresholds_part_secrets_from_words() -> None:
    found = scores()
    share = {
        (kind, name): sum(one >= least for one in some) / len(some)
        for kind, some in found.items()
        for name, least in (("high", score.HIGH), ("medium", score.MEDIUM))
    }
    assert share["drawn", "medium"] >= 0.95
    assert share["chosen", "medium"] >= 0.65  # under the name of a token a word is none
    assert share["none", "medium"] <= 0.05
    assert share["none", "high"] <= 0.02


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(scores(), indent=1) + "\n")
