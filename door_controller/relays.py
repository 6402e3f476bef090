"""Lights and other relays: one lane that asks `rules.relays` how each is to be and switches those that are not."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from door_controller.pace import rest
from door_controller.site import Place
from hardware.ports import Relay
from meroppet.device.device import Device
from meroppet.rules import relays as rules
from meroppet.rules.branch import OPEN
from meroppet.rules.entry import Record
from meroppet.runtime.logs import Recurring
from meroppet.runtime.machine import REAL, Machine

logger = logging.getLogger(__name__)


class RelaysLane:
    """The relays by name. One that does not answer is tried again at every look, and nobody waits for it."""

    def __init__(
        self,
        device: Device,
        place: Place,
        relays: Mapping[str, Relay],
        groups: Mapping[str, rules.Group],
        wants_a_person: Callable[[], bool],
        machine: Machine = REAL,
    ) -> None:
        self._device, self._place, self._relays, self._groups = device, place, relays, groups
        self._wants_a_person, self._look_every = wants_a_person, machine.rhythm.look_every
        self._clock = device.clock
        self._on: dict[str, bool] = {}
        self._lights, self._is_sensed = True, False
        self._moved_at: float | None = None
        self._news = asyncio.Event()
        self._troubles = {name: Recurring(logger, f"the relay {name}") for name in relays}

    def look(self) -> None:
        """See now how they are to be."""
        self._news.set()

    def put_out_lights(self) -> None:
        """The closing routine has come to the lights; they stay out until the branch opens."""
        self._lights = False
        self._news.set()

    def moved(self) -> None:
        """Somebody was seen, or let through."""
        self._moved_at = self._clock.monotonic()
        self._news.set()

    def sensed(self, is_somebody: bool | None) -> None:
        """The word of what senses movement; None: it does not answer."""
        self._is_sensed = bool(is_somebody)
        self.moved()

    async def run(self) -> None:
        """Switch until cancelled; without relays there is nothing to do."""
        while self._groups:
            self._news.clear()
            await self._turn()
            pause = rest(self._clock, rules.due(self._seen(), self._clock.monotonic()), self._look_every)
            try:
                async with asyncio.timeout(pause):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _seen(self) -> rules.Seen:
        if self._is_sensed:
            self._moved_at = self._clock.monotonic()
        state = self._place.state()
        self._lights = self._lights or state in OPEN
        return rules.Seen(
            state=state,
            lights=self._lights,
            moved_at=self._moved_at,
            is_closing=self._place.is_closing(),
            wants_a_person=self._wants_a_person(),
            fire=self._place.is_burning,
        )

    async def _turn(self) -> None:
        wanted, effects = rules.step(self._on, self._groups, self._seen(), self._clock.monotonic())
        failed: set[str] = set()
        for effect in effects:
            match effect:
                case rules.Switch(name, is_on):
                    if not await self._switch(name, is_on):
                        failed.add(name)
                case Record(event):
                    if getattr(event, "relay", "") not in failed:
                        self._device.record(event)
        self._on = {name: is_on for name, is_on in wanted.items() if name not in failed}

    async def _switch(self, name: str, is_on: bool) -> bool:
        try:
            taken = await self._relays[name].switch(is_on)
        except Exception as error:  # noqa: BLE001 (a driver may fail in any way)
            self._troubles[name].failed(f"{type(error).__name__}: {error}")
            return False
        self._troubles[name].succeeded() if taken else self._troubles[name].failed("it does not answer")
        return taken
