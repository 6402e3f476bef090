"""The running demo: five processes, the virtual entrance between them, and everything one can do to both."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from types import TracebackType

from demo.cable import Cable
from demo.child import Child
from demo.consortia import Place
from demo.doorstep import admits, facts
from demo.errors import CannotStart
from demo.folder import Folder
from demo.identities import holders
from demo.journals import JournalRow, latest
from demo.plan import Addresses, Plan
from demo.ports import Ports
from demo.turning import TurningClock
from hardware.virtual.board import Board
from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours
from meroppet.runtime.clock import SystemClock

ROWS_SHOWN = 8
ADMITS_WITHIN = 15.0
LOOK_EVERY = 0.1
ON_MAINS = ("lockd", "door", "kiosk")
"""What stands in the branch and loses its power; the server and the register are elsewhere."""

Told = Callable[[str, float, str], None]
"""Told of each step of the start: what, after how many seconds, and where it is."""


def N_(sentence: str) -> str:  # noqa: N802 (the name gettext's extractors look for)
    """Marks a sentence for the catalogues."""
    return sentence


class House:
    """One branch with its processes. Use as an asynchronous context; `ended` holds a sentence when a process died."""

    def __init__(self, place: Place, ports: Ports, folder: Folder, told: Told) -> None:
        self.place, self.ports = place, ports
        self.clock = TurningClock(folder.clock, place.branch.schedule.zone)
        self.board = Board(folder.socket("board"))
        self.desk = Board(folder.socket("desk"))
        self.cable = Cable(ports.cable, ports.devices)
        self.plan = Plan(place, ports, folder)
        self.has_power = True
        self.register_fault = "none"
        self.is_stopping = False
        self.door_facts: dict[str, object] = {}
        """What the door last said of itself; empty while it says nothing."""
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._folder, self._told = folder, told
        self._now = SystemClock().monotonic
        self._begun = self._now()
        self._stack = AsyncExitStack()
        self._door_changed = asyncio.Condition()
        self._mains_turn = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None
        self.children: Mapping[str, Child] = {
            name: Child(
                name,
                command,
                sockets=folder.sockets,
                log=folder.logs / f"{name}.log",
                now=self._now,
                environ=self.plan.environment(name),
            )
            for name, command in self.plan.commands().items()
        }

    @property
    def addresses(self) -> Addresses:
        """Where to look at it."""
        return self.plan.addresses

    async def __aenter__(self) -> "House":
        try:
            for part in (self.board, self.desk, self.cable):
                await self._stack.enter_async_context(part)
            await asyncio.to_thread(self._make_certificates)
            self.plan.write()
            self._watch = asyncio.create_task(self._watch_door())
            await self._start_all()
        except BaseException:
            await self._stop_all()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._stop_all()

    # The start

    async def _start_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start("register"))
            group.create_task(self._start("lockd"))
            group.create_task(self._start_bankid())
            group.create_task(self._start_server_and_devices())

    def _make_certificates(self) -> None:
        from server.eid.standin.certificates import certificates

        certificates(self.plan.bankid.folder, SystemClock().now())

    async def _start_bankid(self) -> None:
        """The stand-in for BankID, in this process: nobody waits for it before somebody applies."""
        # Beside the loop: the entrance's board must answer while this is read.
        standin = await asyncio.to_thread(import_module, "server.eid.standin.serving")
        people = [standin.Person(*each) for each in holders(self.clock.now().date())]
        served = standin.serving(self.plan.bankid, people, SystemClock(), self.ports.bankid, self.ports.phone)
        await self._stack.enter_async_context(served)
        self._told("bankid", self._now() - self._begun, self.addresses.phone)

    async def _start_server_and_devices(self) -> None:
        if not self._folder.seeded.exists():
            await self._step("seeds", self.plan.seed)
        if all(self.plan.is_enrolled(device) for device in ("door", "kiosk")):
            await self._together(self._start("server"), self._start("door"), self._start("kiosk"))
            return
        await self._start("server")
        await self._together(self._enrol_and_start("door"), self._enrol_and_start("kiosk"))

    async def _enrol_and_start(self, device: str) -> None:
        await self._step(f"{device} enrolled", lambda: self.plan.enrol(device))
        await self._start(device)

    async def _together(self, *steps: Coroutine[object, object, None]) -> None:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(step)

    async def _start(self, name: str) -> None:
        await self.children[name].start(self._child_died)
        if name == "door":
            await self.until_door(admits, ADMITS_WITHIN)
        self._told(name, self._now() - self._begun, self.plan.whereabouts(name))

    async def _step(self, what: str, step: Callable[[], Awaitable[None]]) -> None:
        await step()
        self._told(what, self._now() - self._begun, "")

    def _child_died(self, sentence: str) -> None:
        if not self.ended.done():
            self.ended.set_result(sentence)

    # The end

    async def _stop_all(self) -> None:
        self.is_stopping = True
        if self._watch is not None:
            self._watch.cancel()
        for name in ("kiosk", "door", "lockd", "server", "register"):
            await self.children[name].stop()
        await self._stack.aclose()

    # What one can do to it

    async def cut_power(self) -> None:
        """Everything in the branch is dead at once: SIGKILL for its processes, no current for its hardware."""
        async with self._mains_turn:
            self.has_power = False
            await asyncio.gather(*(self.children[name].kill() for name in ON_MAINS))
            self.board.cut_power()
            self.desk.cut_power()

    async def restore_power(self) -> None:
        """The hardware has current and the branch's processes start again, as after a boot."""
        async with self._mains_turn:
            if self.has_power:
                return
            self.board.restore_power()
            self.desk.restore_power()
            self.has_power = True
            await self._together(*(self.children[name].start(self._child_died) for name in ON_MAINS))
            await self.until_door(admits, ADMITS_WITHIN)

    async def set_register_fault(self, fault: str) -> None:
        """Let the register misbehave, by a name of meroppet.ils.acs_simulator.Fault."""
        self.register_fault = fault
        await self.children["register"].say(f"fault {fault}")

    # What one can see of it

    def branch_state(self) -> BranchState:
        """The state the door says; what the seeds say while it says nothing."""
        said = self.door_facts.get("state")
        return BranchState(str(said)) if said else Hours(self.place.branch.schedule).state_at(self.clock.now()).state

    async def until_door(self, holds: Callable[[dict[str, object]], bool], within: float) -> bool:
        """Wait until what the door says of itself holds; whether it did in time."""
        try:
            async with asyncio.timeout(within):
                async with self._door_changed:
                    await self._door_changed.wait_for(lambda: holds(self.door_facts))
                return True
        except TimeoutError:
            return False

    async def _watch_door(self) -> None:
        while True:
            self.door_facts = await facts(self.ports.door)
            async with self._door_changed:
                self._door_changed.notify_all()
            await asyncio.sleep(LOOK_EVERY)

    def recent_rows(self) -> tuple[JournalRow, ...]:
        """The newest rows of the door's journal, newest first."""
        # Read each time: a row is in the file before it is committed, so the file's time says nothing of what is seen.
        return latest(self.plan.journal("door"), ROWS_SHOWN)

    def parts(self) -> list[tuple[str, str]]:
        """The five processes in words, and where each listens."""
        names = {
            "register": N_("Library system"),
            "server": N_("Server"),
            "lockd": N_("Lock (lockd)"),
            "door": N_("Door"),
            "kiosk": N_("Kiosk"),
        }
        return [(words, self.plan.whereabouts(name)) for name, words in names.items() if self.plan.whereabouts(name)]


def first_sentence(errors: BaseExceptionGroup[BaseException]) -> str:
    """What to tell of a start that failed in several tasks at once: the first sentence that was meant to be read."""
    for error in _leaves(errors):
        if isinstance(error, CannotStart | RuntimeError | OSError):
            return str(error)
    return str(errors)


def _leaves(errors: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in errors.exceptions:
        found.extend(_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found
