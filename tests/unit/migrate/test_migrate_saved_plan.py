"""A plan in a file: nothing secret in it, and it fits only the tree it was made for."""

from __future__ import annotations

import hashlib
import json

import pytest

from scanner.errors import PlanError
from scanner.fingerprint import with_fingerprints
from scanner.migrate.saved_plan import load_plan, render_plan

SALT = bytes(range(16))


@pytest.fixture
def saved(tree):
    findings = [
        tree.plant(".env", "DB_PASSWORD={}\n"),
        tree.plant("a.yaml", 'url: "x://app:{}@db/\\x41" # note\n'),
        tree.plant("app.py", "import sys\nAPI_TOKEN = '{}'\n"),
        tree.plant("vendor/x.yaml", "password: {}\n"),
        tree.plant("b.rs", 'let x = "{}";\n'),
    ]
    plan = tree.plan(*with_fingerprints(findings, SALT))
    return tree, plan, render_plan(plan, SALT, tree.read)


def test_what_is_loaded_does_the_same(saved):
    tree, plan, text = saved
    loaded = load_plan(text, str(tree.root), tree.read)
    assert (loaded.root, loaded.vault) == (plan.root, plan.vault)
    assert len(loaded.steps) == len(plan.steps) == 5
    for one, two in zip(loaded.steps, plan.steps, strict=True):
        for name in ("id", "path", "disposition", "reason", "name", "reference", "edits", "form"):
            assert getattr(one, name) == getattr(two, name), name
        if one.edits:
            assert one.literal == two.literal
            assert one.file_digest == two.file_digest
            assert one.finding.secret == two.finding.secret
    steps = [step for step in loaded.steps if step.disposition != "refused"]
    assert tree.apply(steps).failed == []
    assert tree.secrets[0] not in tree.read(".env")


def test_the_text_holds_no_value_and_no_bare_digest(saved):
    tree, _, text = saved
    for path, data in tree.files().items():
        assert hashlib.sha256(data).hexdigest() not in text, path
    for value in tree.secrets:
        assert value.decode() not in text
        assert hashlib.sha256(value).hexdigest()[:16] not in text


def test_the_text_is_stable(saved):
    tree, plan, text = saved
    assert render_plan(plan, SALT, tree.read) == text
    document = json.loads(text)
    assert text == json.dumps(document, indent=1, sort_keys=True) + "\n"
    assert render_plan(plan, SALT[::-1], tree.read) != text


@pytest.mark.parametrize("path", [".env", "a.yaml", "app.py"])
@pytest.mark.parametrize("change", ["value", "more", "gone"])
def test_a_tree_that_differs(saved, path, change):
    tree, _, text = saved
    if change == "gone":
        (tree.root / path).unlink()
    else:
        more = b"# more\n" if change == "more" else b""
        value = tree.made(path).encode()
        tree.write(path, tree.read(path).replace(value, value[::-1] if not more else value) + more)
    with pytest.raises(PlanError, match="not as it was planned for") as caught:
        load_plan(text, str(tree.root), tree.read)
    assert path in caught.value.message
    assert not [v for v in tree.secrets if v.decode() in str(caught.value)]


def test_every_file_that_differs_is_named(saved):
    tree, _, text = saved
    for path in (".env", "a.yaml"):
        tree.write(path, tree.read(path) + b"\n")
    with pytest.raises(PlanError, match=r"\.env, a\.yaml"):
        load_plan(text, str(tree.root), tree.read)


def test_a_refused_file_may_change(saved):
    tree, _, text = saved
    tree.write("b.rs", "nothing")
    assert len(load_plan(text, str(tree.root), tree.read).steps) == 5


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", "nonsense", '{"unleak-plan": 1}', '{"unleak-plan": 1, "salt": "x"}'],
)
def test_no_plan(tree, text):
    with pytest.raises(PlanError, match="not a plan") as caught:
        load_plan(text, str(tree.root), tree.read)
    assert "--plan" in caught.value.hint


def test_of_another_version(saved):
    tree, _, text = saved
    changed = json.dumps({**json.loads(text), "unleak-plan": 2})
    with pytest.raises(PlanError, match="plan of version 2"):
        load_plan(changed, str(tree.root), tree.read)


def edited(text, index, **fields):
    document = json.loads(text)
    document["steps"][index].update(fields)
    return json.dumps(document)


