"""Halves of a credential are joined the same way in a tree and in history."""

from __future__ import annotations

import base64
import random
from functools import lru_cache

import pytest

from scanner.engine.database import Database, load_database
from scanner.engine.triggers import load_triggers
from scanner.history.gather import Gatherer, Occurrence
from scanner.history.shards import Item
from scanner.history.versions import Versions
from scanner.model import Finding, Place
from scanner.scan import Options, Scanner

_HEX, _BASE64 = (
    "0123456789abcdef",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
)


@lru_cache
def database() -> Database:
    return load_database("medium")


def line(chance: random.Random) -> str:
    def drawn(alphabet: str, count: int) -> str:
        return "".join(chance.choices(alphabet, k=count))

    key_id = "AKIA" + drawn("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)
    lines = (
        f"AWS_ACCESS_KEY_ID={key_id}",
        f"AWS_SECRET_ACCESS_KEY={drawn(_BASE64, 38)}/9",
        f"TWILIO_ACCOUNT_SID=AC{drawn(_HEX, 32)}",
        f"TWILIO_AUTH_TOKEN={drawn(_HEX, 32)}",
        f"ACME_CLIENT_ID={drawn(_HEX, 24)}",
        f"ACME_CLIENT_SECRET={drawn(_BASE64, 40).replace('/', 'x').replace('+', 'y')}",
        f"OTHER_CLIENT_ID={drawn(_HEX, 24)}  # unleak:allow",
        f"AWS_SECRET_ACCESS_KEY={drawn(_BASE64, 38)}/9  # unleak:allow",
        "x = 1",
        "",
    )
    return chance.choice(lines)


def shown(one: Finding) -> tuple[object, ...]:
    parts = tuple((p.rule, p.start, p.secret.reveal()) for p in one.parts)
    return one.rule, one.start, one.end, one.line, one.secret.reveal(), one.decoded_by, parts


def of_history(one: Occurrence) -> tuple[object, ...]:
    parts = tuple((p.judged.rule.id, p.start, p.judged.value) for p in one.parts)
    judged = one.judged
    place = one.start, one.end, one.position[0]
    return judged.rule.id, *place, judged.value, one.chain, parts


@pytest.mark.parametrize("encoded", ["", "base64", "utf-16"])
@pytest.mark.parametrize("seed", range(12))
def test_tree_and_history_agree(seed: int, encoded: str) -> None:
    chance = random.Random(f"{seed}{encoded}")
    text = "\n".join(line(chance) for _ in range(30)) + "\n"
    if encoded:  # where a marker is hidden the two look for it in different places
        text = text.replace("unleak:allow", "")
    data = text.encode("utf-16" if encoded == "utf-16" else "utf-8")
    if encoded == "base64":
        data = b"data: " + base64.b64encode(data) + b"\n" + line(chance).encode() + b"\n"
    tree = Scanner(Options(), database()).scan_data("app.env", data)
    version = Versions(database(), "medium", None, load_triggers()).blob(data)
    item = Item("1" * 40, "blob", len(data), version.binary, version.found, version.positions)
    gatherer = Gatherer(database().rules, "medium", inline=True, wanted=lambda _: True)
    gathered = gatherer.gather([item], {item.id: [Place("app.env")]})
    past = [one for many in gathered.occurrences.values() for one in many]
    assert set(map(shown, tree)) == set(map(of_history, past))
    assert len(tree) > 1 or encoded == "base64"
