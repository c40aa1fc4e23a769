import os

import pytest
import yaml

from scanner.errors import ConfigError
from scanner.model import Reference
from scanner.references.environment import (
    allowed_addresses,
    edited_env_map,
    find_root,
    load_env_map,
    parse_env_map,
)


def ref(key):
    return Reference("sops", ".unleak/vault.sops.yaml", key)


def line(name, key=None):
    return f"{name}: ref+sops://.unleak/vault.sops.yaml#/{key or name}\n".encode()


def test_reads_a_flat_map():
    data = b"# top\n\n" + line("B") + line("A", "C")
    assert list(parse_env_map(data).items()) == [("B", ref("B")), ("A", ref("C"))]


def test_reads_other_spellings_of_yaml():
    data = b"---\n\"A\": 'ref+sops://.unleak/vault.sops.yaml#/A'  # why\nB: >-\n  ref+sops://f#/B\n"
    assert parse_env_map(data) == {"A": ref("A"), "B": Reference("sops", "f", "B")}


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"\n\n"])
def test_empty(data):
    assert parse_env_map(data) == {}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (line("A") + line("A"), "line 2: A is there twice"),
        (b"A: plain\n", "line 1: A: this is not a reference"),
        (b"A: ref+echo://x\n", "unknown kind"),
        (b"A: [1]\n", "line 1: not a variable"),
        (b"- A\n", "not a map"),
        (line("A") + b"B: 'x\n", "not valid YAML"),
        (line("LD_PRELOAD"), "changes how programs start"),
        (b"a-b: ref+sops://f#/A\n", "not the name of a variable"),
        (b"A: \xff\n", "not UTF-8"),
    ],
)
def test_errors_name_the_place(data, message):
    with pytest.raises(ConfigError, match=message):
        parse_env_map(data)


def test_a_new_file_explains_itself():
    data = edited_env_map(b"", {"B": ref("B"), "A": ref("A")})
    assert data.startswith(b"#")
    assert data.endswith(line("A") + line("B"))
    assert yaml.safe_load(data)["A"] == "ref+sops://.unleak/vault.sops.yaml#/A"


def test_insertion_keeps_comments_and_order():
    data = b"# top\n# about B\n" + line("B") + b"\n# about D\n" + line("D")
    new = edited_env_map(data, {"C": ref("C"), "A": ref("A"), "E": ref("E"), "B": ref("B")})
    assert new == (
        b"# top\n# about B\n" + line("A") + line("B") + line("C") + b"\n# about D\n"
        + line("D") + line("E")
    )  # fmt: skip


def test_line_ends_are_kept():
    data = line("A").replace(b"\n", b"\r\n")
    assert edited_env_map(data, {"B": ref("B")}) == data + line("B").replace(b"\n", b"\r\n")
    assert edited_env_map(line("A")[:-1], {"B": ref("B")}) == line("A") + line("B")


def test_nothing_new_is_no_change():
    assert edited_env_map(line("A"), {"A": ref("A")}) == line("A")


def test_another_reference_is_a_clash():
    with pytest.raises(ConfigError, match="A already refers to something else"):
        edited_env_map(line("A"), {"A": ref("B")})


def test_a_flow_map_is_refused_not_broken():
    with pytest.raises(ConfigError, match="unusual"):
        edited_env_map(b'{"A": "ref+sops://f#/A"}\n', {"B": ref("B")})


def test_find_root(tmp_path):
    (tmp_path / "r/.git").mkdir(parents=True)
    (tmp_path / "r/a/b").mkdir(parents=True)
    assert find_root(str(tmp_path / "r/a/b")) == str(tmp_path / "r")
    (tmp_path / "r/a/.unleak").mkdir()
    assert find_root(str(tmp_path / "r/a/b")) == str(tmp_path / "r/a")
    assert find_root(str(tmp_path / "r")) == str(tmp_path / "r")


def test_no_root_is_the_start(tmp_path):
    (tmp_path / "x").mkdir()
    assert find_root(str(tmp_path / "x")) == str(tmp_path / "x")


def test_load(tmp_path):
    assert load_env_map(str(tmp_path)) == {}
    (tmp_path / ".unleak").mkdir()
    (tmp_path / ".unleak/env.yaml").write_bytes(line("A"))
    assert load_env_map(str(tmp_path)) == {"A": ref("A")}


@pytest.mark.parametrize("what", ["file", "folder", "fifo"])
def test_links_and_fifos_are_refused(tmp_path, what):
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    (other / "env.yaml").write_bytes(line("A"))
    if what == "folder":
        os.symlink(other, root / ".unleak")
    else:
        (root / ".unleak").mkdir()
    if what == "file":
        os.symlink(other / "env.yaml", root / ".unleak/env.yaml")
    if what == "fifo":
        os.mkfifo(root / ".unleak/env.yaml")
    with pytest.raises(ConfigError, match=r"env\.yaml"):
        load_env_map(str(root))


def test_allowed_addresses():
    assert allowed_addresses({}) == frozenset()
    environ = {"UNLEAK_ALLOWED_VAULTS": "sops:../x vault:https://h"}
    assert allowed_addresses(environ) == {"sops:../x", "vault:https://h"}
