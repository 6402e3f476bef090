"""A server that is asked about PINs by 200 doors, 50 times a second, while it does everything else it does.

Real TLS from enrolled doors into the server process of the running house, which asks the register process. Beside it
every door holds a stream open and brings a journal row now and then, and staff change hours.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import httpx2

from demo.house import House
from demo.people import PEOPLE, Person, number_at
from demo.visit import Visitor
from meroppet.rules.entry import ANSWER_CAP
from meroppet.runtime.clock import VirtualClock
from meroppet.wire.enrolment import DeviceKind
from server.db import Database, unscoped
from server.devices.service import invite
from server.keys import KeyRing
from server.organisations.service import branch
from server.settings import DeviceListener
from tests.bench.figures import Figure, percentile, progress
from tests.bench.staff_change import Staff
from tests.fakes.signing_device import SigningDevice

DOORS = 200
PER_SECOND = 50
SECONDS = 20
CHANGE_EVERY = 4.0
ROWS_EVERY = 0.5
SETTLES = 5.0
"""Seconds in which 200 streams have begun."""
WHY = unscoped("the bench enrols 200 doors")
ASTRID = PEOPLE[0]
RIGHT = tuple(person for person in PEOPLE if not (person.lost or person.debarred or person.expires_in < timedelta()))
"""Whose PIN the register calls right. Each in turn: one card tried fifty times a second would be locked."""


async def figures(house: House) -> AsyncIterator[Figure]:
    """How long the answers take, beside the register asked alone in the same stretch of time."""
    progress(f"{DOORS} doors are enrolled")
    async with doors_of(house, DOORS) as doors, Visitor(house) as visitor, asyncio.TaskGroup() as beside:
        progress(f"{PER_SECOND} questions a second for {SECONDS} s")
        others = [beside.create_task(_stream(door)) for door in doors]
        await asyncio.sleep(SETTLES)
        alone: list[float] = []
        beginning = (_staff(house), _journals(doors), _register_alone(visitor, alone))
        others += [beside.create_task(work) for work in beginning]
        await asyncio.sleep(1.0)
        taken = await _asked(house, doors)
        for other in others:
            other.cancel()
    for percent, goal in ((50, 10.0), (99, 50.0)):
        reference = percentile(alone, percent)
        yield Figure(
            f"verify for {DOORS} doors at {PER_SECOND}/s, p{percent}", percentile(taken, percent), "ms",
            reference + goal, reference, f"the register asked alone beside it, p{percent}",
        )  # fmt: skip


@asynccontextmanager
async def doors_of(house: House, how_many: int) -> AsyncIterator[Sequence[SigningDevice]]:
    """Enrolled and booted, each with connections of its own."""
    async with AsyncExitStack() as stack:
        url = f"https://localhost:{house.ports.devices}"
        pinned, tokens = await _invited(house, url, how_many)
        made = []
        for token in tokens:
            client = httpx2.AsyncClient(base_url=url, verify=pinned, trust_env=False, timeout=30.0)
            door = SigningDevice(await stack.enter_async_context(client))
            assert (await door.enrol(token)).status_code == httpx2.codes.OK
            assert (await door.boot()).status_code == httpx2.codes.OK
            made.append(door)
        yield made


async def _invited(house: House, url: str, how_many: int) -> tuple[ssl.SSLContext, list[str]]:
    folder = house.plan.database.parent
    clock = VirtualClock(house.plan.root / "clock")
    # Under the server's own names: other ones would have it another certificate.
    keys = KeyRing.open(folder / "keys", DeviceListener().names, clock.now())
    database = Database(f"sqlite:///{house.plan.database}", clock)
    try:
        async with database.session(WHY) as session:
            here = await branch(session, house.place.branch.id)
            assert here is not None
            made = [
                await invite(session, keys, here, kind=DeviceKind.DOOR, name=f"bench {number}", by="bench", url=url)
                for number in range(how_many)
            ]
    finally:
        await database.close()
    return ssl.create_default_context(cadata=keys.ca_pem.decode("ascii")), [invitation.token for invitation in made]


async def _asked(house: House, doors: Sequence[SigningDevice]) -> list[float]:
    """Milliseconds of every question; they are asked on time, however late the answers come."""
    begun, asking = time.perf_counter(), []
    async with asyncio.TaskGroup() as group:
        for number in range(PER_SECOND * SECONDS):
            await asyncio.sleep(max(begun + number / PER_SECOND - time.perf_counter(), 0))
            door = doors[number % len(doors)]
            asking.append(group.create_task(_ask(house, door, RIGHT[number % len(RIGHT)], f"bench-{number}")))
    return [await task for task in asking]


async def _ask(house: House, door: SigningDevice, person: Person, attempt: str) -> float:
    sealed = door.seal(attempt, number_at(person, house.place.branch), person.pin)
    begun = time.perf_counter()
    answer = await door.ask("POST", "/verify", {"attempt": attempt, "door": door.device, "sealed": sealed})
    taken = (time.perf_counter() - begun) * 1000
    # Whoever gets no answer stands before a shut door until the cap.
    return taken if answer.json().get("pin") == "right" else ANSWER_CAP * 1000


async def _register_alone(visitor: Visitor, into: list[float]) -> None:
    while True:
        into.append(await visitor.asked())
        await asyncio.sleep(0.1)


async def _staff(house: House) -> None:
    staff = Staff(house)
    await staff.sign_in()
    try:
        for number in range(1_000):
            await staff.change("20" if number % 2 else "18")
            await asyncio.sleep(CHANGE_EVERY)
    finally:
        await staff.close()


async def _journals(doors: Sequence[SigningDevice]) -> None:
    """Each door in turn brings a row, as doors do all day."""
    for number in range(1_000_000):
        door, seq = doors[number % len(doors)], number // len(doors) + 1
        row = {
            "seq": seq, "wall": "2026-03-02T18:30:00+00:00", "monotonic": 1.0, "boot": "boot-1", "clock": "ntp",
            "kind": "door.shut",
        }  # fmt: skip
        await door.ask("POST", "/journal", {"epoch": "0" * 32, "rows": [row]})
        await asyncio.sleep(ROWS_EVERY)


async def _stream(door: SigningDevice) -> None:
    request = door.request("GET", "/stream")
    request.headers["Last-Event-ID"] = "0"
    answer = await door.client.send(request, stream=True)
    async for _ in answer.aiter_bytes():
        pass
