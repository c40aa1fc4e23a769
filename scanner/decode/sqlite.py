"""SQLite databases: the rows of real tables as `column = value` lines, and what was deleted.

The database stays in memory and is hostile until shown otherwise: no function of its schema is
trusted, views, virtual tables and generated columns are not asked, work is counted, and every
value has a bounded length. https://www.sqlite.org/security.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from scanner.decode.binaries import printable_strings
from scanner.decode.containers import HEAD, container_of
from scanner.decode.limits import Budget, Leaf, Part, Refused, printable, viewed

STEPS_AT_ONCE = 10_000  # virtual machine steps between two looks at the counter
FEWEST = 500  # looks that even the smallest database may take: a second or so
BYTES_A_LOOK = 5_000  # one more for each: reading the smallest rows takes a step a byte
LONGEST = 16 << 20  # bytes of one value, row or statement
BATCH = 4 << 20  # bytes of rows that become one leaf
COLUMNS = 2_000


def members(_kind: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """Each table's rows, blobs that are containers, and the strings of deleted rows."""
    try:
        connection = _opened(data)
    except (sqlite3.Error, UnicodeDecodeError, AttributeError, MemoryError):
        yield from _damaged(data, budget)
        return
    try:
        yield from _tables(connection, len(data), budget)
        yield from viewed(("(deleted)",), _deleted(data), budget)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # messages quote names that are not UTF-8
        reason = "too much work" if "interrupt" in str(error) else "damaged: not all rows"
        yield Refused((), reason)
        yield from viewed(("(strings)",), printable_strings(data), budget)
    finally:
        connection.close()


def _damaged(data: bytes, budget: Budget) -> Iterator[Part]:
    yield Refused((), "damaged: no database that can be opened")
    yield from viewed(("(strings)",), printable_strings(data), budget)


def _opened(data: bytes) -> sqlite3.Connection:
    """A copy in memory; a database in WAL mode is read as one without its log."""
    if data[18:20] != b"\x01\x01":
        data = data[:18] + b"\x01\x01" + data[20:]
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        for name in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"):
            connection.execute(f"PRAGMA {name}")
        connection.deserialize(data)
        connection.execute("PRAGMA query_only=ON")
        connection.text_factory = bytes
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _tables(connection: sqlite3.Connection, size: int, budget: Budget) -> Iterator[Part]:
    left = FEWEST + size // BYTES_A_LOOK

    def tired() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    connection.set_progress_handler(tired, STEPS_AT_ONCE)
    query = (
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
        " AND typeof(name) = 'text' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid LIMIT ?"
    )
    names = [row[0] for row in connection.execute(query, (budget.limits.members,))]
    for name in names:
        try:
            yield from _rows(connection, name, budget)
        except UnicodeDecodeError:
            yield Refused((printable(name),), "damaged: a name that is not UTF-8")
    query = "SELECT sql FROM sqlite_schema WHERE typeof(sql) = 'text' ORDER BY rowid"
    statements = b"\n".join(row[0] for row in connection.execute(query))
    yield from viewed(("(schema)",), statements, budget)


def _rows(connection: sqlite3.Connection, name: bytes, budget: Budget) -> Iterator[Part]:
    """Rows in stored order, one `column = value` a line, a blank line between rows."""
    table = _quoted(name)
    title = printable(name)
    columns = [
        row[1]
        for row in connection.execute(f"PRAGMA table_xinfo({table})")
        if row[6] in (0, 3)  # neither hidden nor computed
    ][:COLUMNS]
    if not columns:
        return
    wanted = ", ".join(_quoted(column) for column in columns)
    # NOT INDEXED: an index that covers all columns would change the order
    cursor = connection.execute(f"SELECT {wanted} FROM {table} NOT INDEXED")  # noqa: S608 -- quoted
    lines: list[bytes] = []
    size = 0
    for row in cursor:
        for column, value in zip(columns, row, strict=True):
            if value is None:
                continue
            text = value if isinstance(value, bytes) else str(value).encode()
            if container_of(text[:HEAD], len(text)):
                yield Leaf((title, printable(column)), text)
                continue
            lines.append(column + b" = " + text)
            size += len(column) + len(text) + 4
        lines.append(b"")
        size += 32
        if size > BATCH:
            yield from viewed((title,), b"\n".join(lines), budget)
            lines, size = [], 0
    yield from viewed((title,), b"\n".join(lines).strip(b"\n"), budget)


def _quoted(name: bytes) -> str:
    return '"' + name.decode().replace('"', '""') + '"'


def _deleted(data: bytes) -> bytes:
    """The strings in free pages and in the gaps of pages that are in use.

    https://www.sqlite.org/fileformat2.html: deleting a row only unlinks its bytes.
    """
    size = int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    if size < 512:
        return b""
    free = _free_pages(data, size)
    found: list[bytes] = []
    for number in range(1, len(data) // size + 1):
        start = (number - 1) * size
        page = data[start : start + size]
        if number in free:
            found.append(printable_strings(page))
            continue
        head = 100 if number == 1 else 0
        if page[head] not in (2, 5, 10, 13):
            continue
        first, cells, content = (
            int.from_bytes(page[at : at + 2], "big") for at in (head + 1, head + 3, head + 5)
        )
        begin = head + (8 if page[head] > 5 else 12) + 2 * cells
        found.append(printable_strings(page[begin : content or size]))
        found.extend(_free_blocks(page, first))
    return b"\n".join(text for text in found if text)


def _free_pages(data: bytes, size: int) -> set[int]:
    """The numbers of the pages in the list of free ones."""
    free: set[int] = set()
    trunk = int.from_bytes(data[32:36], "big")
    while trunk and trunk not in free and trunk * size <= len(data):
        free.add(trunk)
        start = (trunk - 1) * size
        count = min(int.from_bytes(data[start + 4 : start + 8], "big"), size // 4 - 2)
        for at in range(start + 8, start + 8 + 4 * count, 4):
            free.add(int.from_bytes(data[at : at + 4], "big"))
        trunk = int.from_bytes(data[start : start + 4], "big")
    return free


def _free_blocks(page: bytes, at: int) -> Iterator[bytes]:
    """The strings of the holes that deleted cells left; offsets only grow."""
    while at and at + 4 <= len(page):
        following = int.from_bytes(page[at : at + 2], "big")
        length = int.from_bytes(page[at + 2 : at + 4], "big")
        yield printable_strings(page[at + 4 : at + length])
        if following <= at:
            return
        at = following
