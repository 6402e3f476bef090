"""A whole simulated house from one seed: server, register, door machine, people, and the oracle that watches them."""

import asyncio
import os
import random as chance
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from door_controller.controller import DoorController
from meroppet.ils.library_records import Patron
from meroppet.rules.eligibility import Right
from meroppet.wire import pin_verifier
from meroppet.wire.commands import Action
from server.devices.orders import order
from server.journal.models import JournalRow
from tests.simulation.door import DoorMachine
from tests.simulation.invariants import Oracle, Row, plain
from tests.simulation.ledger import Ledger
from tests.simulation.loop import SimLoop
from tests.simulation.office import BRANCH, Office
from tests.simulation.people import Person, day_plan, populace
from tests.simulation.register import SimLibrary, SimRegister
from tests.simulation.world import Doorway

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What is simulated: the whole stack, or the server's services below HTTP."""

    full: bool = False


class House:
    """Everything; `live` goes through days."""

    def __init__(self, loop: SimLoop, folder: Path, seed: int, ledger: Ledger, kind: Kind) -> None:
        self.loop, self.ledger, self.kind = loop, ledger, kind
        self.random = Random(f"{seed}:people")
        self.people = populace(Random(f"{seed}:who"))
        self.oracle = Oracle(loop, ledger, self.people)
        patrons = [
            Patron(card=each.card, pin=each.pin, name="Prov Provsson", birth_date=each.born) for each in self.people
        ]
        self.library = SimLibrary(patrons, lambda: loop.wall().date(), loop.time)
        self.oracle.rights = self.library.right
        self.register = SimRegister(self.library, BRANCH)
        self.doorway = Doorway(loop, self._told)
        for name in ("server", "door"):
            (folder / name).mkdir(parents=True)
        self.office = Office(loop, folder / "server", Random(f"{seed}:server"), self.register, full=kind.full)
        self.door = DoorMachine(
            loop, folder / "door", Random(f"{seed}:door"), self.office, self.doorway, full=kind.full
        )
        self.door.told = lambda what, detail: ledger.note("door", what, detail)
        self.door.disk.on_commit = self.oracle.committed
        self.door.on_start = self._started
        self._waiting: set[asyncio.Task[None]] = set()

    async def move_in(self) -> None:
        """The branch is made, the door enrolled and started, and most patrons are given their right."""
        await self.office.seed()
        await self.door.enrol()
        for person in self.people:
            if self.random.random() < 0.85:
                await self._give(person, permitted=True)
        self.door.start()
        await asyncio.sleep(5)

    async def live(self, days: float) -> None:
        """Go through so many days of people's habits."""
        ends = self.loop.time() + days * DAY
        while self.loop.time() < ends:
            midnight = self.loop.time() // DAY * DAY
            for second, what in day_plan(self.random):
                at = midnight + second
                if self.loop.time() <= at < ends:
                    await asyncio.sleep(at - self.loop.time())
                    self._begin(getattr(self, f"_{what}")())
            await asyncio.sleep(min(midnight + DAY, ends) - self.loop.time())

    # --- What is told ---------------------------------------------------------------------------------------------

    def _told(self, actor: str, what: str) -> None:
        self.ledger.note(actor, what)
        if actor == "strike":
            self.oracle.edge(what == "released")

    def _started(self, controller: DoorController) -> None:
        self.ledger.note("door", "starts")
        replica = controller.device.replica

        def seen() -> None:
            self.oracle.known_through = max(self.oracle.known_through, replica.cursor())
            self._name_everybody(controller)

        replica.on_change(seen)

    def _name_everybody(self, controller: DoorController) -> None:
        keys = controller.device.keys
        if keys is None or len(self.oracle.subjects) >= len(self.people):
            return
        from meroppet.rules.credentials import CardNumber

        self.oracle.subjects = {keys.subject(CardNumber(person.card)): person.card for person in self.people}

    # --- What people do -------------------------------------------------------------------------------------------

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _visit(self) -> None:
        random, doorway = self.random, self.doorway
        person = random.choice(self.people)
        is_right = random.random() < 0.95
        await self._tap(person, person.pin if is_right else f"{random.randrange(10_000):04}")
        await asyncio.sleep(random.uniform(0.8, 3.0))
        if not doorway.pull():
            return
        await asyncio.sleep(random.uniform(2.0, 12.0))
        doorway.shut()
        await asyncio.sleep(random.uniform(300, 5400))
        if random.random() < 0.97:
            self.oracle.pressed(self._stands)
            doorway.press_button()
            await asyncio.sleep(random.uniform(0.8, 2.0))
        doorway.push_handle()
        await asyncio.sleep(random.uniform(2.0, 8.0))
        doorway.shut()

    async def _tap(self, person: Person, pin: str) -> None:
        self.ledger.note("person", "taps", person.card)
        self.doorway.show_card(person.as_read(self.random))
        await asyncio.sleep(self.random.uniform(0.6, 2.0))
        for digit in pin:
            await asyncio.sleep(self.random.uniform(0.15, 0.5))
            self.doorway.press_key(digit)
        if pin == person.pin:
            self.oracle.accounts[person.card].typed_right_at = self.loop.time()

    async def _thief(self) -> None:
        """Somebody has found a card, and guesses; some pull the plug when nobody answers any more."""
        person = self.random.choice(self.people)
        for _ in range(self.random.randrange(4, 16)):
            await self._tap(person, f"{self.random.randrange(10_000):04}")
            await asyncio.sleep(self.random.uniform(3.0, 20.0))
            if self.random.random() < 0.08:
                self.ledger.note("thief", "pulls the plug")
                self.door.lose_power(self.random.uniform(5, 60))
                await asyncio.sleep(70)

    async def _staff(self) -> None:
        """Somebody is given a right, or loses it."""
        person = self.random.choice(self.people)
        if self.office.is_up:
            await self._asked(self._give(person, permitted=self.random.random() < 0.7))

    async def _order(self) -> None:
        """Staff open the door from afar."""
        if self.office.is_up:
            await self._asked(self._open_once())

    async def _register(self) -> None:
        """The register blocks somebody, or lifts it."""
        person = self.library.patron(self.random.choice(self.people).card)
        if person is not None:
            person.debarred = None if person.debarred else "lost book"
            self.ledger.note("register", "blocks" if person.debarred else "frees")

    async def _asked(self, work: Any) -> None:
        """A page of staff: it is answered by the server's process, or dies with it."""
        await asyncio.wait([self.office.process.spawn(work)], timeout=30)

    async def _give(self, person: Person, *, permitted: bool) -> None:
        number = await self.office.give(person.card, Right(permitted=permitted))
        self.oracle.accounts[person.card].told.append((number, permitted))
        self.ledger.note("staff", "permits" if permitted else "revokes", person.card)

    async def _open_once(self) -> None:
        device = await self.office.device()
        async with self.office.parts.database.session(self.office.branch.scope) as session:
            await order(session, device, Action.OPEN_ONCE, "staff")
        self.ledger.note("staff", "opens")

    def _stands(self) -> object:
        door, lockd = self.door, self.door.lockd
        ready = door.is_up and door.controller is not None and self.loop.time() - door.started_at > 3.0
        return (door.process, lockd.process) if ready and lockd.process.alive else None

    # --- The account at the end of a week --------------------------------------------------------------------------

    async def arrived(self) -> Counter[Row]:
        """The rows the server holds by what they say, and how often."""
        async with self.office.parts.database.reading(self.office.branch.scope) as session:
            columns = (JournalRow.boot, JournalRow.monotonic, JournalRow.kind, JournalRow.subject, JournalRow.detail)
            rows = await session.all(select(*map(col, columns)))
        return Counter((boot, at, kind, subject, plain(detail)) for boot, at, kind, subject, detail in rows)


@contextmanager
def fixed_chance(seed: int) -> Iterator[None]:
    """No randomness but the seed's, and no slow hash: both the operating system's and argon2's are set aside."""
    source = Random(f"{seed}:system")
    before = os.urandom, vars(chance)["_urandom"], pin_verifier._hash

    def urandom(size: int) -> bytes:
        return source.randbytes(size)

    def quick(key: bytes, subject: str, pin: Any, salt: bytes) -> bytes:
        import hashlib

        return hashlib.sha256(b"|".join((key, subject.encode(), pin.digits.encode(), salt))).digest()

    os.urandom, chance._urandom, pin_verifier._hash = urandom, urandom, quick  # type: ignore[attr-defined]
    try:
        yield
    finally:
        os.urandom, chance._urandom, pin_verifier._hash = before  # type: ignore[attr-defined]
