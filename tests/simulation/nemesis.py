"""What goes wrong: faults of reliability's matrix, more than one an hour, all from one seed, each with its end."""

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from tests.simulation.disk import DiskState
from tests.simulation.house import DAY, House
from tests.simulation.network import Link
from tests.simulation.register import RegisterFault

EVERY = 2400.0
"""Seconds between two faults on the average."""
BROKEN_LINKS = tuple(link for link in Link if link is not Link.UP)
BROKEN_REGISTERS = tuple(fault for fault in RegisterFault if fault is not RegisterFault.NONE)
BROKEN_DISKS = tuple(state for state in DiskState if state is not DiskState.WELL)

Fault = Callable[[], Coroutine[Any, Any, None]]


class Nemesis:
    """Strikes until it is told to rest, and heals what it has broken."""

    def __init__(self, house: House, seed: int) -> None:
        self._house, self._random = house, Random(f"{seed}:nemesis")
        self._note = house.ledger.note
        self._at_work: set[asyncio.Task[None]] = set()
        self.faults = 0
        weighed: dict[Fault, float] = {
            self._link: 40, self._register: 20, self._door_killed: 8, self._door_killed_in_a_step: 6,
            self._power: 4, self._power_in_a_step: 3, self._server_killed: 3, self._server_killed_in_a_step: 2,
            self._lockd_killed: 6, self._disk: 4, self._clock: 1.5, self._reader: 3, self._long_silence: 0.05,
        }  # fmt: skip
        self._kinds, self._weights = tuple(weighed), tuple(weighed.values())

    async def run(self) -> None:
        """Strike for ever."""
        while True:
            await asyncio.sleep(self._random.expovariate(1 / EVERY))
            (fault,) = self._random.choices(self._kinds, self._weights)
            self.faults += 1
            task = asyncio.get_running_loop().create_task(fault())
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)

    def heal(self) -> None:
        """All is well again."""
        for task in tuple(self._at_work):
            task.cancel()
        house = self._house
        house.door.way.become(Link.UP)
        house.register.fault = RegisterFault.NONE
        house.door.disk.state = DiskState.WELL
        self._turn_clock(0.0)
        house.doorway.reader.plug()
        if not house.office.is_up:
            house.office.start()

    async def _link(self) -> None:
        way, link = self._house.door.way, self._random.choice(BROKEN_LINKS)
        self._note("nemesis", "link", link)
        way.become(link)
        await asyncio.sleep(self._random.choice((5.0, 60.0, 600.0, 3600.0)) * self._random.random())
        way.become(Link.UP)

    async def _long_silence(self) -> None:
        self._note("nemesis", "long silence")
        self._house.door.way.become(Link.SILENT)
        await asyncio.sleep(self._random.uniform(1, 10) * DAY)
        self._house.door.way.become(Link.UP)

    async def _register(self) -> None:
        register, fault = self._house.register, self._random.choice(BROKEN_REGISTERS)
        self._note("nemesis", "register", fault)
        register.fault = fault
        await asyncio.sleep(self._random.uniform(30, 1800))
        register.fault = RegisterFault.NONE

    async def _door_killed(self) -> None:
        self._note("nemesis", "kills the door")
        self._house.door.kill(self._random.choice((1.0, 2.0, 30.0)))

    async def _door_killed_in_a_step(self) -> None:
        self._note("nemesis", "kills the door in a step of its disk")
        self._house.door.disk.trap(self._random.randrange(40), self._house.door.kill)

    async def _power(self) -> None:
        self._note("nemesis", "power")
        self._house.door.lose_power(self._random.choice((3.0, 20.0, 600.0)))

    async def _power_in_a_step(self) -> None:
        self._note("nemesis", "power in a step of the disk")
        self._house.door.power_trap(self._random.randrange(40), 20.0)

    async def _server_killed(self) -> None:
        self._note("nemesis", "kills the server")
        await self._server_down()

    async def _server_killed_in_a_step(self) -> None:
        self._note("nemesis", "kills the server in a step of its disk")
        self._house.office.disk.trap(self._random.randrange(20), self._house.office.kill)
        for _ in range(60):
            await asyncio.sleep(60)
            if not self._house.office.is_up:
                break
        await self._server_down()

    async def _server_down(self) -> None:
        office = self._house.office
        office.kill()
        self._house.door.way.fall()
        self._house.loop.bury()
        await asyncio.sleep(self._random.choice((2.0, 30.0, 900.0)))
        if not office.is_up:
            office.start()

    async def _lockd_killed(self) -> None:
        self._note("nemesis", "kills lockd")
        # Mostly while it holds the strike released, for that is when it matters.
        for _ in range(40):
            if self._house.doorway.released or self._random.random() < 0.02:
                break
            await asyncio.sleep(30 * self._random.random())
        self._house.door.lockd.kill()

    async def _disk(self) -> None:
        disk, state = self._house.door.disk, self._random.choice(BROKEN_DISKS)
        self._note("nemesis", "disk", state)
        disk.state = state
        await asyncio.sleep(self._random.uniform(5, 900))
        disk.state = DiskState.WELL

    async def _clock(self) -> None:
        wrong = self._random.choice((-1, 1)) * self._random.choice((75.0, 3600.0, 8 * 3600.0, 40 * DAY))
        self._note("nemesis", "clock", f"{wrong:.0f}")
        self._turn_clock(wrong)
        await asyncio.sleep(self._random.uniform(60, 4 * 3600))
        self._turn_clock(0.0)

    def _turn_clock(self, wrong: float) -> None:
        self._house.door.clock.wrong_by = self._house.oracle.clock_wrong_by = wrong
        controller = self._house.door.controller
        if controller is not None:
            controller.strike.look()
            controller.entry.look()

    async def _reader(self) -> None:
        self._note("nemesis", "reader unplugged")
        self._house.doorway.reader.pull()
        await asyncio.sleep(self._random.uniform(1, 600))
        self._house.doorway.reader.plug()
