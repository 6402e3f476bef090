"""The simulated door machine: the unmodified controller, its sync and its files, killed and started again."""

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from door_controller.app import build
from door_controller.controller import DoorController
from door_controller.settings import DoorSettings
from meroppet.device.channel import Channel
from meroppet.device.identity import Identity, save
from meroppet.rules.branch import ClockTrust
from meroppet.runtime.machine import Machine, Rhythm
from tests.simulation.direct import DirectChannel
from tests.simulation.disk import Disk, Image, Killed
from tests.simulation.loop import Inline, Process, SimClock, SimLoop
from tests.simulation.network import Way
from tests.simulation.office import Office
from tests.simulation.world import Doorway, Holder, Lockd

RESTARTS_AFTER = 2.0
GATHERS = 900.0
QUARTER = 900.0
RHYTHM = Rhythm(look_every=QUARTER, pet_every=3600.0, push_at_least=QUARTER, purge_every=86_400.0)
"""Every hour of the simulated branch begins at a quarter; what else changes is announced to the lanes."""


class DoorMachine:
    """A machine with a disk, a clock and a process that systemd starts again."""

    def __init__(
        self, loop: SimLoop, folder: Path, random: Random, office: Office, doorway: Doorway, *, full: bool
    ) -> None:
        self._loop, self._random, self._office, self.doorway = loop, random, office, doorway
        self._full = full
        self.folder = folder
        self.clock = SimClock(loop, ClockTrust.NONE)
        self.disk = Disk(folder, random)
        self.lockd = Lockd(loop, doorway)
        self.lockd.wall = self.clock.now
        self.way = Way(random)
        self.process = Process("door")
        self.process.alive = False
        self.controller: DoorController | None = None
        self.started_at = 0.0
        self.on_start: Callable[[DoorController], None] = lambda _controller: None
        self.told: Callable[[str, str], None] = lambda _what, _detail: None
        self._again: asyncio.TimerHandle | None = None

    @property
    def is_up(self) -> bool:
        """Whether its controller runs."""
        return self.process.alive

    async def enrol(self) -> None:
        """Come to belong to the branch."""
        key = Ed25519PrivateKey.from_private_bytes(self._random.randbytes(32))
        reply = await self._office.enrolled(base64.b64encode(key.public_key().public_bytes_raw()).decode())
        identity = Identity(
            reply.device,
            reply.kind,
            reply.name,
            reply.branch,
            "https://server.test",
            reply.seal_key,
            self._office.ca_pem,
            key,
        )
        save(identity, self.folder)

    def start(self) -> None:
        """systemd starts the controller."""
        self._again = None
        if self.is_up:
            return
        self.process = Process("door")
        self.process.at_end(self._died)
        self.started_at = self._loop.time()
        self.process.spawn(self._run())

    def kill(self, again_after: float = RESTARTS_AFTER) -> None:
        """SIGKILL; systemd starts it again."""
        self.process.kill()
        self._restart(again_after)

    def lose_power(self, for_seconds: float) -> None:
        """Everything stops; the disk keeps what was synced; the strike of this door locks without power."""
        image = self.disk.platter()
        self._go_dark()
        self._powerless(image, for_seconds)

    def power_trap(self, after: int, for_seconds: float) -> None:
        """Power is lost after so many more steps of the disk: in the middle of whatever the process does then."""

        def cut() -> None:
            image = self.disk.platter()
            self._go_dark()
            self._loop.call_soon(self._powerless, image, for_seconds, context=self._loop.world)

        self.disk.trap(after, cut)

    def _go_dark(self) -> None:
        self.process.kill()
        self.lockd.kill()
        self.doorway.drive(False)

    def _powerless(self, image: Image, for_seconds: float) -> None:
        self.disk.lose_power(image)
        self.clock.reboot()
        self._restart(for_seconds)

    def _restart(self, after: float) -> None:
        if self._again is not None:
            self._again.cancel()
        self._again = self._loop.call_later(after, self.start, context=self._loop.world)

    def _died(self) -> None:
        self.controller = None
        self.disk.abandon(self.process)
        self._loop.call_soon(self._loop.bury, context=self._loop.world)

    async def _run(self) -> None:
        process = self.process
        try:
            self.controller = controller = self._built(process)
            self.on_start(controller)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(controller.run("sim", lambda: None, lambda: None))
                tasks.create_task(controller.device.run())
        except (Exception, Killed) as error:  # noqa: BLE001 (whatever ends the process, systemd starts it again)
            self.told("door.ended", type(error).__name__)
        # As a process that ends: what was open is closed by the kernel, and nothing is tidied up.
        self._loop.call_soon(self._ended, process, context=self._loop.world)

    def _ended(self, process: Process) -> None:
        if process.alive:
            process.kill()
            self._restart(RESTARTS_AFTER)

    def _built(self, process: Process) -> DoorController:
        machine = Machine(
            connect=self.disk.connect,
            executor=lambda _name: Inline(),
            ids=self._id,
            random=Random(self._random.getrandbits(32)),
            rhythm=RHYTHM,
            monotonic=self.clock.monotonic,
        )
        settings = DoorSettings.model_construct(state_dir=self.folder, lockd_socket=Path("/sim/lockd.sock"))
        holder = Holder(self.lockd, process)
        controller = build(
            settings,
            "sim",
            self.clock,
            machine=machine,
            fittings=self.doorway.fitted(),
            lock=holder,
            open_channel=self._channel,
        )
        controller._probe = holder
        return controller

    def _channel(self, identity: Identity) -> Channel:
        return DirectChannel(identity, self._office, self.way, self._id, GATHERS)

    def _id(self) -> str:
        return self._random.randbytes(16).hex()
