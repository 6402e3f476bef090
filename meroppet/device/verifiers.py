"""Learned PINs: a door may let in again, without a connection, who was let in lately — where the branch allows it.

No hash saves a four-digit PIN; what does is the branch's key, which is in RAM only, and the attempt counters.
"""

import hashlib
import hmac
import secrets
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw

from meroppet.device.store import Store
from meroppet.rules.access import UNAVAILABLE, Answer
from meroppet.rules.credentials import Pin
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import Clock
from meroppet.wire.convert import facts_from_wire
from meroppet.wire.verify import VerifyReply, WireFacts

KEPT = timedelta(days=30)
MOST = 5000
_KEEP_MOST = "DELETE FROM verifier WHERE card IN (SELECT card FROM verifier ORDER BY learned DESC LIMIT -1 OFFSET ?)"


class Verifiers:
    """One file of learned PINs by card digest."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._store = Store(path, "verifiers")
        self._clock = clock

    async def learn(self, key: bytes, card_digest: str, pin: Pin, reply: VerifyReply) -> None:
        """Remember a PIN the register has just called right, with what it said of the patron."""
        if reply.pin is not PinAnswer.RIGHT or reply.facts is None or reply.subject is None:
            return
        salt = secrets.token_bytes(16)
        facts, as_of, learned = reply.facts.model_dump_json(), reply.as_of.isoformat(), self._clock.now().isoformat()
        subject = reply.subject
        await self._store.call(
            lambda connection: _remember(
                connection,
                (card_digest, salt, _hash(key, card_digest, pin, salt), subject, facts, as_of, learned),
                (self._clock.now() - KEPT).isoformat(),
            )
        )

    async def forget(self, card_digest: str) -> None:
        """Unlearn a card: the register no longer calls its PIN right."""
        await self._store.call(lambda connection: _forget(connection, card_digest))

    async def recall(self, key: bytes, card_digest: str, pin: Pin) -> tuple[Answer, str | None]:
        """What was learned about a card and PIN, without its right, and the subject to look the right up by."""
        since = (self._clock.now() - KEPT).isoformat()
        return await self._store.call(lambda connection: _recall(connection, key, card_digest, pin, since))

    def close(self) -> None:
        """Let go of the file after what was begun is done."""
        self._store.close()


def _hash(key: bytes, card_digest: str, pin: Pin, salt: bytes) -> bytes:
    keyed = hmac.new(key, f"{card_digest}:{pin.digits}".encode(), hashlib.sha256).digest()
    # OWASP's least for argon2id: a small computer at a door has little memory.
    return hash_secret_raw(keyed, salt, time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, type=Type.ID)


def _remember(connection: sqlite3.Connection, values: tuple[object, ...], before: str) -> None:
    connection.execute("DELETE FROM verifier WHERE learned < ?", (before,))
    connection.execute("INSERT OR REPLACE INTO verifier VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    connection.execute(_KEEP_MOST, (MOST,))


def _forget(connection: sqlite3.Connection, card_digest: str) -> None:
    connection.execute("DELETE FROM verifier WHERE card = ?", (card_digest,))


def _recall(
    connection: sqlite3.Connection, key: bytes, card_digest: str, pin: Pin, since: str
) -> tuple[Answer, str | None]:
    found = connection.execute(
        "SELECT salt, hash, subject, facts, as_of FROM verifier WHERE card = ? AND learned >= ?", (card_digest, since)
    ).fetchone()
    if found is None:
        return UNAVAILABLE, None
    salt, known, subject, facts, as_of = found
    right = hmac.compare_digest(_hash(key, card_digest, pin, salt), known)
    answer = Answer(
        pin=PinAnswer.RIGHT if right else PinAnswer.WRONG,
        facts=facts_from_wire(WireFacts.model_validate_json(facts)),
        as_of=datetime.fromisoformat(as_of),
    )
    return answer, subject
