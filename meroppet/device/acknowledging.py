"""What comes of the server's answer to a push: how far it holds the journal, and whether it is this journal at all."""

import sqlite3
from typing import NamedTuple

from meroppet.device.chained import Cells, Mark, begin_anew, mark_of, newest
from meroppet.wire.journal import JournalHead, JournalReply, JournalRequest, Parked

AT_ONCE = 20
"""So many rows may be sent again after a crash, and the server knows them: to write each answer down would cost the
disk a page a row."""
CONTRADICTED, DAMAGED, MISSING = "contradicted", "damaged", "missing"
"""Why a new epoch begins: the server holds other rows under these numbers, the file was damaged, or it was gone."""


class Reached(NamedTuple):
    """How far the server holds the epoch (a `seq`), its word for it, and from where it wanted more than is here."""

    acked: int = 0
    missed: int = -1
    head: int = 0
    hash: str = ""
    signature: str = ""


NOTHING_REACHED = Reached()


def settle(
    connection: sqlite3.Connection, sent: JournalRequest, reply: JournalReply, epoch: str, began: Cells
) -> Reached | None:
    """Do what the answer asks for: how far that is, or None if it was to begin the new `epoch` with the row `began`.

    An answer that only goes a little further than what is written down is not, until `keep` is called with it.
    """
    mark = mark_of(connection)
    if sent.epoch != mark.epoch:
        return NOTHING_REACHED
    if reply.begin_anew or (reply.head is not None and _contradicts(connection, mark, reply.head)):
        begin_anew(connection, epoch, min(reply.acked_through, sent.rows[-1].seq), began)
        return None
    reached = _reached(connection, mark, sent, reply)
    is_little = 0 <= reached.acked - mark.acked < AT_ONCE and reached.missed == mark.missed
    if not is_little or reply.parked:
        keep(connection, reached)
        _park(connection, mark, reply.parked)
    return reached


def keep(connection: sqlite3.Connection, reached: Reached) -> None:
    """Write down how far the server holds the epoch."""
    connection.execute("UPDATE mark SET acked = ?, missed = ?, head = ?, hash = ?, signature = ?", reached)


def _contradicts(connection: sqlite3.Connection, mark: Mark, head: JournalHead) -> bool:
    """Whether the row the server signed for is another one here, or has not been written here yet."""
    if mark.base + head.seq > newest(connection):
        return True
    found = connection.execute("SELECT hash FROM row WHERE seq = ?", (mark.base + head.seq,)).fetchone()
    return found is not None and found[0] != head.hash


def _reached(connection: sqlite3.Connection, mark: Mark, sent: JournalRequest, reply: JournalReply) -> Reached:
    acked, missed = _acked(connection, mark, sent, reply)
    if reply.head is None:
        return Reached(mark.base + acked, missed, mark.head, mark.hash, mark.signature)
    return Reached(mark.base + acked, missed, mark.base + reply.head.seq, reply.head.hash, reply.head.signature)


def _acked(connection: sqlite3.Connection, mark: Mark, sent: JournalRequest, reply: JournalReply) -> tuple[int, int]:
    """Up to which number rows are not to be sent any more, and from which the server wanted more than is here."""
    (found,) = connection.execute("SELECT min(seq) FROM row WHERE seq > ?", (mark.base,)).fetchone()
    oldest, last = (found or mark.base + 1) - mark.base, sent.rows[-1].seq
    if reply.acked_through + 1 >= oldest:
        # May lie behind our mark: a server restored from a backup has lost rows, and they are still here.
        return min(reply.acked_through, last), -1
    if reply.acked_through == mark.missed or sent.rows[0].seq <= oldest:
        # It has got the oldest there are; waiting for what was purged long ago would hold back everything after it.
        return last, reply.acked_through
    return oldest - 1, reply.acked_through


def _park(connection: sqlite3.Connection, mark: Mark, parked: tuple[Parked, ...]) -> None:
    connection.executemany(
        "UPDATE row SET parked = ? WHERE seq = ?", [(each.why[:200], mark.base + each.seq) for each in parked]
    )
