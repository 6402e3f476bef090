"""Keeping device and server alike: journal up, changes down, wake-ups and health. Nothing at the door waits for it.

Each task retries for ever with jittered pauses; an unforeseen error ends one turn, not the task. What can wait gives
way to whoever is being identified at the door.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from meroppet.device.channel import ANSWERS_WITHIN, Channel
from meroppet.device.errors import ChannelDown, DeviceError, HeadRefused, NotUnderstood, Refused, StoreFailed
from meroppet.device.journal import Journal
from meroppet.device.keys import Keys, keys_of
from meroppet.device.link import Link
from meroppet.device.replica import Replica
from meroppet.device.trying import FIRST_PAUSE, Trying, signalled
from meroppet.device.vouched import VouchedClock
from meroppet.rules.branch import ClockTrust, knows_the_hour
from meroppet.rules.events import OrderAnswered
from meroppet.rules.house_events import ClockChanged
from meroppet.runtime.machine import REAL, Machine
from meroppet.wire.commands import Order, StrangeOrder, WakeUp
from meroppet.wire.health import HealthRequest
from meroppet.wire.problems import ProblemCode

logger = logging.getLogger(__name__)

TELL_AT_MOST_EVERY = 0.25
ASK_IN_DOUBT_EVERY = 2.0
"""Seconds between two heartbeats while the hour is not known: an open library waits for it."""
DOUBT_WITHIN = 2.5
"""Seconds for the server to show that it is there, after its stream fell silent."""
HELD_BACK = 3.0
"""Seconds at most that what can wait gives way to whoever is being identified."""
_NAME_LONGEST = 64
_BOOT_AGAIN = {ProblemCode.UNKNOWN_BOOT, ProblemCode.REPLAYED, ProblemCode.BAD_SIGNATURE}
_SHUT_OUT = {ProblemCode.REVOKED, ProblemCode.UNKNOWN_DEVICE}


@dataclass(frozen=True, slots=True)
class Wellbeing:
    """What the device's own process adds to its health; each as in meroppet.wire.health."""

    locked: bool | None = None
    door: str = ""
    state: str = ""
    readers_lost: tuple[str, ...] = ()
    disk_free: int | None = None
    memory: int | None = None
    temperature: float | None = None
    started_at: str = ""
    storage: str = ""
    config: str = ""
    crashes: int = 0
    inside: int | None = None
    alarms: tuple[str, ...] = ()
    armed: bool | None = None
    trouble: str = ""
    parts: tuple[str, ...] = ()


OnOrder = Callable[[Order], None]
OnKeys = Callable[[Keys], Awaitable[None]]
Report = Callable[[], Awaitable[Wellbeing]]


@dataclass(frozen=True, slots=True)
class Owner:
    """The device's own process, as the sync needs it."""

    version: str
    on_order: OnOrder
    report: Report


