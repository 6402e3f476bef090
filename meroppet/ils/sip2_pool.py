"""The connections to one register: never more than the profile allows, kept alive between calls, closed when idle."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from meroppet.ils.ports import UnavailableCause
from meroppet.ils.profiles import SiteProfile
from meroppet.ils.sip2_connection import Lost, Sip2Account, Sip2Connection, open_connection
from meroppet.ils.turns import Turns
from meroppet.runtime.clock import Clock
from meroppet.sip2 import requests

log = logging.getLogger(__name__)

STAYS_OPEN = 120.0
"""Seconds after the last call for which a connection is kept: some registers spend 165 MB on each."""
_SPEAKS_AFTER = 0.8
"""The part of the register's patience with silence after which 99 is said."""
_KEEP_ALIVE_WITHIN = 1.0


@dataclass(slots=True, eq=False)
class _Resting:
    connection: Sip2Connection
    used_at: float
    heard_at: float
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)

    def wake(self) -> Sip2Connection:
        if self.timer is not None:
            self.timer.cancel()
        return self.connection


class Sip2Pool:
    """Hold a `slot` while using what `take` gave, then `give_back` or `drop` it. `close` ends every connection."""

    def __init__(
        self, profile: SiteProfile, account: Sip2Account, clock: Clock, *, stays_open: float = STAYS_OPEN
    ) -> None:
        self._profile = profile
        self._account = account
        self._clock = clock
        self._stays_open = stays_open
        self._turns = Turns(profile.pool_size)
        self._resting: list[_Resting] = []
        self._busy: set[Sip2Connection] = set()
        self._keeping: set[asyncio.Task[None]] = set()
        self._has_warned = False
        self._closings = 0

    def slot(self, *, is_urgent: bool = False) -> AbstractAsyncContextManager[None]:
        """The right to have one connection: in the order of asking, the urgent first."""
        return self._turns.turn(is_urgent=is_urgent)

    async def take(self) -> tuple[Sip2Connection, bool]:
        """A connection for one exchange after another, and whether it is new; raises Lost."""
        while self._resting:
            resting = self._resting.pop()
            self._busy.add(connection := resting.wake())
            silent = self._clock.monotonic() - resting.heard_at
            try:
                if silent < self._profile.idle_seconds and await connection.is_quiet():
                    return connection, False
            except BaseException:
                # Nobody else knows of it: whoever gives up here would leave it open.
                self.drop(connection)
                raise
            self.drop(connection)
        return await self.open(), True

    async def open(self) -> Sip2Connection:
        """A new connection, logged in; raises Lost."""
        self._warn_of_plain_text()
        closings = self._closings
        connection = await open_connection(self._profile, self._account)
        if closings != self._closings:
            connection.close()
            raise Lost(UnavailableCause.CLOSED)
        self._busy.add(connection)
        return connection

    def give_back(self, connection: Sip2Connection) -> None:
        """Keep it for the next call; nothing is outstanding on it."""
        if connection in self._busy:
            self._busy.discard(connection)
            now = self._clock.monotonic()
            self._rest(_Resting(connection, used_at=now, heard_at=now))

    def drop(self, connection: Sip2Connection) -> None:
        """End it at once; what still arrives on it is never read."""
        self._busy.discard(connection)
        connection.close()

    async def close(self) -> None:
        """End every connection, those in use too. Safe to call twice; afterwards `take` opens anew."""
        self._closings += 1
        keeping = tuple(self._keeping)
        for task in keeping:
            task.cancel()
        for resting in self._resting:
            resting.wake().close()
        self._resting.clear()
        for connection in tuple(self._busy):
            self.drop(connection)
        await asyncio.gather(*keeping, return_exceptions=True)

    def _rest(self, resting: _Resting) -> None:
        wait = min(self._profile.idle_seconds * _SPEAKS_AFTER, self._stays_open)
        resting.timer = asyncio.get_running_loop().call_later(wait, self._look_after, resting)
        self._resting.append(resting)

    def _look_after(self, resting: _Resting) -> None:
        if self._clock.monotonic() - resting.used_at >= self._stays_open:
            self._resting.remove(resting)
            resting.connection.close()
            return
        task = asyncio.get_running_loop().create_task(self._keep_alive(resting))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def _keep_alive(self, resting: _Resting) -> None:
        async with self.slot():
            if resting not in self._resting:
                return
            self._resting.remove(resting)
            self._busy.add(connection := resting.wake())
            try:
                async with asyncio.timeout(_KEEP_ALIVE_WITHIN):
                    await connection.exchange(requests.sc_status())
            except BaseException as error:
                self.drop(connection)
                if isinstance(error, Lost | TimeoutError):
                    log.debug("register=%s idle connection ended", self._profile.name)
                    return
                raise
            self._busy.discard(connection)
            resting.heard_at = self._clock.monotonic()
            self._rest(resting)

    def _warn_of_plain_text(self) -> None:
        if self._account.is_exposed and self._account.may_connect and not self._has_warned:
            self._has_warned = True
            log.warning(
                "register=%s host=%s NOT ENCRYPTED: PINs can be read on the way; the configuration allows it",
                self._profile.name,
                self._account.host,
            )