def test_a_plan_that_was_bent(saved):
    tree, plan, text = saved
    step = plan.steps[0]
    start, end = step.finding.start, step.finding.end
    bent = [
        edited(text, 0, span=[start, end - 1]),
        edited(text, 0, fingerprint="0" * 32),
        edited(text, 0, literal={"language": "dotenv", "span": [0, end]}),
        edited(text, 0, edits=[["x"]]),
        edited(text, 0, path=7),
        edited(text, 0, span="x"),
    ]
    for one in bent:
        with pytest.raises(PlanError):
            load_plan(one, str(tree.root), tree.read)


def test_a_bad_reference_in_it_is_an_error(saved):
    from scanner.errors import UnleakError

    tree, _, text = saved
    with pytest.raises(UnleakError):
        load_plan(edited(text, 0, reference="ref+nowhere://x"), str(tree.root), tree.read)


def test_a_change_that_unleak_would_not_make_is_refused(saved):
    import base64

    tree, _, text = saved
    for index, step in enumerate(json.loads(text)["steps"]):
        if not step["edits"]:
            continue
        more = base64.b64encode(b"# more\n").decode()
        bent = [
            edited(text, index, edits=[*step["edits"], [0, 0, more]]),
            edited(text, index, edits=[[*step["edits"][0][:2], more], *step["edits"][1:]]),
            edited(
                text, index, reference="ref+sops://.unleak/vault.sops.yaml#/OTHER", name="OTHER"
            ),
            edited(text, index, form="x"),
            edited(text, index, literal=None),
        ]
        for one in bent:
            with pytest.raises(PlanError, match="another change than unleak makes"):
                load_plan(one, str(tree.root), tree.read)


def test_a_private_key(tree):
    text = "-----BEGIN " + "PRIVATE KEY-----\n{}\n"
    plan = tree.plan(tree.plant("id_rsa", text), private_keys=True)
    [step] = load_plan(render_plan(plan, SALT, tree.read), str(tree.root), tree.read).steps
    assert step.literal == plan.steps[0].literal


@pytest.fixture
def past(tree):
    """A plan with a file's value and two that only history holds, and the findings of history."""
    found = [tree.past("old.env", "one", "a"), tree.past("(commit message)", "two", "b")]
    now = tree.plant(".env", "MAIL_PASSWORD={}\n")
    plan = tree.plan(now, past=found)
    return tree, plan, found, render_plan(plan, SALT, tree.read)


def test_history_is_scanned_again_for_its_values(past):
    tree, plan, found, text = past
    loaded = load_plan(text, str(tree.root), tree.read, lambda: found)
    assert not [value for value in tree.secrets if value.decode() in text]
    for one, two in zip(loaded.steps, plan.steps, strict=True):
        assert (one.id, one.name, one.reason) == (two.id, two.name, two.reason)
        assert one.literal == two.literal
    tree.apply(loaded.steps)
    assert set(tree.vault.values.values()) == set(tree.secrets)


def test_history_is_scanned_only_where_it_is_needed(past):
    tree, _, _, text = past
    document = json.loads(text)
    document["steps"] = document["steps"][:1]

    def scanned():
        raise AssertionError

    assert len(load_plan(json.dumps(document), str(tree.root), tree.read, scanned).steps) == 1
    loaded = load_plan(text, str(tree.root), tree.read)
    assert [step.literal.value for step in loaded.steps[1:]] == [b"", b""]


@pytest.mark.parametrize("number", [0, 1])
def test_what_history_has_no_more_is_refused(past, number):
    tree, _, found, text = past
    gone = found.pop(number)
    found.append(tree.past(gone.path, "another", "a"))
    with pytest.raises(PlanError, match="not only in history any more") as caught:
        load_plan(text, str(tree.root), tree.read, lambda: found)
    assert gone.path in caught.value.message


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "OTHER"},
        {"name": "PATH", "reference": "ref+sops://.unleak/vault.sops.yaml#/PATH"},
        {"name": "a b", "reference": "ref+sops://.unleak/vault.sops.yaml#/a%20b"},
        {"disposition": "safe"},
        {"edits": [[0, 0, "eA=="]]},
    ],
)
def test_a_step_of_history_that_was_bent(past, fields):
    tree, _, found, text = past
    with pytest.raises(PlanError, match=r"another step than unleak makes|not as it was"):
        load_plan(edited(text, 1, **fields), str(tree.root), tree.read, lambda: found)
