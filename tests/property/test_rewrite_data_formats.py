"""For made-up files of every data format: only the edit changes, and rendering restores it."""

from __future__ import annotations

import configparser
import io
import json
import re
import tomllib

import pytest
import yaml as pyyaml
from dotenv.parser import parse_stream
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scanner.errors import LiteralError, RewriteError
from scanner.literals import locate
from scanner.model import Literal, Reference
from scanner.registry import REWRITERS, load
from scanner.rewriters.choose import choose

REFERENCE = Reference("sops", ".unleak/vault.sops.yaml", "NAME")
URI = b"ref+sops://.unleak/vault.sops.yaml#/NAME"
BOM = b"\xef\xbb\xbf"

SETTINGS = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = st.from_regex(r"\A[a-zA-Z][a-zA-Z_]{0,6}\Z")
SIMPLE = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9/+=_.!-]{2,20}[A-Za-z0-9]\Z")
ODD = st.text(
    st.sampled_from("ab01 #:;=%'\"\\$`{}[],&*!|>@?-~\t\n\r/éß漢😀\x7f\u2028\x85\xa0"), max_size=10
)
VALUES = st.one_of(SIMPLE, ODD, st.just("ref+sops://a#/B"))
ENDS = st.sampled_from(["\n", "\r\n"])


def splice(data: bytes, literal: Literal, new: bytes) -> bytes:
    return data[: literal.start] + new + data[literal.end :]


def values(path: str, data: bytes) -> list[tuple[tuple[str, ...], bytes]]:
    return [(literal.key_path, literal.value) for literal in locate.literals(path, data)]


def check_spelling(path: str, data: bytes, value: str, index: int) -> bytes | None:
    """Any value that can be put in a place is read back there, and nothing else changes."""
    before = locate.literals(path, data)
    assume(before)
    literal = before[index % len(before)]
    try:
        spelled = locate.spell(value.encode(), literal)
    except RewriteError:
        return None
    changed = splice(data, literal, spelled)
    after = values(path, changed)
    expected = [(one.key_path, one.value) for one in before]
    expected[index % len(before)] = (literal.key_path, value.encode())
    assert after == expected, (data, changed)
    return changed


def check_rewrite(path: str, data: bytes, index: int, *, canonical: bool = False) -> None:
    """Rewriting changes one value only; rendering it again gives the same values or bytes."""
    before = locate.literals(path, data)
    assume(before)
    index %= len(before)
    literal = before[index]
    assume(literal.value)
    assert locate.locate(path, data, literal.start, literal.end) == literal
    try:
        rewriter = load(REWRITERS, choose(path, literal))
        result = rewriter.rewrite(data, literal, REFERENCE, "NAME")
    except RewriteError:
        return
    (edit,) = result.edits
    changed = data[: edit.start] + edit.new + data[edit.end :]
    after = locate.literals(path, changed)
    assert [one.key_path for one in after] == [one.key_path for one in before]
    kept = [one.value for position, one in enumerate(after) if position != index]
    assert kept == [one.value for position, one in enumerate(before) if position != index]
    if result.form == "uri":
        assert after[index].value == URI
        assert URI in changed
        again = locate.spell(literal.value, after[index])
        rendered = splice(changed, after[index], again)
        assert values(path, rendered) == values(path, data)
        if canonical and result.disposition == "safe":
            assert rendered == data
    undone = data[: edit.start] + locate.spell(literal.value, literal) + data[edit.end :]
    assert values(path, undone) == values(path, data)
    if canonical:
        assert undone == data


def with_bom(draw: st.DrawFn, text: str) -> bytes:
    return (BOM if draw(st.booleans()) else b"") + text.encode()


# dotenv ---------------------------------------------------------------------------------------


@st.composite
def dotenv_files(draw: st.DrawFn) -> bytes:
    end = draw(ENDS)
    lines = []
    for number in range(draw(st.integers(1, 4))):
        name = draw(NAMES) + str(number)
        value = draw(VALUES)
        quote = draw(st.sampled_from(["", "'", '"']))
        body = value.replace("\r", "").replace(quote or "\n", "")
        if quote and body.endswith("\\"):
            body += "\\"
        comment = draw(st.sampled_from(["", " # note", "  # 'x' \"y"]))
        export = draw(st.sampled_from(["", "export ", "  "]))
        equal = draw(st.sampled_from(["=", " = ", "= ", " ="]))
        body = body.replace("\n", end)
        lines.append(f"{export}{name}{equal}{quote}{body}{quote}{comment}")
        lines.append(draw(st.sampled_from(["", "# comment KEY=value", "BARE", "export"])))
    return with_bom(draw, end.join(lines) + draw(st.sampled_from(["", end])))


