"""Strike and leaf: one lane of happenings through `rules.door`. It never waits for a disk, so nobody leaving does."""

import asyncio
import logging
from dataclasses import dataclass

from door_controller.pace import rest
from door_controller.site import Place
from hardware.lockd.client import LockdClient
from meroppet.device.device import Device
from meroppet.rules import door as rules
from meroppet.rules.entry import Record, Release
from meroppet.runtime.machine import REAL, Machine

logger = logging.getLogger(__name__)

LOCKED_AFTER = 0.1


@dataclass(frozen=True, slots=True)
class LetIn:
    """Another lane wants the strike released; `done` gets lockd's answer."""

    release: Release
    done: asyncio.Future[bool]


class StrikeLane:
    """The only place that asks lockd for leases."""

    def __init__(self, device: Device, place: Place, lock: LockdClient, machine: Machine = REAL) -> None:
        self._ids, self._look_every = machine.ids, machine.rhythm.look_every
        self._device, self._place, self._lock = device, place, lock
        self._clock = device.clock
        self._door = rules.Door()
        self._queue: asyncio.Queue[rules.Happening | LetIn] = asyncio.Queue()
        self._leaf_open: bool | None = None
        self.turned_at = self._clock.monotonic()
        """When this lane last turned (monotonic seconds); it does so at every whole second."""

    @property
    def door(self) -> rules.Door:
        """What is known of strike and leaf."""
        return self._door

    def exit_pressed(self) -> None:
        """Somebody inside wants out."""
        self._queue.put_nowait(rules.Exit(self._ids()))

    def leaf(self, *, is_open: bool) -> None:
        """The contact's word."""
        before, self._leaf_open = self._leaf_open, is_open
        if before is None:
            self._queue.put_nowait(rules.Found(is_open))
        elif is_open != before:
            self._queue.put_nowait(rules.Opened() if is_open else rules.Shut())

    def leaf_out_of_sight(self) -> None:
        """The contact is gone; its next word is a first word."""
        self._leaf_open = None

    def look(self) -> None:
        """See now whether the hours or the policy have changed."""
        # The hours are asked for when the turn comes: what was so a moment ago may be over.
        self._queue.put_nowait(rules.Tick())

    async def let_in(self, release: Release) -> bool:
        """Have the strike released; True only when lockd has done it."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(LetIn(release, done))
        return await done

    async def run(self) -> None:
        """Turn until cancelled."""
        while True:
            happening = await self._next()
            if isinstance(happening, LetIn):
                happening.done.set_result(await self._release(happening.release))
            elif happening is not None:
                await self._happen(happening)
            # After whatever came, so that a contact that chatters cannot keep the door from seeing that it is time.
            await self._happen(self._place.hours())
            await self._happen(rules.Tick())
            self.turned_at = self._clock.monotonic()

    async def _next(self) -> rules.Happening | LetIn | None:
        pause = rest(self._clock, rules.due(self._door, self._place.policy()), self._look_every)
        try:
            async with asyncio.timeout(pause):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _happen(self, happening: rules.Happening) -> None:
        now, before = self._clock.monotonic(), self._door
        self._door, effects = rules.step(self._door, happening, self._place.policy(), now)
        for effect in effects:
            match effect:
                case Release():
                    await self._release(effect)
                case rules.EndLease(lease):
                    await self._lock.end(lease)
                case Record(event):
                    # Begun in order, and the journal keeps the order; but leaf and strike do not wait for it.
                    self._device.record(event)
        if self._door != before:
            self._device.sync.tell_now()

    async def _release(self, release: Release) -> bool:
        until = self._clock.monotonic() + release.seconds
        released = await self._lock.release(release.lease, release.seconds)
        if released:
            # The end of a lease is nobody's event, and staff want to see that the door is locked again.
            asyncio.get_running_loop().call_later(release.seconds + LOCKED_AFTER, self._device.sync.tell_now)
            await self._happen(rules.Released(release.lease, release.cause, until))
        else:
            logger.error("lockd did not release the strike", extra={"cause": release.cause})
            await self._happen(rules.ReleaseRefused(release.lease, release.cause))
        return released
