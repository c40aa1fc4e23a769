"""Databases: rows with names, deleted rows, and schemas that mean harm."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable

from support.containers import make_sqlite

from scanner.decode.limits import Budget, Leaf, Limits, Part, Refused, View
from scanner.decode.sqlite import members


def parts_of(data: bytes, limits: Limits | None = None) -> list[Part]:
    return list(members("sqlite", data, Budget(limits or Limits())))


def texts(parts: list[Part]) -> dict[tuple[str, ...], bytes]:
    return {part.chain: part.data for part in parts if not isinstance(part, Refused)}


def test_rows_are_lines_with_names() -> None:
    data = make_sqlite(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, password TEXT, note); CREATE INDEX i ON users (password, note)",
        {"users": [(2, "b-word", None), (1, "z-word", 1.5), (3, "a\nword", b"raw\xff")]},
    )
    found = texts(parts_of(data))
    assert found[("users",)] == (
        b"id = 1\npassword = z-word\nnote = 1.5\n\nid = 2\npassword = b-word\n\n"
        b"id = 3\npassword = a\nword\nnote = raw\xff"
    )
    assert b"CREATE TABLE users" in found[("(schema)",)]


def test_blobs_that_are_containers_are_members() -> None:
    packed = gzip.compress(b"text")
    parts = parts_of(make_sqlite("CREATE TABLE t (a, b)", {"t": [(1, packed)]}))
    assert parts[0] == Leaf(("t", "b"), packed)


def test_tables_without_rowid_virtual_tables_and_views() -> None:
    script = (
        "CREATE TABLE w (k PRIMARY KEY, v) WITHOUT ROWID; CREATE VIEW v AS SELECT k FROM w;"
        "CREATE VIRTUAL TABLE f USING fts5(body)"
    )
    data = make_sqlite(script, {"w": [("b", "2"), ("a", "1")], "f": [("searched words",)]})
    found = texts(parts_of(data))
    assert found[("w",)] == b"k = a\nv = 1\n\nk = b\nv = 2"
    assert b"searched words" in found[("f_content",)]
    assert ("v",) not in found
    assert ("f",) not in found


def test_deleted_rows_are_found(made: Callable[..., str]) -> None:
    gone, large = made("gone", 40), made("large", 6000)
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA secure_delete=OFF")
    connection.execute("CREATE TABLE t (name, value)")
    rows = [("a", "kept"), ("b", gone), ("c", large), ("d", "kept too")]
    connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    connection.execute("DELETE FROM t WHERE name IN ('b', 'c')")
    connection.commit()
    deleted = texts(parts_of(connection.serialize()))[("(deleted)",)]
    assert gone.encode() in deleted
    assert large[-2000:].encode() in deleted


def test_a_database_in_wal_mode_is_read() -> None:
    data = bytearray(make_sqlite("CREATE TABLE t (a)", {"t": [("text",)]}))
    data[18:20] = b"\2\2"
    assert texts(parts_of(bytes(data)))[("t",)] == b"a = text"


def test_a_damaged_database_gives_its_strings() -> None:
    data = make_sqlite("CREATE TABLE t (a)", {"t": [(f"line number {n}",) for n in range(5000)]})
    broken = data[:8192] + bytes(4096) + data[12288:]
    parts = parts_of(broken)
    assert Refused((), "damaged: not all rows") in parts
    assert b"line number 4999" in texts(parts)[("(strings)",)]
    nothing = parts_of(b"SQLite format 3\0" + b"some words here\0" * 60)
    assert nothing[0] == Refused((), "damaged: no database that can be opened")
    assert isinstance(nothing[1], View)


def test_a_hostile_schema_starts_nothing() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES ('text')")
    connection.execute("ALTER TABLE t ADD COLUMN b AS (hex(zeroblob(400000000)))")
    connection.execute('CREATE TABLE "quoted "" name; DROP TABLE t" ("col""umn")')
    connection.execute('INSERT INTO "quoted "" name; DROP TABLE t" VALUES (1)')
    connection.execute("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT load_extension('x'); END")
    connection.execute(
        "CREATE VIEW v AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT * FROM r"
    )
    connection.commit()
    found = texts(parts_of(connection.serialize()))
    assert found[("t",)] == b"a = text"
    assert found[('quoted " name; DROP TABLE t',)] == b'col"umn = 1'


def test_a_tree_that_goes_in_circles_ends() -> None:
    data = bytearray(make_sqlite("CREATE TABLE t (a)", {"t": [("x" * 40,)] * 20_000}))
    size = int.from_bytes(data[16:18], "big")
    root = size  # page 2
    assert data[root] == 5  # an interior page: let all its children be itself or the first leaf
    cells = int.from_bytes(data[root + 3 : root + 5], "big")
    for n in range(cells):
        at = root + int.from_bytes(data[root + 12 + 2 * n : root + 14 + 2 * n], "big")
        data[at : at + 4] = (2).to_bytes(4, "big") if n % 2 else data[at : at + 4]
    parts = parts_of(bytes(data))
    assert any(isinstance(part, Refused) for part in parts)


def test_rows_come_in_batches() -> None:
    data = make_sqlite("CREATE TABLE t (a)", {"t": [(f"{n:0100}",) for n in range(50_000)]})
    parts = [part for part in parts_of(data) if part.chain == ("t",)]
    assert len(parts) == 2
    assert all(isinstance(part, View) for part in parts)
