"""The net of a region comes back: 200 doors bring a week at once, and people stand at other doors meanwhile.

Real TLS into the server process of the running house, which asks the register process. Each door notices when its next
try is due, as devices do whose pauses are jittered.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import httpx2

from demo.house import House
from demo.people import number_at
from meroppet.device.trying import FIRST_PAUSE, LONGEST_PAUSE
from meroppet.rules.entry import ANSWER_CAP
from meroppet.wire.journal import BATCH
from tests.bench.figures import Figure, percentile, progress
from tests.bench.verifying import ASTRID, doors_of
from tests.fakes.signing_device import SigningDevice

DOORS, ONLINE = 200, 10
ROWS = 500
"""What a door has kept that was open for a hundred visits in that week."""
PER_SECOND = 5
NORMALLY = 10.0
WITHIN = 300.0
BUSY = 2.0
"""How many times as long a decision may take meanwhile."""


async def figures(house: House, *, doors: int = DOORS, rows: int = ROWS) -> AsyncIterator[Figure]:
    """How long until everything was brought and fetched, and what decisions took meanwhile, beside those of before."""
    progress(f"{doors} doors are enrolled")
    async with doors_of(house, doors + ONLINE) as known:
        online, away = known[:ONLINE], known[ONLINE:]
        normally = await _decisions(house, online, asyncio.create_task(asyncio.sleep(NORMALLY)))
        progress(f"{doors} doors come back with {rows} rows each")
        begun = time.perf_counter()
        back = asyncio.gather(*(come_back(door, rows) for door in away))
        meanwhile = await _decisions(house, online, asyncio.ensure_future(back))
        taken = time.perf_counter() - begun
    yield Figure(f"{doors} doors come back at once", taken, "s", WITHIN, doors * rows / taken, "rows a second")
    for percent in (50, 99):
        before = percentile(normally, percent)
        yield Figure(
            f"verify while {doors} doors come back, p{percent}", percentile(meanwhile, percent), "ms",
            before * BUSY, before, f"verify before it, p{percent}",
        )  # fmt: skip


async def _decisions(house: House, doors: Sequence[SigningDevice], until: "asyncio.Future[object]") -> list[float]:
    """Milliseconds of every question, asked on time until something else is over."""
    begun, asking, number = time.perf_counter(), [], 0
    async with asyncio.TaskGroup() as group:
        while not until.done():
            door = doors[number % len(doors)]
            asking.append(group.create_task(_decision(house, door, f"back-{begun}-{number}")))
            number += 1
            await asyncio.sleep(max(begun + number / PER_SECOND - time.perf_counter(), 0))
    await until
    return [min(await task, ANSWER_CAP * 1000) for task in asking]


async def _decision(house: House, door: SigningDevice, attempt: str) -> float:
    """Milliseconds until there was an answer; which one is not the question here."""
    sealed = door.seal(attempt, number_at(ASTRID, house.place.branch), ASTRID.pin)
    begun = time.perf_counter()
    answer = await door.ask("POST", "/verify", {"attempt": attempt, "door": door.device, "sealed": sealed})
    taken = (time.perf_counter() - begun) * 1000
    return taken if answer.is_success else ANSWER_CAP * 1000


async def come_back(door: SigningDevice, rows: int, *, spread: float = LONGEST_PAUSE) -> None:
    """What a door does: a stream, its health, what changed, and everything it kept, each again until it succeeds."""
    await asyncio.sleep(random.uniform(0, spread))
    listening = asyncio.create_task(_listen(door))
    now = "2026-03-02T18:30:00+00:00"
    await _asked(door, "POST", "/health", {"version": "1", "now": now, "clock": "ntp", "change": 0, "unsent": rows})
    after, more = 0, True
    while more:
        said = (await _asked(door, "GET", f"/changes?after={after}")).json()
        after, more = said["next"], said["more"]
    for first in range(1, rows + 1, BATCH):
        await _asked(door, "POST", "/journal", {"epoch": "0" * 32, "rows": _rows(first, min(first + BATCH - 1, rows))})
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


def _rows(first: int, last: int) -> list[dict[str, object]]:
    kinds = ("door.opened", "door.shut", "door.exit")
    return [
        {
            "seq": seq, "wall": "2026-03-02T18:30:00+00:00", "monotonic": float(seq), "boot": "boot-1", "clock": "ntp",
            "kind": kinds[seq % len(kinds)],
        }
        for seq in range(first, last + 1)
    ]  # fmt: skip


async def _asked(door: SigningDevice, method: str, path: str, body: object = None) -> httpx2.Response:
    pause = FIRST_PAUSE
    while True:
        with suppress(httpx2.HTTPError):
            answer = await door.ask(method, path, body)
            if answer.is_success:
                return answer
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _listen(door: SigningDevice) -> None:
    with suppress(httpx2.HTTPError):
        request = door.request("GET", "/stream")
        request.headers["Last-Event-ID"] = "0"
        answer = await door.client.send(request, stream=True)
        async for _ in answer.aiter_bytes():
            pass
