"""The newest change number a branch's devices should have: one change wakes many streams, and one of them reads it."""

import asyncio
from collections import defaultdict

from server.db import Database
from server.devices.signing import Caller
from server.organisations.service import audiences
from server.replication.hub import Hub
from server.replication.service import newest


class Latest:
    """What was read since the branch's consortium was last woken; for wake-ups, which are hints and no promises."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database, self._hub = database, hub
        self._read: dict[str, tuple[int, int]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def number(self, caller: Caller) -> int:
        """The newest change number that concerns a device."""
        async with self._turns[caller.branch]:
            woken = self._hub.woken(caller.consortium)
            known = self._read.get(caller.branch)
            if known is None or known[0] != woken:
                # Counted before it is read: what is woken meanwhile is read again.
                known = self._read[caller.branch] = (woken, await self._newest(caller))
            return known[1]

    async def _newest(self, caller: Caller) -> int:
        async with self._database.reading(caller.scope) as session:
            heard = await audiences(session, caller.branch, caller.controller)
            return await newest(session, caller.consortium, heard)
