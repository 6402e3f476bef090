"""The whole door, killed fifty times in the midst of visits, before the real server: every row arrives, and once."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from sqlmodel import select

from server.app import Server
from server.journal.models import JournalRow
from server.organisations.service import BranchView
from tests.faults.kills.enrolled import PATRON, surroundings
from tests.faults.kills.keeper import Keeper, Notified
from tests.integration.door.house import House

KILLS = 50
LATE, BACK = 0.5, 3.0
LONGEST_LIFE = 0.7


@dataclass
class Site:
    """A door that can be killed, and the server it tells everything to."""

    house: House
    server: Server
    branch: BranchView
    keeper: Keeper
    notified: Notified
    took: list[float] = field(default_factory=list)
    locked_after: list[float] = field(default_factory=list)

    async def start(self) -> None:
        """The door, from fork to ready; the loop goes on meanwhile, it serves the board and the server."""
        self.took.append(await asyncio.to_thread(self.notified.ready, self.keeper.hatch))
        async with asyncio.timeout(20):
            await self.house.board.until(lambda state: {"exit", "card_reader", "keypad"} <= state.attached)

    async def kill(self) -> None:
        """The door, in whatever it is doing."""
        await asyncio.to_thread(self.keeper.kill)
        began = time.monotonic()
        async with asyncio.timeout(20):
            await self.house.board.until(lambda state: state.locked)
        self.locked_after.append(time.monotonic() - began)

    def on_disk(self) -> list[tuple[int, str]]:
        """The door's own rows."""
        connection = sqlite3.connect(self.house.folder / "state" / "journal.db")
        rows = connection.execute("SELECT seq, kind FROM row ORDER BY seq").fetchall()
        connection.close()
        return rows

    async def at_the_server(self) -> list[tuple[int, str]]:
        """What the server has of them."""
        async with self.server.database.session(self.branch.scope) as session:
            return sorted((row.seq, row.kind) for row in await session.all(select(JournalRow)))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with surroundings() as around:
        folder = around.house.folder
        notified = Notified(folder / "notify")
        keeper = await asyncio.to_thread(Keeper, "door", folder, {"NOTIFY_SOCKET": str(notified.path)})
        yield Site(around.house, around.server, around.branch, keeper, notified)
        await asyncio.to_thread(keeper.close)
        notified.close()


def _somebody_comes(house: House, draw: random.Random) -> None:
    if draw.random() < 0.5:
        house.board.press_exit()
    else:
        house.board.tap(PATRON.card)
        house.pin(PATRON.pin)


async def test_fifty_kills_of_the_whole_door_lose_nothing_and_repeat_nothing(site: Site) -> None:
    draw = random.Random(6)

    for _ in range(KILLS):
        await site.start()
        _somebody_comes(site.house, draw)
        await asyncio.sleep(draw.uniform(0, LONGEST_LIFE))
        await site.kill()
    await site.start()
    kept = len(site.on_disk())

    async with asyncio.timeout(60):
        while len(await site.at_the_server()) < kept:  # noqa: ASYNC110 (the database has no event for it)
            await asyncio.sleep(0.05)
    await site.kill()
    on_disk, arrived = site.on_disk(), await site.at_the_server()
    assert [seq for seq, _ in on_disk] == list(range(1, len(on_disk) + 1))
    assert arrived == on_disk[: len(arrived)]
    assert len(arrived) >= kept > KILLS
    assert site.house.board.releases > KILLS / 10
    assert max(site.locked_after) <= LATE
    assert max(site.took) <= BACK
