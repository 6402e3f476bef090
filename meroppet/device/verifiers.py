"""Learned PINs: a door may let in again, without a connection, who was let in lately — where the branch allows it.

No hash saves a four-digit PIN; what does is the branch's key, which is in RAM only, and the attempt counters. Hashing
is done in threads of its own: neither the event loop nor the store's disk waits for it.
"""

import asyncio
import secrets
import sqlite3
from datetime import timedelta
from pathlib import Path

from meroppet.device.facts_seal import Known, key_name, seal, unseal
from meroppet.device.store import Store
from meroppet.rules.access import UNAVAILABLE, Answer
from meroppet.rules.credentials import Pin
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import Clock
from meroppet.runtime.machine import REAL, Machine
from meroppet.wire.convert import facts_from_wire
from meroppet.wire.pin_verifier import SALT_BYTES, pin_agrees, pin_verifier
from meroppet.wire.verify import VerifyReply

KEPT = timedelta(days=30)
MOST = 5000
_KEEP_MOST = "DELETE FROM learned WHERE card IN (SELECT card FROM learned ORDER BY learned DESC LIMIT -1 OFFSET ?)"
_LEARNED = "SELECT verifier, sealed FROM learned WHERE card = ? AND key = ? AND learned >= ?"


class Verifiers:
    """One file of learned PINs by card digest."""

    def __init__(self, path: Path, clock: Clock, machine: Machine = REAL) -> None:
        self._store = Store(path, "verifiers", machine)
        self._clock = clock
        self._doubted: set[str] = set()

    async def learn(self, key: bytes, card_digest: str, pin: Pin, reply: VerifyReply) -> None:
        """Remember a PIN the register has just called right, with what it said of the patron."""
        if reply.pin is not PinAnswer.RIGHT or reply.contradiction or reply.facts is None or reply.subject is None:
            return
        salt = secrets.token_bytes(SALT_BYTES)
        verifier = await asyncio.to_thread(pin_verifier, key, card_digest, pin, salt)
        sealed = seal(key, card_digest, Known(reply.subject, reply.facts, reply.as_of))
        values = (card_digest, key_name(key), verifier, sealed, self._clock.now().isoformat())
        await self._store.call(lambda connection: _remember(connection, values, self._since()))
        self._doubted.discard(card_digest)

    def doubt(self, card_digest: str) -> None:
        """The register says that it does not know the card: what was learned of it comes first no more."""
        self._doubted.add(card_digest)

    def is_doubted(self, card_digest: str | None) -> bool:
        """Whether the register has said so since the PIN was learned, as long as this process runs."""
        return card_digest in self._doubted

    async def forget(self, card_digest: str) -> None:
        """Unlearn a card: the register no longer calls its PIN right."""
        await self._store.call(lambda connection: _forget(connection, card_digest))

    async def keep_only(self, key: bytes) -> int:
        """Forget what was learned under any other key, and how many they were: the branch's keys were changed."""
        name = key_name(key)
        return await self._store.call(lambda connection: _keep_only(connection, name))

    async def recall(self, key: bytes, card_digest: str, pin: Pin) -> tuple[Answer, str | None]:
        """What was learned about a card and PIN, without its right, and the subject to look the right up by.

        UNAVAILABLE and None where nothing was learned of the card, or lately enough, or under this key.
        """
        asked = (card_digest, key_name(key), self._since())
        found = await self._store.call(lambda connection: connection.execute(_LEARNED, asked).fetchone())
        known = None if found is None else unseal(key, card_digest, found[1])
        if known is None:
            return UNAVAILABLE, None
        right = await asyncio.to_thread(pin_agrees, key, card_digest, pin, found[0])
        answer = PinAnswer.RIGHT if right else PinAnswer.WRONG
        return Answer(pin=answer, facts=facts_from_wire(known.facts), as_of=known.as_of), known.subject

    async def count(self) -> int:
        """How many PINs are learned; for whoever looks after the door."""
        return await self._store.call(_count)

    def close(self) -> None:
        """Let go of the file after what was begun is done."""
        self._store.close()

    def _since(self) -> str:
        return (self._clock.now() - KEPT).isoformat()


def _remember(connection: sqlite3.Connection, values: tuple[object, ...], before: str) -> None:
    connection.execute("DELETE FROM learned WHERE learned < ?", (before,))
    connection.execute(
        "INSERT OR REPLACE INTO learned (card, key, verifier, sealed, learned) VALUES (?, ?, ?, ?, ?)", values
    )
    connection.execute(_KEEP_MOST, (MOST,))


def _forget(connection: sqlite3.Connection, card_digest: str) -> None:
    connection.execute("DELETE FROM learned WHERE card = ?", (card_digest,))


def _keep_only(connection: sqlite3.Connection, name: str) -> int:
    return connection.execute("DELETE FROM learned WHERE key <> ?", (name,)).rowcount


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM learned").fetchone()[0])
