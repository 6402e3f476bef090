"""One lock and its leaf: one lane of happenings through `rules.door`. It waits for no disk, so nobody leaving does."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from door_controller.pace import rest
from door_controller.site import Place
from hardware.ports import Lock
from meroppet.device.device import Device
from meroppet.rules import door as rules
from meroppet.rules.door_vocabulary import (
    Asked,
    EndLease,
    Fitted,
    Keep,
    Latch,
    Lower,
    Push,
    Raise,
    Signal,
    Sound,
)
from meroppet.rules.entry import Record, Release
from meroppet.rules.events import Event
from meroppet.runtime.machine import REAL, Machine

logger = logging.getLogger(__name__)

LOCKED_AFTER = 0.1


@dataclass(frozen=True, slots=True)
class LetIn:
    """Another lane wants somebody let in; `done` gets whether the lock was released for it."""

    asked: Asked
    done: asyncio.Future[bool]


def _nothing(*_: object) -> None:
    """Nobody is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Whom a lane turns to for what it cannot do itself. `tells`: which events of this lock are the journal's."""

    tells: Callable[[Event], bool] = lambda _: True
    keep: Callable[[Latch, bool], None] = _nothing
    alarm: Callable[[Raise | Lower], None] = _nothing
    sound: Callable[[Signal], None] = _nothing
    push: Callable[[float], None] = _nothing
    turned: Callable[[], None] = _nothing


class StrikeLane:
    """The only place that asks lockd for leases of this lock. `hours`: the branch as this lock goes by it."""

    def __init__(
        self,
        device: Device,
        place: Place,
        lock: Lock,
        machine: Machine = REAL,
        *,
        door: rules.Door | None = None,
        others: Others | None = None,
        hours: Callable[[], rules.Hours] | None = None,
    ) -> None:
        self._ids, self._look_every = machine.ids, machine.rhythm.look_every
        self._device, self._place, self._lock = device, place, lock
        self._clock = device.clock
        self._door = door or rules.begin(Fitted())
        self._others, self._hours = others or Others(), hours or place.hours
        self._queue: asyncio.Queue[rules.Happening | LetIn] = asyncio.Queue()
        self.turned_at = self._clock.monotonic()
        """When this lane last turned (monotonic seconds); it does so at every whole second."""

    @property
    def door(self) -> rules.Door:
        """What is known of lock and leaf."""
        return self._door

    @property
    def fitted(self) -> Fitted:
        """Which lock it is, and what holds the leaf."""
        return self._door.fitted

    def hear(self, happening: rules.Happening) -> None:
        """Something happened; it is put to the rules in turn."""
        self._queue.put_nowait(happening)

    def exit_pressed(self) -> None:
        """Somebody inside wants out."""
        self.hear(rules.Exit(self._ids()))

    def look(self) -> None:
        """See now whether the hours or the policy have changed."""
        # The hours are asked for when the turn comes: what was so a moment ago may be over.
        self.hear(rules.Tick())

    async def let_in(self, asked: Asked) -> bool:
        """Have the lock released; True only when lockd has done it."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(LetIn(asked, done))
        return await done

    async def run(self) -> None:
        """Turn until cancelled."""
        while True:
            happening = await self._next()
            if isinstance(happening, LetIn):
                happening.done.set_result(await self._happen(happening.asked))
            elif happening is not None:
                await self._happen(happening)
            # After whatever came, so that a contact that chatters cannot keep the door from seeing that it is time.
            await self._happen(self._hours())
            await self._happen(rules.Tick())
            self._others.turned()
            self.turned_at = self._clock.monotonic()

    async def _next(self) -> rules.Happening | LetIn | None:
        pause = rest(self._clock, rules.due(self._door, self._place.policy()), self._look_every)
        try:
            async with asyncio.timeout(pause):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _happen(self, happening: rules.Happening) -> bool:
        """Put it to the rules and do what they say; whether that released the lock."""
        now, before, released = self._clock.monotonic(), self._door, False
        self._door, effects = rules.step(self._door, happening, self._place.policy(), now)
        for effect in effects:
            match effect:
                case Release():
                    released = await self._release(effect)
                case EndLease(lease):
                    await self._lock.end(lease)
                case _:
                    self._pass_on(effect)
        if self._door != before:
            self._device.sync.tell_now()
        return released

    def _pass_on(self, effect: rules.Effect) -> None:
        match effect:
            case Record(event):
                # Begun in order, and the journal keeps the order; but leaf and strike do not wait for it.
                if self._others.tells(event):
                    self._device.record(event)
            case Keep(latch, is_on):
                self._others.keep(latch, is_on)
            case Raise() | Lower():
                self._others.alarm(effect)
            case Sound(signal):
                self._others.sound(signal)
            case Push(seconds):
                self._others.push(seconds)

    async def _release(self, release: Release) -> bool:
        until = self._clock.monotonic() + release.seconds
        released = await self._lock.release(release.lease, release.seconds, self.fitted.lock)
        if released:
            # The end of a lease is nobody's event, and staff want to see that the door is locked again.
            asyncio.get_running_loop().call_later(release.seconds + LOCKED_AFTER, self._device.sync.tell_now)
            await self._happen(rules.Released(release.lease, release.cause, until))
        else:
            about = {"lock": self.fitted.lock, "cause": release.cause}
            logger.error("lockd did not release the lock", extra=about)
            await self._happen(rules.ReleaseRefused(release.lease, release.cause))
        return released
