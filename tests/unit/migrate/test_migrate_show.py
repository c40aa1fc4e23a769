"""What people see of a plan: every change, no value, nothing that talks to a terminal."""

from __future__ import annotations

import pytest

from scanner.cli.output import escape
from scanner.migrate.show import aftermath, by_hand, plan_text
from scanner.model import RuleInfo


def shown(tree, plan) -> str:
    return "".join(plan_text(plan, tree.read, escape))


def test_a_diff_with_masked_values(tree):
    text = shown(tree, tree.plan(tree.plant(".env", "A=1\nDB_PASSWORD={} # why\nB=2\n")))
    assert text.splitlines() == [
        "--- a/.env",
        "+++ b/.env",
        "@@ -1,3 +1,3 @@",
        " A=1",
        "-DB_PASSWORD=*** (16-31 characters) # why",
        "+DB_PASSWORD=ref+sops://.unleak/vault.sops.yaml#/DB_PASSWORD # why",
        " B=2",
        "",
        "plan: 1 safe, 0 to review, 0 refused; 1 entries in the vault 'sops'",
    ]


def test_reasons(tree):
    plan = tree.plan(
        tree.plant("app.py", "API_TOKEN = '{}'\n"),
        tree.plant("vendor/a.yaml", "x:\n  password: {}\n"),
    )
    lines = shown(tree, plan).splitlines()
    review = lines[lines.index("to be reviewed (--all applies them):") + 1]
    assert review.startswith("  app.py:1  *** (16-31 characters)  the code then depends on")
    refused = lines[lines.index("refused:") + 1]
    assert refused.startswith("  vendor/a.yaml:2  *** (16-31 characters)  a copy of somebody")
    assert "--- a/vendor/a.yaml" not in lines
    assert lines[-1].startswith("plan: 0 safe, 1 to review, 1 refused; 1 entries")


def test_no_plan(tree):
    assert shown(tree, tree.plan()).strip().startswith("plan: 0 safe")


def test_a_value_that_stays_is_masked_on_both_sides(tree):
    """A refused one beside a safe one is context of the diff."""
    one, two = tree.made("one"), tree.made("two")
    tree.write(".env", f"A_TOKEN={one}\nVITE_TOKEN={two}\nB=1\n")
    plan = tree.plan(*(tree.finding(".env", value.encode()) for value in (one, two)))
    assert [step.disposition for step in plan.steps] == ["safe", "refused"]
    text = shown(tree, plan)
    assert one not in text
    assert two not in text
    assert " VITE_TOKEN=*** (16-31 characters)" in text.splitlines()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "url: x://app:{}@db/x\n"),
        ("a.yaml", "a: |\n  first\n  {}\n  last\nb: 1\n"),
        ("a.py", 'x = f"x://{}@db"\nimport os\ny = 1\n'),
        ("a.js", "const t = '{}';\n"),
        ("docker-compose.yml", "services:\n  a:\n    environment:\n      - PASSWORD={}\n"),
        ("a.env", "\ufeffA={}\r\n"),
    ],
)
def test_no_value_of_any_shape(tree, path, text):
    plan = tree.plan(tree.plant(path, text))
    out = shown(tree, plan) + "".join(by_hand(plan.steps, escape))
    assert tree.secrets[0].decode() not in out
    assert path in out


def test_what_stands_around_a_secret_in_its_literal_is_masked_too(tree):
    user = tree.made("user", 10)
    text = shown(tree, tree.plan(tree.plant("a.yaml", f"url: x://{user}:{{}}@db/x\n")))
    assert user not in text


def test_nothing_talks_to_the_terminal(tree):
    path = "a\x1b[31m\n::error::.env"
    finding = tree.plant(path, "X=\x1b]0;title\x07\rY\nDB_PASSWORD={}\nZ=\x9b\n")
    other = tree.plant("vendor/\x1b[2J.env", "A={}\n")
    plan = tree.plan(finding, other)
    out = shown(tree, plan) + "".join(by_hand(plan.steps, escape))
    assert not {char for char in out if ord(char) < 32 and char != "\n"}
    assert "\x9b" not in out
    assert "\n::error::" not in out
    assert "\\x1b[31m" in out


def test_what_is_left(tree):
    assert list(by_hand([], escape)) == []
    plan = tree.plan(tree.plant("b.rs", 'let x = "{}";\n'))
    assert "".join(by_hand(plan.steps, escape)).splitlines() == [
        "",
        "left for you:",
        (
            "  b.rs:1  *** (16-31 characters)  no rewriting for this kind of file yet; "
            "move the value by hand, or leave it and record why"
        ),
    ]


def test_what_is_still_true_afterwards(tree):
    plan = tree.plan(
        tree.plant(".env", "A_TOKEN={}\n", "one", rule="known"),
        tree.plant("b.env", "A_TOKEN={}\n", "one", rule="known"),
        tree.plant("c.yaml", "mail_password: {}\n", rule="strange"),
    )
    rules = {"known": RuleInfo("known", "Known", "Acme\x1b", "high", "high", rotate="at acme")}
    counts = {plan.steps[0].id: 3}
    out = "".join(aftermath(plan.steps, rules, lambda step: counts.get(step.id), escape))
    assert "rotate each of these" in out
    assert out.count("A_TOKEN") == 1
    assert "  A_TOKEN  (Acme\\x1b; in commits: 3)\n    at acme\n" in out
    assert "  MAIL_PASSWORD  (?; in commits: unknown)\n    where the value was issued\n" in out
    assert not [value for value in tree.secrets if value.decode() in out]


def test_what_only_history_holds_stands_apart(tree):
    past = [
        tree.past("old\x1b.env", "one", "1", "7", rule="known"),
        tree.past("(commit message)", "two", "2", key="", rule="strange"),
        tree.past("a.bin", "", "3", value=b"\xff" * 20),
    ]
    plan = tree.plan(tree.plant(".env", "A_TOKEN={}\n"), past=past)
    rules = {"known": RuleInfo("known", "Known", "Acme", "high", "high", rotate="at acme\x1b")}
    lines = "".join(plan_text(plan, tree.read, escape, rules)).splitlines()
    at = lines.index(
        "only in history (--apply --history stores them in the vault, no file changes):"
    )
    assert lines[at - 3 : at] == [
        "refused:",
        (
            "  a.bin:1  *** (16-31 characters)  its bytes are not UTF-8 text, which the vault "
            "cannot hold; rotate it by hand"
        ),
        "",
    ]
    assert lines[at + 1 :] == [
        "  (commit message)  *** (16-31 characters)  only in history: brought in by 222222222222 (release, v1)",
        "    would be STRANGE in the vault; rotate it: where the value was issued",
        "  old\\x1b.env:1  *** (16-31 characters)  only in history: brought in by 111111111111, in 2 commits, last 777777777777 (release, v1)",
        "    would be DB_PASSWORD in the vault; rotate it: at acme\\x1b",
        "",
        "plan: 1 safe, 0 to review, 1 refused, 2 only in history; 3 entries in the vault 'sops'",
    ]
