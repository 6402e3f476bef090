"""All locks of one door as one: which lane hears what, and who is let in only when every lock of the leaf gave way."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from door_controller.fittings import Fittings
from door_controller.settings import DoorSettings
from door_controller.site import Place
from door_controller.strike import Others, StrikeLane
from hardware.ports import Lock
from meroppet.device.device import Device
from meroppet.rules import airlock
from meroppet.rules import door as rules
from meroppet.rules.branch import OPEN
from meroppet.rules.door_vocabulary import (
    MAIN,
    Armed,
    Asked,
    Bond,
    Button,
    Contact,
    Fire,
    Fitted,
    Happening,
    Intruder,
    Latch,
    Opener,
    Tamper,
)
from meroppet.rules.events import DoorReleased, ReleaseFailed
from meroppet.rules.house_events import HoldEnded
from meroppet.runtime.machine import Machine

NIGHT, INNER = "night", "inner"
OF_THE_LOCK = (DoorReleased, ReleaseFailed, HoldEnded)
"""What the night lock alone can tell: its leaf is the main lock's, which tells all else."""
Word = Callable[[bool | None], None]
"""Hears whether an input is active; None: it does not answer."""


def fitted(settings: DoorSettings, fittings: Fittings) -> Mapping[str, Fitted]:
    """Every lock there is, by the name under which lockd holds it: what the installer said, and what is wired to it."""
    said = {MAIN: settings.lock, NIGHT: settings.night_lock, INNER: settings.inner_lock}
    locks = {
        name: Fitted(
            lock=name,
            kind=lock.kind,
            motor_seconds=lock.motor_seconds,
            fire_releases=lock.fire_releases,
            alarm=fittings.alarm_armed is not None,
            night=name == NIGHT,
        )
        for name, lock in said.items()
        if lock is not None
    }
    pushed = Opener(settings.opener_for) if fittings.opener is not None else Opener.NONE
    return {**locks, MAIN: replace(locks[MAIN], opener=pushed, bond=fittings.bond is not None)}


def night_hours(place: Place) -> rules.Hours:
    """The branch as a night lock goes by it: it stands free while people may be inside, thrown when it closes."""
    hours = place.hours()
    return replace(hours, free=hours.state in OPEN)


class Locks:
    """One lane a lock. What concerns the house is put to each of them, and told by the main one."""

    def __init__(
        self,
        device: Device,
        place: Place,
        lock: Lock,
        machine: Machine,
        fitted: Mapping[str, Fitted],
        others: Others,
        latched: Callable[[str], str],
    ) -> None:
        latches = frozenset(latch for latch in Latch if latched(latch.value))
        self._now, self._airlock = device.clock.monotonic, airlock.Airlock()
        if INNER in fitted:
            others = replace(others, turned=self._turned)
        inside = Others(tells=lambda event: hasattr(event, "lock"), alarm=others.alarm, sound=others.sound)
        quiet = Others(tells=lambda event: isinstance(event, OF_THE_LOCK))
        told = {MAIN: others, INNER: inside, NIGHT: quiet}
        hours = {MAIN: place.hours, INNER: place.hours, NIGHT: lambda: night_hours(place)}
        self.lanes: Mapping[str, StrikeLane] = {
            name: StrikeLane(
                device, place, lock, machine, door=rules.begin(each, latches), others=told[name], hours=hours[name]
            )
            for name, each in fitted.items()
        }

    @property
    def main(self) -> StrikeLane:
        """The lock every door has."""
        return self.lanes[MAIN]

    def look(self) -> None:
        """See now whether the hours or the policy have changed."""
        for lane in self.lanes.values():
            lane.look()

    def hear(self, happening: Happening) -> None:
        """Something that concerns every lock."""
        for lane in self.lanes.values():
            lane.hear(happening)

    async def let_in(self, asked: Asked) -> bool:
        """Have somebody let in; True only when lockd has released every lock of the outer leaf."""
        if INNER not in self.lanes:
            return await self._open_outer(asked)
        released = False
        for effect in self._turn_airlock(airlock.LetIn(asked)):
            match effect:
                case airlock.AskOuter(outer):
                    released = await self._open_outer(outer)
                case airlock.AskInner(inner):
                    self.lanes[INNER].hear(inner)
        return released

    async def _open_outer(self, asked: Asked) -> bool:
        night = self.lanes.get(NIGHT)
        if night is None:
            return await self.main.let_in(asked)
        # Leases of two locks are two, so that the end of the one ends nothing of the other. The strike waits for the
        # bolt: nobody can push before it is drawn.
        longer = replace(asked, seconds=asked.seconds + night.fitted.motor_seconds)
        other = replace(asked, lease=f"night-{asked.lease}"[:64])
        return all(await asyncio.gather(night.let_in(other), self.main.let_in(longer)))

    def _turned(self) -> None:
        """A lane has turned: whoever stands between two leaves may go on."""
        for effect in self._turn_airlock(airlock.Look()):
            if isinstance(effect, airlock.AskInner):
                self.lanes[INNER].hear(effect.asked)

    def _turn_airlock(self, happening: airlock.Happening) -> tuple[airlock.Effect, ...]:
        outer, inner = self.main.door, self.lanes[INNER].door
        self._airlock, effects = airlock.step(self._airlock, happening, outer, inner, self._now())
        return effects

    def words(self) -> Mapping[str, Word]:
        """Who hears each input of the entrance, by its place among the fittings."""
        return {
            "contact": self._contact,
            "inner_contact": self._inner_contact,
            "bond": lambda holds: self.main.hear(Bond(holds)),
            "exit_button": self._exit,
            "fire": lambda on: None if on is None else self.hear(Fire(on)),
            "alarm_armed": lambda on: self.hear(Armed(on)),
            "alarm_triggered": lambda on: None if on is None else self.main.hear(Intruder(on)),
            "tamper_box": lambda on: None if on is None else self.main.hear(Tamper("box", on)),
            "tamper_reader": lambda on: None if on is None else self.main.hear(Tamper("reader", on)),
        }

    def _contact(self, is_open: bool | None) -> None:
        self.main.hear(Contact(is_open))
        if NIGHT in self.lanes:
            self.lanes[NIGHT].hear(Contact(is_open))

    def _inner_contact(self, is_open: bool | None) -> None:
        if INNER in self.lanes:
            self.lanes[INNER].hear(Contact(is_open))

    def _exit(self, is_down: bool | None) -> None:
        if is_down is None:
            return
        if is_down:
            for lane in self.lanes.values():
                lane.exit_pressed()
        self.main.hear(Button(is_down))
