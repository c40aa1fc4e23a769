"""What becomes of each finding: its name, its edits, and whether a person has to look."""

from __future__ import annotations

import pytest

from scanner.errors import EditError
from scanner.migrate.edit import spliced
from scanner.migrate.plan import file_digest, tree_digest
from scanner.record import replace
from scanner.references.syntax import format_reference


def only(plan):
    [step] = plan.steps
    return step


def test_a_step_says_where_and_what(tree):
    step = only(tree.plan(tree.plant("config/app.yaml", "db:\n  password: {} # note\n")))
    assert (step.disposition, step.reason, step.form) == ("safe", "", "uri")
    assert step.name == "DB_PASSWORD"
    assert step.reference == tree.vault.reference("DB_PASSWORD")
    assert step.literal.value == tree.secrets[0]
    data = tree.read("config/app.yaml")
    assert step.file_digest == file_digest(data)
    new = format_reference(step.reference).encode()
    assert spliced(data, step.edits) == b"db:\n  password: " + new + b" # note\n"


def test_nothing_is_written(tree):
    finding = tree.plant(".env", "A_TOKEN={}\n")
    before = tree.files()
    tree.plan(finding)
    assert tree.files() == before
    assert not tree.vault.calls


def test_no_finding_no_step(tree):
    plan = tree.plan()
    assert plan.steps == ()
    assert plan.tree_digest == tree_digest(())


def test_the_same_findings_give_the_same_plan(tree):
    findings = [tree.plant(f"{name}.env", "DB_PASSWORD={}\n") for name in "abc"]
    assert tree.plan(*findings) == tree.plan(*reversed(findings))


def test_one_secret_in_many_files_is_one_entry(tree):
    texts = {
        ".env": "DB_PASSWORD={}\n",
        "a.yaml": "db:\n  password: {}\n",
        "b.ini": "[db]\npassword={}\n",
    }
    plan = tree.plan(*(tree.plant(path, text, "one") for path, text in texts.items()))
    assert {step.name for step in plan.steps} == {"DB_PASSWORD"}
    assert [step.path for step in plan.steps] == sorted(texts)
    assert all(step.disposition == "safe" for step in plan.steps)


def test_one_secret_twice_in_a_file(tree):
    value = tree.made("twice")
    tree.write(".env", f"A_TOKEN={value}\nB_TOKEN={value}\n")
    raw = value.encode()
    first, second = tree.finding(".env", raw), tree.finding(".env", raw, start=41)
    plan = tree.plan(first, second)
    assert len({step.name for step in plan.steps}) == 1
    assert len({edit for step in plan.steps for edit in step.edits}) == 2


def test_one_name_with_many_values_becomes_distinct_names(tree):
    plan = tree.plan(*(tree.plant(f"{n}/.env", "DB_PASSWORD={}\n") for n in ("a", "b", "c")))
    assert len({step.name for step in plan.steps}) == 3
    assert all(step.name.startswith("DB_PASSWORD") for step in plan.steps)


def test_a_taken_name_is_never_used_for_another_value(tree):
    finding = tree.plant(".env", "DB_PASSWORD={}\n")
    for digest in (b"", b"another"):
        step = only(tree.plan(finding, taken={"DB_PASSWORD": digest, "DB_PASSWORD_2": digest}))
        assert step.name not in ("DB_PASSWORD", "DB_PASSWORD_2")
    assert (
        only(tree.plan(finding, taken={"DB_PASSWORD": finding.secret.digest})).name == "DB_PASSWORD"
    )
    assert only(tree.plan(finding, taken={"OTHER": finding.secret.digest})).name == "OTHER"


def test_the_provider_is_a_hint_where_the_name_is_vague(tree):
    finding = tree.plant("a.yaml", "token: {}\n", rule="x-token")
    assert only(tree.plan(finding, providers={"x-token": "Example"})).name == "EXAMPLE_TOKEN"


def test_several_findings_in_one_literal_are_one_step(tree):
    user, word = tree.made("user", 12), tree.made("word", 12)
    tree.write("a.yaml", f"url: x://{user}:{word}@host/\n")
    findings = [tree.finding("a.yaml", user.encode()), tree.finding("a.yaml", word.encode())]
    step = only(tree.plan(*findings))
    assert step.literal.value == f"x://{user}:{word}@host/".encode()


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("app.py", 'API_TOKEN = "{}"\n', "depends on the environment"),
        ("app.js", 'const apiToken = "{}";\n', "depends on the environment"),
        ("deploy.sh", "export API_TOKEN={}\n", "depends on its environment"),
        ("tests/a.yaml", "password: {}\n", "a test"),
        ("docs/a.yaml", "password: {}\n", "documentation"),
        ("examples/a.yaml", "password: {}\n", "an example"),
        (".env.example", "PASSWORD={}\n", "an example"),
        ("a.yaml", "url: postgres://app:{}@db/x\n", "inside a larger value"),
        ("a.yaml", "a: &shared {}\nb: *shared\n", "anchor"),
    ],
)
def test_review(tree, path, text, reason):
    step = only(tree.plan(tree.plant(path, text)))
    assert step.disposition == "review"
    assert reason in step.reason
    assert step.edits


def test_low_confidence_is_reviewed(tree):
    step = only(tree.plan(tree.plant(".env", "A_TOKEN={}\n", confidence="low")))
    assert (step.disposition, step.reason) == ("review", "its confidence is low")


