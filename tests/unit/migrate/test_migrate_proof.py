"""Every doubt about a changed file is an error."""

from __future__ import annotations

import pytest

from scanner.errors import EditError
from scanner.migrate.edit import spliced
from scanner.migrate.proof import prove
from scanner.model import Edit
from scanner.record import replace

TEXTS = {
    ".env": "# x\nA_PASSWORD='{}' # y\nB=1\n",
    "a.yaml": "a:\n  password: {}\n  port: 1\n",
    "a.json": '{"password": "{}", "port": 1}',
    "a.toml": 'password = "{}"\nport = 1\n',
    "a.ini": "[a]\npassword = {}\nport = 1\n",
    "a.properties": "password={}\nport=1\n",
    ".npmrc": "//example.org/:_password={}\nfund=false\n",
    "docker-compose.yml": "services:\n  a:\n    environment:\n      PASSWORD: {}\n",
    "a.sh": 'export PASSWORD="{}"\necho 1\n',
    "a.py": 'password = "{}"\nport = 1\n',
    "a.js": 'const password = "{}";\nlet port = 1;\n',
}


def step_for(tree, path, text=""):
    [step] = tree.plan(tree.plant(path, text or TEXTS[path])).steps
    assert step.edits, step.reason
    return step


def after(tree, step, *more):
    return spliced(tree.read(step.path), [*step.edits, *more])


@pytest.mark.parametrize("path", TEXTS)
def test_the_change_that_was_planned(tree, path):
    step = step_for(tree, path)
    prove(path, tree.read(path), after(tree, step), [step], tree.rescan)


@pytest.mark.parametrize("path", TEXTS)
def test_still_a_finding(tree, path):
    step = step_for(tree, path)

    def suspicious(_, data):
        start = data.index(step.edits[-1].new)
        return [replace(step.finding, start=start, end=start + 1)]

    with pytest.raises(EditError, match="still a finding"):
        prove(path, tree.read(path), after(tree, step), [step], suspicious)


@pytest.mark.parametrize("path", ["a.yaml", "a.json", "a.toml", "a.py", "a.js"])
def test_does_not_parse(tree, path):
    step = step_for(tree, path)
    broken = after(tree, step) + b'\n"[{'
    with pytest.raises(EditError, match="does not parse after the change"):
        prove(path, tree.read(path), broken, [step], tree.rescan)


@pytest.mark.parametrize("path", ["a.yaml", "a.json", "a.toml", "a.ini", "a.properties"])
def test_another_value_changed(tree, path):
    step = step_for(tree, path)
    changed = after(tree, step).replace(b"1", b"2")
    with pytest.raises(EditError, match="more than that value would change"):
        prove(path, tree.read(path), changed, [step], tree.rescan)


@pytest.mark.parametrize("path", ["a.yaml", "a.toml", "a.ini", "a.properties"])
def test_another_key_changed_or_a_value_was_added(tree, path):
    step = step_for(tree, path)
    good = after(tree, step)
    for changed in (
        good.replace(b"port", b"sort"),
        good + good.splitlines()[-1].replace(b"port", b"extra"),
    ):
        with pytest.raises(EditError, match="more than that value would change"):
            prove(path, tree.read(path), changed, [step], tree.rescan)


def test_the_reference_is_not_read_back(tree):
    step = step_for(tree, "a.yaml")
    [edit] = step.edits
    for new in (b"another", edit.new + b"x", edit.new[:-1], edit.new + b" ref"):
        wrong = replace(step, edits=(Edit(edit.start, edit.end, new),))
        with pytest.raises(EditError, match="would not be read back"):
            prove("a.yaml", tree.read("a.yaml"), after(tree, wrong), [wrong], tree.rescan)


def test_a_comment_that_swallows_the_reference(tree):
    step = step_for(tree, "a.yaml")
    [edit] = step.edits
    wrong = replace(step, edits=(Edit(edit.start, edit.end, b"# " + edit.new),))
    with pytest.raises(EditError):
        prove("a.yaml", tree.read("a.yaml"), after(tree, wrong), [wrong], tree.rescan)


def test_the_variable_is_not_named(tree):
    step = step_for(tree, "a.py")
    wrong = replace(step, name="SOMETHING_ELSE")
    with pytest.raises(EditError, match="does not name SOMETHING_ELSE"):
        prove("a.py", tree.read("a.py"), after(tree, step), [wrong], tree.rescan)


def test_a_finding_elsewhere_in_the_file_is_no_doubt(tree):
    step = step_for(tree, ".env")
    data = tree.read(".env") + b"C=1\n"

    def other(_, changed):
        return [replace(step.finding, start=len(changed) - 2, end=len(changed) - 1)]

    prove(".env", data, spliced(data, step.edits), [step], other)


def test_a_private_key_file(tree):
    text = "-----BEGIN " + "PRIVATE KEY-----\n{}\n"
    [step] = tree.plan(tree.plant("id_rsa", text), private_keys=True).steps
    prove("id_rsa", tree.read("id_rsa"), after(tree, step), [step], tree.rescan)
    with pytest.raises(EditError, match="still a finding"):
        prove(
            "id_rsa",
            tree.read("id_rsa"),
            b"x" * 90,
            [step],
            lambda *_: [replace(step.finding, start=0, end=9)],
        )


def test_steps_together(tree):
    one, two = tree.made("one"), tree.made("two")
    tree.write("a.py", f'# x\nA_TOKEN = "{one}"\nB_TOKEN = "{two}"\n')
    findings = [tree.finding("a.py", value.encode()) for value in (one, two)]
    steps = tree.plan(*findings).steps
    data = tree.read("a.py")
    prove("a.py", data, spliced(data, [e for s in steps for e in s.edits]), steps, tree.rescan)
    with pytest.raises(EditError):
        prove("a.py", data, spliced(data, steps[0].edits), steps, tree.rescan)
