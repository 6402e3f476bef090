"""How often PINs were tried, durably: counts go down by a right PIN or by staff, never by a crash or a clock."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from meroppet.device.store import Store
from meroppet.rules.pin import (
    DOOR_DAY,
    KNOWN_FOR,
    LOOKS_BACK,
    CardStanding,
    DoorMode,
    DoorStanding,
    Outcome,
    card_gate,
    door_mode,
)
from meroppet.rules.reasons import Reason
from meroppet.runtime.clock import Clock
from meroppet.runtime.machine import REAL, Machine
from meroppet.wire.access import LockDocument

_INSERT = "INSERT OR IGNORE INTO attempt (attempt, card, made, outcome) VALUES (?, ?, ?, ?)"
_OF_CARD = "SELECT made FROM failure WHERE card = ? AND cleared = 0 ORDER BY made"
_OF_DOOR = "SELECT made FROM failure WHERE made > ? ORDER BY made"
_ACKNOWLEDGE = """INSERT INTO door (one, acknowledged) VALUES (1, ?) ON CONFLICT (one) DO UPDATE
    SET acknowledged = excluded.acknowledged WHERE acknowledged IS NULL OR acknowledged < excluded.acknowledged"""
_SWITCH_OFF = "INSERT INTO door (one, off) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET off = excluded.off"
_RESET = "INSERT INTO reset (card, cleared) VALUES (?, ?) ON CONFLICT (card) DO UPDATE SET cleared = excluded.cleared"
_KNOW = """INSERT INTO known (card, at) SELECT card, ? FROM attempt WHERE attempt = ?
    ON CONFLICT (card) DO UPDATE SET at = excluded.at"""


class Attempts:
    """One file of attempts. Cards are named by the keyed digest of what was read."""

    def __init__(self, path: Path, clock: Clock, machine: Machine = REAL) -> None:
        self._store = Store(path, "attempts", machine)
        self._clock = clock

    async def gate(
        self, card_digest: str, lock: LockDocument | None = None, acknowledged_at: datetime | None = None
    ) -> Reason | None:
        """Why this card is not asked for its PIN now, or None; StoreFailed if nobody can know.

        `lock` is what the server told of the card's tries at other doors, `acknowledged_at` when staff last saw to
        this door's alarm. Both are kept: a reset clears what was counted here, once.
        """
        now = self._clock.now()
        return await self._store.call(lambda connection: _gate(connection, card_digest, lock, acknowledged_at, now))

    async def count(self, attempt: str, card_digest: str) -> None:
        """Make an attempt durable before its PIN is checked; StoreFailed if it is not."""
        now = self._clock.now()
        await self._store.call(lambda connection: _count(connection, attempt, card_digest, now))

    async def settle(self, attempt: str, outcome: Outcome) -> None:
        """Say how a counted attempt turned out; a right PIN clears the card's failures, not the door's."""
        now = self._clock.now()
        await self._store.call(lambda connection: _settle(connection, attempt, outcome, now))

    async def card_failures(self, card_digest: str) -> Sequence[datetime]:
        """When this card failed since its last right PIN, oldest first; StoreFailed if nobody can know."""
        return await self._store.call(lambda connection: _moments(connection, _OF_CARD, card_digest))

    async def door_failures(self) -> Sequence[datetime]:
        """When any card failed here in the last 24 hours, oldest first; StoreFailed if nobody can know."""
        since = (self._clock.now() - DOOR_DAY).isoformat()
        return await self._store.call(lambda connection: _moments(connection, _OF_DOOR, since))

    async def known(self, card_digest: str) -> bool:
        """Whether this card's PIN was right here in the last thirty days; StoreFailed if nobody can know."""
        now = self._clock.now()
        return await self._store.call(lambda connection: _known(connection, card_digest, now))

    async def door(self, acknowledged_at: datetime | None = None) -> DoorStanding:
        """Whom this door asks for a PIN now; StoreFailed if nobody can know."""
        now = self._clock.now()
        return await self._store.call(lambda connection: _door(connection, acknowledged_at, now))

    def close(self) -> None:
        """Let go of the file after what was begun is done."""
        self._store.close()


def _gate(
    connection: sqlite3.Connection,
    card: str,
    lock: LockDocument | None,
    acknowledged_at: datetime | None,
    now: datetime,
) -> Reason | None:
    lock = lock or LockDocument(failures=0)
    _apply_reset(connection, card, lock.cleared)
    standing = CardStanding(
        failures=_moments(connection, _OF_CARD, card),
        known=_known(connection, card, now),
        locked_until=lock.locked_until,
        until_reset=lock.until_reset,
    )
    return card_gate(standing, _door(connection, acknowledged_at, now), now)


def _apply_reset(connection: sqlite3.Connection, card: str, cleared: int) -> None:
    applied = connection.execute("SELECT cleared FROM reset WHERE card = ?", (card,)).fetchone()
    if cleared > (applied[0] if applied else 0):
        connection.execute("UPDATE attempt SET cleared = 1 WHERE card = ?", (card,))
        connection.execute(_RESET, (card, cleared))


def _door(connection: sqlite3.Connection, acknowledged_at: datetime | None, now: datetime) -> DoorStanding:
    if acknowledged_at is not None:
        connection.execute(_ACKNOWLEDGE, (acknowledged_at.isoformat(),))
    made = _moments(connection, _OF_DOOR, (now - DOOR_DAY).isoformat())
    found = connection.execute("SELECT acknowledged, off FROM door").fetchone() or (None, None)
    acknowledged, off = (None if told is None else datetime.fromisoformat(told) for told in found)
    standing = door_mode(made, acknowledged, now, off)
    if standing.mode is DoorMode.OFF and door_mode([], acknowledged, now, off).mode is not DoorMode.OFF:
        # The failures age, and the door must not be asking again because nobody came for a day.
        connection.execute(_SWITCH_OFF, (now.isoformat(),))
    return standing


def _known(connection: sqlite3.Connection, card: str, now: datetime) -> bool:
    since = (now - KNOWN_FOR).isoformat()
    return connection.execute("SELECT 1 FROM known WHERE card = ? AND at > ?", (card, since)).fetchone() is not None


def _count(connection: sqlite3.Connection, attempt: str, card: str, now: datetime) -> None:
    connection.execute(_INSERT, (attempt, card, now.isoformat(), Outcome.OPEN.value))


def _moments(connection: sqlite3.Connection, question: str, value: str) -> list[datetime]:
    return [datetime.fromisoformat(made) for (made,) in connection.execute(question, (value,))]


def _settle(connection: sqlite3.Connection, attempt: str, outcome: Outcome, now: datetime) -> None:
    connection.execute("UPDATE attempt SET outcome = ? WHERE attempt = ?", (outcome.value, attempt))
    if outcome is Outcome.RIGHT:
        connection.execute(
            "UPDATE attempt SET cleared = 1 WHERE card = (SELECT card FROM attempt WHERE attempt = ?)", (attempt,)
        )
        connection.execute(_KNOW, (now.isoformat(), attempt))
        connection.execute("DELETE FROM known WHERE at < ?", ((now - KNOWN_FOR).isoformat(),))
    else:
        _door(connection, None, now)
    # What neither a card's nor the door's count needs any more is forgotten.
    connection.execute(
        "DELETE FROM attempt WHERE made < ? AND (cleared = 1 OR outcome NOT IN ('open', 'wrong'))",
        ((now - LOOKS_BACK).isoformat(),),
    )