def test_a_value_with_other_meanings_is_reviewed(tree):
    one = tree.plant("a.yaml", "db_password: {}\n", "same")
    two = tree.plant("b.yaml", "session_key: {}\n", "same")
    plan = tree.plan(one, two)
    assert [step.disposition for step in plan.steps] == ["review", "review"]
    assert all("other names elsewhere" in step.reason for step in plan.steps)


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("dist/app.js", 'const apiToken = "{}";\n', "front-end bundle"),
        ("app.min.js", 'const apiToken = "{}";\n', "front-end bundle"),
        ("a.js", 'var t="{}";' + "a();" * 1500, "minified"),
        ("a.yaml", "# generated, do not edit\npassword: {}\n", "a generated file"),
        ("package-lock.json", '{"password": "{}"}', "a lock file"),
        ("vendor/a.yaml", "password: {}\n", "somebody else's code"),
        ("id_rsa", "-----BEGIN " + "PRIVATE KEY-----\n{}\n", "a private key in its own file"),
        ("a.rs", 'const T: &str = "{}";\n', "no rewriting for this kind"),
        ("a.yaml", "# password: {}\n", "in a comment"),
        ("a.yaml", "{}: password\n", "a key cannot hold"),
        ("a.yaml", "a: [b\npassword: {}\n", "YAML"),
        ("a.json", '{"password": "{}", }}', "JSON"),
        (".env", "VITE_TOKEN={}\n", "browsers load"),
        (".unleak/x.yaml", "password: {}\n", "unleak itself"),
        ("a.env", "A=\0\nPASSWORD={}\n", "not a text file"),
    ],
)
def test_refused(tree, path, text, reason):
    step = only(tree.plan(tree.plant(path, text)))
    assert step.disposition == "refused"
    assert reason in step.reason
    assert (step.name, step.reference, step.edits) == ("", None, ())


def test_decoded_content_is_refused(tree):
    step = only(tree.plan(tree.plant("a.env", "A={}\n", decoded_by=("base64",))))
    assert (step.disposition, step.reason) == ("refused", "inside base64 content")


def test_a_file_that_cannot_be_read_is_refused(tree):
    finding = tree.plant("a.env", "A={}\n")
    (tree.root / "a.env").rename(tree.root / "b.env")
    (tree.root / "a.env").symlink_to("b.env")
    step = only(tree.plan(finding))
    assert step.disposition == "refused"
    assert "symbolic link" in step.reason


def test_a_refused_one_takes_no_name_from_others(tree):
    refused = tree.plant("vendor/.env", "DB_PASSWORD={}\n")
    fine = tree.plant("zzz/.env", "DB_PASSWORD={}\n")
    plan = tree.plan(refused, fine)
    assert [(step.disposition, step.name) for step in plan.steps] == [
        ("refused", ""),
        ("safe", "DB_PASSWORD"),
    ]


def test_a_private_key_is_moved_when_asked(tree):
    text = "-----BEGIN " + "PRIVATE KEY-----\n{}\n-----END " + "PRIVATE KEY-----\n"
    step = only(tree.plan(tree.plant("keys/id_rsa", text), private_keys=True))
    assert step.disposition == "review"
    assert step.literal.value == tree.read("keys/id_rsa")
    new = format_reference(step.reference).encode()
    assert spliced(tree.read("keys/id_rsa"), step.edits) == new
    assert step.name == "ID_RSA"


def test_steps_of_one_file_share_an_added_import(tree):
    one, two = tree.made("one"), tree.made("two")
    tree.write("a.py", f'import sys\n\nA_TOKEN = "{one}"\nB_TOKEN = "{two}"\n')
    plan = tree.plan(*(tree.finding("a.py", value.encode()) for value in (one, two)))
    edits = {edit for step in plan.steps for edit in step.edits}
    after = spliced(tree.read("a.py"), list(edits))
    assert after.count(b"import os\n") == 1
    assert after.count(b"os.environ") == 2


def test_edits_that_would_touch_each_other(tree, monkeypatch):
    from scanner.migrate import plan as module

    value = tree.made("clash").encode()
    tree.write("a.env", b"A_TOKEN=" + value + b"\nB_TOKEN=" + value + b"1\n")
    findings = [tree.finding("a.env", value), tree.finding("a.env", value + b"1", start=41)]
    real = module._rewriter("config_reference")

    def greedy(data, literal, reference, name):
        found = real(data, literal, reference, name)
        [edit] = found.edits
        wide = type(edit)(0, len(data), edit.new)
        return type(found)((wide,), found.form, found.disposition, found.reason)

    monkeypatch.setattr(module, "_rewriter", lambda _: greedy)
    first, second = tree.plan(*findings).steps
    assert first.disposition == "safe"
    assert second.disposition == "refused"
    assert "touch another one" in second.reason
    assert not second.edits


def test_the_digest_of_a_tree_is_that_of_its_files(tree):
    finding = tree.plant(".env", "A_TOKEN={}\n")
    first = tree.plan(finding).tree_digest
    assert first == tree.plan(finding).tree_digest
    tree.write(".env", tree.read(".env") + b"# more\n")
    assert first != tree.plan(finding).tree_digest


def test_any_other_error_of_reading_is_not_hidden(tree):
    finding = tree.plant(".env", "A_TOKEN={}\n")
    (tree.root / ".env").unlink()
    with pytest.raises(EditError):
        tree.read(".env")
    assert only(tree.plan(finding)).reason == "is not there any more"


def test_each_half_of_a_credential_is_moved(tree):
    name, value = tree.made("half-id"), tree.made("half-secret")
    tree.write(".env", f"ACME_KEY_ID={name}\nACME_SECRET={value}\n")
    half = tree.finding(".env", name.encode())
    secret = tree.finding(".env", value.encode())
    plan = tree.plan(replace(secret, parts=(half,)))
    assert {step.literal.value for step in plan.steps} == {name.encode(), value.encode()}
    assert len({step.name for step in plan.steps}) == 2
    assert all(step.edits and not step.finding.parts for step in plan.steps)
    assert tree.plan(half, secret) == plan
