"""The door as one thing: three lanes (entry, strike, orders), a face and ears, kept running side by side.

The lanes are apart so that nothing on the way in – a slow disk, a silent server – stands before the way out.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from door_controller.alarms import Alarms
from door_controller.closing import ClosingLane
from door_controller.entrance import EntryLane
from door_controller.face import Face
from door_controller.fittings import Fittings
from door_controller.handing_out import HandingOut
from door_controller.kept import Kept
from door_controller.listening import Listening
from door_controller.locks import Locks, Word, fitted
from door_controller.opener import OpenerRelay
from door_controller.orders import Hands, OrdersLane
from door_controller.relays import RelaysLane
from door_controller.settings import DoorSettings
from door_controller.site import Place
from door_controller.strike import Others, StrikeLane
from hardware.ports import MAIN_LOCK, Lock, Tone
from meroppet.device.device import Device
from meroppet.device.sync import Wellbeing
from meroppet.rules.alarms import Acknowledge
from meroppet.rules.door_vocabulary import Latch, ResetFire, Signal
from meroppet.rules.events import DeviceStarted, DeviceStopped
from meroppet.rules.house_events import PassageCounted
from meroppet.runtime.machine import REAL, Machine

logger = logging.getLogger(__name__)

LANE_MAY_TAKE = 12.0
"""Seconds a lane may spend in one turn (several disk and lock time-outs) before the door counts as hanging."""

TONES = {Signal.HELD_SOON: Tone.PULSING, Signal.HELD: Tone.PULSING, Signal.ALARM: Tone.ALARM}
"""What those at the door hear; silence is not played."""


class Lane(Protocol):
    """Something that goes on until it is cancelled."""

    async def run(self) -> None: ...


class DoorController:
    """One door. `probe` is a second line to lockd, so that asking how it is never waits behind a lease."""

    def __init__(
        self,
        device: Device,
        place: Place,
        fittings: Fittings,
        lock: Lock,
        probe: Lock,
        settings: DoorSettings,
        machine: Machine = REAL,
    ) -> None:
        self.device = device
        self.place = place
        self.fittings = fittings
        self._lock, self._probe = lock, probe
        self._pet_every = machine.rhythm.pet_every
        self.face = Face(fittings, settings.languages)
        self._kept = Kept(settings.state_dir)
        self.alarms = Alarms(self._kept, device.record, self._sound)
        self.locks = Locks(
            device, place, lock, machine, fitted(settings, fittings), self._others(), latched=self._kept.word
        )
        self.tags = HandingOut(device, self.face)
        self.entry = EntryLane(device, place, self.locks, self.face, self.tags, machine)
        self.relays = RelaysLane(
            device, place, fittings.relays, settings.groups(), lambda: bool(self.alarms.wanting), machine
        )
        self.closing = self._closing(settings, machine)
        hands = Hands(locks=self.locks, alarms=self.alarms, closing=self.closing, tags=self.tags, kept=self._kept)
        self.orders = OrdersLane(device, place, hands, machine)
        self.listening = Listening(fittings, device, self.entry, self._words(), self.tags)
        self._tell_each_other()

    def _others(self) -> Others:
        push = OpenerRelay(self.fittings.opener).push
        return Others(keep=self._keep, alarm=self.alarms.hear, sound=self._sound, push=push)

    def _closing(self, settings: DoorSettings, machine: Machine) -> ClosingLane:
        return ClosingLane(
            self.device,
            self.place,
            self.fittings,
            self.face,
            folder=settings.state_dir / "sounds",
            recordings=settings.recordings,
            light=self.relays.put_out_lights,
            machine=machine,
        )

    def _tell_each_other(self) -> None:
        self.place.watch(lambda: self.strike.door, lambda: self.orders.standing)
        self.place.counts_people = self.fittings.people_in is not None
        self.alarms.on_beacon(self.relays.look)
        self.device.journal.on_trouble(self.alarms.storage)
        for lane in (self.locks, self.entry, self.closing, self.relays):
            self.device.replica.on_change(lane.look)

    @property
    def strike(self) -> StrikeLane:
        """The lane of the main lock."""
        return self.locks.main

    async def run(self, version: str, alive: Callable[[], object], started: Callable[[], object]) -> None:
        """Work until cancelled; an error in a lane ends it, locked. `alive` is called while all lanes turn."""
        self.device.record(DeviceStarted(version, await self.locked()))
        async with asyncio.TaskGroup() as tasks:
            lanes: tuple[Lane, ...] = (self.entry, self.orders, self.closing, self.relays, self.face, self.listening)
            for lane in (*self.locks.lanes.values(), *lanes):
                tasks.create_task(lane.run(), name=type(lane).__name__)
            tasks.create_task(self._watch(alive), name="watchdog")
            started()

    async def close(self) -> None:
        """End every lease, journal the end and let go of everything."""
        await self._lock.close()
        self.device.record(DeviceStopped())
        await self.let_go()

    async def let_go(self) -> None:
        """Close what was opened, as after a check."""
        await self._kept.settled()
        await self._lock.close()
        await self._probe.close()
        await self.fittings.close()
        await self.device.close()

    async def locked(self) -> bool | None:
        """Whether the strike is locked; None if lockd does not say."""
        try:
            return await self._probe.locked()
        except ConnectionError:
            return None

    async def wellbeing(self) -> Wellbeing:
        """How the door is, for the server."""
        door = self.strike.door
        state = self.place.state()
        return Wellbeing(
            locked=await self.locked(),
            door="shut" if door.opened_at is None else "open",
            state=state.value if state else "",
            readers_lost=self.listening.lost,
            inside=await self._inside(),
            alarms=tuple(alarm.value for alarm in self.alarms.wanting),
            armed=None if self.fittings.alarm_armed is None else door.armed,
        )

    async def facts(self) -> dict[str, object]:
        """How the door is, for whoever stands at it."""
        being, replica = await self.wellbeing(), self.device.replica
        branch, hours, here, door = replica.branch(), replica.hours(), self.place.site(), self.strike.door
        return {
            "branch": branch.name if branch else None,
            "device": self.device.identity.device,
            "state": being.state or None,
            "pause": here.pause.kind.value if here.pause else None,
            "staff_awaited": here.staff_awaited,
            "no_hours": replica.why_no_hours() or None,
            "hours_until": str(hours.schedule.known_until) if hours and hours.schedule.known_until else None,
            "door": being.door,
            "locked": being.locked,
            "alarm_armed": being.armed,
            "fire": door.burning,
            "locked_down": self.orders.standing.locked_down,
            "alarms": list(being.alarms),
            "server": self.device.link.is_up,
            "data_from": self._heard(),
            "data_hours_old": self._age(),
            "data_understood": not self.device.is_outdated,
            "inside": being.inside,
            "learned_pins": await self.device.verifiers.count(),
            "keys": self.device.keys is not None,
            "clock": self.device.clock.trust().value,
            "time": self.device.clock.now().isoformat(timespec="seconds"),
            "change": replica.cursor(),
            "unsent": await self.device.journal.unsent_count(),
            "inputs_lost": list(being.readers_lost),
        }

    def _heard(self) -> str | None:
        heard = self.device.heard_at
        return None if heard is None else heard.isoformat(timespec="seconds")

    def _age(self) -> float | None:
        heard = self.device.heard_at
        return None if heard is None else round((self.device.clock.now() - heard).total_seconds() / 3600, 1)

    async def _inside(self) -> int | None:
        await self.place.look()
        return self.place.inside

    def _words(self) -> Mapping[str, Word]:
        """Who hears each input, by its place among the fittings."""
        words: dict[str, Word] = {
            **self.locks.words(),
            "reset_key": self._reset,
            "people_in": partial(self._passed, "in"),
            "people_out": partial(self._passed, "out"),
            "presence": self.relays.sensed,
        }
        for place in ("contact", "exit_button", "people_in", "people_out"):
            words[place] = partial(_each, (words[place], self._moved))
        words["alarm_armed"] = partial(_each, (words["alarm_armed"], self.closing.armed))
        return words

    def _passed(self, direction: str, is_on: bool | None) -> None:
        if is_on:
            self.device.record(PassageCounted(direction))

    def _moved(self, is_on: bool | None) -> None:
        if is_on:
            self.relays.moved()

    def _reset(self, is_turned: bool | None) -> None:
        if is_turned:
            self.locks.hear(ResetFire("input"))
            self.alarms.hear(Acknowledge("input"))

    def _keep(self, latch: Latch, is_on: bool) -> None:
        self._kept.keep(latch.value, "on" if is_on else "")

    def _sound(self, signal: Signal) -> None:
        if (tone := TONES.get(signal)) is not None:
            self.face.sound(tone)

    def hanging(self) -> tuple[str, ...]:
        """The lanes that have not turned for LANE_MAY_TAKE. The face is none: a dark display keeps nobody out or in."""
        turned = {"strike" if lock == MAIN_LOCK else lock: lane.turned_at for lock, lane in self.locks.lanes.items()}
        turned |= {"entry": self.entry.turned_at, "orders": self.orders.turned_at}
        now = self.device.clock.monotonic()
        return tuple(name for name, at in turned.items() if now - at >= LANE_MAY_TAKE)

    async def _watch(self, alive: Callable[[], object]) -> None:
        # Petted for the lanes, not by a timer beside them: a lane that hangs is a reason to start again, locked.
        while True:
            await asyncio.sleep(self._pet_every)
            if hanging := self.hanging():
                logger.error("a lane of the door hangs", extra={"lanes": hanging})
            else:
                alive()


def _each(words: tuple[Word, ...], is_on: bool | None) -> None:
    for word in words:
        word(is_on)
