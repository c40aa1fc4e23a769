"""What only history holds becomes a step of its own: named, explained, without an edit."""

from __future__ import annotations

import pytest

from scanner.migrate.only_history import (
    apart,
    commit_count,
    history_steps,
    is_history,
    reason_of,
)
from scanner.model import Origin, Place
from scanner.record import replace


def steps_of(tree, *findings, taken=None, providers=None):
    return history_steps(findings, tree.vault.reference, taken or {}, providers or {})


def test_only_what_no_file_has(tree):
    there = tree.plant(".env", "DB_PASSWORD={}\n", "one", key="DB_PASSWORD")
    same = tree.past("old.env", "one", "a")
    other_key = tree.past("old.env", "one", "a", key="MAIL_PASSWORD")
    other_rule = tree.past("old.env", "one", "a", rule="x")
    other_value = tree.past("old.env", "two", "a")
    past = apart([same, other_key, other_rule, other_value], [there])
    assert past.only == (other_key, other_rule, other_value)
    assert past.at_head == ()


def test_what_is_at_head_is_not_history(tree):
    def at_head(path, seed):
        one = tree.past(path, seed, "a")
        return replace(one, origin=replace(one.origin, at_head=True))

    file, name = at_head("a.env", "one"), at_head("(file name)", "two")
    past = apart([file, name], [])
    assert past.at_head == (file,)
    assert past.only == (name,)
    [step] = steps_of(tree, name)
    assert (step.disposition, step.name, step.reference) == ("refused", "", None)
    assert "rename it" in step.reason
    assert not is_history(step)


def test_a_step_says_where_and_what(tree):
    finding = tree.past("old.env", "one", "1", "7")
    [step] = tree.plan(past=[finding]).steps
    assert is_history(step)
    assert (step.disposition, step.edits, step.file_digest) == ("review", (), "")
    assert step.name == "DB_PASSWORD"
    assert step.reference == tree.vault.reference("DB_PASSWORD")
    assert step.literal.value == finding.secret.reveal()
    assert step.reason == (
        "only in history: brought in by 111111111111, in 2 commits, last 777777777777 (release, v1)"
    )


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        (Origin(), "no commit holds it"),
        (Origin(commit="a" * 40, commits=1), "brought in by aaaaaaaaaaaa"),
        (
            Origin(
                commit="a" * 40,
                commits=3,
                last="b" * 40,
                refs=("refs/notes/x", "refs/remotes/o/m", "refs/heads/a", "refs/heads/b"),
                refs_total=9,
            ),
            (
                "brought in by aaaaaaaaaaaa, in 3 commits, last bbbbbbbbbbbb "
                "(refs/notes/x, o/m, a, 6 more)"
            ),
        ),
    ],
)
def test_reasons(tree, origin, reason):
    finding = replace(tree.past("a", "one"), origin=origin)
    assert reason_of(finding) == f"only in history: {reason}"


def test_messages_are_counted_by_their_commits(tree):
    finding = tree.past("(commit message)", "one", "a", "b")
    finding = replace(finding, origin=replace(finding.origin, commits=0))
    assert commit_count(finding) == 2
    assert ", in 2 commits (" in reason_of(finding)
    assert commit_count(replace(finding, origin=None, places=(Place("x"),))) == 0


def test_files_are_named_first(tree):
    """What a file holds now has the better claim to a name than what one held, and that than
    what stood in a message."""
    past = [
        tree.past("(commit message)", "one", "a"),
        tree.past("z/app.yaml", "two", "b"),
    ]
    now = tree.plant("deep/down/now.yaml", "DB_PASSWORD: {}\n", "three")
    plan = tree.plan(now, past=past)
    assert {step.path: step.name for step in plan.steps} == {
        "deep/down/now.yaml": "DB_PASSWORD",
        "z/app.yaml": "DB_PASSWORD_APP",
        "(commit message)": "DB_PASSWORD_COMMIT_MESSAGE",
    }
    assert plan.steps[0].path == "deep/down/now.yaml"
    assert plan.tree_digest == tree.plan(now).tree_digest


def test_many_values_of_one_name(tree):
    past = [tree.past("a/app.yaml", f"value {number}", "abcdef"[number]) for number in range(6)]
    steps = steps_of(tree, *past)
    assert len({step.name for step in steps}) == 6
    assert len({step.id for step in steps}) == 6
    assert steps == steps_of(tree, *reversed(past))


def test_a_name_that_is_there_is_kept_for_its_value_only(tree):
    finding = tree.past("old.env", "one", "a")
    [again] = steps_of(tree, finding, taken={"ELSEWHERE": finding.secret.digest})
    assert again.name == "ELSEWHERE"
    for digest in (b"", b"other"):
        [step] = steps_of(tree, finding, taken={"DB_PASSWORD": digest})
        assert step.name not in ("", "DB_PASSWORD")


@pytest.mark.parametrize(
    ("path", "key", "rule", "name"),
    [
        ("(commit message)", "", "acme-token", "ACME_TOKEN"),
        ("(branch name)", "", "generic-url-password", "GENERIC_URL_PASSWORD"),
        ("(unreachable object " + "0" * 40 + ")", "", "acme-token", "ACME_TOKEN"),
        ("(commit message)", "SMTP_PASSWORD", "generic-x", "SMTP_PASSWORD"),
        ("keys/id_rsa", "", "private-key", "ID_RSA"),
        ("x.env", "password", "generic-x", "ACME_PASSWORD"),
        ("x.env", "LD_PRELOAD", "generic-x", "SECRET_LD_PRELOAD"),
    ],
)
def test_names(tree, path, key, rule, name):
    finding = tree.past(path, "one", "a", key=key, rule=rule)
    [step] = steps_of(tree, finding, providers={"generic-x": "Acme"})
    assert step.name == name


def test_what_the_vault_cannot_hold_is_refused(tree):
    binary = tree.past("a.bin", "", "a", value=b"\xff\xfe\x00binary")
    text = tree.past("a.pem", "", "a", value=b"-- a\nb\r\nc\x00 --\n", key="KEY")
    one, two = steps_of(tree, binary, text)
    assert (one.disposition, one.name, one.literal) == ("refused", "", None)
    assert "not UTF-8" in one.reason
    assert two.literal.value == b"-- a\nb\r\nc\x00 --\n"


def test_an_id_stays_when_history_grows(tree):
    finding = tree.past("old.env", "one", "a")
    more = replace(
        finding,
        places=(Place("new.env", "f" * 40), *finding.places),
        origin=replace(finding.origin, commits=2, last="f" * 40),
    )
    assert steps_of(tree, finding)[0].id == steps_of(tree, more)[0].id


def test_ids_say_nothing_of_values(tree):
    one, two = (tree.past("old.env", seed, "a") for seed in ("one", "two"))
    assert steps_of(tree, one)[0].id == steps_of(tree, two)[0].id
    assert len({step.id for step in steps_of(tree, one, two)}) == 2
