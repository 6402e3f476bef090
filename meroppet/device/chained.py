"""The rows of a journal file: chained as they are written, and chained anew when another epoch begins.

Every function works on an open transaction of meroppet.device.store. `seq` runs through all epochs of the file; less
the epoch's base it is the number the row has in its epoch.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from meroppet.device.store import damaged
from meroppet.rules.chain import Entry, Head, Link, Scalar, genesis, link, row_hash
from meroppet.wire.journal import Row

PART = 2**40
"""How many numbers an epoch has before the next one's begin."""
_CHUNK = 100
_HASH = re.compile(r"[0-9a-f]{64}")
_MARK = "SELECT epoch, base, acked, began, last, missed, head, hash, signature FROM mark"
_INSERT = """INSERT INTO row (seq, wall, monotonic, boot, clock, kind, subject, detail, prev, hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_AFTER = """SELECT seq, wall, monotonic, boot, clock, kind, subject, detail, prev, hash FROM row
    WHERE seq > ? ORDER BY seq LIMIT ?"""
_CARRIED = """SELECT seq, wall, monotonic, boot, clock, kind, subject, detail FROM row
    WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 100"""
_UNCHAINED = """SELECT seq, wall, monotonic, boot, clock, kind, subject, detail FROM row_unchained
    WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 100"""


class Cells(NamedTuple):
    """What of a row is stored beside its number and its place in the chain; `detail` is JSON."""

    wall: str
    monotonic: float
    boot: str
    clock: str
    kind: str
    subject: str
    detail: str


class Mark(NamedTuple):
    """Where a journal is. All but `epoch` and the last two are values of `seq`; `missed` is a number of the epoch."""

    epoch: str
    base: int
    acked: int
    began: int
    last: int
    missed: int
    head: int
    hash: str
    signature: str


def mark_of(connection: sqlite3.Connection) -> Mark:
    """Where the journal is."""
    return Mark(*connection.execute(_MARK).fetchone())


def newest(connection: sqlite3.Connection) -> int:
    """The `seq` of the newest row there ever was in this epoch, or the epoch's base."""
    return _newest(connection, mark_of(connection))[0]


def add(connection: sqlite3.Connection, cells: Cells) -> int:
    """Chain one more row to the epoch; its number."""
    mark = mark_of(connection)
    return _add(connection, mark, _newest(connection, mark), cells)[0] - mark.base


def begin(connection: sqlite3.Connection, epoch: str, base: int) -> None:
    """The first epoch of a file."""
    connection.execute(
        "INSERT INTO mark (one, epoch, base, acked, began, last) VALUES (1, ?, ?, ?, ?, ?)",
        (epoch, base, base, base, base),
    )


def begin_anew(connection: sqlite3.Connection, epoch: str, through: int, began: Cells) -> None:
    """Go on in another epoch: with the row `began`, then with all rows behind the number `through` of the old one.

    They are chained anew in their order, and none of them counts as sent. Older rows stay to be looked up.
    """
    old = mark_of(connection)
    base, after, last = old.base + PART, old.base + through, _newest(connection, old)[0]
    connection.execute(
        "UPDATE mark SET epoch = ?, base = ?, acked = ?, began = ?, last = ?, missed = -1, head = 0, hash = '',"
        " signature = ''",
        (epoch, base, base, after, base),
    )
    mark = mark_of(connection)
    end = _add(connection, mark, (base, genesis(epoch)), began)
    for _, cells in _stored(connection, _CARRIED, after, last):
        end = _add(connection, mark, end, cells)
    connection.execute("DELETE FROM row WHERE seq > ? AND seq <= ?", (after, last))


def rows_after(connection: sqlite3.Connection, mark: Mark, seq: int, limit: int) -> tuple[Row, ...]:
    """The epoch's oldest rows behind one, as they are sent."""
    found = connection.execute(_AFTER, (max(seq, mark.base), limit)).fetchall()
    return tuple(_row(stored, mark.base) for stored in found)


def links(connection: sqlite3.Connection, mark: Mark, after: int) -> list[tuple[int, Link]]:
    """Some of the epoch's rows behind a number as they stand in the chain, oldest first."""
    found = connection.execute(_AFTER, (mark.base + after, _CHUNK)).fetchall()
    return [(stored[0] - mark.base, _link(_row(stored, mark.base))) for stored in found]


def head_of(mark: Mark) -> Head:
    """The newest row of the epoch that the server has signed for."""
    return Head(mark.head - mark.base, mark.hash) if mark.hash else Head()