class Sync:
    """The tasks between device and server; `run` returns only by cancellation."""

    def __init__(
        self,
        channel: Channel,
        journal: Journal,
        replica: Replica,
        clock: VouchedClock,
        link: Link,
        *,
        owner: Owner,
        machine: Machine = REAL,
    ) -> None:
        self._random, self._rhythm = machine.random, machine.rhythm
        self._channel, self._journal, self._replica, self._clock = channel, journal, replica, clock
        self.link = link
        self._version, self._on_order, self._report = owner.version, owner.on_order, owner.report
        self._on_keys: list[OnKeys] = []
        self.keys: Keys | None = None
        """The branch's keys, in memory only; None before the server's first answer and after it shut the device out."""
        self.heard_at: datetime | None = None
        """When everything the server knew was last known here; None before the first time since the start."""
        self.is_outdated = False
        """Whether the server has said something this version cannot mean, so that nobody may be let in."""
        self._heartbeat_seconds, self._poll_seconds = 15.0, 60.0
        self._booted, self._reboot = asyncio.Event(), asyncio.Event()
        self._to_push, self._to_pull = asyncio.Event(), asyncio.Event()
        self._pulled = asyncio.Condition()
        self._fetching = False
        self._to_tell = asyncio.Event()
        self._quiet_until, self._in_doubt = 0.0, False
        self._trust: ClockTrust | None = None
        names = ("boot", "push", "pull", "stream", "heartbeat", "purge")
        self._tries = {name: Trying(name, logger, machine.random) for name in names}
        journal.on_written(self._to_push.set)
        clock.on_doubt(self._to_tell.set)
        link.on_again(self._answers_again)

    def on_keys(self, callback: OnKeys) -> None:
        """Have `callback` called with the branch's keys whenever the server has given them."""
        self._on_keys.append(callback)

    async def run(self) -> None:
        """Do all of it until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name, turn in (
                ("boot", self._boot),
                ("push", self._push),
                ("pull", self._pull),
                ("stream", self._stream),
                ("heartbeat", self._heartbeat),
                ("purge", self._purge),
            ):
                tasks.create_task(self._for_ever(name, turn), name=name)

    def pull_now(self) -> None:
        """Ask for changes at once."""
        self._to_pull.set()

    def tell_now(self) -> None:
        """Say at once how the device is; something about it has changed."""
        self._to_tell.set()

    def hold_back(self) -> None:
        """Somebody is being identified: have what can wait do so, HELD_BACK seconds at most."""
        self._quiet_until = asyncio.get_running_loop().time() + HELD_BACK

    def let_go(self) -> None:
        """Nobody is being identified any more."""
        self._quiet_until = 0.0

    def heed(self, code: ProblemCode) -> None:
        """The server said no for this reason: forget the keys where the device is shut out, boot anew where asked."""
        if code in _SHUT_OUT:
            # A stolen or removed device must not go on deciding with what it has in memory.
            self.keys = None
        if code in _BOOT_AGAIN | _SHUT_OUT:
            self._booted.clear()
            self._reboot.set()

    @property
    def is_behind(self) -> bool:
        """Whether the server answers and may know what is not known here yet: after a reconnection, or a wake-up."""
        return self.link.answers and (self._to_pull.is_set() or self._fetching)

    async def catch_up(self, within: float) -> bool:
        """Whether everything the server knew is known, after waiting for it for at most `within` seconds."""
        if self.is_behind:
            with suppress(TimeoutError):
                async with asyncio.timeout(within), self._pulled:
                    await self._pulled.wait_for(lambda: not self.is_behind)
        return not self.is_behind

    async def wait_for_change(self, number: int, within: float) -> bool:
        """Whether everything up to a change number is known, after asking for it for at most `within` seconds."""
        if self._replica.cursor() >= number:
            return True
        self.pull_now()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(within, 0.0)), self._pulled:
                await self._pulled.wait_for(lambda: self._replica.cursor() >= number)
        return self._replica.cursor() >= number

    def _answers_again(self) -> None:
        # What was taken away meanwhile must be known before anybody is let in by what is known here.
        self.pull_now()
        for trying in self._tries.values():
            trying.soon()

    async def _give_way(self) -> None:
        loop = asyncio.get_running_loop()
        at_most = loop.time() + HELD_BACK
        while (left := min(self._quiet_until, at_most) - loop.time()) > 0:  # noqa: ASYNC110 (time passes, too)
            await asyncio.sleep(left)

    async def _for_ever(self, name: str, turn: Callable[[], Awaitable[None]]) -> None:
        trying = self._tries[name]
        while True:
            try:
                if name != "boot":
                    await self._booted.wait()
                await turn()
                trying.succeeded()
            except ChannelDown as error:
                self._fell_silent(turn, error)
                trying.failed(str(error))
            except Refused as error:
                self.link.answered()
                trying.failed(str(error))
                self.heed(error.problem.code)
            except HeadRefused as error:
                trying.failed(str(error))
                self._booted.clear()
                self._reboot.set()
            except Exception as error:
                # Whatever it is, the door does not hear of it: this task tries again.
                trying.failed(f"{type(error).__name__}: {error}")
                if not isinstance(error, DeviceError):
                    logger.exception("%s went wrong", name)
            if trying.failing:
                await trying.wait()

    def _fell_silent(self, turn: Callable[[], Awaitable[None]], error: ChannelDown) -> None:
        if turn != self._stream:
            self.link.failed(error.silent)
            return
        # Something on the way may let no stream through, and the server answers all the same: it is asked at once.
        self._in_doubt = True
        self.tell_now()

    async def _boot(self) -> None:
        reply = await self._channel.boot(self._version)
        # First: with the keys the door could let in again by what it knew before.
        self.pull_now()
        self.link.answered()
        self.keys = keys_of(reply)
        for callback in self._on_keys:
            await callback(self.keys)
        self._clock.compare(reply.now)
        if self._trust is None:
            self._trust = self._clock.trust()
        self._heartbeat_seconds, self._poll_seconds = float(reply.heartbeat_seconds), float(reply.poll_seconds)
        self._reboot.clear()
        self._to_push.set()
        self._booted.set()
        await self._reboot.wait()

    async def _push(self) -> None:
        await signalled(self._to_push, self._rhythm.push_at_least)
        self._to_push.clear()
        while sent := await self._journal.unsent():
            await self._give_way()
            reply = await self._channel.journal(sent)
            self.link.answered()
            await self._journal.acked(sent, reply)
            if reply.acked_through < sent.rows[-1].seq:
                # The server wants older rows first, or made no progress: not again without a pause.
                await asyncio.sleep(FIRST_PAUSE)

    async def _pull(self) -> None:
        await signalled(self._to_pull, self._poll_seconds * self._random.uniform(0.9, 1.1))
        self._to_pull.clear()
        self._fetching = True
        try:
            await self._fetch()
        except BaseException:
            self._to_pull.set()
            raise
        finally:
            self._fetching = False
            async with self._pulled:
                self._pulled.notify_all()

    async def _fetch(self) -> None:
        try:
            if self._replica.cursor() == 0:
                await self._start_over()
            await self._pages()
        except Refused as error:
            if error.problem.code is not ProblemCode.START_OVER:
                raise
            await self._start_over()
        except (NotUnderstood, ValueError) as error:
            # What is not understood may be a restriction, and to go on by older data would be to leave it out.
            self._doubt(error)
            await self._start_over(self._replica.cursor())
        self._is_up_to_date()

    async def _pages(self) -> None:
        while True:
            page = await self._channel.changes(self._replica.cursor())
            self.link.answered()
            # In a thread: who leaves must not wait for the disk on which a change is stored.
            await asyncio.to_thread(self._replica.write, page)
            self._replica.refresh()
            self.tell_now()
            if not page.more:
                return

    def _doubt(self, why: Exception) -> None:
        if not self.is_outdated:
            logger.error(
                "the server says what this version cannot mean, so nobody is let in: update the device",
                extra={"why": why if isinstance(why, NotUnderstood) else type(why).__name__},
            )
            self.is_outdated = True
            self.tell_now()

    def _is_up_to_date(self) -> None:
        if self.is_outdated:
            logger.warning("the server is understood again")
        self.is_outdated, self.heard_at = False, self._clock.now()

    async def _start_over(self, at_least: int = 0) -> None:
        """From a snapshot. Only a server that says so may go back behind what is known, as after a restored backup."""
        file = self._replica.download
        await self._channel.snapshot(file)
        self.link.answered()
        self._replica.take_over(await asyncio.to_thread(self._replica.prepare, file, at_least))
        self._replica.refresh()
        self.tell_now()
        await asyncio.to_thread(self._replica.clear_away)

    async def _stream(self) -> None:
        async with aclosing(self._channel.stream(self._replica.cursor())) as said:
            async for word in said:
                self.link.heard()
                self._tries["stream"].succeeded()
                match word:
                    case WakeUp(change=change) if change > self._replica.cursor():
                        self.pull_now()
                    case Order():
                        self._on_order(word)
                    case StrangeOrder(order=order, action=action):
                        await self._not_understood(order[:_NAME_LONGEST], action[:_NAME_LONGEST])
                    case _:
                        pass

    async def _not_understood(self, order: str, action: str) -> None:
        if not await self._journal.answered(order):
            await self._journal.write(OrderAnswered(order, action, done=False, reason="not_understood"))

    async def _heartbeat(self) -> None:
        self._to_tell.clear()
        await asyncio.to_thread(self._clock.tend)
        await self._tell_trust()
        request = await self._health()
        within, self._in_doubt = DOUBT_WITHIN if self._in_doubt else ANSWERS_WITHIN, False
        if within == ANSWERS_WITHIN:
            await self._give_way()
        reply = await self._channel.health(request, within=within)
        self.link.answered()
        self._clock.compare(reply.now)
        if reply.change > self._replica.cursor():
            self.pull_now()
        elif not self.is_outdated and self.heard_at is not None:
            self.heard_at = self._clock.now()
        await asyncio.sleep(TELL_AT_MOST_EVERY)
        known = knows_the_hour(self._clock.trust())
        pause = self._heartbeat_seconds if known else min(ASK_IN_DOUBT_EVERY, self._heartbeat_seconds)
        await signalled(self._to_tell, pause * self._random.uniform(0.9, 1.1))

    async def _health(self) -> HealthRequest:
        being, journal = asdict(await self._report()), await self._journal.standing()
        # That nothing can be stored is what the server most needs to hear.
        being["storage"] = journal.storage or being["storage"]
        return HealthRequest(
            version=self._version,
            now=self._clock.now().isoformat(),
            clock=self._clock.trust().value,
            change=self._replica.cursor(),
            unsent=journal.unsent,
            queue=journal.queue,
            epoch=journal.epoch,
            last=journal.last,
            hours_until=self._hours_until(),
            clock_ahead=self._clock.ahead,
            drift_ppm=self._clock.drift_ppm,
            **being,
        )

    async def _tell_trust(self) -> None:
        trust = self._clock.trust()
        if trust is not self._trust:
            # Tried again with the next word of health; a disk that is broken must not keep that back.
            with suppress(StoreFailed):
                await self._journal.write(ClockChanged(trust.value, self._clock.ahead))
                self._trust = trust

    def _hours_until(self) -> str:
        hours = self._replica.hours()
        until = None if hours is None else hours.schedule.known_until
        return "" if until is None else until.isoformat()

    async def _purge(self) -> None:
        deleted = await self._journal.purge()
        await asyncio.sleep(0.1 if deleted else self._rhythm.purge_every)
