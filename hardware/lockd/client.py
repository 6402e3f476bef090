"""The door's side of lockd's socket, for asyncio. Whatever fails, the answer is that nothing was released."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hardware.lockd.daemon import MAIN

ANSWERS_WITHIN = 0.5


class LockdUnavailable(ConnectionError):
    """lockd does not answer, so that nobody knows whether the lock is locked."""


class LockdClient:
    """One connection, opened again when it is needed; losing it ends every lease asked for on it."""

    def __init__(
        self,
        path: Path | str,
        *,
        answers_within: float = ANSWERS_WITHIN,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._within, self._monotonic = str(path), answers_within, monotonic
        self._turn = asyncio.Lock()
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def release(self, lease_id: str, seconds: float, lock: str = MAIN) -> bool:
        """Start or renew a lease; True only when lockd has released that lock for it."""
        by = self._monotonic() + self._within
        return await self._accepted({"lease": seconds, "id": lease_id, "lock": lock, "by": by})

    async def end(self, lease_id: str) -> bool:
        """End a lease; False when lockd did not answer (the lease then ends by itself)."""
        return await self._accepted({"end": lease_id})

    async def locked(self, lock: str = MAIN) -> bool:
        """Say whether that lock is locked; raises LockdUnavailable, also when lockd has no such lock."""
        answer = await self._ask({"state": True, "lock": lock})
        if "locked" not in answer:
            raise LockdUnavailable(f"lockd at {self._path} does not know: {answer.get('error')}")
        return bool(answer["locked"])

    async def close(self) -> None:
        """Let go, which ends every lease of this client."""
        if self._connection is not None:
            (_, writer), self._connection = self._connection, None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _accepted(self, request: dict[str, object]) -> bool:
        try:
            return bool((await self._ask(request)).get("ok"))
        except LockdUnavailable:
            return False

    async def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        async with self._turn:
            try:
                async with asyncio.timeout(self._within):
                    return await self._exchange(request)
            except (OSError, ValueError) as error:
                await self.close()
                raise LockdUnavailable(f"lockd at {self._path} does not answer: {error!r}") from error
            except asyncio.CancelledError:
                # Half an exchange is on this connection: its answer must not be taken for the next one's.
                await self.close()
                raise

    async def _exchange(self, request: dict[str, object]) -> dict[str, Any]:
        if self._connection is None or self._connection[0].at_eof():
            await self.close()
            self._connection = await asyncio.open_unix_connection(self._path)
        reader, writer = self._connection
        writer.write(json.dumps(request).encode() + b"\n")
        line = await reader.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError("lockd closed the connection")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("not an answer")
        return answer
