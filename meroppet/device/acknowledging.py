"""What comes of the server's answer to a push: how far it holds the journal, and whether it is this journal at all."""

import sqlite3

from meroppet.device.chained import Cells, Mark, begin_anew, mark_of, newest
from meroppet.wire.journal import JournalHead, JournalReply, JournalRequest, Parked

CONTRADICTED, DAMAGED, MISSING = "contradicted", "damaged", "missing"
"""Why a new epoch begins: the server holds other rows under these numbers, the file was damaged, or it was gone."""


def settle(connection: sqlite3.Connection, sent: JournalRequest, reply: JournalReply, epoch: str, began: Cells) -> bool:
    """Do what the answer asks for; whether that was to begin the new `epoch`, with the row `began`."""
    mark = mark_of(connection)
    if sent.epoch != mark.epoch:
        return False
    if reply.begin_anew or (reply.head is not None and _contradicts(connection, mark, reply.head)):
        begin_anew(connection, epoch, min(reply.acked_through, sent.rows[-1].seq), began)
        return True
    _move(connection, mark, sent, reply)
    _park(connection, mark, reply.parked)
    return False


def _contradicts(connection: sqlite3.Connection, mark: Mark, head: JournalHead) -> bool:
    """Whether the row the server signed for is another one here, or has not been written here yet."""
    if mark.base + head.seq > newest(connection):
        return True
    found = connection.execute("SELECT hash FROM row WHERE seq = ?", (mark.base + head.seq,)).fetchone()
    return found is not None and found[0] != head.hash


def _move(connection: sqlite3.Connection, mark: Mark, sent: JournalRequest, reply: JournalReply) -> None:
    reached, missed = _reached(connection, mark, sent, reply)
    head = (mark.head, mark.hash, mark.signature)
    if reply.head is not None:
        head = (mark.base + reply.head.seq, reply.head.hash, reply.head.signature)
    connection.execute(
        "UPDATE mark SET acked = ?, missed = ?, head = ?, hash = ?, signature = ?",
        (mark.base + reached, missed, *head),
    )


def _reached(connection: sqlite3.Connection, mark: Mark, sent: JournalRequest, reply: JournalReply) -> tuple[int, int]:
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