def require_tables(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError if the file holds anything else: a damaged name is a table that is gone."""
    asked = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    names = {str(name) for (name,) in connection.execute(asked).fetchall()}
    if names != {"row", "mark"}:
        raise damaged(f"its tables are {', '.join(sorted(names))}")


def make_way(connection: sqlite3.Connection) -> None:
    """Put the tables of a version that did not chain out of the way of the schema.

    From here on text that is damaged is read as far as it can be: a row that nobody can read would hold up all others.
    """
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(row)").fetchall()}
    if columns and "hash" not in columns:
        for index in ("row_answers", "row_granted", "row_passages"):
            connection.execute(f"DROP INDEX IF EXISTS {index}")
        connection.execute("ALTER TABLE row RENAME TO row_unchained")
        connection.execute("ALTER TABLE mark RENAME TO mark_unchained")


def take_over(connection: sqlite3.Connection) -> bool:
    """Chain what such a version has left, under the same numbers; whether there was anything."""
    if not connection.execute("PRAGMA table_info(mark_unchained)").fetchall():
        return False
    epoch, acked = connection.execute("SELECT epoch, acked FROM mark_unchained").fetchone()
    (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()
    begin(connection, epoch, 0)
    connection.execute("UPDATE mark SET acked = ?, last = ?", (acked, last))
    mark, before, whole = mark_of(connection), (0, genesis(epoch)), 1
    for seq, cells in _stored(connection, _UNCHAINED, 0, last):
        if seq != before[0] + 1:
            before, whole = (seq - 1, ""), seq
        before = _add(connection, mark, before, cells)
    # Single rows that were kept longer than those around them: the server has had them long ago.
    connection.execute("DELETE FROM row WHERE seq < ? AND seq <= ?", (whole, acked))
    connection.execute(
        "UPDATE row SET parked = (SELECT parked FROM row_unchained AS old WHERE old.seq = row.seq)"
        " WHERE seq IN (SELECT seq FROM row_unchained WHERE parked IS NOT NULL)"
    )
    connection.execute("DROP TABLE row_unchained")
    connection.execute("DROP TABLE mark_unchained")
    return True


def _newest(connection: sqlite3.Connection, mark: Mark) -> tuple[int, str]:
    found = connection.execute("SELECT seq, hash FROM row ORDER BY seq DESC LIMIT 1").fetchone()
    if found is not None and found[0] > mark.base:
        return int(found[0]), str(found[1])
    return (mark.last, "") if mark.last > mark.base else (mark.base, genesis(mark.epoch))


def _add(connection: sqlite3.Connection, mark: Mark, end: tuple[int, str], cells: Cells) -> tuple[int, str]:
    seq, prev = end[0] + 1, end[1]
    made = row_hash(prev, _entry(seq - mark.base, cells))
    connection.execute(_INSERT, (seq, *cells, prev, made))
    return seq, made


def _stored(connection: sqlite3.Connection, few: str, after: int, last: int) -> Iterator[tuple[int, Cells]]:
    """The rows up to a number, read few at a time: a device that was long alone has a hundred thousand."""
    while rows := connection.execute(few, (after, last)).fetchall():
        for seq, *cells in rows:
            yield seq, Cells(*cells)
        after = rows[-1][0]


def _entry(number: int, cells: Cells) -> Entry:
    return Entry(
        number, cells.wall, cells.monotonic, cells.boot, cells.clock, cells.kind, cells.subject, detail_of(cells.detail)
    )


def detail_of(text: str) -> dict[str, Scalar]:
    """What was stored, whatever has become of it: a row that cannot be read must reach the server all the same."""
    try:
        detail = json.loads(text)
    except ValueError:
        detail = None
    if isinstance(detail, dict) and all(value is None or isinstance(value, Scalar) for value in detail.values()):
        return detail
    return {"unreadable": text[:200]}


def _row(stored: Sequence[Any], base: int) -> Row:
    seq, wall, monotonic, boot, clock, kind, subject, detail, prev, made = stored
    return Row(
        seq=seq - base,
        wall=wall,
        monotonic=monotonic,
        boot=boot,
        clock=clock,
        kind=kind,
        subject=subject,
        detail=detail_of(detail),
        prev=prev if _HASH.fullmatch(prev) else "",
        hash=made if _HASH.fullmatch(made) else "",
    )


def _link(row: Row) -> Link:
    told = Entry(row.seq, row.wall, row.monotonic, row.boot, row.clock, row.kind, row.subject, row.detail)
    return link(told, row.prev, row.hash)
