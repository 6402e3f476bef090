"""One question to the register as a value: within its time, behind the breaker, asked again only where that is safe."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from meroppet.ils.breaker import Breaker
from meroppet.ils.ports import UnavailableCause
from meroppet.ils.profiles import SiteProfile
from meroppet.ils.sip2_connection import Lost, Sip2Account, Sip2Connection
from meroppet.ils.sip2_pool import Sip2Pool
from meroppet.ils.sip2_requests import Requests
from meroppet.runtime.clock import Clock
from meroppet.sip2.messages import ONCE_ONLY, RawMessage
from meroppet.sip2.session import Answer
from meroppet.sip2.views import AcsStatusView

log = logging.getLogger(__name__)

_FAIR, _MOST = 0.5, 0.8
"""Which part of a call's time a register must have had before its silence is its own fault."""

_OF_ONE_NUMBER = {UnavailableCause.WRONG_PATRON, UnavailableCause.WRONG_ITEM}
"""The register has answered, and is not to be believed about this number. There are numbers it always answers so (a
user name, a replaced card), and whoever shows one three times must not take the register from everybody else."""

Make = Callable[[Requests], RawMessage]


class Judged(Protocol):
    """An answer of the port: `cause` is set where the register could not be believed."""

    @property
    def cause(self) -> UnavailableCause | None: ...


A = TypeVar("A", bound=Judged)


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer. `sent`: the request had gone out. `ended`: the register is done with it, whatever it did."""

    cause: UnavailableCause
    sent: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """How the register has been, for those who look after it. `latency` is of the last exchange, in seconds."""

    is_resting: bool = False
    failures: int = 0
    cause: UnavailableCause | None = None
    answered_at: datetime | None = None
    latency: float | None = None


@dataclass(slots=True)
class _Trace:
    """How far one call came."""

    began: float
    until: float
    reached: float | None = None
    sent: bool = False
    code: str = ""
    late_cause: UnavailableCause = UnavailableCause.TIMEOUT

    def was_given(self, part: float) -> bool:
        """Whether the register itself has had this part of the call's time; the rest went into waiting for others."""
        return self.reached is not None and _loop_time() - self.reached >= part * (self.until - self.began)


class Sip2Calls:
    """Asks over a pool's connections. After a time-out or any doubt the connection is dropped."""

    def __init__(
        self, profile: SiteProfile, account: Sip2Account, clock: Clock, pool: Sip2Pool, breaker: Breaker
    ) -> None:
        self._profile = profile
        self._account = account
        self._zone = ZoneInfo(account.zone)
        self._clock = clock
        self._pool = pool
        self._breaker = breaker
        self._cause: UnavailableCause | None = None
        self._answered_at: datetime | None = None
        self._latency: float | None = None
        self.told: AcsStatusView | None = None
        """What the register last said of itself."""

    async def close(self) -> None:
        """End every connection."""
        await self._pool.close()

    @property
    def health(self) -> Health:
        """How the register has been."""
        resting = self._breaker.is_resting(self._clock.monotonic())
        return Health(resting, self._breaker.failures, self._cause, self._answered_at, self._latency)

    def local_time(self) -> datetime:
        """Now, where the register is."""
        return self._clock.now().astimezone(self._zone)

    async def ask(
        self, make: Make, read: Callable[[Answer], A], until: float, *, is_urgent: bool = False
    ) -> A | Failed:
        """What `read` makes of the answer to one request; `until` is in the running loop's time.

        What only asks is asked once more on a new connection where an idle one proves to have been closed; what changes
        something is sent once.
        """
        trace = _Trace(_loop_time(), until)
        try:
            async with asyncio.timeout_at(until), self._pool.slot(is_urgent=is_urgent):
                if self._breaker.is_open(self._clock.monotonic()):
                    return Failed(UnavailableCause.BREAKER_OPEN)
                trace.reached = _loop_time()
                return await self._exchange(make, read, trace)
        except TimeoutError:
            if trace.was_given(_FAIR):
                self._count(trace.late_cause)
            return Failed(trace.late_cause, trace.sent)
        except Lost as lost:
            self._count(lost.cause)
            return Failed(lost.cause, trace.sent, ended=trace.sent)
        except asyncio.CancelledError:
            # Whoever gave up after most of the time was up did so because the register was silent.
            if trace.was_given(_MOST):
                self._count(UnavailableCause.TIMEOUT)
            raise

    async def _exchange(self, make: Make, read: Callable[[Answer], A], trace: _Trace) -> A:
        connection, is_new = await self._pool.take()
        try:
            return await self._once(connection, make, read, trace)
        except Lost as lost:
            closed_while_idle = lost.cause is UnavailableCause.CLOSED and not is_new
            if not closed_while_idle or trace.code in ONCE_ONLY:
                raise
        trace.sent = False
        return await self._once(await self._pool.open(), make, read, trace)

    async def _once(self, connection: Sip2Connection, make: Make, read: Callable[[Answer], A], trace: _Trace) -> A:
        began = _loop_time()
        try:
            request = self._request(make, connection)
            trace.code, trace.sent = request.code, True
            answer = read(await connection.exchange(request))
        except BaseException:
            if connection.has_discarded:
                trace.late_cause = UnavailableCause.WRONG_SEQUENCE
            # Also when the caller gave up or was cancelled: an answer that comes now belongs to nobody.
            self._pool.drop(connection)
            raise
        self._judge(connection, answer, _loop_time() - began)
        return answer

    def _request(self, make: Make, connection: Sip2Connection) -> RawMessage:
        self.told = connection.status or self.told
        return make(Requests(self._profile, self._account, self.local_time(), connection.status))

    def _judge(self, connection: Sip2Connection, answer: Judged, seconds: float) -> None:
        """An answer about another patron or item, or one that says nothing, means that the stream is out of step."""
        if answer.cause is not None:
            self._pool.drop(connection)
            if answer.cause in _OF_ONE_NUMBER:
                self._cause = answer.cause
                self._breaker.succeeded()
            else:
                self._count(answer.cause)
            return
        self._pool.give_back(connection)
        if self._breaker.failures > 0:
            log.info("register=%s state=available", self._profile.name)
        self._breaker.succeeded()
        self._cause, self._answered_at, self._latency = None, self._clock.now(), seconds

    def _count(self, cause: UnavailableCause) -> None:
        self._breaker.failed(self._clock.monotonic())
        self._cause = cause
        if self._breaker.failures == 1:
            log.warning("register=%s state=unavailable cause=%s", self._profile.name, cause.value)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
