"""A whole door: virtual board, a real lockd process, the door controller of `build()`, and a server over real TLS."""

import asyncio
import gc
import json
import shutil
import sqlite3
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from door_controller.app import build
from door_controller.controller import DoorController
from door_controller.settings import DoorSettings
from hardware.virtual.board import Board
from hardware.virtual.world import BoardState
from meroppet.device.enrol import enrol
from meroppet.rules.eligibility import Policy
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import Schedule
from meroppet.runtime.clock import Clock
from meroppet.texts import DoorLine, door_text
from meroppet.wire.enrolment import DeviceKind
from tests.fakes.server_double import ALWAYS, Patron, ServerDouble, patrons

ANNA = Patron("A1000001", "7305")
BERTIL = Patron("B2000002", "6483")
POLICY = Policy(minimum_age=16)


class WatchedBoard(Board):
    """A board that counts how often its strike let go."""

    releases = 0

    def _become(self, state: BoardState) -> None:
        self.releases += self._state.locked and not state.locked
        super()._become(state)

    def send_key(self, key: str) -> None:
        """A keypad with more keys than ours has."""
        self._emit("keypad", key)


class House:
    """Start what a test needs; `close` ends it all."""

    def __init__(self, *, night_lock: bool = False) -> None:
        # A socket's path has at most 107 bytes, so not beneath pytest's long folders.
        self.folder = Path(tempfile.mkdtemp(prefix="meroppet-door-"))
        self.board = WatchedBoard(self.folder / "board.sock", night_lock=night_lock)
        self.server = ServerDouble()
        self.server.patrons = patrons(ANNA, BERTIL)
        self.door: DoorController
        self.lockd: asyncio.subprocess.Process | None = None
        self.also: tuple[str, ...] = ()
        """lockd's further locks, as its own setting has them."""
        self.fitted: dict[str, object] = {}
        """Settings of the door that differ from those below."""
        self.clock: Clock | None = None
        """The clock the door goes by; None: the one its settings choose."""
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, *, policy: Policy = POLICY, schedule: Schedule = ALWAYS, server: bool = True) -> None:
        """Everything up, enrolled and idle."""
        await self.board.start()
        await self.start_lockd()
        await self.server.start(self.folder)
        self.server.open_branch(policy, schedule)
        self.server.permit(ANNA.card)
        await enrol(self.server.invitation(), DeviceKind.DOOR, self.folder / "state", "test")
        if not server:
            await self.server.stop()
        await self.start_door()
        if server:
            await until(lambda: self.door.device.keys is not None and self.door.device.replica.cursor() > 0)

    async def start_lockd(self) -> None:
        self.lockd = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hardware.lockd",
            "--socket",
            str(self.folder / "lockd.sock"),
            "--line",
            f"virtual:{self.board.path}",
            *(("--also", " ".join(self.also)) if self.also else ()),
        )
        await until((self.folder / "lockd.sock").exists)

    async def kill_lockd(self) -> None:
        if self.lockd is not None and self.lockd.returncode is None:
            self.lockd.kill()
            await self.lockd.wait()

    def settings(self) -> DoorSettings:
        board = {"driver": "virtual", "socket": str(self.board.path)}
        places = dict.fromkeys(("card_reader", "keypad", "barcode_scanner", "indicator", "sounder", "display"), board)
        parts = {"contact": {**board, "part": "contact"}, "exit_button": {**board, "part": "exit"}}
        own = {"state_dir": self.folder / "state", "lockd_socket": self.folder / "lockd.sock"}
        return DoorSettings.model_validate({**places, **parts, **own, **self.fitted})

    def wire(self, **parts: str) -> None:
        """Wire more of the door's inputs to contacts of the board, each by its place."""
        board = {"driver": "virtual", "socket": str(self.board.path)}
        self.fitted |= {place: {**board, "part": part} for place, part in parts.items()}

    def wire_relays(self, **names: str) -> None:
        """Wire relays of the board to the door's places."""
        board = {"driver": "virtual", "socket": str(self.board.path)}
        self.fitted |= {place: {**board, "name": name} for place, name in names.items()}

    def add_lock(self, name: str, **said: object) -> None:
        """Give the door a further lock, `night` or `inner`."""
        self.also = (*self.also, f"{name}:fail_secure:virtual:{self.board.path}:{name}_strike")
        self.fitted[f"{name}_lock"] = said

    async def start_door(self) -> None:
        """Build and run the controller and its sync in this loop."""
        self.door = build(self.settings(), "test", self.clock)
        ready = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self.door.run("test", lambda: None, ready.set)),
            asyncio.create_task(self.door.device.run()),
        ]
        await ready.wait()
        fitted = {"keypad", "contact", "exit", "barcode_scanner", "display"}
        fitted |= set() if "card_reader" in self.fitted else {"card_reader"}
        await until(lambda: fitted <= self.board.attached())

    async def stop_door(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        await self.door.close()
        # The HTTP client leaves a connection that it was stopped in the middle of making to the garbage collector. With
        # a process that ends nothing is lost; here it would be found in some later test.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect(1)

    async def close(self) -> None:
        if self._tasks:
            await self.stop_door()
        await self.server.stop()
        await self.kill_lockd()
        await self.board.close()
        shutil.rmtree(self.folder)

    # What people do

    def pin(self, digits: str) -> None:
        for digit in digits:
            self.board.press(digit)

    async def tap(self, card: str) -> None:
        self.board.tap(card)
        await self.says(DoorLine.ASK_PIN)

    async def enter(self, patron: Patron, pin: str | None = None) -> None:
        await self.tap(patron.card)
        self.pin(pin or patron.pin)

    async def walk_in(self) -> None:
        """Push the door, and let it shut once its contact has been believed: a word that bounces is none."""
        assert self.board.push_door()
        await until(lambda: self.door.strike.door.opened_at is not None)
        self.board.shut_door()

    # What one sees

    async def says(self, what: Reason | DoorLine, within: float = 12.0) -> tuple[str, ...]:
        """The display, once it says this."""
        title = door_text(what, "sv").title
        try:
            async with asyncio.timeout(within):
                seen = await self.board.until(lambda state: bool(state.display) and state.display[0] == title)
                return seen.display
        except TimeoutError as error:
            raise AssertionError(f"the display says {self.board.state().display}, not {title!r}") from error

    async def sees(self, holds: Callable[[BoardState], bool], within: float = 10.0) -> BoardState:
        async with asyncio.timeout(within):
            return await self.board.until(holds)

    def journal(self) -> list[tuple[str, str]]:
        """(kind, detail) of every row on this device's disk, in order."""
        with sqlite3.connect(self.folder / "state" / "journal.db") as connection:
            rows = connection.execute("SELECT kind, detail FROM row ORDER BY seq").fetchall()
        connection.close()
        return rows

    def refusals(self) -> list[str]:
        """The reasons of every refusal on this device's disk."""
        return [json.loads(detail)["reason"] for kind, detail in self.journal() if kind == "access.refused"]


async def until(holds: Callable[[], object], within: float = 20.0) -> None:
    """Wait until something is true; AssertionError if it does not become so."""
    try:
        async with asyncio.timeout(within):
            while not holds():  # noqa: ASYNC110 (what tests wait for has no event of its own)
                await asyncio.sleep(0.005)
    except TimeoutError as error:
        raise AssertionError("it did not come to be so") from error