def read_dotenv(data: bytes) -> list[tuple[str | None, str]]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8").read()
    bindings = parse_stream(io.StringIO(text))
    return [(one.key, one.value) for one in bindings if one.value is not None]


def ours_dotenv(data: bytes) -> list[tuple[str | None, str]]:
    return [(one.key_path[0], one.value.decode()) for one in locate.literals(".env", data)]


@SETTINGS
@given(dotenv_files(), VALUES, st.integers(0, 9))
def test_dotenv(data: bytes, value: str, index: int) -> None:
    assert ours_dotenv(data) == read_dotenv(data)
    changed = check_spelling(".env", data, value, index)
    if changed is not None:
        assert ours_dotenv(changed) == read_dotenv(changed)
    check_rewrite(".env", data, index)


@SETTINGS
@given(st.lists(st.text(st.sampled_from("ab0\\ '\"#$=\n\r\t\x0b;é"), max_size=12), max_size=6))
def test_dotenv_reads_any_text_as_python_dotenv_does(pieces: list[str]) -> None:
    data = "".join(f"K{number}={piece}\n" for number, piece in enumerate(pieces)).encode()
    assert ours_dotenv(data) == read_dotenv(data)


# INI ------------------------------------------------------------------------------------------


@st.composite
def ini_files(draw: st.DrawFn) -> bytes:
    end = draw(ENDS)
    lines = []
    for section in range(draw(st.integers(1, 2))):
        lines.append(f"[{draw(NAMES)}{section}]")
        for number in range(draw(st.integers(1, 3))):
            value = draw(VALUES)
            body = re.sub(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+", end + "   ", value).strip()
            equal = draw(st.sampled_from(["=", " = ", ":", ": "]))
            lines.append(f"{draw(NAMES)}{number}{equal}{body}")
            lines.append(draw(st.sampled_from(["# note", "; note", "", "bare" + str(number)])))
    return with_bom(draw, end.join(lines) + draw(st.sampled_from(["", end])))


def read_ini(data: bytes) -> dict[tuple[str, str], str]:
    reader = configparser.RawConfigParser(strict=False, allow_no_value=True, default_section="\x00")
    reader.optionxform = str  # type: ignore[assignment,method-assign]
    reader.read_file(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig"))
    return {
        (section, name): value
        for section in reader.sections()
        for name, value in reader.items(section)
        if value is not None
    }


def ours_ini(data: bytes) -> dict[tuple[str, ...], str]:
    found = {}
    for one in locate.literals("a.ini", data):
        quote = next((w[-1] for w in one.context if w.startswith("quote:")), "")
        found[one.key_path] = quote + one.value.decode() + quote
    return found


@SETTINGS
@given(ini_files(), VALUES, st.integers(0, 9))
def test_ini(data: bytes, value: str, index: int) -> None:
    try:
        theirs = read_ini(data)
    except (configparser.Error, AttributeError):
        with pytest.raises(LiteralError):
            locate.literals("a.ini", data)
        return
    assert ours_ini(data) == theirs
    changed = check_spelling("a.ini", data, value, index)
    if changed is not None:
        assert ours_ini(changed) == read_ini(changed)
    check_rewrite("a.ini", data, index)


# properties -----------------------------------------------------------------------------------


@st.composite
def properties_files(draw: st.DrawFn) -> bytes:
    end = draw(ENDS)
    lines = []
    for number in range(draw(st.integers(1, 4))):
        value = draw(VALUES).replace("\\", draw(st.sampled_from(["\\\\", "\\t", "\\u00e9", "\\:"])))
        body = re.sub(r"[\r\n]+", "\\\\" + end.replace("\\", "") + "    ", value)
        equal = draw(st.sampled_from(["=", " = ", ":", " ", "\t: "]))
        lines.append(f"{draw(NAMES)}{number}{equal}{body.lstrip()}")
        lines.append(draw(st.sampled_from(["", "# note\\", "! note", "   "])))
    return with_bom(draw, end.join(lines) + draw(st.sampled_from(["", end])))


@SETTINGS
@given(properties_files(), VALUES, st.integers(0, 9))
def test_properties(data: bytes, value: str, index: int) -> None:
    check_spelling("a.properties", data, value, index)
    check_rewrite("a.properties", data, index)


# npmrc ----------------------------------------------------------------------------------------


@st.composite
def npmrc_files(draw: st.DrawFn) -> bytes:
    end = draw(ENDS)
    lines = []
    for number in range(draw(st.integers(1, 4))):
        value = draw(VALUES)
        style = draw(st.sampled_from(["plain", "json", "single"]))
        body = re.sub(r"[\r\n]", "", value)
        if style != "plain":
            body = json.dumps(value, ensure_ascii=False) if style == "json" else f"'{body}'"
        key = draw(st.sampled_from([f"//host{number}/:_authToken", f"key{number}", f"a{number}[]"]))
        lines.append(f"{key}{draw(st.sampled_from(['=', ' = ']))}{body}")
        lines.append(draw(st.sampled_from(["", "; note", "# note", "bare"])))
    return with_bom(draw, end.join(lines) + draw(st.sampled_from(["", end])))


@SETTINGS
@given(npmrc_files(), VALUES, st.integers(0, 9))
def test_npmrc(data: bytes, value: str, index: int) -> None:
    check_spelling(".npmrc", data, value, index)
    check_rewrite(".npmrc", data, index)


# JSON -----------------------------------------------------------------------------------------

JSON_VALUES = st.recursive(
    st.one_of(VALUES, st.text(max_size=5), st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


def leaves(value: object, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in leaves(item, (*path, key))]
    if isinstance(value, list):
        return [leaf for key, item in enumerate(value) for leaf in leaves(item, (*path, str(key)))]
    return [(path, value)]


def typed(literal: Literal) -> object:
    text = literal.value.decode("utf-8", "surrogatepass")
    return json.loads(text) if literal.style == "bare" else text


@SETTINGS
@given(JSON_VALUES, st.booleans(), st.sampled_from([None, 2, "\t"]), VALUES, st.integers(0, 9))
def test_json(document: object, ascii_only: bool, indent: object, value: str, index: int) -> None:
    data = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()  # type: ignore[arg-type]
    found = locate.literals("a.json", data)
    assert [(one.key_path, typed(one)) for one in found] == leaves(document)
    changed = check_spelling("a.json", data, value, index)
    if changed is not None:
        theirs = leaves(json.loads(changed))
        assert [(o.key_path, typed(o)) for o in locate.literals("a.json", changed)] == theirs
    check_rewrite("a.json", data, index, canonical=not ascii_only)


@SETTINGS
@given(VALUES, VALUES, ENDS, st.integers(0, 3))
def test_json_with_comments(first: str, second: str, end: str, index: int) -> None:
    one, two = json.dumps(first, ensure_ascii=False), json.dumps(second, ensure_ascii=False)
    lines = ["// top {", "{", f'  "a": {one}, // "x"', f"  b: [ {two}, /* , */ ],", "}"]
    data = end.join(lines).encode()
    assert values("a.jsonc", data) == [(("a",), first.encode()), (("b", "0"), second.encode())]
    check_spelling("a.jsonc", data, second, index)
    check_rewrite("a.jsonc", data, index, canonical=True)


# TOML -----------------------------------------------------------------------------------------


@st.composite
def toml_files(draw: st.DrawFn) -> bytes:
    import tomlkit
    from tomlkit.items import String, StringType

    def string(value: str) -> str:
        kind = draw(st.sampled_from(list(StringType)))
        try:
            item = String.from_raw(value.replace("\r", ""), kind)
        except ValueError:
            item = tomlkit.string(value.replace("\r", ""))
        return str(item.as_string())

    lines = []
    for number in range(draw(st.integers(1, 4))):
        key = draw(
            st.sampled_from([f"a{number}", f'"q {number}"', f"d.e{number}", f"'l' . x{number}"])
        )
        value = draw(
            st.one_of(
                VALUES.map(string),
                st.sampled_from(["1", "1.5e3", "true", "1979-05-27", "07:32:00"]),
                VALUES.map(lambda v: f"[{string(v)}, # note\n 2]"),
                VALUES.map(lambda v: f"{{ x = {string(v)}, y.z = 1 }}"),
            )
        )
        if draw(st.booleans()):
            lines.append(draw(st.sampled_from([f"[t{number}]", f"[[arr.r{number}]]", "# note"])))
        lines.append(f"{key} = {value} # note")
    return with_bom(draw, "\n".join(lines) + draw(st.sampled_from(["", "\n"])))


def toml_leaves(data: bytes) -> list[tuple[tuple[str, ...], object]]:
    return sorted(leaves(tomllib.loads(data.decode("utf-8-sig"))), key=repr)


def toml_typed(literal: Literal) -> object:
    text = literal.value.decode()
    return tomllib.loads("x=" + text)["x"] if literal.style == "bare" else text


@SETTINGS
@given(toml_files(), VALUES, st.integers(0, 9), st.booleans())
def test_toml(data: bytes, value: str, index: int, crlf: bool) -> None:
    if crlf:
        data = data.replace(b"\n", b"\r\n")
    try:
        theirs = toml_leaves(data)
    except tomllib.TOMLDecodeError:
        with pytest.raises(LiteralError):
            locate.literals("a.toml", data)
        return
    found = locate.literals("a.toml", data)
    assert sorted(((o.key_path, toml_typed(o)) for o in found), key=repr) == theirs
    check_spelling("a.toml", data, value, index)
    check_rewrite("a.toml", data, index)


# YAML -----------------------------------------------------------------------------------------

YAML_VALUES = st.recursive(
    st.one_of(
        VALUES, st.integers(), st.booleans(), st.none(), st.sampled_from(["a b\nc\n", "x\n\ny"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


def scalars(node: pyyaml.Node | None, path: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
    """Path, text and whether it is text of every scalar value, as PyYAML composes it."""
    if isinstance(node, pyyaml.ScalarNode):
        return [(path, node.value, node.tag == "tag:yaml.org,2002:str")]
    if isinstance(node, pyyaml.MappingNode):
        return [one for key, item in node.value for one in scalars(item, (*path, key.value))]
    items = enumerate(node.value if node else ())
    return [one for number, item in items for one in scalars(item, (*path, str(number)))]


def pyyaml_values(data: bytes) -> list[tuple[object, ...]]:
    return scalars(pyyaml.compose(data.decode("utf-8-sig")))


def yaml_typed(literal: Literal) -> tuple[object, ...]:
    kinds = {"int", "float", "bool", "null", "timestamp", "merge", "value"}
    return (literal.key_path, literal.value.decode(), kinds.isdisjoint(literal.context))


@st.composite
def yaml_files(draw: st.DrawFn) -> bytes:
    document = draw(YAML_VALUES)
    text = pyyaml.dump(
        document,
        allow_unicode=draw(st.booleans()),
        default_style=draw(st.sampled_from([None, "'", '"', "|", ">"])),
        default_flow_style=draw(st.sampled_from([None, True, False])),
        width=draw(st.sampled_from([20, 1000])),
        sort_keys=False,
    )
    text = re.sub(r"(?m)^(\w+: \w+)$", r"\1 # note", text)
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return with_bom(draw, text)


@SETTINGS
@given(yaml_files(), VALUES, st.integers(0, 9))
def test_yaml(data: bytes, value: str, index: int) -> None:
    if re.search("[\x85\u2028\u2029]", data.decode()):
        with pytest.raises(LiteralError):  # YAML 1.1 and 1.2 disagree on these
            locate.literals("a.yaml", data)
        return
    found = locate.literals("a.yaml", data)
    theirs = pyyaml_values(data)
    assert [yaml_typed(one)[:2] for one in found] == [one[:2] for one in theirs]
    changed = check_spelling("a.yaml", data, value, index)
    if changed is not None:
        index %= len(found)
        after = pyyaml_values(changed)
        assert after[index][:2] == (found[index].key_path, value)
        if yaml_typed(found[index])[2] and "tagged" not in found[index].context:
            assert after[index][2]  # text stays text
        del after[index], theirs[index]
        assert after == theirs
    check_rewrite("a.yaml", data, index)


PLAIN_LINES = st.lists(
    st.from_regex(r"\A[A-Za-z0-9+/=#: ~-]{0,11}[A-Za-z0-9]\Z"), min_size=1, max_size=3
)


@st.composite
def canonical_yaml(draw: st.DrawFn) -> bytes:
    """Files whose every value is written as `spell` would write it."""
    end = draw(ENDS)
    lines = ["# top", "root:"]
    for number in range(draw(st.integers(1, 4))):
        pad = draw(st.sampled_from(["  ", "  "]))
        text = draw(PLAIN_LINES)
        style = draw(st.sampled_from(["plain", "'", '"', "|", "|-", ">-", "flow"]))
        note = draw(st.sampled_from(["", " # note"]))
        key = f"{pad}k{number}:"
        if style in ("|", "|-", ">-"):
            assume(text[0][0] != " ")
            lines.append(f"{key} {style}{note}")
            between = ["", ""] if style == ">-" else [""]
            lines += [f"{pad}  {text[0]}", *between, f"{pad}  end"]
        elif style == "flow":
            lines.append(f"{key} {{a: 'x', b: v{number}}}{note}")
        elif style == "plain":
            lines.append(f"{key} v{number}/x{note}")
        else:
            lines.append(f"{key} {style}{text[0]}{style}{note}")
        lines += draw(st.sampled_from([[], [""], ["# note"]]))
    return with_bom(draw, end.join(lines) + draw(st.sampled_from(["", end, end + end])))


@SETTINGS
@given(canonical_yaml(), st.integers(0, 9))
def test_yaml_written_as_we_would_comes_back_byte_for_byte(data: bytes, index: int) -> None:
    check_rewrite("a.yaml", data, index, canonical=True)


# compose --------------------------------------------------------------------------------------


@st.composite
def compose_files(draw: st.DrawFn) -> bytes:
    environment = draw(
        st.one_of(
            st.dictionaries(NAMES, VALUES, min_size=1, max_size=3),
            st.dictionaries(NAMES, VALUES, min_size=1, max_size=3).map(
                lambda pairs: [f"{name}={value}" for name, value in pairs.items()]
            ),
        )
    )
    document = {"services": {"db": {"image": "x", "environment": environment}}}
    return pyyaml.dump(document, allow_unicode=True, width=1000).encode()


@SETTINGS
@given(compose_files(), VALUES, st.integers(0, 9))
def test_compose(data: bytes, value: str, index: int) -> None:
    try:
        found = locate.literals("compose.yaml", data)
    except LiteralError:
        assume(False)
    # Other list items become assignments with an equal sign.
    assume("=" not in value or "item" not in found[index % len(found)].context)
    check_spelling("compose.yaml", data, value, index)
    check_rewrite("compose.yaml", data, index)


# shell ----------------------------------------------------------------------------------------

WORDS = st.lists(
    st.sampled_from(
        ["a", "é", "=", "#", "\\'", "' x'", '" \\" \\$ \\n"', "$'\\n\\x41'", '"$B"', "/"]
    ),
    max_size=4,
).map("".join)


@st.composite
def shell_files(draw: st.DrawFn) -> bytes:
    lines = ["#!/bin/sh"]
    for number in range(draw(st.integers(1, 3))):
        before = draw(st.sampled_from(["", "export ", "readonly ", "tool --x ", "tool -p "]))
        lines.append(f"{before}K{number}={draw(WORDS)}")
        lines.append(
            draw(st.sampled_from(["# K=note", "", "cat <<E\nk: v\nE", "if true; then X=1; fi"]))
        )
    return with_bom(draw, "\n".join(lines) + "\n")


@SETTINGS
@given(shell_files(), VALUES, st.integers(0, 9))
def test_shell(data: bytes, value: str, index: int) -> None:
    try:
        found = locate.literals("a.sh", data)
    except LiteralError:
        assume(False)  # the grammar does not know every word
    assume(found and not value.startswith("-"))
    chosen = found[index % len(found)]
    # A word that looks like a flag names the argument behind it.
    assume("interpolated" not in chosen.context and not chosen.value.startswith(b"-"))
    check_spelling("a.sh", data, value, index)
    check_rewrite("a.sh", data, index)
