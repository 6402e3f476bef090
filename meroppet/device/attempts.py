"""How often PINs were tried, durably: counts go down by a right PIN, never by a crash, a power cut or a clock."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from meroppet.device.store import Store
from meroppet.rules.pin import Outcome
from meroppet.runtime.clock import Clock

DOOR_LOOKS_BACK = timedelta(hours=24)
_INSERT = "INSERT OR IGNORE INTO attempt (attempt, card, made, outcome) VALUES (?, ?, ?, ?)"


class Attempts:
    """One file of attempts. Cards are named by the keyed digest of what was read."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._store = Store(path, "attempts")
        self._clock = clock

    async def count(self, attempt: str, card_digest: str) -> None:
        """Make an attempt durable before its PIN is checked; StoreFailed if it is not."""
        values = (attempt, card_digest, self._clock.now().isoformat(), Outcome.OPEN.value)
        await self._store.call(lambda connection: _insert(connection, values))

    async def settle(self, attempt: str, outcome: Outcome) -> None:
        """Say how a counted attempt turned out; a right PIN clears the card's failures, not the door's."""
        stale = (self._clock.now() - 2 * DOOR_LOOKS_BACK).isoformat()
        await self._store.call(lambda connection: _settle(connection, attempt, outcome, stale))

    async def card_failures(self, card_digest: str) -> Sequence[datetime]:
        """When this card failed since its last right PIN, oldest first; StoreFailed if nobody can know."""
        question = "SELECT made FROM failure WHERE card = ? AND cleared = 0 ORDER BY made"
        return await self._store.call(lambda connection: _moments(connection, question, card_digest))

    async def door_failures(self) -> Sequence[datetime]:
        """When any card failed here in the last 24 hours, oldest first; StoreFailed if nobody can know."""
        since = (self._clock.now() - DOOR_LOOKS_BACK).isoformat()
        question = "SELECT made FROM failure WHERE made > ? ORDER BY made"
        return await self._store.call(lambda connection: _moments(connection, question, since))

    def close(self) -> None:
        """Let go of the file after what was begun is done."""
        self._store.close()


def _insert(connection: sqlite3.Connection, values: tuple[str, ...]) -> None:
    connection.execute(_INSERT, values)


def _moments(connection: sqlite3.Connection, question: str, value: str) -> list[datetime]:
    return [datetime.fromisoformat(made) for (made,) in connection.execute(question, (value,))]


def _settle(connection: sqlite3.Connection, attempt: str, outcome: Outcome, stale: str) -> None:
    connection.execute("UPDATE attempt SET outcome = ? WHERE attempt = ?", (outcome.value, attempt))
    if outcome is Outcome.RIGHT:
        connection.execute(
            "UPDATE attempt SET cleared = 1 WHERE card = (SELECT card FROM attempt WHERE attempt = ?)", (attempt,)
        )
    # What neither a card's nor the door's count needs any more is forgotten.
    connection.execute(
        "DELETE FROM attempt WHERE made < ? AND (cleared = 1 OR outcome NOT IN ('open', 'wrong'))", (stale,)
    )
